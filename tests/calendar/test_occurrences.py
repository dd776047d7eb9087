"""When hours recur: to the day at both ends, with days left out, past midnight, and cut by what is taken."""

from datetime import UTC, date, datetime, timedelta

from chalicelib.calendar.occurrences import Hours, merged, occurrences, spans, without

EVER = date.max
MONDAY = date(2026, 11, 2)


def hours(
    starts: str = "2026-11-02T11:00", ends: str = "2026-11-02T13:00", *, weekly: bool = True, until: date = EVER,
    left_out: tuple[date, ...] = (), timezone: str = "UTC",
) -> Hours:  # fmt: skip
    begin = datetime.fromisoformat(starts)
    return Hours(
        begin, datetime.fromisoformat(ends), timezone, weekly, until if weekly else begin.date(), frozenset(left_out)
    )


def days(given: Hours, first: date, last: date) -> list[str]:
    """The days on which they recur."""
    return [f"{begin:%m-%d}" for begin, _ in occurrences(given, first, last)]


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 2, hour, minute, tzinfo=UTC)


def test_weekly_hours_recur_every_seven_days_from_the_first_day_asked_for_to_the_last() -> None:
    assert days(hours(), MONDAY, MONDAY + timedelta(days=14)) == ["11-02", "11-09", "11-16"]
    assert days(hours(), MONDAY + timedelta(days=1), MONDAY + timedelta(days=13)) == ["11-09"]
    assert days(hours(), MONDAY + timedelta(days=7), MONDAY + timedelta(days=7)) == ["11-09"]
    assert days(hours(), MONDAY + timedelta(days=8), MONDAY + timedelta(days=13)) == []
    assert days(hours(), MONDAY - timedelta(days=14), MONDAY - timedelta(days=1)) == [], "before they begin"


def test_hours_far_ahead_are_found_and_last_as_long_as_the_first() -> None:
    far = MONDAY + timedelta(weeks=300)
    assert [end - begin for begin, end in occurrences(hours(), far, far)] == [timedelta(hours=2)]


def test_weekly_hours_end_with_their_last_day() -> None:
    assert days(hours(until=date(2026, 11, 9)), MONDAY, MONDAY + timedelta(days=30)) == ["11-02", "11-09"]
    assert days(hours(until=date(2026, 11, 8)), MONDAY, MONDAY + timedelta(days=30)) == ["11-02"]


def test_a_day_that_is_left_out_leaves_the_others() -> None:
    given = hours(left_out=(date(2026, 11, 9),))
    assert days(given, MONDAY, MONDAY + timedelta(days=14)) == ["11-02", "11-16"]


def test_hours_given_once_are_there_once() -> None:
    once = hours(weekly=False)
    assert days(once, MONDAY, MONDAY + timedelta(days=30)) == ["11-02"]
    assert days(once, MONDAY + timedelta(days=1), MONDAY + timedelta(days=30)) == []
    assert days(once, MONDAY - timedelta(days=30), MONDAY - timedelta(days=1)) == []


def test_hours_within_the_skipped_hour_are_no_time_at_all() -> None:
    gone = hours("2026-03-29T02:00", "2026-03-29T03:00", weekly=False, timezone="Europe/Berlin")
    assert list(occurrences(gone, date(2026, 3, 29), date(2026, 3, 29))) == []


def test_spans_reach_two_days_around_what_is_asked_for_and_no_further() -> None:
    """Who lives fourteen hours ahead is free on a Monday that is Sunday here; a night ends on the next day."""
    around = hours("2026-11-02T22:00", "2026-11-03T02:00", weekly=False)
    for first in (MONDAY - timedelta(days=2), MONDAY, MONDAY + timedelta(days=2)):
        assert spans([around], first, first) == [(at(22), at(22) + timedelta(hours=4))]
    for first in (MONDAY - timedelta(days=3), MONDAY + timedelta(days=3)):
        assert spans([around], first, first) == []


def test_spans_that_meet_are_one_and_those_with_a_gap_two() -> None:
    assert merged([(at(12), at(13)), (at(11), at(12))]) == [(at(11), at(13))]
    assert merged([(at(11), at(12)), (at(12, 1), at(13))]) == [(at(11), at(12)), (at(12, 1), at(13))]
    assert merged([(at(11), at(15)), (at(12), at(13))]) == [(at(11), at(15))], "one within another"
    assert merged([(at(11), at(12)), (at(14), at(15)), (at(15), at(16))]) == [(at(11), at(12)), (at(14), at(16))]
    assert merged([]) == []


def test_what_is_taken_cuts_free_time_in_pieces() -> None:
    free = [(at(11), at(14))]
    assert without(free, [(at(12), at(13))]) == [(at(11), at(12)), (at(13), at(14))]
    assert without(free, [(at(11), at(12))]) == [(at(12), at(14))]
    assert without(free, [(at(13), at(15))]) == [(at(11), at(13))]
    assert without(free, [(at(10), at(15))]) == []
    assert without(free, [(at(9), at(11)), (at(14), at(16))]) == free
    assert without(free, [(at(12), at(12, 30)), (at(13), at(13, 30))]) == [
        (at(11), at(12)), (at(12, 30), at(13)), (at(13, 30), at(14)),
    ]  # fmt: skip
