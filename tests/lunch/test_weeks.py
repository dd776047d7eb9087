"""A location's week of lunches, from the rules, by the clock of the place."""

from datetime import UTC, date, datetime, timedelta

from chalicelib import rules
from chalicelib.calendar.occurrences import Hours
from chalicelib.lunch.encode import mask
from chalicelib.lunch.weeks import possible_starts, week_at

MONDAY = date(2026, 10, 19)
"""Of the week at whose end clocks in Berlin go back."""
MIDNIGHT = datetime(2026, 10, 18, 22, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
VALUES = rules.DEFAULTS.with_values(
    {"lunch.weekdays": "Tue-Sun", "lunch.first_start": "12:00", "lunch.last_start": "12:30", "lunch.minutes": 45}
)


def test_a_week_has_a_lunch_for_every_start_of_every_day() -> None:
    week = week_at(MONDAY, "Europe/Berlin", VALUES)
    assert len(week.lunches) == 6 * 3
    tuesday = MIDNIGHT + 36 * HOUR
    assert week.lunches[:3] == tuple(
        (tuesday + minutes * MINUTE, tuesday + (minutes + 45) * MINUTE) for minutes in (0, 15, 30)
    )
    assert week.start(3) == tuesday + 24 * HOUR
    assert week.start(17) == MIDNIGHT + (6 * 24 + 13) * HOUR + 30 * MINUTE, "on Sunday clocks have gone back"
    assert (week.monday, week.zone.key) == (MONDAY, "Europe/Berlin")
    assert (week.begins, week.ends) == (MIDNIGHT, MIDNIGHT + (7 * 24 + 1) * HOUR)


def test_another_place_or_other_rules_are_another_week() -> None:
    assert week_at(MONDAY, "UTC", VALUES).begins == MIDNIGHT + 2 * HOUR
    assert len(week_at(MONDAY, "Europe/Berlin", rules.DEFAULTS).lunches) == 60


def test_a_lunch_counts_if_it_lies_in_free_time_as_a_whole_and_has_not_begun() -> None:
    lunches = [(MIDNIGHT + n * HOUR, MIDNIGHT + (n + 1) * HOUR) for n in range(4)]
    before = MIDNIGHT - MINUTE
    assert mask([(MIDNIGHT, MIDNIGHT + 4 * HOUR)], lunches, before) == 0b1111
    assert mask([(MIDNIGHT, MIDNIGHT + 4 * HOUR)], lunches, MIDNIGHT + HOUR) == 0b1100
    assert mask([(MIDNIGHT + MINUTE, MIDNIGHT + 3 * HOUR)], lunches, before) == 0b0110
    assert mask([(MIDNIGHT, MIDNIGHT + 2 * HOUR - MINUTE)], lunches, before) == 0b0001
    assert mask([lunches[1], lunches[3], lunches[1]], lunches, before) == 0b1010
    assert mask([], lunches, before) == 0


def test_a_day_of_another_zone_counts_at_both_ends_of_the_week() -> None:
    """Who is fourteen hours ahead has Monday when it is Sunday here, and is free on Sunday until it is Monday there."""
    far = "Pacific/Kiritimati"
    ever = Hours(datetime(2026, 10, 1), datetime(2026, 10, 1, 23, 45), far, True, date.max, frozenset())
    days = [ever._replace(starts=ever.starts + timedelta(days=n), ends=ever.ends + timedelta(days=n)) for n in range(7)]
    starts = possible_starts(days, [], week_at(MONDAY, "Europe/Berlin", VALUES), MIDNIGHT)
    lunches = [start for start, _ in week_at(MONDAY, "Europe/Berlin", VALUES).lunches]
    assert starts == lunches
    assert (
        possible_starts(days, [(lunches[1], lunches[2])], week_at(MONDAY, "Europe/Berlin", VALUES), lunches[0])
        == (lunches[2:])
    )
