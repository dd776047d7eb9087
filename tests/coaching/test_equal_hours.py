"""The night on which clocks go back: two equal hours are told apart on every page, mail and offer. Day x zone x DST.

``LONG=1`` takes every change of every clock from 2026 to 2037; otherwise each distinct zone's first change of each kind.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Hours
from chalicelib.coaching import week_calendar
from chalicelib.coaching.slots import Calendar, Terms, free
from chalicelib.coaching.week_calendar import Item
from chalicelib.web import formats
from tests.coaching.practice import Practice, book
from tests.coaching.test_mails import deliver
from tests.coaching.test_pages import follow, submit
from tests.people import Answer

HOUR = timedelta(hours=1)
BACK = [
    ("Europe/Berlin", "2027-10-31T02:00", "CEST", "CET"),
    ("Pacific/Auckland", "2027-04-04T02:00", "NZDT", "NZST"),
    ("America/Havana", "2027-11-07T00:00", "CDT", "CST"),
    ("Australia/Lord_Howe", "2027-04-04T01:30", "UTC+11:00", "UTC+10:30"),
    ("Pacific/Chatham", "2027-04-04T03:00", "UTC+13:45", "UTC+12:45"),
]


def both(zone: str, wall: str) -> tuple[datetime, datetime]:
    """The two instants at which clocks there show that."""
    local = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


@pytest.mark.parametrize(("zone", "wall", "first", "second"), BACK)
def test_what_is_shown_of_them_differs(zone: str, wall: str, first: str, second: str) -> None:
    local = [formats.local(at, zone) for at in both(zone, wall)]
    clock = wall[11:]
    assert [formats.clock_time(at) for at in local] == [f"{clock} {first}", f"{clock} {second}"]
    day_before = formats.local(both(zone, wall)[0] - timedelta(days=1), zone)
    assert formats.clock_time(day_before) == clock, "only where one of the two could be meant"


@pytest.mark.parametrize(("zone", "wall", "first", "second"), BACK)
def test_with_calls_in_both_hours_every_page_and_mail_tells_them_apart(
    zone: str, wall: str, first: str, second: str, practice: Practice, clock: Any
) -> None:
    one, other = both(zone, wall)
    clock.set((one - timedelta(days=10)).isoformat())
    carla = practice.coach("carla", zone=zone, hours=None)
    day = datetime.fromisoformat(wall).date()
    practice.hours("carla", f"{day - timedelta(days=1)}T12:00", f"{day}T12:00", zone, weekly=False)
    practice.rule("call_minutes", 30)
    practice.rule("slot_interval_minutes", 30)
    practice.rule("calls_per_month", 5)
    ada = practice.client("ada", "carla", zone=zone)
    week = zones.week_name(day)
    times = re.findall(
        r'<button name="start" value="([^"]+)"[^>]*>([^<]+)</button>', ada.get(f"/book?week={week}").text
    )
    clocks = [(value[:10], text) for value, text in times]
    assert len(clocks) == len(set(clocks)) and (str(day), f"{wall[11:]} {first}") in clocks
    assert (str(day), f"{wall[11:]} {second}") in clocks
    calls = [book(ada, "carla", at.isoformat(), (at + timedelta(minutes=30)).isoformat()).json for at in (one, other)]
    for browser, path in (
        (carla, f"/coach?week={week}"),
        (ada, f"/appointments?from={week}"),
        (carla, f"/appointments?from={week}"),
        (carla, "/coach/clients"),
    ):
        page = browser.get(path)
        assert page.status == 200, (path, page.text)
        assert f"{wall[11:]} {first}" in page.text, path
        assert path == "/coach/clients" or f"{wall[11:]} {second}" in page.text, path
    for call, abbreviation in zip(calls, (first, second), strict=True):
        for path in ("cancel", "move"):
            assert f"{wall[11:]} {abbreviation}" in ada.get(f"/appointments/{call['id']}/{path}").text
    assert len(practice.messages("appointment.booked")) == 2
    practice.sql("DELETE FROM outbox WHERE key = %s", str(calls[0]["id"]))
    assert f"{wall[11:]} {second}" in deliver(practice)["ada@example.org"].subject
    why = carla.get(f"/coach/why?day={day}&time={wall[11:].replace(':', '%3A')}").text
    assert [f"{wall[11:]} {one}</h2>" in why for one in (first, second)] == [True, True], "of both it is said why"
    practice.sql("DELETE FROM block")
    assert carla.get("/coach/at?at=" + other.isoformat().replace("+", "%2B")).status == 200


def test_of_a_time_that_comes_twice_what_is_free_is_blocked_and_it_is_said_which(
    practice: Practice, clock: Any
) -> None:
    clock.set("2027-10-25T08:00Z")
    carla = practice.coach("carla", hours=None)
    practice.hours("carla", "2027-10-31T00:00", "2027-10-31T05:00", weekly=False)
    book(practice.client("ada", "carla"), "carla", "2027-10-31T02:00:00+02:00")

    def block(start: str, end: str) -> Answer:
        return submit(carla, carla.get("/coach?week=2027-W43"), "/coach/block", day="2027-10-31", start=start, end=end)

    assert "02:00 CET to 02:30 CET: nobody can book it." in follow(carla, block("02:00", "02:30")).text
    assert "02:30 CET to 03:00: nobody can book it." in follow(carla, block("02:30", "03:00")).text
    [one, other] = carla.get("/api/blocks").json["blocks"]
    assert (one["start"], other["end"]) == ("2027-10-31T02:00:00+01:00", "2027-10-31T03:00:00+01:00")
    again = block("02:00", "02:30")
    assert again.status == 422, "both are taken"
    practice.sql("DELETE FROM block")
    practice.sql("DELETE FROM appointment")
    assert "02:00 CEST to 02:30 CEST: nobody" in follow(carla, block("02:00", "02:30")).text, "the first that is free"


def changes() -> Iterator[tuple[str, datetime]]:
    """Zone and instant of each change of its clock, of zones that differ; found by bisecting the offset."""
    last = 2037 if os.environ.get("LONG") else 2028
    seen = set()
    for name in sorted(zones.names()):
        zone = ZoneInfo(name)
        found = []
        at = datetime(2026, 12, 1, tzinfo=UTC)
        while at.year <= last:
            after = at + timedelta(days=7)
            if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
                low, high = at, after
                while high - low > timedelta(minutes=1):
                    middle = low + (high - low) / 2
                    same = middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                    low, high = (middle, high) if same else (low, middle)
                found.append(high.replace(second=0, microsecond=0))
            at = after
        kind = (tuple(found), zone.utcoffset(datetime(2027, 1, 1)), zone.tzname(datetime(2027, 1, 1)))
        if found and kind not in seen:
            seen.add(kind)
            yield from ((name, at) for at in found)


@pytest.mark.timeout(1200)
def test_in_every_zone_the_calendar_of_such_a_week_holds_each_hour_once_and_words_for_each_time() -> None:
    """What the pages are made of, without a server: the cells of the week, and the words of its slots."""
    nights = 0
    for name, at in changes():
        nights += 1
        zone = ZoneInfo(name)
        day = at.astimezone(zone).date()
        monday = zones.monday(day)
        begin = zones.midnight(day - timedelta(days=1), zone)
        hours = Hours(datetime.combine(day - timedelta(days=1), datetime.min.time()), datetime.combine(day, datetime.min.time()), name, True, date.max, frozenset())  # fmt: skip
        terms = Terms(timedelta(minutes=30), timedelta(minutes=30), timedelta(), timedelta(weeks=9), timedelta(), 99)
        around = [
            hours._replace(starts=hours.starts + timedelta(days=n), ends=hours.ends + timedelta(days=n))
            for n in range(3)
        ]
        slots = free(
            Calendar(zone, tuple(around), [], [], [], terms, False), begin, begin + timedelta(days=3), begin - HOUR
        )
        local = [(start.astimezone(zone), end.astimezone(zone)) for start, end in slots]
        words = [(start.date(), formats.clock_time(start), formats.span(start, end)) for start, end in local]
        assert len(words) == len(set(words)) >= 2 * 69, (name, at)
        items = [Item(start, end, "call", str(n)) for n, (start, end) in enumerate(slots)]
        rows = week_calendar.rows(monday, zone, [], [], items, begin - HOUR)
        placed = {(one.title, day) for row in rows for day, cell in enumerate(row.cells) for one in cell.items}
        in_week = [n for n, (start, end) in enumerate(local) if monday <= start.date() < monday + timedelta(days=7)]
        assert {str(n) for n in in_week} <= {title for title, _ in placed}, (name, at)
        empty = [cell.empty_at for row in rows for cell in row.cells if cell.empty_at]
        assert len(empty) == len(set(empty)), (name, at)
    assert nights > 100, nights
