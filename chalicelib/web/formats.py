"""How pages write times, days and spans, and which kind of field shows what was typed."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def local(at: datetime, timezone: str) -> datetime:
    """An instant as wall time in that zone."""
    return at.astimezone(ZoneInfo(timezone))


def day(at: date | datetime, year: bool = True) -> str:
    """``Tuesday, 24 November 2026``."""
    return f"{at:%A}, {at.day} {at:%B}" + (f" {at.year}" if year else "")


def clock_time(at: datetime | time) -> str:
    """``12:30``; where clocks show that twice, on the night they go back, also which of the two: ``02:30 CEST``."""
    return f"{at:%H:%M}" + (f" {_abbreviation(at)}" if isinstance(at, datetime) and _comes_twice(at) else "")


def _comes_twice(at: datetime) -> bool:
    """Whether clocks of its zone show that time of that day two times (PEP 495)."""
    return at.tzinfo is not None and at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def _abbreviation(at: datetime) -> str:
    """What that half of the year is called there; its offset where nobody calls it by letters."""
    name = at.tzname() or ""
    return name if name.isalpha() else f"UTC{at.isoformat()[-6:]}"


def end_clock(at: datetime, starts: datetime) -> str:
    """The end of hours that began then, as a field of a form takes it: midnight at the end of the day is 24:00."""
    return "24:00" if at.time() == time() and at.date() > starts.date() else f"{at:%H:%M}"


def span(starts: datetime, ends: datetime) -> str:
    """``12:30 to 13:30``; the end's day is named where it is another, and which of two equal times it is."""
    end = clock_time(ends) if ends.date() == starts.date() else f"{clock_time(ends)} on {day(ends, year=False)}"
    return f"{clock_time(starts)} to {end}"


def days_or_span(starts: datetime, ends: datetime, year: bool = True) -> str:
    """Whole days by their names: ``Tuesday, 24 November 2026``, and the last where they are several; else the day and its
    times."""
    if not (begins_its_day(starts) and begins_its_day(ends)):
        return f"{day(starts, year)}, {span(starts, ends)}"
    last = ends.date() - timedelta(days=1)
    return day(starts, year) + (f" to {day(last, year)}" if last != starts.date() else "")


def begins_its_day(at: datetime) -> bool:
    """Whether it is midnight, or what comes first on a day whose midnight clocks skip. Compared as instants (PEP 495)."""
    return at.astimezone(UTC) == datetime.combine(at, time(), at.tzinfo).astimezone(UTC)


def listed(words: Sequence[str]) -> str:
    """``Ada, Bob and Cem``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def place_of_call(url: str) -> str:
    """Where a call is, as people write it: ``+49-40-5550123`` or ``call.example.org/carla`` instead of its address."""
    return url.removeprefix("tel:").removeprefix("https://")


def days_of_week(monday: date | str, days: int = 5) -> str:
    """``23–27 Nov``, and ``30 Nov–4 Dec``, not to be broken: the first days of a week, given by its Monday or its name (2026-W48)."""
    if isinstance(monday, str):
        monday = date.fromisocalendar(int(monday[:4]), int(monday[-2:]), 1)
    last = monday + timedelta(days=days - 1)
    first = f"{monday.day}" if monday.month == last.month else f"{monday.day}\u00a0{monday:%b}"
    return f"{first}\u2060–\u2060{last.day}\u00a0{last:%b}"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def weekdays(days: Sequence[int]) -> str:
    """``Monday, Tuesday and Friday``, and ``Monday to Friday`` for three or more on end; Monday is 0."""
    days = sorted(days)
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    return listed([_DAYS[day] for day in days])


def moment(text: str, timezone: str) -> str:
    """A time with its offset in words, in that zone; any other text as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else f"{day(local(at, timezone))}, {clock_time(local(at, timezone))}"


_SHOWN_BY: dict[str, Any] = {"date": date.fromisoformat, "time": time.fromisoformat}
_WRITTEN = {"date": re.compile(r"\d{4}-\d\d-\d\d"), "time": re.compile(r"\d\d:\d\d(:\d\d)?")}


def able_to_show(kind: str, typed: str) -> str:
    """The kind of a field if a browser shows in it what was typed, else ``text``."""
    if not typed or kind not in _SHOWN_BY:
        return kind
    try:
        _SHOWN_BY[kind](typed)
    except ValueError:
        return "text"
    return kind if _WRITTEN[kind].fullmatch(typed) else "text"
