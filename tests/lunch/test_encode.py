"""Hours become bits: a lunch can begin where there is time for the whole of it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar.occurrences import Hours
from chalicelib.lunch.matching import check, match
from chalicelib.lunch.weeks import possible_starts, week_at
from tests.lunch.matching.rounds import columns, members

BERLIN = "Europe/Berlin"
MONDAY = date(2026, 11, 30)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def settings(first: str = "11:00", last: str = "13:45") -> rules.Rules:
    return rules.DEFAULTS.with_values({"lunch.first_start": first, "lunch.last_start": last})


def hours(day: int, begin: str, end: str, timezone: str = BERLIN) -> Hours:
    """Free on that day of the week from local time to local time; an end before the beginning is on the next day."""
    date_of = MONDAY + timedelta(days=day)
    starts, ends = (datetime.combine(date_of, time.fromisoformat(at)) for at in (begin, end))
    ends += timedelta(days=int(ends <= starts))
    return Hours(starts, ends, timezone, False, date_of, frozenset())


def starts(*given: Hours, now: datetime = LONG_AGO, taken=(), values: rules.Rules | None = None) -> list[str]:
    """The starts that are possible, as local times in Berlin."""
    week = week_at(MONDAY, BERLIN, values or settings())
    return [f"{at.astimezone(ZoneInfo(BERLIN)):%a %H:%M}" for at in possible_starts(given, taken, week, now)]


def bits(*given: Hours) -> int:
    """The mask of somebody with these hours."""
    week = week_at(MONDAY, BERLIN, settings())
    possible = possible_starts(given, (), week, LONG_AGO)
    return sum(1 << bit for bit, (begin, _) in enumerate(week.lunches) if begin in possible)


def test_exactly_an_hour_is_one_start():
    assert starts(hours(0, "12:00", "13:00")) == ["Mon 12:00"]


def test_an_hour_less_a_minute_is_too_short():
    assert starts(hours(0, "12:00", "12:59")) == []
    assert starts(hours(0, "12:01", "13:00")) == []


def test_a_window_off_the_grid_begins_at_the_next_quarter():
    assert starts(hours(1, "12:07", "13:23")) == ["Tue 12:15"]


def test_windows_that_touch_are_one():
    assert starts(hours(2, "12:30", "13:00"), hours(2, "12:00", "12:30")) == ["Wed 12:00"]


def test_windows_with_a_gap_of_a_minute_are_two():
    assert starts(hours(2, "12:00", "12:30"), hours(2, "12:31", "13:00")) == []


def test_an_overlap_across_midnight_counts_where_lunches_are_that_late():
    night = settings("22:30", "23:30")
    assert starts(hours(0, "23:15", "00:30"), values=night) == ["Mon 23:15", "Mon 23:30"]
    assert starts(hours(0, "23:15", "00:00"), hours(1, "00:00", "00:30"), values=night) == ["Mon 23:15", "Mon 23:30"]
    assert starts(hours(0, "23:15", "00:14"), values=night) == []


def test_the_last_start_has_its_hour_after_it():
    assert starts(hours(4, "13:45", "14:45")) == ["Fri 13:45"]
    assert starts(hours(4, "14:00", "18:00")) == []


def test_hours_of_another_zone_count_where_they_overlap_with_the_location():
    assert starts(hours(0, "11:00", "12:00", "Europe/London")) == ["Mon 12:00"]


def test_what_has_begun_or_is_taken_is_no_start():
    noon = datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert starts(hours(0, "11:45", "13:15"), now=noon) == ["Mon 12:15"]
    assert starts(hours(0, "12:00", "14:00"), taken=[(noon, noon + timedelta(minutes=30))]) == [
        "Mon 12:30",
        "Mon 12:45",
        "Mon 13:00",
    ]


def test_a_week_of_five_days_fills_sixty_bits():
    assert bits(*(hours(day, "00:00", "23:59") for day in range(5))) == (1 << 60) - 1
    assert bits(hours(5, "00:00", "23:59")) == 0


def test_three_people_pairwise_free_on_different_days_have_no_lunch_as_three():
    days = [hours(day, "12:00", "13:00") for day in range(3)]
    round = columns([bits(days[0], days[1]), bits(days[0], days[2]), bits(days[1], days[2])])
    result = match(round)
    check(round, result)
    assert result.left == result.bound == 1


def test_a_menu_that_only_two_share_seats_two():
    soup, curry = 1, 2
    noon = bits(hours(0, "12:00", "13:00"))
    round = columns([noon] * 3, eats=[soup, soup | curry, curry])
    result = match(round)
    check(round, result)
    assert sorted(map(len, members(result))) == [2]


def test_the_longest_time_in_common_ends_with_its_day():
    """With fewer starts a day, the last of a day and the first of the next are neighbouring bits and no time together."""
    values = settings("12:00", "12:45")
    a_day = len(values.lunch.starts)
    free = sum(1 << bit for bit in (a_day - 1, a_day, 2 * a_day, 2 * a_day + 1))
    [start] = match(columns([free] * 2, starts=a_day)).start.tolist()
    assert start in (2 * a_day, 2 * a_day + 1)
