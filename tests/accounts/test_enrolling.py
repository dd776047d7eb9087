"""Somebody joins: the fields first, then the code, then the username; no answer tells who is here already."""

from typing import Any

import pytest

from tests.accounts.test_inviting import UNUSABLE, invite, join
from tests.mailbox import deliver
from tests.people import PASSWORD, Browser, Community
from tests.state import digest_of
from tests.threads import at_once

ABUSE = {"success": False, "message": "You are abusing the system"}


def fields(code: str, **more: Any) -> dict[str, Any]:
    return {
        "invitation_code": code,
        "username": "newcomer",
        "password": PASSWORD,
        "name": "New Comer",
        "email": "newcomer@example.org",
        "timezone": "Europe/Berlin",
    } | more


# --- the order of the checks ---


def test_first_the_fields_then_the_code_then_the_username(community: Community) -> None:
    code = invite(community.member("ada"))
    visitor = Browser()
    wrong_in_all = fields("dead", username="ada", timezone="Mars/Olympus")
    answer = visitor.post("/Enrollment/Create/", wrong_in_all)
    assert (answer.status, [error["field"] for error in answer.json["errors"]]) == (422, ["timezone"])
    assert join("dead", "ada").json == UNUSABLE
    taken = join(code, "ADA", email="other@example.org")
    assert (taken.status, taken.json) == (409, {"success": False, "message": "This username is taken"})
    assert join(code).status == 200, "a taken username must leave the code alive"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("location", "Atlantis"),
        ("refuses", ["Thai", "Ambrosia"]),
        ("timezone", "Mars/Olympus"),
        ("timezone", "Factory"),
        ("timezone", "../../etc/passwd"),
        ("username", "ab"),
        ("username", "a" * 33),
        ("username", "ada lovelace"),
        ("username", "adä"),
        ("username", "ada\n"),
        ("password", "1234567"),
        ("password", "x" * 129),
        ("name", ""),
        ("name", " "),
        ("name", "x" * 101),
        ("name", "Ada\u202eecalevoL"),
        ("email", "x" * 250 + "@x.de"),
        ("email", "nobody"),
        ("email", "a@b.de, c@d.de"),
        ("invitation_code", "x" * 256),
        ("invitation_code", None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_each_field_is_refused_by_name_before_the_code_is_looked_at(
    one_community: Community, field: str, given: Any
) -> None:
    before = digest_of(one_community.sql, frozenset())
    answer = Browser().post("/Enrollment/Create/", fields("dead", **{field: given}))
    assert answer.status == 422, answer.text
    assert answer.header("content-type") == "application/problem+json"
    assert answer.json["errors"][0]["field"].split(".")[0].split("[")[0] == field
    assert digest_of(one_community.sql, frozenset()) == before, "what is not understood counts towards no limit either"


@pytest.mark.parametrize("missing", ["invitation_code", "username", "password", "name", "email", "timezone"])
def test_no_field_may_be_missing(one_community: Community, missing: str) -> None:
    given = fields("dead")
    del given[missing]
    answer = Browser().post("/Enrollment/Create/", given)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, missing)


def test_the_longest_and_the_shortest_that_is_allowed(community: Community) -> None:
    ada = community.admin()
    email = "e" * (254 - len("@example.org")) + "@example.org"
    longest = {"username": "u" * 32, "password": "päßwörd\x00\n\u2028" * 12 + "xxxx", "name": "n" * 100, "email": email}
    assert len(longest["password"]) <= 128
    assert join(invite(ada), **longest).status == 200
    shortest = {"username": "u-1", "password": "\x00" * 8, "name": "N", "email": "a@b"}
    assert join(invite(ada), **shortest).status == 200
    for one in (longest, shortest):
        login = Browser().post("/Login/", {"username": one["username"], "password": one["password"]})
        assert login.status == 200, "any characters make a password"


def test_locations_and_food_types_are_named_whatever_their_case(community: Community) -> None:
    assert join(invite(community.member("ada")), location="harbour", refuses=["THAI", "thai", "soup"]).status == 200
    [chosen] = community.sql(
        "SELECT l.name FROM person_location JOIN location l ON l.id = location_id JOIN account USING (person_id) WHERE username = 'newcomer'"
    )
    assert chosen.name == "Harbour"
    assert community.sql("SELECT count(*) AS n FROM refusal")[0].n == 2


def test_one_may_join_without_a_location(community: Community) -> None:
    code = invite(community.member("ada"))
    assert join(code, location=None, refuses=[]).status == 200
    browser = Browser()
    browser.post("/Login/", {"username": "newcomer", "password": PASSWORD})
    assert browser.get("/api/me").json["location"] is None


def test_only_refuses_may_be_given_twice_in_a_form(community: Community) -> None:
    code = invite(community.member("ada"))
    twice = fields(code) | {"name": ["A", "B"]}
    answer = Browser().post("/Enrollment/Create/", twice, kind="form")
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "name")
    assert Browser().post("/Enrollment/Create/", fields(code, refuses=["Thai", "Soup"]), kind="form").status == 200


# --- who is here is not told ---


def test_an_address_in_use_gets_the_code_s_wording_and_its_owner_a_mail(community: Community) -> None:
    ada = community.person("ada")
    code = invite(community.browser_of(ada))
    community.sql("DELETE FROM outbox")
    refused = join(code, "newcomer", email="ADA@example.org")
    unusable = join("dead")
    assert (refused.status, refused.json, refused.headers) == (unusable.status, unusable.json, unusable.headers)
    [told] = community.sql("SELECT topic, key, event->'data' AS data FROM outbox")
    assert (told.topic, told.key) == ("Mails", str(ada))
    assert told.data == {"kind": "address_in_use", "person": str(ada)}
    assert community.sql("SELECT count(*) AS n FROM person")[0].n == 1
    assert join(code).status == 200, "the code stays alive"


def test_without_a_live_code_neither_username_nor_address_is_told(community: Community) -> None:
    community.person("ada")
    unknown = join("dead", "nobody")
    known = join("dead", "ada", email="ada@example.org")
    assert (known.status, known.json, known.headers) == (unknown.status, unknown.json, unknown.headers)
    assert community.sql("SELECT count(*) AS n FROM outbox")[0].n == 0


def test_a_password_is_hashed_for_who_holds_a_live_code_alone(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same work whether or not the username or the address is known: it cannot be told by a stopwatch."""
    from chalicelib.accounts import passwords

    hashed: list[str] = []
    real = passwords.hash
    monkeypatch.setattr(passwords, "hash", lambda password: hashed.append(password) or real(password))
    ada = community.member("ada")
    code = invite(ada)
    work = []
    for username, email in (
        ("nobody", "nobody@example.org"),
        ("ada", "nobody@example.org"),
        ("nobody", "ada@example.org"),
    ):
        hashed.clear()
        join("dead", username, email=email)
        work.append(len(hashed))
    assert work == [0, 0, 0]
    for username, email in (("ada", "nobody@example.org"), ("nobody", "ada@example.org")):
        hashed.clear()
        join(code, username, email=email)
        work.append(len(hashed))
    assert work[3:] == [1, 1]


def test_an_enrolment_opens_no_session_and_tells_that_somebody_is_new(community: Community) -> None:
    ada = community.person("ada")
    answer = join(invite(community.browser_of(ada)))
    assert answer.header("set-cookie") == ""
    [told] = community.sql("SELECT key, event FROM outbox WHERE topic = 'NewUser'")
    [person] = community.sql("SELECT person_id FROM account WHERE username = 'newcomer'")
    assert (told.key, told.event["type"], told.event["data"]["person"]) == (
        str(person.person_id),
        "person.enrolled",
        str(person.person_id),
    )
    assert "newcomer" not in str(told.event).lower().replace("newuser", "")


# --- limits ---


def test_after_too_many_failures_an_address_waits_until_the_window_ends(community: Community, clock: Any) -> None:
    community.rule("enrollment.failures_per_15_minutes", 3)
    clock.set("2026-11-23T09:00Z")
    ada = community.member("ada")
    codes = [invite(ada) for _ in range(2)]
    for _ in range(3):
        assert join("dead").status == 403
    for code in ("dead", codes[0]):
        answer = join(code)
        assert (answer.status, answer.json) == (429, ABUSE)
        assert 1 <= int(answer.header("retry-after")) <= 901
    elsewhere = Browser(address="198.51.100.4").post("/Enrollment/Create/", fields(codes[0]))
    assert elsewhere.status == 200, "another address is not held up"
    claimed = Browser(headers={"X-Forwarded-For": "198.51.100.5", "Forwarded": "for=198.51.100.5"})
    assert claimed.post("/Enrollment/Create/", fields(codes[1], username="second")).status == 429
    clock.set("2026-11-23T09:14Z")
    assert join(codes[1], "second").status == 429
    clock.set("2026-11-23T09:16Z")
    assert join(codes[1], "second").status == 200


def test_taken_usernames_and_addresses_count_as_failures_successes_do_not(community: Community) -> None:
    community.rule("enrollment.failures_per_15_minutes", 2)
    ada = community.admin("ada")
    for n in range(4):
        assert join(invite(ada), f"guest{n}").status == 200
    code = invite(ada)
    assert join(code, "ada").status == 409
    assert join(code, "other", email="ada@example.org").status == 403
    assert join(code, "third").status == 429


def test_guesses_at_once_stay_within_the_limit(community: Community) -> None:
    community.rule("enrollment.failures_per_15_minutes", 5)
    answers = at_once(16, lambda n: join(f"guess{n}", f"guest{n}").status)
    assert sorted(answers) == [403] * 5 + [429] * 11


def test_one_username_and_one_address_go_to_one_person_however_many_ask_at_once(community: Community) -> None:
    community.rule("invitation.per_day", 20)
    ada = community.member("ada")
    codes = [invite(ada) for _ in range(12)]
    answers = at_once(
        12,
        lambda n: (
            join(
                codes[n],
                "wanted" if n % 2 else f"guest{n}",
                email=f"guest{n}@example.org" if n % 2 else "wanted@example.org",
            ).status
        ),
    )
    assert sorted(answers) == [200] * 2 + [403] * 5 + [409] * 5


@pytest.mark.parametrize(
    "email", ["=?utf-8?q?eve=40example.net?=@example.org", "x=?@example.org", "a?==?b@example.org"]
)
def test_an_address_that_programs_decode_is_refused_at_the_door(community: Community, email: str) -> None:
    """Mail programs and servers decode =?...?= wherever they meet it, and deliver to what comes of it."""
    code = invite(community.member("ada"))
    refused = join(code, "newcomer", email=email)
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "email")
    inviter = community.member("bob")
    assert inviter.post("/InvitationCode/Create/", {"to": email}).status == 422
    assert Browser().post("/forgotten", {"email": email}, kind="form").status == 422
    assert join(code, "newcomer", email="a=b?c@example.org").status == 200


def test_who_has_an_address_is_told_once_a_day_however_many_try_it(community: Community, clock: Any) -> None:
    """Whoever tries, from wherever, with whichever invitation: the mailbox of another is not filled by it."""
    clock.set("2026-11-23T09:00Z")
    community.person("ada")
    code = invite(community.member("inviter"))
    for number in range(66):
        browser = Browser(address=f"203.0.113.{number}")
        answer = browser.post("/Enrollment/Create/", fields(code, username=f"new{number}", email="ADA@example.org"))
        assert answer.status == 403
    assert [mail.to for mail in deliver(community.sql)] == ["ada@example.org"]
    clock.set("2026-11-24T08:59Z")
    join(code, "another", email="ada@example.org")
    assert deliver(community.sql) == []
    clock.set("2026-11-24T09:01Z")
    join(code, "another", email="ada@example.org")
    assert len(deliver(community.sql)) == 1
