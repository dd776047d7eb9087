"""Hours that people give: the last value that is taken, and the first that is refused, by name."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chalicelib.calendar import availability
from chalicelib.calendar.occurrences import Hours
from chalicelib.errors import Invalid

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12)
DAY = timedelta(days=1)


def checked(
    start: datetime = NOON, end: datetime | None = None, timezone: str = "Europe/Berlin", weekly: bool = False,
    until: date | None = None, left_out: int = 0,
) -> Hours:  # fmt: skip
    days = [TODAY + number * DAY for number in range(left_out)]
    return availability.checked(
        start, start + timedelta(hours=2) if end is None else end, timezone, weekly, until, days, NOW
    )


def refused(**given: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as told:
        checked(**given)
    return told.value.fields


def test_hours_once_end_on_their_day_and_weekly_ones_never_unless_said() -> None:
    assert checked() == Hours(NOON, NOON + timedelta(hours=2), "Europe/Berlin", False, TODAY, frozenset())
    assert checked(weekly=True).until == date.max
    assert checked(weekly=True, until=TODAY).until == TODAY
    assert checked(left_out=2).exceptions == {TODAY, TODAY + DAY}


def test_an_unknown_zone_is_refused() -> None:
    assert list(refused(timezone="Moon/Base")) == ["timezone"]


def test_hours_lie_within_two_years_of_today_in_their_zone() -> None:
    last = NOON + 2 * 366 * DAY
    assert checked(last).starts == last
    assert refused(start=last + DAY) == {"start": "must be within two years"}
    assert refused(start=last, end=last + DAY) == {"end": "must be within two years"}
    first = NOON - 2 * 366 * DAY
    assert checked(first, weekly=True).starts == first
    assert refused(start=first - DAY, end=first, weekly=True) == {"start": "must be within two years"}


def test_today_is_the_day_of_their_zone() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    last = datetime(2026, 11, 25, 12) + 2 * 366 * DAY

    def given(timezone: str) -> Hours:
        return availability.checked(last, last + timedelta(hours=2), timezone, False, None, [], late)

    assert given("Europe/Berlin").starts == last, "there it is the 25th"
    with pytest.raises(Invalid):
        given("America/New_York")


def test_hours_end_after_they_start_and_within_a_day() -> None:
    assert refused(end=NOON) == {"end": "must be after start"}
    assert refused(end=NOON - timedelta(minutes=1)) == {"end": "must be after start"}
    assert checked(end=NOON + timedelta(minutes=1)).ends == NOON + timedelta(minutes=1)
    assert checked(end=NOON + DAY).ends == NOON + DAY
    assert refused(end=NOON + DAY + timedelta(minutes=1)) == {"end": "must be within 24 hours of start"}


def test_an_end_of_repetition_is_for_weekly_hours_and_not_before_they_start() -> None:
    assert refused(until=TODAY) == {"until": "is for weekly hours only"}
    assert refused(weekly=True, until=TODAY - DAY) == {"until": "must not be before start"}


def test_a_year_of_days_can_be_left_out_and_no_more() -> None:
    assert len(checked(weekly=True, left_out=366).exceptions) == 366
    assert refused(weekly=True, left_out=367) == {"except": "can name at most 366 days"}


def test_what_is_over_is_refused_by_the_clock_of_its_zone() -> None:
    assert refused(start=NOON - timedelta(hours=2), end=NOON) == {"end": "must not be past"}, "12:00 in Berlin is now"
    assert checked(NOON - timedelta(hours=2), NOON + timedelta(minutes=1)).until == TODAY
    assert checked(NOON - timedelta(hours=2), NOON, "America/New_York").until == TODAY
    assert refused(start=NOON - DAY) == {"end": "must not be past"}
    assert refused(start=NOON - 8 * DAY, weekly=True, until=TODAY - DAY) == {"until": "must not be past"}
    assert checked(NOON - 8 * DAY, weekly=True, until=TODAY).until == TODAY


def test_a_night_that_has_begun_yesterday_and_is_not_over_is_taken() -> None:
    begun = datetime(2026, 11, 23, 22)
    assert checked(begun, begun + timedelta(hours=15)).ends == datetime(2026, 11, 24, 13)


def test_hours_are_shown_as_the_contract_says() -> None:
    id = UUID(int=1)
    once = {
        "id": id, "purpose": "lunch", "start": "2026-11-24T12:00", "end": "2026-11-24T14:00", "timezone": "Europe/Berlin",
        "weekly": False, "until": None, "except": [],
    }  # fmt: skip
    assert availability.shown(id, "lunch", checked()) == once
    assert availability.shown(id, "lunch", checked(weekly=True)) == once | {"weekly": True}
    weekly = availability.shown(id, "coaching", checked(weekly=True, until=TODAY + 7 * DAY, left_out=2))
    assert weekly == once | {
        "purpose": "coaching", "weekly": True, "until": "2026-12-01", "except": ["2026-11-24", "2026-11-25"],
    }  # fmt: skip
