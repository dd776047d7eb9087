"""Why a time cannot be booked: each reason alone, at its edge and on both sides of it; what is offered agrees."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib import rules
from chalicelib.calendar.occurrences import Hours, Span
from chalicelib.coaching import slots
from chalicelib.coaching.slots import Calendar, Terms

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NINE_TO_FIVE = Hours(datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 17), "UTC", True, date.max, frozenset())
TERMS = Terms(length=HOUR, interval=HOUR, notice=24 * HOUR, horizon=timedelta(weeks=2), buffer=timedelta(), per_month=1)
PLAIN = Calendar(ZoneInfo("UTC"), (NINE_TO_FIVE,), [], [], [], TERMS, True)
NEXT = datetime(2026, 11, 30, 10, tzinfo=UTC)
"""A Monday within notice and horizon."""


def why(start: datetime = NEXT, length: timedelta = HOUR, now: datetime = NOW, **changed: Any) -> list[str]:
    terms = {name: changed.pop(name) for name in list(changed) if name in Terms._fields}
    calendar = PLAIN._replace(terms=TERMS._replace(**terms), **changed)
    reasons = slots.why_not(calendar, (start, start + length), now)
    offered = slots.free(calendar, start, start + INSTANT, now)
    assert ((start, start + length) in offered) == (not reasons), "offered exactly if it can be booked"
    assert set(reasons) <= set(slots.REASONS)
    return reasons


def test_a_time_that_nothing_speaks_against_can_be_booked() -> None:
    assert why() == []


def test_a_call_has_its_length_to_the_minute() -> None:
    assert why(length=HOUR + MINUTE) == why(length=HOUR - MINUTE) == ["length"]


def test_notice_ends_at_its_very_hour_for_clients_and_never_begins_for_the_coach() -> None:
    assert why(now=NEXT - 24 * HOUR) == []
    assert why(now=NEXT - 24 * HOUR + INSTANT) == ["notice"]
    assert why(now=NEXT - INSTANT) == ["notice"]
    assert why(now=NEXT - INSTANT, limited=False) == []
    assert why(now=NEXT) == why(now=NEXT, limited=False) == why(now=NEXT, notice=timedelta()) == ["past"]
    assert why(now=NEXT - INSTANT, notice=timedelta()) == []


def test_the_horizon_ends_with_its_last_moment() -> None:
    assert why(now=NEXT - timedelta(weeks=2)) == []
    assert why(now=NEXT - timedelta(weeks=2) - INSTANT) == ["too_far"]


def test_a_call_lies_in_office_hours_as_a_whole() -> None:
    assert why(NEXT.replace(hour=9)) == why(NEXT.replace(hour=16)) == []
    assert why(NEXT.replace(hour=8)) == why(NEXT.replace(hour=17)) == ["outside_hours"]
    assert why(NEXT.replace(hour=16), timedelta(hours=1, minutes=1)) == ["length", "outside_hours"]
    assert why(NEXT + timedelta(days=1)) == ["outside_hours"]


def test_a_call_begins_where_the_grid_of_its_hours_is() -> None:
    assert why(NEXT + 30 * MINUTE) == ["off_grid"]
    assert why(NEXT + 30 * MINUTE, interval=30 * MINUTE) == []
    shifted = NINE_TO_FIVE._replace(starts=datetime(2026, 11, 23, 9, 30))
    assert why(NEXT + 30 * MINUTE, hours=(shifted,)) == []
    assert why(hours=(shifted,)) == ["off_grid"]
    assert why(hours=(shifted, NINE_TO_FIVE)) == [], "the grid of one of them is enough"


def test_hours_that_overlap_offer_a_time_once() -> None:
    calendar = PLAIN._replace(hours=(NINE_TO_FIVE, NINE_TO_FIVE))
    starts = [start for start, _ in slots.free(calendar, NEXT, NEXT + 3 * HOUR, NOW)]
    assert starts == [NEXT, NEXT + HOUR, NEXT + 2 * HOUR]


@pytest.mark.parametrize("reason", ["taken", "client_taken", "away", "outside", "client_outside"])
def test_what_only_touches_a_call_does_not_take_its_time(reason: str) -> None:
    def met(*spans: Span) -> list[str]:
        return why(**{reason: list(spans)})

    assert met((NEXT - HOUR, NEXT), (NEXT + HOUR, NEXT + 2 * HOUR)) == []
    assert met((NEXT - HOUR, NEXT + INSTANT)) == [reason]
    assert met((NEXT + HOUR - INSTANT, NEXT + 2 * HOUR)) == [reason]
    assert met((NEXT + MINUTE, NEXT + 2 * MINUTE)) == [reason]


def test_the_buffer_keeps_what_is_near_away_and_is_no_reason_where_the_time_is_taken() -> None:
    def near(begin: datetime, end: datetime) -> list[str]:
        return why(taken=[(begin, end)], buffer=10 * MINUTE)

    assert near(NEXT - HOUR, NEXT - 10 * MINUTE) == near(NEXT + HOUR + 10 * MINUTE, NEXT + 2 * HOUR) == []
    assert near(NEXT - HOUR, NEXT - 9 * MINUTE) == near(NEXT + HOUR + 9 * MINUTE, NEXT + 2 * HOUR) == ["buffer"]
    assert near(NEXT, NEXT + HOUR) == ["taken"]
    assert why(client_taken=[(NEXT - HOUR, NEXT)], buffer=10 * MINUTE) == [], "the coach's, not the client's"


def test_a_month_is_full_by_the_calls_that_begin_in_it_in_the_coachs_zone() -> None:
    in_november = NEXT - timedelta(days=20)
    assert why(calls=[in_november]) == ["month_is_full"]
    assert why(calls=[in_november], limited=False) == []
    assert why(calls=[in_november], per_month=2) == []
    assert why(calls=[in_november, in_november], per_month=2) == ["month_is_full"]
    assert why(calls=[NEXT - timedelta(days=31), NEXT + timedelta(days=2)]) == []
    # Midnight in Auckland is noon of the day before: the first of November begins on the last of October.
    auckland = ZoneInfo("Pacific/Auckland")
    assert why(calls=[datetime(2026, 10, 31, 12, tzinfo=UTC)], zone=auckland) == ["month_is_full"]
    assert why(calls=[datetime(2026, 10, 31, 10, tzinfo=UTC)], zone=auckland) == []
    assert why(calls=[NEXT.replace(year=2025)]) == [], "the same month of another year"
    # Noon of the last of November is December in Auckland: November's call leaves room there.
    night = NEXT.replace(hour=12)
    assert why(night, calls=[in_november], zone=auckland) == []
    assert why(night, calls=[in_november + timedelta(days=25)], zone=auckland) == ["month_is_full"]


def test_every_reason_is_told_not_only_the_first() -> None:
    wrong = why(
        NEXT - timedelta(days=30), 2 * HOUR, taken=[(NEXT - timedelta(days=30), NEXT)], client_taken=[(NOW, NEXT)]
    )
    assert wrong == ["length", "past", "outside_hours", "taken"]


def test_free_time_is_offered_from_the_first_moment_asked_for_until_before_the_last() -> None:
    def starts(begin: datetime, end: datetime, now: datetime = NOW, **changed: Any) -> list[int]:
        return [start.hour for start, _ in slots.free(PLAIN._replace(**changed), begin, end, now)]

    assert starts(NEXT, NEXT + 2 * HOUR) == [10, 11]
    assert starts(NEXT + INSTANT, NEXT + 2 * HOUR + INSTANT) == [11, 12]
    assert starts(NEXT, NEXT) == starts(NEXT, NEXT - HOUR) == []
    assert starts(NEXT, NEXT + INSTANT) == [10]
    assert starts(NEXT, NEXT + 4 * HOUR, taken=[(NEXT + HOUR, NEXT + 2 * HOUR)]) == [10, 12, 13]
    assert starts(NEXT, NEXT + 5 * HOUR, taken=[(NEXT, NEXT + HOUR), (NEXT + 3 * HOUR, NEXT + 4 * HOUR)]) == [
        11,
        12,
        14,
    ]
    both = {"taken": [(NEXT, NEXT + HOUR)], "client_taken": [(NEXT + HOUR, NEXT + 2 * HOUR)]}
    assert starts(NEXT, NEXT + 3 * HOUR, **both) == [12]
    assert starts(NOW, NEXT.replace(day=30, hour=23), calls=[NEXT]) == [], "November has its call"


def test_a_month_that_is_full_does_not_hide_the_next() -> None:
    found = slots.free(PLAIN._replace(calls=[NEXT]), NEXT, NEXT + timedelta(days=8), NOW)
    assert {start.month for start, _ in found} == {12}


def test_the_nearest_are_the_three_around_the_wanted_time_in_order() -> None:
    offered = [(NEXT + hours * HOUR, NEXT + (hours + 1) * HOUR) for hours in (5, 0, 2, 1, 9)]
    assert [slot[0] - NEXT for slot in slots.nearest(offered, NEXT + 2 * HOUR)] == [0 * HOUR, HOUR, 2 * HOUR]
    assert slots.nearest(offered, NEXT + 8 * HOUR, 1) == [(NEXT + 9 * HOUR, NEXT + 10 * HOUR)]
    two = [(NEXT + HOUR, NEXT), (NEXT - HOUR, NEXT)]
    assert slots.nearest(two, NEXT, 1) == [(NEXT - HOUR, NEXT)], "the earlier of two that are as near"


def test_the_rules_become_terms_each_in_its_unit() -> None:
    values = {
        "call_minutes": 45, "slot_interval_minutes": 20, "notice_hours": 7, "horizon_weeks": 5, "buffer_minutes": 3,
        "calls_per_month": 4,
    }  # fmt: skip
    in_force = rules.DEFAULTS.with_values({f"coaching.{name}": value for name, value in values.items()})
    assert slots.terms_of(in_force) == Terms(
        45 * MINUTE, 20 * MINUTE, 7 * HOUR, timedelta(weeks=5), 3 * MINUTE, 4
    )  # fmt: skip
