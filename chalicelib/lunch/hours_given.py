"""What a member's hours become when they give more: nothing stands twice, and what meets is one entry."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import availability, zones
from chalicelib.calendar.occurrences import Hours, Span, merged, spans, without
from chalicelib.database import Database
from chalicelib.lunch import weekly_grid
from chalicelib.lunch.weekly_grid import HalfHour
from chalicelib.web.field_types import wall_span_of
from chalicelib.web.request import Caller

Outcome = Literal["given", "merged", "already"]


class Entry(NamedTuple):
    """Equal hours on one day of the week or on several: ``ids`` by day; ``hours`` the first of them."""

    ids: dict[int, UUID]
    hours: Hours

    @property
    def id(self) -> UUID:
        """That of the first day, by which the entry is changed."""
        return next(iter(self.ids.values()))


def entries(given: dict[UUID, Hours], today: date) -> list[Entry]:
    """Hours as a person thinks of them: equal ones on several days are one entry, as long as they begin by now."""
    found: dict[object, Entry] = {}
    for id, hours in given.items():
        later = hours.starts.date() if hours.starts.date() >= today + timedelta(days=7) else None
        exceptions = frozenset(day for day in hours.exceptions if day >= today)
        alike = (hours.starts.time(), hours.ends - hours.starts, hours.timezone, hours.until, later, exceptions)
        key = alike if hours.weekly else id
        entry = found.setdefault(key, Entry({}, hours))
        if hours.starts.weekday() in entry.ids:  # the same hours twice, given before doubles were merged
            found[id] = Entry({hours.starts.weekday(): id}, hours)
        else:
            entry.ids[hours.starts.weekday()] = id
    return list(found.values())


def tick(
    db: Database, caller: Caller, before: Collection[HalfHour], after: Collection[HalfHour], now: datetime
) -> bool:
    """Change weekly hours by what was ticked and unticked in the grid since it was shown; whether anything changed.

    What was changed elsewhere meanwhile stays. Raises Invalid.
    """
    added, removed = set(after) - set(before), set(before) - set(after)
    plain = _plain(db, caller, now)
    changes = False
    for day in sorted({half[0] for half in added | removed}):
        kept = {id: weekly_grid.in_the_week(hours) for id, hours in plain.items() if hours.starts.weekday() == day}
        changes |= _replace(db, caller, kept, weekly_grid.changed(day, kept.values(), added, removed), now)
    return changes


def give_weekly(
    db: Database, caller: Caller, start: datetime, end: datetime, until: date | None, now: datetime
) -> Outcome:
    """Give weekly hours from that day on; those that they meet become one entry with them. Raises Invalid."""
    wanted = availability.checked(start, end, caller.timezone, True, until, [], now)
    plain = _plain(db, caller, now)
    kept = {id: weekly_grid.in_the_week(one) for id, one in plain.items() if one.starts.weekday() == start.weekday()}
    if not weekly_grid.is_plain(wanted, caller.timezone, zones.day_of(now, caller.timezone)):
        if any(_is_same(one, wanted) for one in availability.hours_by_id(db, caller).values()):
            return "already"
        availability.give(db, caller, "lunch", start, end, caller.timezone, True, until, [], now)
        return "given"
    new = weekly_grid.in_the_week(wanted)
    if not without([new], merged(kept.values())):
        return "already"
    whole = merged([*kept.values(), new])
    _replace(db, caller, kept, whole, now)
    return "given" if set(kept.values()) <= set(whole) else "merged"


def give_once(db: Database, caller: Caller, start: datetime, end: datetime, now: datetime) -> Outcome:
    """Give hours of one day; none are added where one is free then already. Raises Invalid."""
    wanted = availability.checked(start, end, caller.timezone, False, None, [], now)
    availability.lock(db, caller)
    given = availability.hours_by_id(db, caller)
    place = ZoneInfo(caller.timezone)
    span = zones.instant(start, place), zones.instant(end, place)
    day = start.date()
    if not without([span], spans(given.values(), day - timedelta(days=1), day + timedelta(days=2))):
        return "already"
    once = {id: one for id, one in given.items() if not one.weekly and one.timezone == caller.timezone}
    meeting = {id: one for id, one in once.items() if one.starts <= wanted.ends and one.ends >= wanted.starts}
    begins = min([start, *(one.starts for one in meeting.values())])
    ends = max([end, *(one.ends for one in meeting.values())])
    if ends - begins > timedelta(days=1):
        meeting, begins, ends = {}, start, end
    for id in meeting:
        availability.withdraw(db, caller, id)
    availability.give(db, caller, "lunch", begins, ends, caller.timezone, False, None, [], now)
    return "merged" if meeting else "given"


def change(
    db: Database,
    caller: Caller,
    entry: Entry,
    days: Collection[int],
    clocks: tuple[str, str],
    until: date | None,
    exceptions: list[date],
    now: datetime,
) -> None:
    """Change an entry of weekly hours: its days of the week, and for all of them start and end ("22:00", "02:00"), until
    and exceptions. Raises Invalid."""
    availability.lock(db, caller)
    first = max(entry.hours.starts.date(), zones.day_of(now, entry.hours.timezone))
    given = availability.hours_by_id(db, caller)
    for day, id in entry.ids.items():
        if day not in days:
            availability.withdraw(db, caller, id)
    for day in sorted(set(days)):
        if day in entry.ids:
            start, end = wall_span_of(given[entry.ids[day]].starts.date(), *clocks, entry.hours.day_long)
            changes = {"start": start, "end": end, "until": until, "except": exceptions}
            availability.change(db, caller, entry.ids[day], changes, now)
        else:
            first_of_day = first + timedelta(days=(day - first.weekday()) % 7)
            start, end = wall_span_of(first_of_day, *clocks, entry.hours.day_long)
            availability.give(db, caller, "lunch", start, end, entry.hours.timezone, True, until, exceptions, now)


def _is_same(one: Hours, wanted: Hours) -> bool:
    """Whether weekly hours have stood there since before, as they are wanted."""
    begun = one.starts <= wanted.starts and (wanted.starts - one.starts) % timedelta(days=7) == timedelta()
    return (
        begun
        and one.weekly
        and one._replace(starts=wanted.starts, ends=one.ends + (wanted.starts - one.starts)) == wanted
    )


def _plain(db: Database, caller: Caller, now: datetime) -> dict[UUID, Hours]:
    """The caller's hours that the grid changes; nobody else changes them until the transaction ends."""
    availability.lock(db, caller)
    today = zones.day_of(now, caller.timezone)
    given = availability.hours_by_id(db, caller)
    return {id: one for id, one in given.items() if weekly_grid.is_plain(one, caller.timezone, today)}


def _replace(db: Database, caller: Caller, kept: dict[UUID, Span], wanted: list[Span], now: datetime) -> bool:
    """Have these spans of a day every week, in place of those; whether that is a change."""
    today = zones.day_of(now, caller.timezone)
    staying = {span: id for id, span in kept.items() if span in wanted}  # one of those that stand twice
    gone = kept.keys() - staying.values()
    new = [span for span in wanted if span not in kept.values()]
    for id in gone:
        availability.withdraw(db, caller, id)
    for begins, ends in new:
        day = today + timedelta(days=(begins.weekday() - today.weekday()) % 7)
        start = datetime.combine(day, begins.time())
        availability.give(db, caller, "lunch", start, start + (ends - begins), caller.timezone, True, None, [], now)
    return bool(gone or new)
