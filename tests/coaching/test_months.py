"""A month as a span, and the dates of a series: the fifth weekday, the turn of the year, clocks that change."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from chalicelib.coaching.months import month_span, monthly, nth_weekday

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_month_begins_and_ends_at_midnight_of_the_place() -> None:
    assert month_span(utc("2026-03-15T12:00"), BERLIN) == (utc("2026-02-28T23:00"), utc("2026-03-31T22:00"))
    assert month_span(utc("2026-11-30T23:00"), BERLIN) == (utc("2026-11-30T23:00"), utc("2026-12-31T23:00"))
    assert month_span(utc("2026-02-01T00:00"), ZoneInfo("UTC")) == (utc("2026-02-01T00:00"), utc("2026-03-01T00:00"))


def test_a_series_keeps_weekday_place_in_the_month_and_hour_of_the_wall() -> None:
    starts = monthly(utc("2026-09-10T08:00"), 4, BERLIN)  # the second Thursday at ten
    assert starts == [
        utc("2026-09-10T08:00"),
        utc("2026-10-08T08:00"),
        utc("2026-11-12T09:00"),
        utc("2026-12-10T09:00"),
    ]
    assert monthly(utc("2026-09-10T08:00"), 1, BERLIN) == [utc("2026-09-10T08:00")]
    assert monthly(utc("2026-12-07T09:00"), 2, BERLIN)[1] == utc("2027-01-04T09:00")


def test_a_fifth_weekday_is_the_last_where_there_is_no_fifth() -> None:
    starts = monthly(utc("2026-10-29T09:00"), 3, BERLIN)  # the fifth Thursday
    assert [start.date() for start in starts] == [date(2026, 10, 29), date(2026, 11, 26), date(2026, 12, 31)]


def test_the_seventh_is_the_first_of_its_weekday_and_the_eighth_the_second() -> None:
    assert monthly(utc("2026-09-07T09:00"), 2, BERLIN)[1].date() == date(2026, 10, 5)
    assert monthly(utc("2026-09-08T09:00"), 2, BERLIN)[1].date() == date(2026, 10, 13)


def test_the_second_of_two_hours_is_no_reason_to_be_late_all_year() -> None:
    """A series begun in the hour that comes twice is at that hour of the wall from then on, the first of two."""
    starts = monthly(utc("2026-10-25T01:30"), 2, BERLIN)  # 02:30, for the second time
    assert starts[1] == utc("2026-11-22T01:30")
    again = monthly(utc("2026-10-25T01:30"), 13, BERLIN)
    assert again[12] == utc("2027-10-24T00:30")


@pytest.mark.parametrize(
    ("which", "day"), [(1, 2), (2, 9), (4, 23), (5, 30)]
)  # fmt: skip
def test_the_nth_monday_of_november(which: int, day: int) -> None:
    assert nth_weekday(date(2026, 11, 1), 0, which) == date(2026, 11, day)


def test_a_month_may_begin_on_that_very_weekday() -> None:
    assert nth_weekday(date(2026, 11, 1), 6, 1) == date(2026, 11, 1)
    assert nth_weekday(date(2026, 11, 1), 6, 5) == date(2026, 11, 29)
    assert nth_weekday(date(2026, 11, 1), 5, 5) == date(2026, 11, 28), "four Saturdays"
