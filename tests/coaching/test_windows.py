"""The weeks of calls that one looks at: 2, 3, 5, 8, 13 of them, no further than calls can be, nor than the rules let back."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import rules
from chalicelib.coaching import agenda
from chalicelib.errors import Invalid

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
THIS = date(2026, 11, 23)


def in_force(**values: int) -> rules.Rules:
    return rules.DEFAULTS.with_values({f"coaching.{name}": value for name, value in values.items()})


def weeks(first: str | None, count: int | None, zone: str = "UTC", now: datetime = NOW, **values: int) -> Any:
    caller: Any = SimpleNamespace(timezone=zone)
    return agenda.weeks(caller, first, count, in_force(**values), now)


def refused(*given: Any, **values: int) -> dict[str, str]:
    with pytest.raises(Invalid) as told:
        weeks(*given, **values)
    return told.value.fields


def test_the_first_window_is_two_weeks_from_the_current_one_on() -> None:
    assert weeks(None, None) == (THIS, 2)
    late = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert weeks(None, None, "Europe/Berlin", late) == (date(2026, 11, 30), 2), "there it is Monday"


def test_calls_can_lie_as_far_ahead_as_a_series_or_the_horizon() -> None:
    assert agenda.farthest(in_force(horizon_weeks=12, series_months=1)) == 13
    assert agenda.farthest(in_force(horizon_weeks=4, series_months=1)) == 6, "31 days are five weeks, begun ones too"
    assert agenda.farthest(in_force(horizon_weeks=1, series_months=7)) == 32, "217 days are 31 weeks"
    assert agenda.last_week(THIS, in_force(horizon_weeks=12, series_months=1)) == date(2027, 2, 15)


def test_one_can_look_back_as_many_weeks_as_the_rule_says() -> None:
    assert weeks("2026-W46", 1, past_weeks=2) == (date(2026, 11, 9), 1)
    assert refused("2026-W45", 1, past_weeks=2) == {"from": "must not be before 2026-W46 (coaching.past_weeks)"}
    assert refused("2026-W47", 1) == {"from": "must not be before 2026-W48 (coaching.past_weeks)"}


def test_one_can_look_ahead_to_the_last_week_with_calls() -> None:
    near = {"horizon_weeks": 12, "series_months": 1}
    assert weeks("2027-W07", 5, **near) == (date(2027, 2, 15), 1)
    assert weeks("2027-W06", 5, **near) == (date(2027, 2, 8), 2)
    assert refused("2027-W08", 1, **near) == {"from": "must not be after 2027-W07 (coaching.horizon_weeks)"}


def test_a_window_has_at_least_a_week_and_no_more_than_there_can_be() -> None:
    near = {"horizon_weeks": 12, "series_months": 1}
    assert weeks(None, 1, **near) == (THIS, 1)
    assert weeks(None, 13, **near) == (THIS, 13)
    told = {"weeks": "must be from 1 to 13 (coaching.horizon_weeks)"}
    assert refused(None, 0, **near) == refused(None, 14, **near) == told
    assert refused("Monday", None) == {"from": "must be a week such as 2026-W48"}


def test_the_next_window_is_longer_and_ends_where_calls_do() -> None:
    last = date(2027, 12, 27)
    assert agenda.following(THIS, 2, last) == {"from": "2026-W50", "weeks": 3}
    assert agenda.following(THIS, 3, last) == {"from": "2026-W51", "weeks": 5}
    assert agenda.following(THIS, 4, last) == {"from": "2026-W52", "weeks": 5}
    assert agenda.following(THIS, 144, date(2036, 1, 7)) == {"from": "2029-W35", "weeks": 144}
    assert agenda.following(THIS, 2, date(2026, 12, 7)) == {"from": "2026-W50", "weeks": 1}
    assert agenda.following(THIS, 2, date(2026, 12, 14)) == {"from": "2026-W50", "weeks": 2}
    assert agenda.following(THIS, 3, date(2026, 12, 7)) is None


def test_weeks_are_whole_numbers_in_what_is_answered() -> None:
    following = agenda.following(THIS, 2, date(2026, 12, 7))
    assert following is not None and type(following["weeks"]) is int
    assert type(weeks("2027-W07", 5, horizon_weeks=12, series_months=1)[1]) is int


def test_weeks_are_spans_by_the_clock_of_their_place() -> None:
    begin, end = agenda.span_of(date(2026, 10, 19), 2, "Europe/Berlin")
    assert (begin, end) == (datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 11, 1, 23, tzinfo=UTC))
