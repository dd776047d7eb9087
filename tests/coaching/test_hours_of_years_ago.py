"""Weekly hours that somebody gave years ago are changed, deleted and had again as any others."""

from typing import Any

import pytest

from tests.coaching.practice import Practice
from tests.coaching.test_pages import follow, press, submit
from tests.people import Browser

BEGUN = ("2024-11-04T09:00", "2024-11-04T17:00")
"""A Monday more than two years before."""


@pytest.fixture
def carla(practice: Practice) -> Browser:
    return practice.coach("carla", hours=None)


def given(browser: Browser) -> list[Any]:
    hours: list[Any] = browser.get("/api/office-hours").json["office_hours"]
    return hours


def free(browser: Browser) -> list[str]:
    return [slot["start"] for slot in browser.get("/api/coaches/carla/slots?from=2026-W49&weeks=3").json["slots"]]


def test_they_are_changed_on_their_page_and_the_change_is_undone(practice: Practice, carla: Browser) -> None:
    path = f"/coach/hours/{practice.hours('carla', *BEGUN)}"
    before = given(carla)
    typed = {"start": "22:00", "end": "02:00", "until": "", "except_also": "2026-12-28", "calls": ""}
    changed = follow(carla, submit(carla, carla.get(path), path, **typed))
    assert "Your office hours are changed." in changed.text
    [one] = given(carla)
    assert (one["start"], one["end"]) == ("2024-11-04T22:00", "2024-11-05T02:00") and one["except"] == ["2026-12-28"]
    assert "That is undone" in follow(carla, press(carla, changed, "Undo")).text and given(carla) == before


def test_they_are_deleted_and_an_undo_gives_the_same_weeks_again(practice: Practice, carla: Browser) -> None:
    path = f"/coach/hours/{practice.hours('carla', *BEGUN)}"
    ada = practice.client("ada", "carla")
    before = free(ada)
    deleted = follow(carla, submit(carla, carla.get(path), f"{path}/delete", calls=""))
    assert before and not free(ada)
    for _ in range(2):
        assert "That is undone" in follow(carla, press(carla, deleted, "Undo")).text
        assert free(ada) == before and len(given(carla)) == 1


@pytest.mark.parametrize(("purpose", "path"), [("coaching", "/api/office-hours"), ("lunch", "/api/availability")])
def test_the_api_changes_all_of_them_but_begins_none_anew_so_long_ago(
    purpose: str, path: str, practice: Practice, carla: Browser
) -> None:
    path = f"{path}/{practice.hours('carla', *BEGUN)}"
    practice.sql("UPDATE availability SET purpose = %s", purpose)
    assert carla.ask("PATCH", path, {"except": ["2026-12-28"]}).json["except"] == ["2026-12-28"]
    assert carla.ask("PATCH", path, {"end": "2024-11-04T18:00"}).json["end"] == "2024-11-04T18:00"
    assert carla.ask("PATCH", path, {"start": BEGUN[0], "until": "2026-12-31"}).json["until"] == "2026-12-31"
    refused = carla.ask("PATCH", path, {"start": "2024-11-03T09:00"})
    assert refused.status == 422 and refused.json["errors"][0]["message"] == "must be within two years"
    refused = carla.ask("PATCH", path, {"end": "2026-11-23T10:00"})
    assert refused.status == 422 and refused.json["errors"][0]["field"] == "end"


def test_lunch_hours_are_changed_on_their_page(practice: Practice, carla: Browser) -> None:
    path = f"/availability/{practice.hours('carla', *BEGUN)}"
    practice.sql("UPDATE availability SET purpose = 'lunch'")
    typed = {"start": "10:00", "end": "17:00", "until": "", "days": ["Monday", "Friday"], "skip_also": ""}
    assert "Your hours are changed." in follow(carla, submit(carla, carla.get(path), path, **typed)).text
