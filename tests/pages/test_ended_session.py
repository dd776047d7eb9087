"""A form that is sent when its session has ended: what was typed comes back after logging in again."""

import json
import re
from typing import Any

import pytest

from tests.pages.documents import Document
from tests.people import PASSWORD, Answer, Browser

HOURS = {"days": ["Tuesday", "Thursday"], "start": "11:15", "end": "13:45", "first": "", "until": ""}


@pytest.fixture
def ada(community: Any, clock: Any, sql: Any) -> Browser:
    """Somebody whose session ends while she fills in a form."""
    clock.set("2026-11-19T12:00Z")
    browser: Browser = community.member("ada")
    return browser


def send_late(ada: Browser, sql: Any, path: str, typed: dict[str, Any], action: str = "") -> Answer:
    hidden = Document(ada.get(path).text).form(action or path)
    hidden.pop("", None)  # a browser sends nothing that has no name
    sql("DELETE FROM session")
    return ada.post(action or path, hidden | typed, kind="form")


def log_in(ada: Browser, page: Answer, password: str = PASSWORD) -> Answer:
    hidden = Document(page.text).form("/login")
    return ada.post("/login", hidden | {"username": "ada", "password": password}, kind="form")


def test_what_was_typed_is_sent_after_logging_in_again(ada: Browser, sql: Any) -> None:
    late = send_late(ada, sql, "/availability/weekly", HOURS)
    assert late.status == 401
    assert "nothing was sent. Log in, and what you typed is still there" in Document(late.text).main
    assert sql("SELECT id FROM availability") == []
    offered = log_in(ada, late)
    page = Document(offered.text)
    assert offered.status == 200 and "Nothing of it was sent yet" in page.main
    assert "Days Tuesday Days Thursday Start 11:15 End 13:45" in page.main
    fields = [(e["name"], e["value"]) for e in page.all("input") if e["type"] == "hidden" and e["name"]]
    again: dict[str, Any] = {}
    form = page.one("form", method="post", action="/availability/weekly")
    for e in page.all("input"):
        if form in e.inside:
            again.setdefault(e["name"], []).append(e["value"])
    assert ("days", "Tuesday") in fields
    done = ada.post("/availability/weekly", again, kind="form")
    assert (done.status, done.header("location")) == (303, "/availability?done=given")
    assert len(sql("SELECT id FROM availability")) == 2


def test_a_wrong_password_loses_nothing(ada: Browser, sql: Any) -> None:
    late = send_late(ada, sql, "/availability/weekly", HOURS)
    wrong = log_in(ada, late, "wrong password")
    assert wrong.status == 401 and "what you typed is still there" in Document(wrong.text).main
    assert "11:15" in Document(log_in(ada, wrong).text).main


def test_nothing_of_it_is_in_an_address_a_cookie_or_the_database(ada: Browser, sql: Any) -> None:
    late = send_late(ada, sql, "/account/profile", {"name": "Ada Secretname", "timezone": "Europe/Berlin"})
    assert late.header("location") == "" and late.header("set-cookie") == ""
    offered = log_in(ada, late)
    assert offered.header("location") == "" and "Secretname" not in offered.header("set-cookie")
    assert offered.header("cache-control") == "no-store, no-cache"
    for table in ("idempotency", "session", "rate", "outbox"):
        assert "Secretname" not in str(sql(f"SELECT t.*::text FROM {table} t"))


def test_no_password_is_kept(ada: Browser, sql: Any) -> None:
    typed = {"email": "new@example.org", "password": "do not keep this"}
    late = send_late(ada, sql, "/account/email", typed)
    assert "new@example.org" in late.text and "do not keep this" not in late.text
    only = send_late(log_in_anew(ada), sql, "/account/password", {"former_password": "x", "password": "y" * 9})
    assert only.status == 303, "there is nothing else in it to keep"


def test_a_button_alone_leads_to_its_page_after_the_login(ada: Browser, sql: Any) -> None:
    page = ada.post(
        "/api/availability",
        {"purpose": "lunch", "start": "2026-12-01T11:00", "end": "2026-12-01T12:00", "timezone": "Europe/Berlin"},
    )
    path = f"/availability/{page.json['id']}"
    late = send_late(ada, sql, path, {}, f"{path}/delete")
    assert (late.status, late.header("location")) == (303, f"/login?next={path}")


def test_what_is_no_kept_form_is_refused(ada: Browser, sql: Any) -> None:
    late = send_late(ada, sql, "/availability/weekly", HOURS)
    hidden = Document(late.text).form("/login")
    elsewhere = {"path": "//evil.example/x", "fields": [["a", "b"]]}
    for kept in ("nonsense", "[]", '{"path": "/x"}', json.dumps(elsewhere), '{"path": "javascript:x", "fields": []}'):
        answer = ada.post("/login", hidden | {"kept": kept, "username": "ada", "password": PASSWORD}, kind="form")
        assert answer.status == 422, kept
        assert not re.search(r'action="[^"]*evil', answer.text)


def test_who_logged_out_in_another_window_loses_nothing(ada: Browser, sql: Any) -> None:
    hidden = Document(ada.get("/availability/weekly").text).form("/availability/weekly")
    ada.post("/Logout/")
    ada.cookie = ""
    assert "11:15" in ada.post("/availability/weekly", hidden | HOURS, kind="form").text


def test_a_visitor_who_never_had_the_form_goes_to_the_login(visitor: Browser) -> None:
    answer = visitor.post("/availability/weekly", HOURS, kind="form")
    assert (answer.status, answer.header("location")) == (303, "/login?next=/availability/weekly")


def test_very_much_is_not_kept_and_leads_to_the_login(ada: Browser, sql: Any) -> None:
    late = send_late(ada, sql, "/account/profile", {"name": "x" * 20_000})
    assert (late.status, late.header("location")) == (303, "/login?next=/account/profile")


def log_in_anew(ada: Browser) -> Browser:
    assert ada.post("/Login/", {"username": "ada", "password": PASSWORD}).status == 200
    return ada
