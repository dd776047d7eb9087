"""Somebody logs in: a cookie that proves it, a limit on guesses, and nothing that tells who has an account."""

import hashlib
from typing import Any

import pytest

from tests.people import ADDRESS, HOST, PASSWORD, Browser, Community
from tests.threads import at_once

LIMIT = "login.failures_per_15_minutes"


def log_in(username: str, password: str = PASSWORD, browser: Browser | None = None) -> Any:
    return (browser or Browser()).post("/Login/", {"username": username, "password": password})


# --- the session ---


def test_the_cookie_is_the_browser_s_alone(community: Community) -> None:
    community.person("ada")
    answer = log_in("ada")
    first, *attributes = answer.header("set-cookie").split("; ")
    name, _, token = first.partition("=")
    assert (name, len(token) >= 22) == ("session", True), "128 bits or more"
    assert set(attributes) == {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={30 * 86400}"}


def test_in_production_the_cookie_travels_over_https_alone(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.config import config

    community.person("ada")
    monkeypatch.setenv("STAGE", "live")
    config.cache_clear()
    answer = log_in("ada", browser=Browser(headers={"X-Forwarded-Proto": "http", "CloudFront-Forwarded-Proto": "http"}))
    assert "Secure" in answer.header("set-cookie").split("; ")
    assert answer.header("strict-transport-security").startswith("max-age=")


def test_every_login_is_another_session_and_none_is_stored_as_it_is(community: Community) -> None:
    community.person("ada")
    first, second = Browser(), Browser()
    log_in("ada", browser=first)
    log_in("ada", browser=second)
    assert first.cookie != second.cookie
    kept = [bytes(row.token_hash) for row in community.sql("SELECT token_hash FROM session")]
    assert sorted(kept) == sorted(hashlib.sha256(browser.cookie.encode()).digest() for browser in (first, second))


def test_a_cookie_from_before_the_login_is_not_taken_over(community: Community) -> None:
    community.person("ada")
    browser = Browser("chosen-by-somebody-else")
    log_in("ada", browser=browser)
    assert browser.cookie != "chosen-by-somebody-else"
    assert Browser("chosen-by-somebody-else").get("/MyEvents/").status == 401


def test_a_session_ends_after_its_days(community: Community, clock: Any) -> None:
    community.person("ada")
    clock.set("2026-11-01T09:00Z")
    browser = Browser()
    log_in("ada", browser=browser)
    clock.set("2026-12-01T08:59Z")
    assert browser.get("/MyEvents/").status == 200
    clock.set("2026-12-01T09:01Z")
    assert browser.get("/MyEvents/").status == 401


def test_how_many_days_is_a_rule(community: Community, clock: Any) -> None:
    community.person("ada")
    community.rule("session.days", 1)
    clock.set("2026-11-01T09:00Z")
    browser = Browser()
    assert "Max-Age=86400" in log_in("ada", browser=browser).header("set-cookie")
    clock.set("2026-11-02T09:01Z")
    assert browser.get("/MyEvents/").status == 401


def test_lynx_sends_the_attributes_back_and_is_known_all_the_same(community: Community) -> None:
    ada = community.member("ada")
    token = ada.cookie
    for cookies in (
        f"session={token}; SameSite=Lax",
        f"$Version=1; session={token}; $Path=/; SameSite=Lax",
        f"other=1; session={token}; Max-Age=2592000; Path=/; HttpOnly",
        f"SameSite=Lax;session={token}",
        f'session="{token}"',
        f"xsession=1; session={token}",
    ):
        assert Browser().get("/MyEvents/", headers={"Cookie": cookies}).status == 200, cookies


def test_the_username_is_taken_whatever_its_case_the_password_is_not(community: Community) -> None:
    community.person("ada")
    assert log_in("ADA").status == 200
    assert log_in("ada", PASSWORD.upper()).status == 401
    assert log_in("ada", PASSWORD + " ").status == 401
    assert log_in("ada", "").status == 401


# --- the limit ---


def test_after_too_many_failures_the_right_password_waits_too(community: Community, clock: Any) -> None:
    community.person("ada")
    clock.set("2026-11-23T09:00Z")
    for _ in range(10):
        assert log_in("ada", "wrong").status == 401
    for password in ("wrong", PASSWORD):
        answer = log_in("ada", password)
        assert (answer.status, answer.json, answer.header("set-cookie")) == (429, {"success": False}, "")
        assert 1 <= int(answer.header("retry-after")) <= 901
    clock.set("2026-11-23T09:14Z")
    assert log_in("ada").status == 429
    clock.set("2026-11-23T09:16Z")
    assert log_in("ada").status == 200


def test_attempts_while_one_waits_do_not_make_the_wait_longer(community: Community, clock: Any) -> None:
    community.person("ada")
    community.rule(LIMIT, 2)
    clock.set("2026-11-23T09:00Z")
    log_in("ada", "wrong")
    for minute in (5, 10, 14):
        clock.set(f"2026-11-23T09:{minute:02}Z")
        log_in("ada", "wrong")
    assert log_in("ada").status == 429
    clock.set("2026-11-23T09:15:01Z")
    assert log_in("ada").status == 200


def test_the_limit_is_of_one_account_and_one_address(community: Community) -> None:
    community.rule(LIMIT, 2)
    community.person("ada")
    community.person("bob")
    for _ in range(3):
        log_in("ada", "wrong")
    assert log_in("ada").status == 429
    assert log_in("bob").status == 200
    assert log_in("ada", browser=Browser(address="198.51.100.4")).status == 200


def test_ten_times_as_many_from_one_address_stop_every_login_from_there(community: Community) -> None:
    community.rule(LIMIT, 2)
    community.person("ada")
    for n in range(20):
        assert log_in(f"guess{n}", "wrong").status == 401
    assert log_in("ada").status == 429
    assert log_in("ada", browser=Browser(address="198.51.100.4")).status == 200


def test_an_account_there_is_not_waits_as_one_there_is(community: Community) -> None:
    community.rule(LIMIT, 3)
    community.person("ada")
    there = [log_in("ada", "wrong") for _ in range(5)]
    absent = [log_in("nobody", "wrong") for _ in range(5)]
    assert [(a.status, a.text, set(a.headers)) for a in there] == [(a.status, a.text, set(a.headers)) for a in absent]
    assert [a.status for a in there] == [401, 401, 401, 429, 429]


def test_a_right_password_does_not_wipe_out_the_guesses_before_it(community: Community) -> None:
    community.rule(LIMIT, 3)
    community.person("ada")
    for _ in range(2):
        log_in("ada", "wrong")
    assert log_in("ada").status == 200
    assert [log_in("ada", "wrong").status for _ in range(2)] == [401, 429]


def test_logging_in_rightly_is_no_failure_however_often(community: Community) -> None:
    community.rule(LIMIT, 2)
    community.person("ada")
    assert {log_in("ada").status for _ in range(6)} == {200}


def test_another_spelling_of_a_username_is_no_way_round(community: Community) -> None:
    """Capitals, and letters that become these in lower case: Kelvin's sign, the dotted I."""
    community.rule(LIMIT, 2)
    community.person("kim")
    for name in ("kim", "KIM", "\u212aim", "k\u0130m"):
        log_in(name, "wrong")
    tries = {name: log_in(name).status for name in ("kim", "Kim", "kIM", "\u212aim", "k\u0130m")}
    assert 200 not in tries.values(), tries


def test_a_forwarded_address_is_not_believed(community: Community) -> None:
    community.rule(LIMIT, 2)
    community.person("ada")
    for n in range(3):
        log_in("ada", "wrong", Browser(headers={"X-Forwarded-For": f"198.51.100.{n}", "X-Real-IP": f"198.51.100.{n}"}))
    assert log_in("ada").status == 429
    assert ADDRESS != "198.51.100.0"


def test_a_login_that_is_not_understood_counts_towards_no_limit(community: Community) -> None:
    community.rule(LIMIT, 1)
    community.person("ada")
    for body in (
        {},
        {"username": "ada"},
        {"username": "ada", "password": "x" * 129},
        {"username": "ada", "password": 5},
    ):
        answer = Browser().post("/Login/", body)
        assert answer.status == 422, answer.text
        assert answer.json["errors"][0]["field"] in ("username", "password")
    assert Browser().post("/Login/", b"{", kind="raw").status == 400
    assert community.sql("SELECT count(*) AS n FROM rate")[0].n == 0
    assert log_in("ada").status == 200


def test_guesses_at_once_stay_within_the_limit(community: Community) -> None:
    community.rule(LIMIT, 5)
    community.person("ada")
    answers = at_once(16, lambda n: log_in("ada", f"guess{n}").status)
    assert sorted(answers) == [401] * 5 + [429] * 11
    assert log_in("ada").status == 429


# --- what is not told ---


def test_a_password_is_checked_whether_or_not_there_is_such_an_account(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same work in both cases, so a stopwatch tells nothing."""
    from chalicelib.accounts import passwords

    checked: list[tuple[str, str]] = []

    class Watched:
        def verify(self, kept: str, password: bytes) -> bool:
            checked.append((kept.rsplit("$", 2)[0], "checked"))
            return real.verify(kept, password)

    real = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Watched())
    community.person("ada")
    assert log_in("ada", "wrong").status == log_in("nobody", "wrong").status == 401
    assert len(checked) == 2
    assert checked[0] == checked[1], "with the same cost"


def test_a_wrong_and_an_unknown_login_ask_the_database_the_same(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.database import Database

    asked: list[str] = []
    real = Database.row

    def row(self: Database, sql: str, **values: Any) -> Any:
        asked.append(sql)
        return real(self, sql, **values)

    monkeypatch.setattr(Database, "row", row)
    community.person("ada")
    statements = []
    for username in ("ada", "nobody"):
        asked.clear()
        log_in(username, "wrong")
        statements.append(list(asked))
    assert statements[0] == statements[1] != []


def test_neither_log_nor_answer_shows_what_was_typed(community: Community, caplog: pytest.LogCaptureFixture) -> None:
    community.person("ada")
    answers = [log_in("ada", "my secret guess"), Browser().post("/Login/", {"username": "ada", "password": ["hush"]})]
    assert [answer.status for answer in answers] == [401, 422]
    assert "guess" not in caplog.text and "hush" not in caplog.text and ADDRESS not in caplog.text
    assert "hush" not in answers[1].text and HOST not in answers[0].text
