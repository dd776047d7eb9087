"""What a round looked like, for admins: its hours by the people who were free at them and who have lunch then, in counts alone."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from chalicelib.admin import charts
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.web.field_types import Instant


class Hour(msgspec.Struct):
    """When a lunch could begin, how many of the round's people were free for it, and how many of them have lunch then."""

    starts: Instant
    free: int
    matched: int


class Table(NamedTuple):
    """Hours as a table: the days, and by time of day ("11:15") the hour of each day; None where no lunch begins then."""

    days: list[date]
    rows: list[tuple[str, list[Hour | None]]]
    most: int
    """People who were free at the hour at which most were."""


def of(db: Database, round: UUID) -> list[Hour]:
    """The hours of a round, in order; none of a round that ran before they were kept."""
    rows = db.rows(
        "SELECT starts, free, matched FROM round_hour WHERE round_id = %(round)s ORDER BY starts", round=round
    )
    return [Hour(*row) for row in rows]


def table(hours: Iterable[Hour], timezone: str) -> Table:
    """The hours by the clock of the place."""
    place = ZoneInfo(timezone)
    local = {zones.local_time(hour.starts, place): hour for hour in hours}
    days = sorted({at.date() for at in local})
    by_clock = {(at.date(), f"{at:%H:%M}"): hour for at, hour in local.items()}
    clocks = sorted({clock for _, clock in by_clock})
    rows = [(clock, [by_clock.get((day, clock)) for day in days]) for clock in clocks]
    return Table(days, rows, max((hour.free for hour in local.values()), default=0))


def chart(hours: Iterable[Hour], timezone: str) -> list[charts.Bar]:
    """A column an hour, the days apart: at the bottom who has lunch then, above them who was free as well."""
    place = ZoneInfo(timezone)
    columns: list[list[int]] = []
    for _, of_day in groupby(hours, lambda hour: zones.local_time(hour.starts, place).date()):
        columns += [[]] if columns else []
        columns += [[hour.matched, hour.free - hour.matched] for hour in of_day]
    return charts.stacked(columns, gap=1)
