"""What ends with which act: a line an act, a column for each thing that lets somebody into an account."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from chalicelib.web.credentials import hashed
from tests.mailbox import deliver
from tests.people import PASSWORD, Browser, Community
from tests.second_factor import code_of, switch_on

NEW = "another good password"
THINGS = ("here", "there", "token", "feed", "change", "reset", "ticket")
"""The session that acts, another session, an API token, the calendar's address, a link that confirms another address,
a link to another password, and the ticket that opens a socket for the other session."""
TABLE = """
                                 here    there   token   feed    change  reset   ticket
reset the password               dead    dead    dead    dead    dead    dead    dead
change the password              alive   dead    dead    dead    dead    dead    dead
change it, keep tokens           alive   dead    alive   alive   dead    dead    dead
confirm another address          alive   alive   alive   alive   dead    dead    alive
confirm the address one has      alive   alive   alive   alive   alive   alive   alive
switch a second factor on        alive   dead    alive   alive   alive   alive   dead
switch a second factor off       alive   dead    alive   alive   alive   alive   dead
log out                          dead    alive   alive   alive   alive   alive   alive
log out everywhere else          alive   dead    alive   alive   alive   alive   dead
end the other session            alive   dead    alive   alive   alive   alive   dead
log in again here                dead    alive   alive   alive   alive   alive   alive
revoke the token                 alive   alive   dead    alive   alive   alive   alive
end the calendar's address       alive   alive   alive   dead    alive   alive   alive
make another calendar's address  alive   alive   alive   dead    alive   alive   alive
an admin ends the sessions       dead    dead    alive   alive   alive   alive   dead
be erased                        dead    dead    dead    dead    dead    dead    dead
"""
EXPECTED = {line[:33].strip(): tuple(line[33:].split()) for line in TABLE.strip().splitlines()[1:]}


class Account:
    """Ada's, and all that lets somebody into it."""

    def __init__(self, community: Community) -> None:
        self.community = community
        self.person = community.person("ada")
        self.here, self.there = community.browser_of(self.person), community.browser_of(self.person)
        self.before = Browser(self.here.cookie)
        token = self.here.post("/api/me/tokens", {"name": "phone", "password": PASSWORD}).json["token"]
        self.program = Browser(headers={"Authorization": f"Bearer {token}", "Origin": ""})
        url = self.here.ask("PUT", "/api/me/feed", {"password": PASSWORD}).json["url"]
        self.feed = url.removeprefix("http://rendezvous.test")
        assert self.here.ask("PUT", "/api/me/email", {"email": "new@example.org", "password": PASSWORD}).status == 202
        self.ticket = hashed(b"ticket")
        community.sql(
            "INSERT INTO ticket SELECT %s, id, '2100-01-01Z' FROM session WHERE token_hash = %s",
            self.ticket,
            hashed(self.there.cookie.encode()),
        )
        self.change = self.link("confirm", "address_change")
        self.reset = self.forgotten()

    def forgotten(self) -> str:
        assert Browser().post("/forgotten", {"email": "ada@example.org"}, kind="form").status == 303
        return self.link("reset", "password_reset")

    def link(self, kind: str, id: str) -> str:
        """The link that was mailed last."""
        from chalicelib.accounts import links

        [row] = self.community.sql(
            "SELECT event->'data'->>%s AS id FROM outbox WHERE event->'data'->>'kind' = %s ORDER BY outbox.id DESC LIMIT 1",
            id,
            kind,
        )
        return links.link(kind, UUID(row.id))

    def alive(self) -> tuple[str, ...]:
        """What still lets in. The links are tried without using them up."""
        found = (
            self.before.get("/api/me").status == 200,
            self.there.get("/api/me").status == 200,
            self.program.get("/api/me").status == 200,
            Browser().get(self.feed).status == 200,
            opens("SELECT person_id FROM confirm_address(%(id)s, %(now)s, 7)", self.change),
            opens("SELECT reset_password(%(id)s, 'x', %(now)s, 60)", self.reset),
            self.community.sql("SELECT count(*) AS n FROM ticket WHERE token_hash = %s", self.ticket)[0].n == 1,
        )
        return tuple("alive" if one else "dead" for one in found)


def opens(statement: str, link: str) -> bool:
    """Whether a mailed link does what it is for, tried in a transaction that is given up."""
    from chalicelib import clock
    from chalicelib.database import transaction

    class GivenUp(Exception):
        pass

    found: list[Any] = []

    def work(db: Any) -> None:
        found.append(db.value(statement, id=UUID(link.partition(".")[0]), now=clock.now()))
        raise GivenUp

    with pytest.raises(GivenUp):
        transaction(work)
    return found[0] is not None


def change(account: Account, **more: Any) -> None:
    body = {"former_password": PASSWORD, "password": NEW} | more
    assert account.here.ask("PUT", "/api/me/password", body).status == 204


def confirm(link: str) -> None:
    assert Browser().post("/account/confirm", {"link": link}, kind="form").status == 303


def confirm_own(account: Account) -> None:
    from chalicelib import clock
    from chalicelib.accounts import addresses
    from chalicelib.database import transaction

    def ask(db: Any) -> None:
        db.run("SELECT set_config('rendezvous.person', %(me)s, true)", me=str(account.person))
        addresses.ask_to_confirm(db, account.person, "ada@example.org", clock.now())

    transaction(ask)
    confirm(account.link("confirm", "address_change"))


def switch_off(account: Account) -> None:
    key, codes = switch_on(account.here)
    account.there = account.community.browser_of(account.person)
    answer = account.here.ask("DELETE", "/api/me/second-factor", {"password": PASSWORD, "code": codes[0]})
    assert answer.status == 204, answer.text


def log_in_again(account: Account) -> None:
    body = {"username": "ada", "password": PASSWORD}
    assert account.here.post("/Login/", body).status == 200


def delete(browser: Browser, path: str, body: Any = None) -> None:
    answer = browser.ask("DELETE", path, body)
    assert answer.status == 204, answer.text


def end_other(account: Account) -> None:
    sessions = account.here.get("/api/me/sessions").json["sessions"]
    [other] = [one["id"] for one in sessions if not one["this"]]
    delete(account.here, f"/api/me/sessions/{other}")


def revoke(account: Account) -> None:
    [token] = account.here.get("/api/me/tokens").json["tokens"]
    delete(account.here, f"/api/me/tokens/{token['id']}")


def by_admin(account: Account) -> None:
    delete(account.community.admin("root"), f"/api/admin/people/{account.person}/sessions?why=stolen")


ACTS: dict[str, Callable[[Account], Any]] = {
    "reset the password": lambda a: Browser().post(
        "/forgotten/reset", {"link": a.forgotten(), "password": NEW}, kind="form"
    ),
    "change the password": change,
    "change it, keep tokens": lambda a: change(a, keep_tokens=True),
    "confirm another address": lambda a: confirm(a.change),
    "confirm the address one has": confirm_own,
    "switch a second factor on": lambda a: switch_on(a.here),
    "switch a second factor off": switch_off,
    "log out": lambda a: a.here.post("/Logout/"),
    "log out everywhere else": lambda a: delete(a.here, "/api/me/sessions"),
    "end the other session": end_other,
    "log in again here": log_in_again,
    "revoke the token": revoke,
    "end the calendar's address": lambda a: delete(a.here, "/api/me/feed"),
    "make another calendar's address": lambda a: a.here.ask("PUT", "/api/me/feed", {"password": PASSWORD}),
    "an admin ends the sessions": by_admin,
    "be erased": lambda a: delete(a.here, "/api/me", {"password": PASSWORD}),
}


def test_every_act_of_the_table_is_carried_out() -> None:
    assert EXPECTED.keys() == ACTS.keys()
    assert all(len(line) == len(THINGS) for line in EXPECTED.values())


@pytest.mark.parametrize("act", ACTS)
def test_what_ends_with(community: Community, act: str) -> None:
    account = Account(community)
    assert account.alive() == ("alive",) * len(THINGS)
    ACTS[act](account)
    assert dict(zip(THINGS, account.alive(), strict=True)) == dict(zip(THINGS, EXPECTED[act], strict=True))


def test_a_thief_s_change_of_address_does_not_survive_the_owner_s_reset(community: Community) -> None:
    account = Account(community)
    ACTS["reset the password"](account)
    assert Browser().post("/account/confirm", {"link": account.change}, kind="form").status != 303
    assert community.sql("SELECT email FROM account")[0].email == "ada@example.org"


def test_a_login_that_began_before_a_reset_opens_no_session(community: Community, monkeypatch: Any) -> None:
    """The password is looked at between two transactions: the reset may come in between."""
    from chalicelib.accounts import passwords

    account = Account(community)
    verify = passwords.verify

    def slow(kept: str | None, password: str) -> bool:
        right = verify(kept, password)
        monkeypatch.setattr(passwords, "verify", verify)
        assert ACTS["reset the password"](account).status == 303
        return right

    monkeypatch.setattr(passwords, "verify", slow)
    assert Browser().post("/Login/", {"username": "ada", "password": PASSWORD}).status == 401
    assert community.sql("SELECT 1 FROM session") == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/me/tokens", {"name": "thief", "password": PASSWORD}),
        ("PUT", "/api/me/feed", {"password": PASSWORD}),
        ("PUT", "/api/me/email", {"email": "thief@example.org", "password": PASSWORD}),
        ("POST", "/api/me/second-factor", {"password": PASSWORD}),
    ],
)
def test_what_a_former_password_proved_is_worth_nothing_after_a_reset(
    community: Community, monkeypatch: Any, method: str, path: str, body: Any
) -> None:
    from chalicelib.accounts import passwords

    account = Account(community)
    verify = passwords.verify

    def slow(kept: str | None, password: str) -> bool:
        right = verify(kept, password)
        monkeypatch.setattr(passwords, "verify", verify)
        assert ACTS["reset the password"](account).status == 303
        return right

    monkeypatch.setattr(passwords, "verify", slow)
    assert account.here.ask(method, path, body).status in (401, 409)
    left = [
        community.sql(f"SELECT 1 FROM {table}") for table in ("api_token", "feed", "address_change", "second_factor")
    ]
    assert left == [[], [], [], []]


@pytest.mark.parametrize(
    ("act", "subject"),
    [
        ("reset the password", "Your password was reset"),
        ("change the password", "Your password was changed"),
        ("confirm another address", "Your address was changed"),
        ("switch a second factor on", "Your second factor is on"),
        ("switch a second factor off", "Your second factor is off"),
        ("make another calendar's address", "An address of your calendar was made"),
    ],
)
def test_the_owner_is_told_by_mail(community: Community, act: str, subject: str) -> None:
    account = Account(community)
    ACTS[act](account)
    mails = [mail for mail in deliver(community.sql) if mail.subject == subject]
    assert mails and {mail.to for mail in mails} == {"ada@example.org"}


def test_a_token_is_told_by_mail_with_its_name_and_not_with_itself(community: Community) -> None:
    Account(community)
    [mail] = [mail for mail in deliver(community.sql) if mail.subject == "A token for your account was made"]
    assert mail.to == "ada@example.org" and '"phone"' in mail.text
    assert "rendezvous_" not in mail.text + mail.html


@pytest.mark.parametrize(("keep", "said"), [(False, "ended too"), (True, "stay, as was asked for")])
def test_the_mail_of_a_changed_password_says_what_stays(community: Community, keep: bool, said: str) -> None:
    change(Account(community), keep_tokens=keep)
    [mail] = [mail for mail in deliver(community.sql) if mail.subject == "Your password was changed"]
    assert said in mail.text


def test_codes_are_made_as_apps_make_them() -> None:
    """RFC 6238, appendix B, cut to six digits."""
    from chalicelib.accounts import second_factor

    key = b"12345678901234567890"
    assert code_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59) == "287082"
    from datetime import UTC, datetime

    assert second_factor._step_of(key, "287082", datetime.fromtimestamp(59, UTC)) == 1
