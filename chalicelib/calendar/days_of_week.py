"""Days of the week as forms name them: when weekly hours begin on each, and that a day is one of them."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from chalicelib.errors import Invalid
from chalicelib.rules import DAYS
from chalicelib.web import formats


def firsts(names: Sequence[str], since: date, until: date | None) -> list[date]:
    """The first of each of those days from that day on. Raises Invalid naming ``until`` where it is before one of them."""
    found = [since + timedelta(days=(DAYS.index(name) - since.weekday()) % 7) for name in dict.fromkeys(names)]
    for day in found:
        if until is not None and until < day:
            raise Invalid.field("until", f"must not be before {formats.day(day)}, when those of that day begin")
    return found


def one_of(day: date | None, days: Collection[int], field: str) -> list[date]:
    """A day on which there are no weekly hours of those days (Monday is 0), if one was named. Raises Invalid naming the
    field where there are none on that day anyway."""
    if day is not None and day.weekday() not in days:
        raise Invalid.field(field, f"is a {DAYS[day.weekday()]}; these hours are on {formats.weekdays(list(days))}")
    return [] if day is None else [day]
