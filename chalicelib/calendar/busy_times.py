"""The busy times of an iCalendar object (RFC 5545) as spans, whichever program wrote it.

Run as a program (``python -m chalicelib.calendar.busy_times``) it reads one that strangers wrote, in a process of its own
with limits on time and memory: a rule that never ends, or a hundred thousand recurrences, end that process alone.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.calendar.occurrences import Span, merged

MOST_OCCURRENCES = 20_000
SECONDS = 15
MEMORY = 768 * 1024 * 1024
OURS = re.compile(r"(appointment|event)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""UIDs of our own entries: whoever subscribes to their lunches and calls elsewhere is not kept busy by them here."""
EVENT = re.compile(rb"^BEGIN:VEVENT\b.*?^END:VEVENT\b[^\n]*\n", re.DOTALL | re.MULTILINE | re.IGNORECASE)
REPEATS = re.compile(rb"^(RRULE|RDATE|RECURRENCE-ID)\b", re.MULTILINE | re.IGNORECASE)
DAY = re.compile(rb"^DT(START|END)\b[^\n:]*:(\d{8})", re.MULTILINE | re.IGNORECASE)
ANYWHERE = timedelta(days=2)
"""A day of some zone lies in UTC within so much."""


class Unreadable(Exception):
    """Why there are no busy times to be had: ``no_calendar``, ``empty`` or ``too_much``."""


def read(content: bytes, timezone: str, begin: datetime, end: datetime) -> list[Span]:
    """The busy times between two instants, in a process of its own. Raises Unreadable."""
    asked = [timezone, begin.isoformat(), end.isoformat()]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "chalicelib.calendar.busy_times", *asked],
            input=content,
            capture_output=True,
            timeout=2 * SECONDS,
            check=False,
            cwd=Path(__file__).parents[2],
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("too_much") from None
    if done.returncode:
        raise Unreadable("too_much")
    said = json.loads(done.stdout)
    if isinstance(said, str):
        raise Unreadable(said)
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in said]


def of(content: bytes, timezone: str, begin: datetime, end: datetime) -> list[Span]:
    """The busy times between two instants, merged, in UTC. All-day and floating times, and those of a zone that nobody
    knows, are read in ``timezone``, or the one that the calendar names (X-WR-TIMEZONE). Raises Unreadable."""
    from icalendar import Calendar

    whole = content.upper()
    if b"BEGIN:VCALENDAR" not in whole or b"END:VCALENDAR" not in whole:
        raise Unreadable("no_calendar")  # or a part of one
    near = EVENT.sub(lambda event: event[0] if _can_touch(event[0], begin, end) else b"", content)
    try:
        calendars = Calendar.from_ical(near.decode("utf-8-sig", "replace"), multiple=True)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        raise Unreadable("no_calendar") from None
    parts = {part.name for calendar in calendars for part in calendar.walk()}
    if near == content and not parts & {"VEVENT", "VFREEBUSY"}:
        raise Unreadable("empty")
    found: list[Span] = []
    for calendar in calendars:
        place = _place(calendar, timezone)
        for span in (*_events(calendar, place, begin, end), *_free_busy(calendar)):
            if span[0] < end and begin < span[1] and span[0] < span[1]:
                found.append((max(span[0], begin), min(span[1], end)))
            if len(found) > MOST_OCCURRENCES:
                raise Unreadable("too_much")
    return merged(found)


def _can_touch(event: bytes, begin: datetime, end: datetime) -> bool:
    """Whether the text of an event is of one that repeats, or could lie between the two instants: most of a calendar that is
    kept for years is long over, and reading it whole takes a millisecond for each event."""
    if REPEATS.search(event):
        return True
    days: dict[bytes, str] = {name.upper(): day.decode() for name, day in DAY.findall(event)}
    return (
        days.get(b"START", "") <= f"{end + ANYWHERE:%Y%m%d}" and days.get(b"END", "9") >= f"{begin - ANYWHERE:%Y%m%d}"
    )


def _place(calendar: Any, timezone: str) -> ZoneInfo:
    """The zone that a calendar names for all that names none; ``timezone`` where it names none that is known."""
    from chalicelib.calendar import zones

    named = str(calendar.get("X-WR-TIMEZONE", ""))
    if named in zones.names():
        return ZoneInfo(named)
    calendar.pop("X-WR-TIMEZONE", None)
    return ZoneInfo(timezone)


def _events(calendar: Any, place: ZoneInfo, begin: datetime, end: datetime) -> Iterator[Span]:
    """Every occurrence of every event that keeps its person busy."""
    import recurring_ical_events

    calendar.subcomponents = [part for part in calendar.subcomponents if part.name != "VEVENT" or _can_be_asked(part)]
    query = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=True)
    for event in query.between(begin - ANYWHERE, end + ANYWHERE):  # dates and floating times are of no zone yet
        if not _is_free(event):
            yield _instant(event.start, place), _instant(event.end, place)


def _can_be_asked(event: Any) -> bool:
    """Whether an event says when it begins, in a way that can be read."""
    from icalendar.error import BrokenCalendarProperty

    try:
        start, _ = (event[name].dt if name in event else None for name in ("DTSTART", "DTEND"))
    except (AttributeError, ValueError, BrokenCalendarProperty):
        return False
    return start is not None


def _is_free(event: Any) -> bool:
    """Whether an event keeps nobody busy: cancelled, transparent, or free as Outlook says it; or it is one of ours."""
    said = {name: str(event.get(name, "")).upper() for name in ("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")}
    return (
        said["STATUS"] == "CANCELLED"
        or said["TRANSP"] == "TRANSPARENT"
        or said["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"
        or OURS.fullmatch(str(event.get("UID", ""))) is not None
    )


def _instant(at: date, place: ZoneInfo) -> datetime:
    """A date, a floating time or an instant as an instant."""
    from chalicelib.calendar import zones

    if not isinstance(at, datetime):
        return zones.instant(datetime.combine(at, time()), place)
    return at.astimezone(UTC) if at.tzinfo else zones.instant(at, place)


def _free_busy(calendar: Any) -> Iterator[Span]:
    """What VFREEBUSY says, which is busy unless its FBTYPE is FREE."""
    for part in calendar.walk("VFREEBUSY"):
        for period in _listed(part.get("FREEBUSY", [])):
            if str(period.params.get("FBTYPE", "BUSY")).upper() == "FREE":
                continue
            for begin, until in _periods(period):
                yield begin, until if isinstance(until, datetime) else begin + until


def _periods(period: Any) -> Iterable[tuple[datetime, datetime | timedelta]]:
    found = [one.dt for one in period.dts] if hasattr(period, "dts") else [period.dt]
    return [
        (begin.astimezone(UTC), until.astimezone(UTC) if isinstance(until, datetime) else until)
        for begin, until in found
    ]


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _main() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    timezone, begin, end = sys.argv[1:]
    try:
        spans = of(sys.stdin.buffer.read(), timezone, datetime.fromisoformat(begin), datetime.fromisoformat(end))
        said: Any = [(a.isoformat(), b.isoformat()) for a, b in spans]
    except Unreadable as unreadable:
        said = str(unreadable)
    except MemoryError:
        raise
    except Exception:  # whatever a library trips over in it
        said = "no_calendar"
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    _main()
