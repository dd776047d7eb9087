"""Weekly hours as a grid of half hours: ticked, unticked, given by one press; nothing stands twice, nothing is lost."""

from typing import Any

import pytest

from tests.pages.documents import Document
from tests.pages.test_availability import NOW, cells, link, own, week
from tests.pages.test_forms import send
from tests.people import Answer, Browser


@pytest.fixture
def ada(community: Any, clock: Any) -> Browser:
    clock.set(NOW)
    browser: Browser = community.member("ada")
    return browser


def shown(browser: Browser) -> Document:
    return Document(browser.get("/availability").text)


def ticked(page: Document) -> list[str]:
    return [e["value"] for e in page.all("input") if e["name"] == "free" and "checked" in e.attributes]


def tick(browser: Browser, *, on: tuple[str, ...] = (), off: tuple[str, ...] = (), page: Document | None = None) -> str:
    """Tick and untick half hours on the page as it is, or as it was, and save; what the next page says."""
    page = page or shown(browser)
    open_ones = [e["value"] for e in page.all("input") if e["name"] == "free" and "disabled" not in e.attributes]
    assert set(on) | set(off) <= set(open_ones), "that half hour cannot be ticked"
    was = [e["value"] for e in page.all("input") if e["name"] == "was"]
    free = [key for key in open_ones if (key in ticked(page) or key in on) and key not in off]
    form = page.form("/availability") | {"was": was, "free": free}
    answer = browser.post("/availability", form, kind="form")
    assert answer.status == 303, answer.text
    return Document(browser.get(answer.header("location")).text).main


def press(browser: Browser, label: str) -> Answer:
    """A press that gives hours of several days at once."""
    page = shown(browser)
    [button] = [e for e in page.all("button") if " ".join(e.text.split()) == label]
    form = next(e for e in button.inside if e.tag == "form")
    sent: dict[str, Any] = {}
    for e in page.all("input"):
        if form in e.inside:
            sent[e["name"]] = [*sent.get(e["name"], []), e["value"]]
    return browser.post(form["action"], sent, kind="form")


def given(browser: Browser) -> set[tuple[str, str]]:
    found = browser.get("/api/availability").json["availability"]
    return {(one["start"][11:], one["end"][11:]) for one in found}


def test_the_ground_is_the_hours_in_which_lunches_are(ada: Browser) -> None:
    page = shown(ada)
    keys = [e["value"] for e in page.all("input") if e["name"] == "free"]
    assert len(keys) == 40 and keys[:6] == ["0-11:00", "1-11:00", "2-11:00", "3-11:00", "4-11:00", "0-11:30"]
    assert keys[-1] == "4-14:30", "a lunch that starts at 13:45 ends at 14:45"
    assert page.one("input", value="3-12:30")["aria-label"] == "Thursday 12:30"


def test_half_hours_that_are_ticked_become_hours_and_what_can_start_in_them_is_said(ada: Browser) -> None:
    said = tick(ada, on=("1-11:30", "1-12:00", "1-12:30", "3-11:30", "3-12:00", "3-12:30"))
    assert "Your weekly hours are saved." in said and "could start at 6 times" in said
    assert own(shown(ada)) == ["Every Tuesday and Thursday, 11:30 to 13:00"], "equal hours are one entry"
    assert ticked(shown(ada)) == ["1-11:30", "3-11:30", "1-12:00", "3-12:00", "1-12:30", "3-12:30"]


def test_what_is_unticked_is_taken_back_also_from_the_middle_and_off_the_half_hour(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:15", "end": "13:45"})
    page = shown(ada)
    assert ticked(page) == ["1-11:30", "1-12:00", "1-12:30", "1-13:00"], "half hours that are free as a whole"
    assert page.one("input", value="1-11:00")["aria-label"] == "Tuesday 11:00, in part"
    tick(ada, off=("1-12:00",))
    assert given(ada) == {("11:15", "12:00"), ("12:30", "13:45")}
    tick(ada, on=("1-12:00",))
    assert given(ada) == {("11:15", "13:45")}, "what meets is one entry again"


def test_hours_beyond_the_grid_stay_when_a_half_hour_in_it_goes(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Monday", "start": "09:00", "end": "24:00"})
    tick(ada, off=("0-14:00", "0-14:30"))
    assert given(ada) == {("09:00", "14:00"), ("15:00", "00:00")}


def test_nothing_ticked_and_nothing_unticked_changes_nothing_and_says_so(ada: Browser, sql: Any) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:15", "end": "13:45"})
    before = sql("SELECT * FROM availability")
    assert "Nothing was changed" in tick(ada)
    assert sql("SELECT * FROM availability") == before


def test_an_old_page_takes_back_nothing_that_was_given_since(ada: Browser) -> None:
    old = shown(ada)
    send(ada, "/availability/weekly", {"days": "Monday", "start": "11:00", "end": "12:00"})
    tick(ada, on=("4-12:00",), page=old)
    assert own(shown(ada)) == ["Every Monday, 11:00 to 12:00", "Every Friday, 12:00 to 12:30"]


def test_hours_with_an_end_or_exceptions_are_ticked_and_changed_elsewhere(ada: Browser) -> None:
    typed = {"days": "Tuesday", "start": "11:00", "end": "12:00", "until": "2026-12-31"}
    send(ada, "/availability/weekly", typed)
    page = shown(ada)
    fixed = page.one("input", value="1-11:00")
    assert "disabled" in fixed.attributes and "checked" in fixed.attributes
    tick(ada, on=("1-12:00",))
    assert own(shown(ada)) == ["Every Tuesday, 11:00 to 12:00", "Every Tuesday, 12:00 to 12:30"]


def test_one_press_gives_a_week_and_pressed_again_adds_nothing(ada: Browser) -> None:
    answer = press(ada, "Mon to Fri, 11:30 to 13:30")
    assert answer.header("location") == "/availability?done=given"
    assert own(shown(ada)) == ["Monday to Friday, 11:30 to 13:30"]
    answer = press(ada, "Mon to Fri, 11:30 to 13:30")
    assert "so nothing was added" in Document(ada.get(answer.header("location")).text).main
    answer = press(ada, "Mon to Fri, 11:00 to 14:45")
    assert "are one entry with them now" in Document(ada.get(answer.header("location")).text).main
    assert own(shown(ada)) == ["Monday to Friday, 11:00 to 14:45"]


def test_hours_given_once_while_one_is_free_anyway_are_not_given_twice(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "11:00", "end": "14:00"})
    answer = send(ada, "/availability/once", {"day": "2026-11-24", "start": "12:00", "end": "13:00"})
    assert answer.header("location").endswith("done=already")
    send(ada, "/availability/once", {"day": "2026-11-25", "start": "12:00", "end": "13:00"})
    answer = send(ada, "/availability/once", {"day": "2026-11-25", "start": "13:00", "end": "14:00"})
    assert answer.header("location").endswith("done=merged")
    assert own(shown(ada)) == ["Every Tuesday, 11:00 to 14:00", "Wednesday, 25 November 2026, 12:00 to 14:00"]


def test_an_entry_of_several_days_is_changed_and_deleted_as_one(ada: Browser) -> None:
    press(ada, "Mon to Fri, 11:30 to 13:30")
    path = link(shown(ada), "Change: Monday to Friday, 11:30 to 13:30")
    page = Document(ada.get(path).text)
    assert page.ticked("days") == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    send(ada, path, {"days": ["Tuesday", "Saturday"], "start": "12:00", "end": "13:00"})
    assert own(shown(ada)) == ["Every Tuesday and Saturday, 12:00 to 13:00"]
    path = link(shown(ada), "Change: Every Tuesday and Saturday, 12:00 to 13:00")
    assert send(ada, path, {"start": "12:00", "end": "13:00"}).status == 422, "no day is none"
    send(ada, f"{path}/delete", {}, page=path)
    assert "No hours yet" in shown(ada).main and given(ada) == set()


def test_hours_over_midnight_are_given_shown_and_saved_again(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Friday", "start": "22:00", "end": "02:00"})
    label = "Every Friday, 22:00 to 02:00 the next day"
    assert own(shown(ada)) == [label]
    path = link(shown(ada), f"Change: {label}")
    page = Document(ada.get(path).text)
    assert (page.value("start"), page.value("end")) == ("22:00", "02:00")
    assert send(ada, path, {"days": "Friday", "start": "22:30", "end": "24:00"}).status == 303
    page = Document(ada.get(path).text)
    assert (page.value("start"), page.value("end")) == ("22:30", "24:00")
    assert own(shown(ada)) == ["Every Friday, 22:30 to 24:00"]


def test_hours_in_which_no_lunch_can_be_are_marked_whatever_the_week(ada: Browser) -> None:
    send(ada, "/availability/weekly", {"days": "Tuesday", "start": "08:00", "end": "11:30"})
    send(ada, "/availability/weekly", {"days": "Wednesday", "start": "12:00", "end": "12:45"})
    send(ada, "/availability/once", {"day": "2026-12-05", "start": "12:00", "end": "14:00"})
    assert shown(ada).main.count("no lunch can be then") == 3
    send(ada, "/availability/once", {"day": "2026-12-02", "start": "12:45", "end": "13:15"})
    assert shown(ada).main.count("no lunch can be then") == 3, "with the weekly hours a lunch can be on that day alone"
    send(ada, "/availability/weekly", {"days": "Thursday", "start": "11:00", "end": "12:00"})
    assert shown(ada).main.count("no lunch can be then") == 3
    ada.ask("PATCH", "/api/me", {"location": None})
    assert "no lunch can be then" not in shown(ada).main, "without a place nobody knows"


def test_by_another_clock_the_ground_and_the_presses_are_those_of_the_place(community: Any, clock: Any) -> None:
    clock.set(NOW)
    kim = community.member("kim", location="Harbour", zone="Asia/Kathmandu")  # four and three quarter hours ahead
    keys = [e["value"] for e in shown(kim).all("input") if e["name"] == "free"]
    assert keys[0] == "0-15:30" and keys[-1] == "4-19:00"
    press(kim, "Mon to Fri, 16:15 to 18:15")
    assert "could start at 25 times, the first on Monday at 16:15" in week(kim).main


def test_past_days_look_past_and_what_takes_an_hour_is_named_and_led_to(
    ada: Browser, community: Any, sql: Any, clock: Any
) -> None:
    from tests.lunches import lunch

    send(ada, "/availability/weekly", {"days": ["Monday", "Friday"], "start": "11:00", "end": "14:00"})
    [me] = [row.person_id for row in sql("SELECT person_id FROM account WHERE username = 'ada'")]
    event = lunch(sql, community.locations["Harbour"], "2026-11-27T11:00+00:00", approved=[me], confirmed=True)
    clock.set("2026-11-25T12:00Z")
    page = week(ada)
    assert cells(page)["12:00"][4] == "lunch"
    assert [e["href"] for e in page.all("a") if e.is_in("td") and e["class"] == "act"] == [f"/events/{event}"]
    past = [e for e in page.all("td") if "past" in e["class"].split()]
    assert len(past) == 2 * 4 + 2, "two days of four hours, and 11:00 and 12:00 of this one"
