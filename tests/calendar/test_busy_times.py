"""When a calendar is busy: as six programs write it, occurrence by occurrence against another library; and what is bad in it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject

from chalicelib.calendar import busy_times
from chalicelib.calendar.busy_times import Unreadable
from chalicelib.calendar.occurrences import Span, merged
from tests.calendar import programs

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
END = BEGIN + timedelta(days=400)
BERLIN = ZoneInfo("Europe/Berlin")


def by_vobject(text: str) -> list[Span]:
    """The same, read by a library with a parser and zones of its own."""
    events = [one for one in vobject.readOne(text).components() if one.name == "VEVENT"]
    moved = {(e.uid.value, instant(e.recurrence_id.value)) for e in events if hasattr(e, "recurrence_id")}
    return merged(
        (max(a, BEGIN), min(b, END))
        for event in events
        if not is_free(event)
        for start, a, b in occurrences(event)
        if a < END and b > BEGIN and a < b
        if hasattr(event, "recurrence_id") or (event.uid.value, start) not in moved
    )


def is_free(event: Any) -> bool:
    said = [
        event.contents[name][0].value
        for name in ("transp", "status", "x-microsoft-cdo-busystatus")
        if name in event.contents
    ]
    return bool({"TRANSPARENT", "CANCELLED", "FREE"} & set(said))


def occurrences(event: Any) -> Iterator[tuple[datetime, datetime, datetime]]:
    start = event.dtstart.value
    length = event.duration.value if hasattr(event, "duration") else event.dtend.value - start
    repeats = hasattr(event, "rrule") or hasattr(event, "rdate")
    for at in event.getrruleset(addRDate=True) if repeats else [start]:
        yield instant(at), instant(at), instant(at + length)


def instant(at: date) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo else at.replace(tzinfo=BERLIN)).astimezone(UTC)


@pytest.mark.parametrize("program", programs.ALL)
def test_every_occurrence_is_where_another_library_finds_it(program: str) -> None:
    text = programs.ALL[program]
    found = busy_times.of(programs.as_sent(text), "Europe/Berlin", BEGIN, END)
    assert found == by_vobject(text)
    assert len(found) >= {"google": 20, "apple": 20}.get(program, 4)


def calendar(*events: str, head: str = "") -> bytes:
    parts = "".join(
        f"BEGIN:VEVENT\nUID:{n}@x\nDTSTAMP:20261101T000000Z\n{one}\nEND:VEVENT\n" for n, one in enumerate(events)
    )
    return programs.as_sent(f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{parts}END:VCALENDAR\n")


def of(content: bytes, timezone: str = "Europe/Berlin") -> list[str]:
    return [f"{a:%m-%dT%H:%M}/{b:%m-%dT%H:%M}" for a, b in busy_times.of(content, timezone, BEGIN, END)]


def test_all_day_and_floating_times_are_those_of_their_owner() -> None:
    both = calendar("DTSTART;VALUE=DATE:20261201", "DTSTART:20261203T090000\nDTEND:20261203T100000")
    assert of(both) == ["11-30T23:00/12-01T23:00", "12-03T08:00/12-03T09:00"]
    assert of(both, "Asia/Kolkata") == ["11-30T18:30/12-01T18:30", "12-03T03:30/12-03T04:30"]
    named = calendar("DTSTART;VALUE=DATE:20261201", head="X-WR-TIMEZONE:America/New_York\n")
    assert of(named) == ["12-01T05:00/12-02T05:00"]


def test_a_zone_that_nobody_knows_is_read_as_the_owners() -> None:
    zone = "DTSTART;TZID={0}:20261201T090000\nDTEND;TZID={0}:20261201T100000"
    assert of(calendar(zone.format("Mars/Base"))) == ["12-01T08:00/12-01T09:00"]
    assert of(calendar(zone.format("Pacific Standard Time"))) == ["12-01T17:00/12-01T18:00"], "as Windows calls it"
    assert of(calendar("DTSTART;VALUE=DATE:20261201", head="X-WR-TIMEZONE:Mars/Base\n")) == ["11-30T23:00/12-01T23:00"]


def test_our_own_entries_keep_nobody_busy() -> None:
    text = calendar("DTSTART:20261201T090000Z\nDTEND:20261201T100000Z").replace(
        b"UID:0@x", b"UID:appointment-0b6bd0b1-7b2c-4c3f-9f3e-0d0a8b9b6a11"
    )
    assert of(text) == []


def test_what_overlaps_is_said_once_and_what_reaches_over_the_edge_is_cut() -> None:
    times = (
        "20261122T200000Z/20261123T020000Z",
        "20261201T090000Z/20261201T103000Z",
        "20261201T100000Z/20261201T110000Z",
    )
    text = calendar(*("DTSTART:{}\nDTEND:{}".format(*one.split("/")) for one in times))
    assert of(text) == ["11-23T00:00/11-23T02:00", "12-01T09:00/12-01T11:00"]


def test_free_and_busy_as_it_is_published_alone() -> None:
    text = programs.as_sent(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VFREEBUSY\nUID:1\nDTSTAMP:20261101T000000Z\n"
        "FREEBUSY:20261201T090000Z/20261201T100000Z,20261202T090000Z/PT1H\n"
        "FREEBUSY;FBTYPE=FREE:20261203T090000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR\n"
    )
    assert of(text) == ["12-01T09:00/12-01T10:00", "12-02T09:00/12-02T10:00"]


@pytest.mark.parametrize(
    "broken",
    [
        "SUMMARY:no start",
        "DTSTART:yesterday",
        "DTSTART:20261201T090000Z\nRRULE:FREQ=NEVER",
        "DTSTART:20261201T090000Z\nDTEND:x",
    ],
)
def test_an_event_that_cannot_be_read_takes_no_other_with_it(broken: str) -> None:
    good = "DTSTART:20261203T090000Z\nDTEND:20261203T100000Z"
    assert "12-03T09:00/12-03T10:00" in of(calendar(broken, good))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<!doctype html><title>Log in</title>", "no_calendar"),
        (b"", "no_calendar"),
        (bytes(range(256)) * 40, "no_calendar"),
        (programs.as_sent("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n"), "empty"),
        (programs.as_sent("BEGIN:VCALENDAR\nVERSION:2.0\n"), "no_calendar"),
    ],
)
def test_what_is_no_calendar_is_said_to_be_none(content: bytes, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        busy_times.read(content, "Europe/Berlin", BEGIN, END)


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY"])
def test_a_rule_that_never_ends_is_ended(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy_times, "SECONDS", 2)
    with pytest.raises(Unreadable, match="too_much"):
        busy_times.read(calendar(f"DTSTART:20000101T000000Z\nDURATION:PT1S\nRRULE:{rule}"), "UTC", BEGIN, END)


def test_more_occurrences_than_anybody_has_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy_times, "MOST_OCCURRENCES", 300)
    with pytest.raises(Unreadable, match="too_much"):
        of(calendar("DTSTART:20261201T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY"))
    monkeypatch.setattr(busy_times, "MOST_OCCURRENCES", 1000)
    assert len(of(calendar("DTSTART:20261201T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY"))) == 392


def test_twenty_thousand_single_events_are_read_where_most_are_long_over_or_far_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A calendar that was kept for years: only what can touch the time that is asked for is read whole."""
    monkeypatch.setattr(busy_times, "SECONDS", 5)
    text = "DTSTART:{0:%Y%m%dT%H%M%SZ}\nDTEND:{0:%Y%m%dT%H}5900Z"
    old = (BEGIN - timedelta(days=3, hours=3 * n) for n in range(10_000))
    far = (END + timedelta(days=3, hours=n) for n in range(10_000))
    near = "DTSTART:20261201T090000Z\nDTEND:20261201T100000Z"
    found = busy_times.read(calendar(*map(text.format, (*old, *far)), near), "Europe/Berlin", BEGIN, END)
    assert found == [(datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC))]
    over = calendar(*map(text.format, (BEGIN - timedelta(days=n) for n in range(3, 9))))
    assert busy_times.of(over, "Europe/Berlin", BEGIN, END) == [], "one in which all is over is not empty"


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART;TZID=Pacific/Kiritimati:20261122T230000\nDTEND;TZID=Pacific/Kiritimati:20261123T150000",
        "DTSTART;TZID=Pacific/Pago_Pago:20261122T100000\nDTEND;TZID=Pacific/Pago_Pago:20261122T140000",
        "DTSTART;TZID=Pacific/Kiritimati:20271228T133000\nDTEND;TZID=Pacific/Kiritimati:20271228T150000",
        "DTSTART;VALUE=DATE:20261122\nDTEND;VALUE=DATE:20261124",
        "DTSTART;VALUE=DATE:20271228",
        "DTSTART:20260101T090000Z\nDURATION:P400D",
        "DTSTART:20260101T090000Z\nDTEND:20261201T100000Z",
        "dtstart:20261201T090000Z\ndtend:20261201T100000Z",
        "DTSTART;TZID=Europe/\n Berlin:20261201T090000\nDTE\n ND;TZID=Europe/Berlin:20261201T100000",
        "DESCRIPTION:moved from\\n\n DTSTART:20200101T090000Z\nDTSTART:20261201T090000Z\nDTEND:20261201T100000Z",
        "DTSTART:20200101T090000Z\nDTEND:20200101T100000Z\nRRULE:FREQ=DAILY",
        "DTSTART:20200101T090000Z\nDTEND:20200101T100000Z\nRDATE:20261201T090000Z",
    ],
)
def test_nothing_that_touches_the_time_asked_for_is_passed_over(event: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any zone, at either edge, however it is written: the same is found as where every event is read."""
    found = of(calendar(event))
    monkeypatch.setattr(busy_times, "_can_touch", lambda *_: True)
    assert found == of(calendar(event)) != []


def test_one_of_a_series_that_was_moved_out_of_the_time_asked_for_is_not_there() -> None:
    series = "UID:s@x\nDTSTART:20261201T090000Z\nDTEND:20261201T100000Z\nRRULE:FREQ=DAILY;COUNT=2"
    moved = "UID:s@x\nRECURRENCE-ID:20261202T090000Z\nDTSTART:20290101T090000Z\nDTEND:20290101T100000Z"
    text = calendar(series, moved).replace(b"UID:0@x\r\n", b"").replace(b"UID:1@x\r\n", b"")
    assert of(text) == ["12-01T09:00/12-01T10:00"]


def test_the_process_of_its_own_finds_the_same() -> None:
    text = programs.as_sent(programs.GOOGLE)
    assert busy_times.read(text, "Europe/Berlin", BEGIN, END) == busy_times.of(text, "Europe/Berlin", BEGIN, END)
