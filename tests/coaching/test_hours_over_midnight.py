"""Hours to midnight and past it: given, kept and blocked, on pages and by the API alike."""

import re
from typing import Any

import pytest

from tests.coaching.practice import Practice, book
from tests.coaching.test_pages import follow, submit
from tests.people import Browser

GIVEN = [
    ("20:00", "24:00", "20:00 to 00:00"),
    ("20:00", "00:00", "20:00 to 00:00"),
    ("22:00", "02:00", "22:00 to 02:00"),
]


@pytest.fixture
def carla(practice: Practice) -> Browser:
    return practice.coach("carla", hours=None)


def ends(carla: Browser) -> list[str]:
    return [one["end"][11:] for one in carla.get("/api/office-hours").json["office_hours"]]


def each_week(said: str) -> str:
    """Weekly hours name no day of one week alone."""
    return {"20:00 to 00:00": "20:00 to 24:00", "22:00 to 02:00": "22:00 to 02:00 the next day"}[said]


@pytest.mark.parametrize(("start", "end", "said"), GIVEN)
@pytest.mark.parametrize("weekly", [True, False])
def test_they_are_given_kept_and_changed_on_pages(
    start: str, end: str, said: str, weekly: bool, carla: Browser, practice: Practice
) -> None:
    when = {"days": ["Tuesday"]} if weekly else {"day": "2026-11-24"}
    page = carla.get("/coach/hours")
    done = follow(carla, submit(carla, page, "/coach/hours", start=start, end=end, **when))
    said = each_week(said) if weekly else said
    assert "Your office hours are added." in done.text and said in done.text
    [edit] = re.findall(r'href="(/coach/hours/[^"]+)"', done.text)
    form = carla.get(edit)
    shown = re.search(r'name="end" type="(\w+)" value="([^"]*)"', form.text)
    assert shown and shown[2] == ("24:00" if end in ("24:00", "00:00") else end)
    assert shown[1] == ("text" if shown[2] == "24:00" else "time"), "a browser shows what stands in it"
    kept = follow(carla, submit(carla, form, edit, start=start, end=shown[2], until="", except_also="", calls=""))
    assert "Your office hours are changed." in kept.text and said in kept.text
    ada = practice.client("ada", "carla")
    free = [slot["start"][5:16] for slot in ada.get("/api/coaches/carla/slots?weeks=1").json["slots"]]
    hours = {"20:00": ["11-24T20:00", "11-24T21:00", "11-24T22:00", "11-24T23:00"]}
    assert free == hours.get(start, ["11-24T22:00", "11-24T23:00", "11-25T00:00", "11-25T01:00"])


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [("17:00", "09:00", True), ("22:00", "00:01", True), ("09:00", "17:00", False), ("20:00", "24:00", False)],
)
def test_hours_over_midnight_are_said_to_be_so_for_they_may_be_typed_the_wrong_way_round(
    start: str, end: str, said: bool, carla: Browser
) -> None:
    page = carla.get("/coach/hours")
    given = follow(carla, submit(carla, page, "/coach/hours", start=start, end=end, days=["Tuesday"]))
    [edit] = re.findall(r'href="(/coach/hours/[^"]+)"', given.text)
    changed = submit(carla, carla.get(edit), edit, start=start, end=end, until="", except_also="", calls="")
    for shown in (given, follow(carla, changed)):
        assert ("They go over midnight and end on the day after" in shown.text) is said


def test_an_end_that_is_the_start_is_refused_at_its_field(carla: Browser) -> None:
    refused = submit(carla, carla.get("/coach/hours"), "/coach/hours", start="09:00", end="09:00", days=["Monday"])
    assert refused.status == 422 and "24:00" in refused.text and ends(carla) == []


def test_a_whole_day(carla: Browser) -> None:
    follow(carla, submit(carla, carla.get("/coach/hours"), "/coach/hours", start="00:00", end="24:00", days=["Monday"]))
    [one] = carla.get("/api/office-hours").json["office_hours"]
    assert (one["start"][11:], one["end"][11:]) == ("00:00", "00:00") and one["start"][:10] < one["end"][:10]


@pytest.mark.parametrize("weekly", [True, False])
@pytest.mark.parametrize("start", ["22:00", "00:00", "03:30"])
@pytest.mark.parametrize("purpose", ["coaching", "lunch"])
def test_hours_from_a_time_to_the_same_on_the_next_day_are_kept_by_their_page(
    purpose: str, start: str, weekly: bool, carla: Browser
) -> None:
    days = {"start": f"2026-12-01T{start}", "end": f"2026-12-02T{start}", "timezone": "Europe/Berlin", "weekly": weekly}
    given = carla.post("/api/availability", days | {"purpose": purpose}).json
    path = f"{'/coach/hours' if purpose == 'coaching' else '/availability'}/{given['id']}"
    shown = dict(re.findall(r'name="(start|end)" type="\w+" value="([^"]*)"', carla.get(path).text))
    typed = {"days": ["Tuesday"]} if purpose == "lunch" and weekly else {}
    assert submit(carla, carla.get(path), path, **shown, **typed).status == 303
    [kept] = carla.get(f"/api/availability?purpose={purpose}").json["availability"]
    assert kept == given
    assert submit(carla, carla.get(path), path, start="09:00", end="10:00", **typed).status == 303
    assert submit(carla, carla.get(path), path, start="09:00", end="09:00", **typed).status == 422, "a slip"


def test_the_api_reads_24_00(carla: Browser) -> None:
    day = {"start": "2026-11-24T20:00", "end": "2026-11-24T24:00", "timezone": "Europe/Berlin"}
    given = carla.post("/api/office-hours", day)
    assert given.status == 201 and given.json["end"] == "2026-11-25T00:00"
    changed = carla.ask("PATCH", f"/api/office-hours/{given.json['id']}", {"end": "2026-11-24T23:00"})
    assert changed.json["end"] == "2026-11-24T23:00"
    for wrong in ("2026-11-24T24:01", "2026-11-24T25:00", "9999-12-31T24:00"):
        assert carla.post("/api/office-hours", day | {"end": wrong}).status == 422, wrong


@pytest.mark.parametrize(("start", "end"), [("22:00", "02:00"), ("20:00", "24:00"), ("23:30", "00:30")])
def test_a_time_over_midnight_is_blocked(start: str, end: str, carla: Browser, practice: Practice) -> None:
    page = carla.get("/coach")
    done = follow(carla, submit(carla, page, "/coach/block", day="2026-11-24", start=start, end=end))
    assert "That time is yours. Tuesday, 24 November 2026" in done.text and "on Wednesday, 25 November" in done.text
    [block] = carla.get("/api/blocks").json["blocks"]
    assert block["start"] == f"2026-11-24T{start}:00+01:00" and block["end"][:10] == "2026-11-25"


def test_a_call_past_midnight_names_its_second_day_wherever_it_is_shown(practice: Practice, carla: Browser) -> None:
    practice.hours("carla", "2026-11-24T23:30", "2026-11-25T01:30", weekly=False)
    ada = practice.client("ada", "carla")
    assert "23:30 to 00:30 on Wednesday, 25 November" in ada.get("/book?week=2026-W48").text
    call = book(ada, "carla", "2026-11-24T23:30:00+01:00").json
    for browser, path in (
        (ada, "/appointments"),
        (ada, f"/appointments/{call['id']}/cancel"),
        (ada, "/"),
        (carla, "/coach"),
        (carla, "/appointments"),
    ):
        assert "23:30 to 00:30 on Wednesday, 25 November" in browser.get(path).text, path
    from tests.coaching.test_mails import deliver

    assert all("23:30 to 00:30 on Wednesday, 25 November" in mail.text for mail in deliver(practice).values())


def test_a_day_away_s_end_of_the_day_and_calendar_rows(practice: Practice, carla: Browser) -> None:
    """An hour that comes over from the day before stands in the first row of its day."""
    practice.hours("carla", "2026-11-24T23:30", "2026-11-25T01:30", weekly=False)
    book(practice.client("ada", "carla"), "carla", "2026-11-24T23:30:00+01:00")
    rows: Any = re.findall(r'<tr><th scope="row">(\d\d:\d\d)</th>(.*?)</tr>', carla.get("/coach").text, re.DOTALL)
    cells = {hour: re.findall(r"<td.*?</td>", row, re.DOTALL) for hour, row in rows}
    assert "call with Ada" in cells["23:00"][1] and "call with Ada" in cells["00:00"][2]
    assert sum("call with Ada" in cell for row in cells.values() for cell in row) == 2
