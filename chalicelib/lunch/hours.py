"""A member's hours for lunch in a week: those that still count, and when lunches could start in them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import availability, commitments, zones
from chalicelib.calendar.commitments import Taken
from chalicelib.calendar.occurrences import Hours, Span, merged, spans
from chalicelib.calendar.timetables import Row, timetable, touched
from chalicelib.database import Database
from chalicelib.lunch import weekly_grid
from chalicelib.lunch.hours_given import Entry, entries
from chalicelib.lunch.weekly_grid import A_MONDAY, HALF, Preset
from chalicelib.lunch.weeks import Week, possible_starts, week_at
from chalicelib.rules import Rules
from chalicelib.web.request import Caller

MIDDLE = timedelta(hours=2)
"""So long are the hours in the middle that can be given by one press."""


class Cell(NamedTuple):
    """An hour of a day: 'free', 'part', 'taken' or ''; what takes it, where something does; whether it is past."""

    state: str
    taken: Taken | None
    past: bool


class HoursOfWeek(NamedTuple):
    """What the caller has said and where they are taken; ``lunches`` the week at their location, None without one."""

    given: dict[UUID, Hours]
    taken: list[Taken]
    lunches: Week | None
    monday: date
    place: ZoneInfo
    now: datetime
    nearest: datetime

    def current(self) -> dict[UUID, Hours]:
        """Those that are not over, weekly ones first, by day and time."""
        found = {id: hours for id, hours in self.given.items() if not availability.is_over(hours, self.now)}
        return dict(sorted(found.items(), key=lambda item: _order(item[1])))

    def entries(self) -> list[Entry]:
        """The same as a person thinks of them: equal ones on several days are one."""
        return entries(self.current(), self.today)

    @property
    def today(self) -> date:
        return zones.local_time(self.now, self.place).date()

    @property
    def spans_taken(self) -> list[Span]:
        return [(one.begins, one.ends) for one in self.taken]

    def starts(self) -> list[datetime]:
        """When a lunch of that week could start for the caller at their location, and be approved in time; never
        without a location."""
        if not self.lunches:
            return []
        return possible_starts(self.given.values(), self.spans_taken, self.lunches, self.nearest)

    def table(self) -> list[tuple[str, list[Cell]]]:
        """The week in the caller's zone: when they are free, when and by what they are taken, what is past."""
        free = spans(self.given.values(), self.monday, self.monday + timedelta(days=6))
        shown = merged(self.lunches.lunches) if self.lunches else []
        rows = _kept_timetable(self.monday, self.place, tuple(free), tuple(self.spans_taken), tuple(shown))
        by_hour = {
            hour: one
            for one in reversed(self.taken)
            for hour in touched([(one.begins, one.ends)], self.monday, self.place)
        }
        local = zones.local_time(self.now, self.place)
        present = (local.date() - self.monday).days, local.hour
        return [
            (
                f"{row.hour:%H:%M}",
                [
                    Cell(
                        state, by_hour[day, row.hour.hour] if state == "taken" else None, (day, row.hour.hour) < present
                    )
                    for day, state in enumerate(row.cells)
                ],
            )
            for row in rows
        ]

    def grid(self, values: Rules) -> tuple[weekly_grid.Row, ...]:
        """The half hours of that week's lunches, ticked where the caller is free every week; without a location, those
        that there would be where they live."""
        lunches = self.lunches or week_at(self.monday, str(self.place), values)
        weekly = [hours for hours in self.current().values() if hours.weekly]
        plain = [one for one in weekly if weekly_grid.is_plain(one, str(self.place), self.today)]
        others = spans([one for one in weekly if one not in plain], self.monday, self.monday + timedelta(days=6))
        midnight = datetime.combine(self.monday, time())
        return weekly_grid.rows(
            weekly_grid.ground(lunches.lunches, self.monday, self.place),
            tuple(map(weekly_grid.in_the_week, plain)),
            tuple(
                tuple(A_MONDAY + (zones.local_time(at, self.place).replace(tzinfo=None) - midnight) for at in span)
                for span in others
            ),
        )

    def presets(self, values: Rules) -> list[Preset]:
        """Hours that many give, by the caller's clock: two hours in the middle, and all in which lunches are."""
        lunches = (self.lunches or week_at(self.monday, str(self.place), values)).lunches
        days = [
            zones.local_time(lunches[number * len(values.lunch.starts)][0], self.place)
            for number in range(len(values.lunch.days))
        ]
        length = timedelta(minutes=values.lunch.starts[-1] - values.lunch.starts[0] + values.lunch.minutes)
        found = [Preset.of(days, timedelta(), length)]
        if length > MIDDLE:
            before = (length - MIDDLE) / 2 // HALF * HALF
            found.insert(0, Preset.of(days, before, before + MIDDLE))
        return found

    def useless(self, values: Rules) -> set[UUID]:
        """Hours of which no part can be of a lunch, whichever week it is and whatever else one gave."""
        if not self.lunches:
            return set()
        given, found = self.current(), set()
        length = timedelta(minutes=values.lunch.minutes)
        could: dict[date, list[datetime]] = {}
        for id, hours in given.items():
            monday = self.monday if hours.weekly else zones.monday(hours.starts.date())
            if monday not in could:
                every = [_every_week(one, monday) for one in given.values()]
                lunches = week_at(monday, str(self.lunches.zone), values)
                could[monday] = possible_starts(every, [], lunches, datetime.min.replace(tzinfo=UTC))
            there = spans([_every_week(hours, monday)], monday - timedelta(days=1), monday + timedelta(days=7))
            if not any(begin < start + length and start < end for start in could[monday] for begin, end in there):
                found.add(id)
        return found


@lru_cache(maxsize=256)
def _kept_timetable(
    monday: date, place: ZoneInfo, free: tuple[Span, ...], taken: tuple[Span, ...], shown: tuple[Span, ...]
) -> list[Row]:
    """Kept: many have the same hours, and look at them often."""
    return timetable(monday, place, list(free), list(taken), shown)


def read(db: Database, caller: Caller, location: Any | None, values: Rules, monday: date, now: datetime) -> HoursOfWeek:
    """The caller's hours in the week of that Monday."""
    place = ZoneInfo(caller.timezone)
    lunches = week_at(monday, location.timezone, values) if location else None
    begins, ends = (zones.midnight(monday + timedelta(days=days), place) for days in (0, 7))
    if lunches:  # the place's week begins and ends by another clock
        begins, ends = min(begins, lunches.begins), max(ends, lunches.ends)
    taken = commitments.named(db, caller, begins, ends)
    nearest = now + values.lunch.notice
    return HoursOfWeek(availability.hours_by_id(db, caller), taken, lunches, monday, place, now, nearest)


def _every_week(hours: Hours, monday: date) -> Hours:
    """Weekly hours without an end and an exception, from before that week on; others as they are."""
    if not hours.weekly:
        return hours
    back = timedelta(days=max(0, -(-(hours.starts.date() - monday).days // 7) + 1) * 7)
    return hours._replace(starts=hours.starts - back, ends=hours.ends - back, until=date.max, exceptions=frozenset())


def _order(hours: Hours) -> tuple[bool, Any, time]:
    return not hours.weekly, hours.starts.weekday() if hours.weekly else hours.starts.date(), hours.starts.time()
