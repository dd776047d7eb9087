"""The key of links and codes is rotated: what the former one made stays good until that key is forgotten."""

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.lunches import lunch
from tests.mailbox import deliver
from tests.people import PASSWORD, Browser, Community
from tests.second_factor import code_of, switch_on

NEW = "another horse entirely"
Keys = Callable[[list[str]], list[str]]


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00:05Z")


@pytest.fixture
def change() -> Iterator[Callable[[Keys], None]]:
    """Changes the keys of links, as `python -m infra.keys` does, and lets every function begin again."""
    from chalicelib.config import forget_secrets

    path = Path(os.environ["SECRETS_FILE"])
    kept = path.read_text()

    def replace(keys: Keys) -> None:
        held = json.loads(path.read_text())
        path.write_text(json.dumps(held | {"links": keys(held["links"])}))
        forget_secrets()

    yield replace
    path.write_text(kept)
    forget_secrets()


@pytest.fixture
def rotate(change: Callable[[Keys], None]) -> Callable[[], None]:
    """A new key comes first."""
    return lambda: change(lambda keys: [secrets.token_hex(32), *keys])


@pytest.fixture
def replace(change: Callable[[Keys], None]) -> Callable[[], None]:
    """A new key, and the former ones are known no more."""
    return lambda: change(lambda keys: [secrets.token_hex(32)])


def mailed(sql: Any, subject: str, pattern: str) -> str:
    """What matches in the one mail that is due."""
    [mail] = [mail for mail in deliver(sql) if subject in mail.subject]
    found = re.search(pattern, mail.text)
    assert found, mail.text
    return found[1]


def enrol(code: str, name: str, email: str) -> int:
    fields = {
        "invitation_code": code,
        "username": name,
        "password": PASSWORD,
        "name": name.capitalize(),
        "email": email,
        "timezone": "Europe/Berlin",
    }
    return Browser().post("/Enrollment/Create/", fields).status


# --- links in mails ---


@pytest.mark.parametrize(("act", "status"), [("rotate", 303), ("replace", 404)])
def test_a_link_to_a_new_password_that_was_mailed_before(
    community: Community, sql: Any, request: Any, act: str, status: int
) -> None:
    community.member("ada")
    Browser().post("/forgotten", {"email": "ada@example.org"}, kind="form")
    link = mailed(sql, "password", r"link=(\S+)")
    request.getfixturevalue(act)()
    answer = Browser().post("/forgotten/reset", {"link": link, "password": NEW}, kind="form")
    assert answer.status == status
    logged_in = Browser().post("/Login/", {"username": "ada", "password": NEW}).status
    assert logged_in == (200 if status == 303 else 401)


@pytest.mark.parametrize(("act", "confirmed"), [("rotate", True), ("replace", False)])
def test_a_link_to_confirm_an_address_that_was_mailed_before(
    community: Community, sql: Any, request: Any, act: str, confirmed: bool
) -> None:
    ada = community.member("ada")
    assert ada.ask("PUT", "/api/me/email", {"email": "ada@new.example", "password": PASSWORD}).status < 300
    link = mailed(sql, "onfirm", r"link=(\S+)")
    request.getfixturevalue(act)()
    answer = Browser().post("/account/confirm", {"link": link}, kind="form")
    assert (answer.status == 303) == confirmed
    [row] = sql("SELECT email FROM account WHERE username = 'ada'")
    assert (row.email == "ada@new.example") == confirmed


@pytest.mark.parametrize(("act", "status"), [("rotate", 200), ("replace", 404)])
def test_the_way_out_of_a_mail_that_was_sent_before(
    community: Community, sql: Any, request: Any, act: str, status: int
) -> None:
    from chalicelib.accounts import refused_mails

    path = f"/unsubscribe/{refused_mails.token('event_unconfirmed', community.person('ada'), 'ada@example.org')}"
    request.getfixturevalue(act)()
    answer = Browser().post(path, {"List-Unsubscribe": "One-Click"}, kind="form")
    assert answer.status == status
    assert len(sql("SELECT FROM mail_refusal")) == (status == 200)


# --- invitations ---


def test_the_code_of_an_invitation_that_waits_to_be_mailed_is_the_one_that_opens_it(
    community: Community, sql: Any, rotate: Callable[[], None]
) -> None:
    """It was found by a digest of the former key's code: the mail carries that, and not what the new key would make."""
    shown = community.member("ada").post("/InvitationCode/Create/", {"to": "zoe@example.org"}).json["invitation_code"]
    rotate()
    code = mailed(sql, "invites you", r"invitation_code=([a-z2-7]+)")
    assert code != shown
    assert enrol(code, "zoe", "zoe@example.org") == 200
    [row] = sql("SELECT email_confirmed FROM account WHERE username = 'zoe'")
    assert row.email_confirmed, "it came out of the mail"


@pytest.mark.parametrize("act", ["rotate", "replace"])
def test_the_code_that_an_inviter_wrote_down_opens_whatever_becomes_of_the_key(
    community: Community, request: Any, act: str
) -> None:
    code = community.member("ada").post("/InvitationCode/Create/", {"to": "zoe@example.org"}).json["invitation_code"]
    request.getfixturevalue(act)()
    assert enrol(code, "zoe", "zoe@example.org") == 200


def test_a_code_that_opens_nothing_is_not_mailed(community: Community, sql: Any, replace: Callable[[], None]) -> None:
    community.member("ada").post("/InvitationCode/Create/", {"to": "zoe@example.org"})
    replace()
    assert deliver(sql) == []


@pytest.mark.parametrize(("act", "shown"), [("rotate", True), ("replace", False)])
def test_the_page_after_an_invitation_shows_its_own_code_or_none(
    community: Community, request: Any, act: str, shown: bool
) -> None:
    ada = community.member("ada")
    page = ada.get("/invitations").text
    hidden = dict(re.findall(r'name="(csrf|once)" value="([^"]*)"', page))
    then = ada.post("/invitations", hidden | {"to": ""}, kind="form").header("Location")
    [code] = re.findall(r"[a-z2-7]{16}", ada.get(then).text.partition("<main")[2])[:1]
    request.getfixturevalue(act)()
    text = ada.get(then).text
    assert (code in text) == shown
    assert enrol(code, "zoe", "zoe@example.org") == 200


# --- second factors ---


@pytest.mark.parametrize(("act", "status"), [("rotate", 200), ("replace", 401)])
def test_an_app_that_was_set_up_before(community: Community, clock: Any, request: Any, act: str, status: int) -> None:
    key, _ = switch_on(community.member("ada"))
    request.getfixturevalue(act)()
    clock.set("2026-11-23T09:02:05Z")
    body = {"username": "ada", "password": PASSWORD}
    code = code_of(key)
    assert Browser().post("/Login/", body | {"code": code}).status == status
    assert Browser().post("/Login/", body | {"code": code}).status == 401, "a code is taken once"
    assert Browser().post("/Login/", body | {"code": "000000"}).status == 401


def test_a_key_that_was_shown_before_and_is_tried_after(community: Community, rotate: Callable[[], None]) -> None:
    ada = community.member("ada")
    key = ada.post("/api/me/second-factor", {"password": PASSWORD}).json["key"]
    rotate()
    assert ada.ask("PUT", "/api/me/second-factor", {"code": code_of(key)}).status == 200


def test_recovery_codes_are_made_of_no_key(community: Community, replace: Callable[[], None]) -> None:
    _, codes = switch_on(community.member("ada"))
    replace()
    assert Browser().post("/Login/", {"username": "ada", "password": PASSWORD, "code": codes[0]}).status == 200


# --- pages that are open ---


@pytest.mark.parametrize(("act", "status"), [("rotate", 303), ("replace", 403)])
def test_a_form_that_was_open_meanwhile(community: Community, request: Any, act: str, status: int) -> None:
    ada = community.member("ada")
    hidden = dict(re.findall(r'name="(csrf|once)" value="([^"]*)"', ada.get("/invitations").text))
    request.getfixturevalue(act)()
    assert ada.get("/MyEvents/").status == 200, "sessions are made of no key"
    assert ada.post("/invitations", hidden | {"to": ""}, kind="form").status == status


def test_pages_that_listen_know_themselves_in_frames_that_come_after(
    community: Community, sql: Any, rotate: Callable[[], None]
) -> None:
    from chalicelib.notifications import tickets

    ada = community.person("ada")
    starts = datetime(2026, 11, 25, 12, tzinfo=UTC)
    ours = lunch(sql, community.locations["Harbour"], starts.isoformat(), approved=[ada])
    [told] = tickets.tokens_of(ours, ada)
    rotate()
    after = tickets.tokens_of(ours, ada)
    assert after[1:] == [told] and after[0] != told
    rotate()
    assert told not in tickets.tokens_of(ours, ada), "two hours and a second rotation later nobody listens by it"


# --- mails that are tried again ---


def test_a_mail_that_is_tried_again_after_a_rotation_is_recognised(
    community: Community, sql: Any, clock: Any, rotate: Callable[[], None]
) -> None:
    from chalicelib.notifications.writing import identity

    message, ada = UUID(int=1), community.person("ada")
    before = identity(message, ada, "reset")
    rotate()
    assert identity(message, ada, "reset") == before


def test_a_secret_of_before_there_were_several_keys_is_read(
    community: Community, change: Callable[[Any], None], rotate: Callable[[], None]
) -> None:
    key, _ = switch_on(community.member("ada"))
    change(lambda keys: keys[0])
    code = {"code": code_of(key, datetime(2026, 11, 23, 9, 0, 35, tzinfo=UTC).timestamp())}
    assert Browser().post("/Login/", {"username": "ada", "password": PASSWORD} | code).status == 200
