"""Local windows become bits: a lunch begins where there is time for the whole of it."""

import pytest

from chalicelib.lunch.matching.encode import Grid, foods, hours, merged

GRID = Grid(first=11 * 60 + 30, last=14 * 60)
NOON = 12 * 60


def starts(mask: int) -> list[tuple[int, int]]:
    return [GRID.minute(bit) for bit in range(60) if mask >> bit & 1]


def test_exactly_an_hour_is_one_start():
    assert starts(hours({0: [(NOON, NOON + 60)]}, GRID)) == [(0, NOON)]


def test_an_hour_less_a_minute_is_too_short():
    assert hours({0: [(NOON, NOON + 59)]}, GRID) == 0
    assert hours({0: [(NOON + 1, NOON + 60)]}, GRID) == 0


def test_a_window_off_the_grid_begins_at_the_next_quarter():
    assert starts(hours({1: [(NOON + 7, NOON + 83)]}, GRID)) == [(1, NOON + 15)]


def test_windows_that_touch_are_one():
    assert starts(hours({2: [(NOON + 30, NOON + 60), (NOON, NOON + 30)]}, GRID)) == [(2, NOON)]


def test_windows_with_a_gap_of_a_minute_are_two():
    assert hours({2: [(NOON, NOON + 30), (NOON + 31, NOON + 60)]}, GRID) == 0


def test_an_overlap_across_midnight_belongs_to_no_day():
    late = Grid(first=22 * 60, last=23 * 60)
    assert hours({0: [(23 * 60 + 30, 24 * 60 + 30)], 1: [(-30, 30)]}, late) == 0
    assert hours({0: [(22 * 60, 25 * 60)]}, late) == 0b11111


def test_the_last_start_has_its_hour_after_it():
    assert starts(hours({4: [(14 * 60, 15 * 60)]}, GRID)) == [(4, 14 * 60)]
    assert hours({4: [(14 * 60 + 15, 16 * 60)]}, GRID) == 0


def test_all_of_five_days_fits_in_sixty_bits():
    full = Grid(first=11 * 60, last=13 * 60 + 45)
    assert hours({day: [(0, 24 * 60)] for day in range(5)}, full) == (1 << 60) - 1


def test_saturday_is_no_day_of_lunch():
    with pytest.raises(ValueError, match="Day 5"):
        hours({5: [(0, 60)]}, GRID)


def test_a_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="before it begins"):
        merged([(NOON, NOON - 1)])


@pytest.mark.parametrize(
    "settings",
    [
        {"first": 600, "last": 780},
        {"first": 720, "last": 719},
        {"first": 1400, "last": 1400},
        {"first": 720, "last": 720, "step": 0},
        {"first": 720, "last": 720, "minutes": 0},
        {"first": -15, "last": 720},
    ],
)
def test_settings_that_do_not_fit_are_refused(settings):
    with pytest.raises(ValueError, match=r"\.$"):
        Grid(**settings)


def test_twelve_starts_fit_and_thirteen_do_not():
    assert Grid(first=600, last=600 + 11 * 15).starts == 12
    with pytest.raises(ValueError, match="13 starts"):
        Grid(first=600, last=600 + 12 * 15)


def test_only_what_is_accepted_and_served_is_eaten():
    assert foods([0, 3, 63], [3, 63, 5]) == 1 << 3 | 1 << 63
    assert foods([1], [2]) == 0
    with pytest.raises(ValueError, match="64"):
        foods([64], [64])
