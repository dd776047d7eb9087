"""The page on which coaches ask why a time is not free: what they typed stands there again, whatever it is."""

import re
from typing import Any

import pytest

from chalicelib.web import formats
from tests.coaching.practice import Practice, book
from tests.people import Browser


@pytest.fixture
def carla(practice: Practice) -> Browser:
    return practice.coach("carla")


def field(text: str, name: str) -> dict[str, str]:
    [tag] = re.findall(rf'<input id="{name}"[^>]*>', text)
    return dict(re.findall(r'([\w-]+)="([^"]*)"', tag))


@pytest.mark.parametrize(
    ("day", "time", "wrong", "said"),
    [
        ("2026-12-01", "25:99", "time", "Time is no time of day we can read"),
        ("2027-03-28", "02:30", "time", "Time is skipped by the clocks of Europe/Berlin on that day"),
        ("1.12.2026", "10:00", "day", "Date is no date"),
        ("2026-02-30", "10:00", "day", "Date is no date"),
        ("2026-12-01", "", "time", "Time is no time of day we can read"),
        ("", "10:00", "day", "Date is no date"),
        ("9999-12-31", "24:00", "day", "Date is too far ahead"),
        ("2050-12-01", "10:00", "day", "Date must be within ten years"),
    ],
)
def test_what_is_no_time_is_shown_as_it_was_typed_with_what_is_wrong_at_its_field(
    day: str, time: str, wrong: str, said: str, carla: Browser
) -> None:
    page = carla.get(f"/coach/why?day={day}&time={time}")
    assert page.status == 422 and "Tell me why" in page.text and said in page.text
    for name, typed in (("day", day), ("time", time)):
        shown = field(page.text, name)
        assert shown.get("value") == typed and ("aria-invalid" in shown) is (name == wrong)
        kind: Any = {"day": "date", "time": "time"}[name]
        assert shown["type"] == formats.able_to_show(kind, typed), "a browser shows what stands in it"


def test_a_time_is_answered_and_stands_in_the_form(practice: Practice, carla: Browser) -> None:
    book(practice.client("ada", "carla"), "carla", "2026-12-01T10:00:00+01:00")
    taken = carla.get("/coach/why?day=2026-12-01&time=10:00")
    assert taken.status == 200 and "<li>is taken</li>" in taken.text and field(taken.text, "time")["value"] == "10:00"
    empty = carla.get("/coach/why")
    assert empty.status == 200 and "missing" not in empty.text and "Error" not in empty.text
    assert carla.get("/coach/why?day=&time=").status == 200
