"""Somebody invites: a code that is used once, expires, may be bound to an address, and is rationed."""

import json
import re
from typing import Any

import pytest

from tests.mailbox import deliver
from tests.people import PASSWORD, Browser, Community
from tests.threads import at_once

CREATE = "/InvitationCode/Create/"
UNUSABLE = {"success": False, "message": "This invitation cannot be used"}


def invite(browser: Browser, to: str | None = None) -> str:
    answer = browser.post(CREATE, {} if to is None else {"to": to})
    assert answer.status == 200, answer.text
    code: str = answer.json["invitation_code"]
    return code


def join(code: str, username: str = "newcomer", **more: Any) -> Any:
    fields = {
        "invitation_code": code,
        "username": username,
        "password": PASSWORD,
        "name": username.capitalize(),
        "email": f"{username}@example.org",
        "timezone": "Europe/Berlin",
    }
    return Browser().post("/Enrollment/Create/", fields | more)


# --- a code ---


def test_no_two_codes_are_alike_and_none_is_stored(community: Community) -> None:
    ada = community.member("ada")
    codes = {invite(ada) for _ in range(5)}
    assert len(codes) == 5
    kept = json.dumps(
        [list(map(str, row)) for table in ("invitation", "outbox") for row in community.sql(f"SELECT * FROM {table}")]
    )
    assert not [code for code in codes if code in kept]


def test_a_code_is_used_once(community: Community) -> None:
    code = invite(community.member("ada"))
    assert join(code).status == 200
    again = join(code, "second")
    assert (again.status, again.json) == (403, UNUSABLE)


def test_a_code_may_be_typed_with_spaces_hyphens_and_capitals(community: Community) -> None:
    code = invite(community.member("ada"))
    assert join(f" {code[:4].upper()}-{code[4:8]} {code[8:]} ").status == 200


def test_a_code_expires(community: Community, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    ada = community.member("ada")
    early, late = invite(ada), invite(ada)
    clock.set("2026-12-07T08:59Z")
    assert join(early, "early").status == 200
    clock.set("2026-12-07T09:01Z")
    assert (join(late, "late").status, join(late, "late").json) == (403, UNUSABLE)


def test_how_long_a_code_lives_is_a_rule(community: Community, clock: Any) -> None:
    community.rule("invitation.days_valid", 1)
    clock.set("2026-11-23T09:00Z")
    code = invite(community.member("ada"))
    clock.set("2026-11-24T09:01Z")
    assert join(code).json == UNUSABLE


def test_a_code_can_be_taken_back(community: Community) -> None:
    ada = community.member("ada")
    code = invite(ada)
    [listed] = ada.get("/api/invitations").json["invitations"]
    assert (listed["state"], "code" in listed, code in json.dumps(listed)) == ("open", False, False)
    assert ada.ask("DELETE", f"/api/invitations/{listed['id']}").status == 204
    assert join(code).json == UNUSABLE
    assert ada.get("/api/invitations").json["invitations"][0]["state"] == "revoked"


def test_a_code_that_was_used_cannot_be_taken_back_nor_another_s(community: Community) -> None:
    ada, bob = community.member("ada"), community.member("bob")
    code = invite(ada)
    id = ada.get("/api/invitations").json["invitations"][0]["id"]
    assert bob.get("/api/invitations").json == {"invitations": []}
    assert bob.ask("DELETE", f"/api/invitations/{id}").status == 404
    assert join(code).status == 200
    assert ada.ask("DELETE", f"/api/invitations/{id}").status == 409


def test_the_codes_of_a_banned_person_are_dead(community: Community) -> None:
    code = invite(community.member("eve"))
    community.ban("eve")
    assert join(code).json == UNUSABLE


# --- an address ---


def test_a_code_for_an_address_is_for_that_address_whatever_its_case(community: Community) -> None:
    code = invite(community.member("ada"), "Grace.Hopper@Example.ORG")
    assert join(code, email="other@example.org").json == UNUSABLE
    assert join(code, email="grace.HOPPER@example.org").status == 200
    [account] = community.sql("SELECT email, email_confirmed FROM account WHERE username = 'newcomer'")
    assert account == ("grace.hopper@example.org", False)
    assert [row.email for row in community.sql("SELECT email FROM address_change")] == ["grace.hopper@example.org"]


def mailed_codes(community: Community) -> list[str]:
    """The codes in the invitations that were mailed."""
    return [re.findall(r"[a-z2-7]{16}", mail.text)[0] for mail in deliver(community.sql)]


def test_the_mailed_code_is_another_and_confirms_the_address(community: Community, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    read_by_the_inviter = invite(community.member("ada"), "grace@example.org")
    [mailed] = mailed_codes(community)
    assert mailed != read_by_the_inviter
    assert join(mailed, email="other@example.org").json == UNUSABLE
    assert join(mailed, email="Grace@example.org").status == 200
    [account] = community.sql("SELECT email, email_confirmed FROM account WHERE username = 'newcomer'")
    assert account == ("grace@example.org", True)
    assert community.sql("SELECT 1 FROM address_change") == []


@pytest.mark.parametrize("first", ["mailed", "read"])
def test_both_codes_are_of_one_invitation_which_is_used_once(community: Community, clock: Any, first: str) -> None:
    clock.set("2026-11-23T09:00Z")
    codes = {"read": invite(community.member("ada"), "grace@example.org")}
    [codes["mailed"]] = mailed_codes(community)
    assert join(codes.pop(first), email="grace@example.org").status == 200
    [other] = codes.values()
    assert join(other, username="second", email="grace@example.org").json == UNUSABLE


def test_taking_an_invitation_back_ends_both_codes(community: Community, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    ada = community.member("ada")
    read = invite(ada, "grace@example.org")
    [mailed] = mailed_codes(community)
    id = ada.get("/api/invitations").json["invitations"][0]["id"]
    assert ada.ask("DELETE", f"/api/invitations/{id}").status == 204
    assert [join(code, email="grace@example.org").status for code in (read, mailed)] == [403, 403]


def test_whoever_is_invited_with_many_confirms_by_the_mailed_code(community: Community, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    assert community.admin().post("/api/admin/invitations", {"addresses": ["grace@example.org"]}).status == 201
    [mailed] = mailed_codes(community)
    assert join(mailed, email="grace@example.org").status == 200
    assert community.sql("SELECT email_confirmed FROM account WHERE username = 'newcomer'")[0].email_confirmed


def test_an_address_that_was_not_invited_has_to_be_confirmed(community: Community) -> None:
    assert join(invite(community.member("ada"))).status == 200
    [account] = community.sql("SELECT email, email_confirmed FROM account WHERE username = 'newcomer'")
    assert account == ("newcomer@example.org", False)
    [kind] = community.sql("SELECT event->'data'->>'kind' AS kind FROM outbox WHERE topic = 'Mails'")
    assert kind.kind == "confirm"


def test_what_is_told_of_an_invitation_holds_neither_code_nor_address(community: Community) -> None:
    code = invite(community.member("ada"), "grace@example.org")
    [message] = community.sql("SELECT topic, key, event::text AS event FROM outbox")
    event = json.loads(message.event)
    assert (message.topic, message.key, event["type"]) == (
        "InvitedUser",
        event["data"]["invitation"],
        "invitation.created",
    )
    assert "grace" not in message.event and code not in message.event
    assert event["data"]["to"] is True


def test_an_address_that_is_none_is_refused_by_name(community: Community) -> None:
    ada = community.member("ada")
    for to in (
        "x",
        "a@b@c",
        "a b@example.org",
        "a@example.org\nBcc: b@example.org",
        "a" * 250 + "@x.org",
        "ä@example.org",
    ):
        answer = ada.post(CREATE, {"to": to})
        assert answer.status == 422, to
        assert answer.json["errors"][0]["field"] == "to"
    assert ada.get("/api/invitations").json == {"invitations": []}


def test_an_address_may_have_255_characters(community: Community) -> None:
    ada = community.member("ada")
    longest = "a" * 60 + "@" + ".".join(["b" * 60] * 3) + "." + "c" * 7 + ".org"
    longest = "a" * (255 - len(longest)) + longest
    assert len(longest) == 255
    assert ada.post(CREATE, {"to": longest}).status == 200
    assert ada.post(CREATE, {"to": "a" + longest}).status == 422


# --- the ration ---


def test_five_codes_in_any_24_hours(community: Community, clock: Any) -> None:
    ada, bob = community.member("ada"), community.admin()
    for browser in (ada, bob):
        clock.set("2026-11-23T09:00Z")
        for _ in range(4):
            invite(browser)
        clock.set("2026-11-23T15:00Z")
        invite(browser)
        clock.set("2026-11-24T08:59Z")
        assert browser.post(CREATE).status == 429
        clock.set("2026-11-24T09:01Z")
        for _ in range(4):
            invite(browser)
        assert browser.post(CREATE).status == 429


def test_a_code_taken_back_counts_all_the_same(community: Community) -> None:
    community.rule("invitation.per_day", 1)
    ada = community.member("ada")
    invite(ada)
    assert (
        ada.ask("DELETE", f"/api/invitations/{ada.get('/api/invitations').json['invitations'][0]['id']}").status == 204
    )
    assert ada.post(CREATE).status == 429


def test_a_request_that_is_not_understood_takes_no_code(community: Community) -> None:
    community.rule("invitation.per_day", 1)
    ada = community.member("ada")
    for body in ({"to": "x"}, {"too": "x"}, {"to": 5}, []):
        assert ada.post(CREATE, body).status == 422
    assert ada.post(CREATE, b"{", kind="raw").status == 400
    invite(ada)


def test_no_more_codes_than_allowed_are_made_at_once(community: Community) -> None:
    community.rule("invitation.per_day", 3)
    ada = community.member("ada")
    answers = at_once(12, lambda n: Browser(ada.cookie).post(CREATE, {}).status)
    assert sorted(answers) == [200] * 3 + [429] * 9
    assert community.sql("SELECT count(*) AS n FROM invitation")[0].n == 3


def test_one_code_lets_one_in_however_many_try_at_once(community: Community) -> None:
    code = invite(community.member("ada"))
    answers = at_once(16, lambda n: join(code, f"newcomer{n}").status)
    assert sorted(answers) == [200] + [403] * 15
    assert community.sql("SELECT count(*) AS n FROM person")[0].n == 2
    assert community.sql("SELECT count(*) AS n FROM outbox WHERE topic = 'NewUser'")[0].n == 1
