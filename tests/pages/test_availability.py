"""A member's hours: the week as a table, given weekly or once, changed, copied, deleted; what they make possible."""

from typing import Any

import pytest

from tests.pages.documents import Document
from tests.pages.test_forms import send
from tests.people import Browser

NOW = "2026-11-19T12:00Z"
"""A Thursday."""


@pytest.fixture
def ada(community: Any, clock: Any) -> Browser:
    clock.set(NOW)
    browser: Browser = community.member("ada")
    return browser


def week(browser: Browser, name: str = "2026-W48") -> Document:
    return Document(browser.get(f"/availability?week={name}").text)


def cells(page: Document) -> dict[str, list[str]]:
    """The table by hours."""
    table = page.one("table", class_="week")
    rows = [e for e in page.all("tr") if table in e.inside]
    return {
        next(e.text for e in page.all("th") if row in e.inside): [e.text for e in page.all("td") if row in e.inside]
        for row in rows[1:]
    }


def own(page: Document) -> list[str]:
    """The hours that can be changed, as they are said there."""
    return [e["aria-label"].removeprefix("Change: ") for e in page.all("a") if e["aria-label"].startswith("Change: ")]


def link(page: Document, label: str) -> str:
    return page.one("a", aria_label=label)["href"]


def test_weekly_hours_are_given_for_several_days_at_once(ada: Browser) -> None:
    answer = send(ada, "/availability/weekly", {"days": ["Monday", "Wednesday"], "start": "11:30", "end": "14:00"})
    page = Document(ada.get(answer.header("location")).text)
    assert "Your hours are added" in page.main
    assert own(page) == ["Every Monday and Wednesday, 11:30 to 14:00"], "one entry"
    assert cells(page) == {
        "11:00": ["part", "", "part", "", "", "", ""],
        "12:00": ["free", "", "free", "", "", "", ""],
        "13:00": ["free", "", "free", "", "", "", ""],
        "14:00": ["", "", "", "", "", "", ""],
    }


def test_hours_given_once_are_shown_in_their_week(ada: Browser) -> None:
    answer = send(ada, "/availability/once", {"day": "2026-12-02", "start": "12:00", "end": "13:00"})
    assert answer.header("location") == "/availability?week=2026-W49&done=given"
    assert cells(week(ada, "2026-W49"))["12:00"] == ["", "", "free", "", "", "", ""]
    assert cells(week(ada, "2026-W48"))["12:00"] == [""] * 7


def test_one_is_told_at_once_how_many_lunches_could_start(ada: Browser) -> None:
    # 11:30, 11:45, 12:00 ... 13:00: a lunch takes an hour.
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:30", "end": "14:00"})
    assert "could start at 7 times, the first on Tuesday at 11:30" in week(ada).main
    send(ada, "/availability/once", {"day": "2026-11-27", "start": "12:00", "end": "13:00"})
    assert "could start at 8 times" in week(ada).main


def test_one_is_warned_when_no_lunch_could_start(ada: Browser) -> None:
    for typed in (
        {"day": "2026-11-24", "start": "12:00", "end": "12:45"},  # too short
        {"day": "2026-11-25", "start": "08:00", "end": "11:30"},  # too early
        {"day": "2026-11-28", "start": "11:00", "end": "14:00"},  # a Saturday
    ):
        assert send(ada, "/availability/once", typed).status == 303
        page = week(ada)
        assert "No lunch could start in this week" in page.main
        assert "from 11:00 to 13:45 (Europe/Berlin), Mon to Fri" in page.main


def test_a_lunch_takes_the_hours_it_has(ada: Browser, community: Any, sql: Any) -> None:
    from tests.lunches import lunch

    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:30", "end": "14:00"})
    [me] = [row.person_id for row in sql("SELECT person_id FROM account WHERE username = 'ada'")]
    lunch(sql, community.locations["Harbour"], "2026-11-24T11:00+00:00", approved=[me], confirmed=True)
    page = week(ada)
    assert cells(page)["12:00"][1] == "lunch" and cells(page)["13:00"][1] == "free"
    assert "could start at 1 time, the first on Tuesday at 13:00" in page.main


def test_without_a_location_one_is_told_that_nobody_is_matched(community: Any, clock: Any) -> None:
    clock.set(NOW)
    page = Document(community.member("ada", location=None).get("/availability").text)
    assert "without one nobody is matched" in page.main


def test_a_pause_is_said_where_the_hours_are(ada: Browser, community: Any) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:30", "end": "14:00"})
    assert ada.post("/api/pauses", {"first": "2026-W48", "last": "2026-W48"}).status == 201
    assert "You sit out in this week" in week(ada).main
    assert "You sit out" not in week(ada, "2026-W49").main


def test_another_clock_shows_the_same_hours_of_the_place(community: Any, clock: Any) -> None:
    clock.set(NOW)
    kim = community.member("kim", location="Harbour", zone="Asia/Tokyo")
    send(kim, "/availability/once", {"day": "2026-11-24", "start": "20:00", "end": "21:00"})
    page = week(kim)
    assert cells(page)["20:00"][1] == "free"
    assert "could start at 1 time, the first on Tuesday at 20:00" in page.main
    assert "(Asia/Tokyo)" in page.main


def test_weekly_hours_are_changed_with_an_end_and_exceptions(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:30", "end": "14:00"})
    path = link(week(ada), "Change: Every Tuesday, 11:30 to 14:00")
    page = Document(ada.get(path).text)
    assert page.value("start") == "11:30" and page.value("end") == "14:00"
    typed = {"days": "Tuesday", "start": "12:00", "end": "13:00", "until": "2026-12-31"}
    answer = send(ada, path, typed | {"skip": ["2026-11-24"], "skip_also": "2026-12-15"})
    assert answer.header("location") == "/availability?done=changed"
    page = week(ada)
    assert own(page) == ["Every Tuesday, 12:00 to 13:00"]
    assert "until Thursday, 31 December 2026" in page.main
    assert "not on Tuesday, 24 November 2026; Tuesday, 15 December 2026" in page.main
    assert cells(page)["12:00"] == [""] * 7
    assert cells(week(ada, "2026-W49"))["12:00"][1] == "free"
    assert Document(ada.get(path).text).ticked("skip") == ["2026-11-24", "2026-12-15"]
    send(ada, path, {"days": "Tuesday", "start": "12:00", "end": "13:00"})
    assert cells(week(ada))["12:00"][1] == "free"


def test_hours_are_copied_to_another_day(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:30", "end": "14:00"})
    copy = Document(ada.get(link(week(ada), "Copy: Every Tuesday, 11:30 to 14:00")).text)
    assert copy.value("start") == "11:30" and copy.value("end") == "14:00"
    given = copy.form("/availability/weekly") | {"days": "Friday", "start": "11:30", "end": "14:00"}
    ada.post("/availability/weekly", given, kind="form")
    assert own(week(ada)) == ["Every Tuesday and Friday, 11:30 to 14:00"]


def test_hours_are_deleted_on_their_own_page(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:30", "end": "14:00"})
    path = link(week(ada), "Change: Every Tuesday, 11:30 to 14:00")
    answer = send(ada, f"{path}/delete", {}, page=path)
    assert answer.header("location") == "/availability?done=deleted"
    assert "No hours yet" in week(ada).main
    assert ada.get(path).status == 404


def test_nobody_opens_or_changes_the_hours_of_others(ada: Browser, community: Any, sql: Any) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:30", "end": "14:00"})
    path = link(week(ada), "Change: Every Tuesday, 11:30 to 14:00")
    bob = community.member("bob")
    given = Document(bob.get("/availability/weekly").text).form("/availability/weekly")
    assert bob.get(path).status == 404
    assert bob.post(path, given | {"start": "09:00", "end": "10:00"}, kind="form").status == 404
    assert bob.post(f"{path}/delete", given, kind="form").status == 404
    assert own(week(ada)) == ["Every Tuesday, 11:30 to 14:00"]


def test_what_is_over_is_not_shown(ada: Browser, clock: Any) -> None:
    send(ada, "/availability/once", {"day": "2026-11-24", "start": "12:00", "end": "13:00"})
    clock.set("2026-11-24T12:00Z")
    assert own(week(ada)) == []


@pytest.mark.parametrize(
    ("path", "typed", "words"),
    [
        ("weekly", {"start": "11:00", "end": "13:00"}, "On which days needs at least one of them"),
        ("weekly", {"days": "Monday", "start": "13:00", "end": "13:00"}, "End must not be the start"),
        ("weekly", {"days": "Monday", "start": "11:00", "end": "13:00", "until": "2026-11-01"}, "Until must not be"),
        ("once", {"day": "2026-11-18", "start": "11:00", "end": "13:00"}, "End must not be past"),
        ("once", {"day": "2036-11-18", "start": "11:00", "end": "13:00"}, "Start must be within two years"),
        ("once", {"start": "11:00", "end": "13:00"}, "Day is missing"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_the_reason(ada: Browser, path: str, typed: Any, words: str) -> None:
    answer = send(ada, f"/availability/{path}", typed)
    assert answer.status == 422
    assert words in Document(answer.text).alert
    assert own(week(ada)) == []


def test_weekly_hours_are_left_out_on_a_day_of_theirs_alone(ada: Browser) -> None:
    typed = {"days": "Monday", "start": "11:00", "end": "13:00"}
    assert send(ada, "/availability/weekly", typed).status == 303
    [one] = ada.get("/api/availability").json["availability"]
    path = f"/availability/{one['id']}"
    refused = send(ada, path, typed | {"skip_also": "2026-12-25"})
    assert refused.status == 422
    assert "And not on is a Friday; these hours are on Monday" in Document(refused.text).alert
    assert send(ada, path, typed | {"days": ["Monday", "Friday"], "skip_also": "2026-12-25"}).status == 303


def test_a_week_there_is_not_is_refused(ada: Browser) -> None:
    for name in ("2026-W54", "next", "2026-48", "9999-W53"):
        assert ada.get(f"/availability?week={name}").status == 422
