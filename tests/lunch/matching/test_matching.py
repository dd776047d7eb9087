"""The matcher finds the most lunches there are, the longest waiting first, and says the truth about it.

Each test runs on the source, and on the compiled modules where they are; `test_compiled.py` compares the two.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from chalicelib.lunch.matching import BadColumns, Columns, Reason, Unproven, check, match, reasons
from tests.benchmarks.matching.yardstick import tight
from tests.lunch.matching.rounds import (
    both_ways,
    brute_force,
    brute_force_in_all,
    columns,
    fits,
    members,
    outcome,
    outcome_in_all,
    small_rounds,
)

EXAMPLES = 5000 if os.environ.get("LONG") else 250


@settings(max_examples=EXAMPLES, deadline=None)
@given(small_rounds())
def test_nobody_could_leave_fewer_people_or_shorter_waits(round):
    for result in both_ways(round):
        assert outcome(round, result) == brute_force(round)
        assert result.proven
        check(round, result)


@settings(max_examples=EXAMPLES, deadline=None)
@given(small_rounds())
def test_few_people_get_the_best_groups_in_all_five_objectives(round):
    assert outcome_in_all(round, match(round)) == brute_force_in_all(round)


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(small_rounds(maximum=2))
def test_only_pairs_are_matched_as_well_as_can_be(round):
    for result in both_ways(round):
        assert outcome(round, result) == brute_force(round)
        assert result.proven
        check(round, result)


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(small_rounds(maximum=5))
def test_larger_groups_leave_nobody_over_whom_smaller_ones_would_seat(round):
    result = match(round)
    assert outcome(round, result) == brute_force(round)
    check(round, result)


@pytest.mark.parametrize(("minimum", "maximum"), [(2, 4), (2, 8), (3, 3), (3, 5), (4, 8), (6, 7)])
def test_few_people_get_the_best_groups_of_other_sizes_and_an_honest_bound(minimum, maximum):
    @settings(max_examples=EXAMPLES // 4, deadline=None)
    @given(small_rounds(minimum=minimum, maximum=maximum))
    def holds(round):
        result = match(round)
        check(round, result)
        best = brute_force_in_all(round)
        assert outcome_in_all(round, result) == best
        assert result.bound <= best[0]
        assert result.proven == (result.left == result.bound)

    holds()


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(small_rounds())
def test_every_group_is_feasible_by_the_letter(round):
    result = match(round)
    for number, group in enumerate(members(result)):
        assert fits(round, group)
        assert 2 <= len(group) <= 3
        for row in group:
            assert int(round.free[row]) >> int(result.start[number]) & 1
            assert int(round.eats[row]) >> int(result.food[number]) & 1


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(small_rounds())
def test_everybody_left_over_is_told_the_true_reason(round):
    told = reasons(round, match(round))
    for row, reason in told.items():
        here = [other for other in range(len(round)) if round.location[other] == round.location[row] and other != row]
        if not round.free[row]:
            assert reason is Reason.NO_HOURS
        elif not any(round.free[other] & round.free[row] for other in here):
            assert reason is Reason.NOBODY_FREE
        elif not any(fits(round, (row, other)) for other in here):
            assert reason is Reason.NOBODY_SUITABLE
        else:
            assert reason is Reason.MORE_PEOPLE_THAN_PARTNERS


@settings(max_examples=EXAMPLES // 5, deadline=None)
@given(small_rounds())
def test_the_same_columns_give_the_same_groups(round):
    one, other = match(round), match(round)
    for name in ("group", "start", "food", "separator"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_locations_may_have_any_numbers_of_32_bits():
    ends = np.iinfo(np.int32)
    round = columns([1, 1, 1, 3], location=[ends.min, 0, ends.max, ends.max], forbidden=[(2, 3)])
    result = match(round)
    assert result.left == result.bound == 4
    check(round, result)
    assert set(reasons(round, result).values()) == {Reason.NOBODY_FREE, Reason.NOBODY_SUITABLE}
    with pytest.raises(BadColumns, match="ascending"):
        columns([1, 1], location=[ends.max, ends.min])


def test_nobody_and_one_person():
    assert match(columns([])).left == 0
    alone = match(columns([1]))
    assert (alone.left, alone.bound, len(alone.start)) == (1, 1, 0)
    assert list(reasons(columns([1]), alone).values()) == [Reason.NOBODY_FREE]


def test_all_equal_people_leave_nobody_over():
    for n in (2, 3, 4, 5, 50, 101):
        round = columns([7] * n)
        result = match(round)
        assert result.left == 0
        check(round, result)
        assert len(result.start) == (n + 2) // 3


def test_a_location_without_food_has_no_lunch():
    round = columns([1, 1, 1], eats=[0, 0, 0])
    result = match(round)
    assert result.left == result.bound == 3
    assert set(reasons(round, result).values()) == {Reason.NOBODY_SUITABLE}


def test_three_people_pairwise_free_on_different_days_are_a_pair_and_one_left_over():
    round = columns([0b011, 0b101, 0b110])
    result = match(round)
    assert result.left == result.bound == 1
    check(round, result)


def test_a_menu_that_only_two_share_seats_only_two():
    round = columns([1, 1, 1], eats=[0b01, 0b11, 0b10])
    result = match(round)
    assert result.left == result.bound == 1
    assert sorted(map(len, members(result))) == [2]


def test_pairs_to_oneself_doubled_or_of_two_locations_have_no_effect():
    round = columns([1, 1, 1, 1], forbidden=[(0, 0), (0, 2), (1, 3)], met=[(1, 1, 3), (0, 3, 2)], location=[4, 4, 9, 9])
    assert match(round).left == 0
    twice = columns([1, 1], forbidden=[(0, 1), (1, 0), (0, 1)])
    assert match(twice).left == 2


def test_the_longest_waiting_are_seated_first():
    round = columns([1, 1, 1], waited=[2, 9, 5], forbidden=[(0, 2), (0, 1)], eats=[1, 1, 1])
    assert match(round).group.tolist()[0] == -1
    star = columns([0b001, 0b001, 0b001, 0b001], waited=[5, 1, 7, 3], forbidden=[(0, 1), (0, 2), (1, 2)])
    assert match(star).group.tolist() == [-1, -1, 0, 0]


def test_strangers_meet_before_acquaintances():
    met = [(0, 1, 5), (2, 3, 5), (0, 2, 9), (1, 3, 9)]
    round = columns([1] * 4, met=met, maximum=2)
    assert sorted(members(match(round))) == [(0, 3), (1, 2)]


def test_strangers_meet_before_groups_get_fuller():
    met = columns([1] * 4, met=[(0, 1, 5)], maximum=4)
    assert len(members(match(met))) == 2
    assert members(match(columns([1] * 4, maximum=4))) == [(0, 1, 2, 3)]


@pytest.mark.parametrize("minimum", range(2, 9))
def test_every_rule_of_the_admin_page_gets_the_best_of_rounds_that_were_once_missed(minimum):
    """Four who fit and two of whom met five weeks ago; threes that must be found; a wait that need not be left over."""
    met_lately = {"free": [1] * 4, "met": [(0, 1, 5)]}
    threes = {"free": [1, 1, 1, 2, 3, 3, 1], "eats": [1, 1, 1, 3, 3, 3, 3], "waited": [1, 1, 0, 1, 1, 1, 1]}
    threes["forbidden"] = [(1, 4), (3, 6), (4, 5), (4, 6)]
    wait = {"free": [3, 1, 3, 1], "eats": [3, 1, 1, 1], "waited": [0, 2, 2, 1], "forbidden": [(0, 3)]}
    twelve = {"free": [3] * 12, "met": [(a, b, 20 + a) for a in range(12) for b in range(a)]}
    for maximum in range(minimum, 9):
        for told in (met_lately, threes, wait, twelve):
            round = columns(**told, minimum=minimum, maximum=maximum)
            assert outcome_in_all(round, match(round)) == brute_force_in_all(round), (maximum, told)


def test_the_rounds_that_were_once_missed_have_the_known_best():
    threes = columns(
        [1, 1, 1, 2, 3, 3, 1], [1, 1, 1, 3, 3, 3, 3], [1, 1, 0, 1, 1, 1, 1], [(1, 4), (3, 6), (4, 5), (4, 6)]
    )
    assert outcome(threes, match(replace(threes, minimum=3)))[0] == 1
    wait = columns([3, 1, 3, 1], [3, 1, 1, 1], [0, 2, 2, 1], [(0, 3)])
    assert outcome(wait, match(replace(wait, minimum=3))) == (1, 0)
    assert members(match(columns([1] * 4, met=[(0, 1, 5)], maximum=4))) in ([(0, 2), (1, 3)], [(0, 3), (1, 2)])


@pytest.mark.parametrize("shape", [1, 2, 3])
def test_larger_groups_of_more_people_than_twelve_leave_nobody_over_who_fits_all(shape):
    """One hour and food: everybody can sit anywhere."""
    for n in (13, 30, 61):
        result = match(columns([7] * n, minimum=3, maximum=3 + shape))
        assert result.left == 0


def test_a_search_that_stands_still_is_pushed_off():
    """A round where dividing a few people at a time, however often, leaves six over, and HiGHS five."""
    assert match(replace(tight(60, 501), minimum=3, maximum=5)).left == 5


DAY = (1 << 12) - 1


@pytest.mark.parametrize(
    ("common", "starts"),
    [
        (DAY, {1}),  # neither the first nor the last of the day
        (0b11, {1}),
        (1 << 10 | 1 << 11, {10}),
        (1, {0}),  # nothing else in common
        (1 << 11, {11}),
        (1 << 11 | 1 << 12, {11, 12}),
        (0b1111 | 1 << 30, {1}),
        (0b1110 | 0b11110 << 12, {13}),  # the longer run
        (0b110 | 0b110 << 12 | 0b110 << 48, {1, 13, 49}),  # one of the three, by lot
    ],
)
def test_a_group_meets_where_it_has_most_time_and_not_at_the_ends_of_a_day(common, starts):
    found = {int(match(columns([common, common], seed=seed)).start[0]) for seed in range(40)}
    assert found == starts


def test_a_lunch_may_be_at_the_only_start_of_a_day():
    assert match(columns([0b10, 0b10], starts=1)).start.tolist() == [1]


def test_equal_waits_are_fair_over_rounds_whatever_the_order_of_rows():
    left = np.zeros(5, int)
    for seed in range(2000):
        left += match(columns([0b1] * 5, forbidden=[(a, b) for a in range(4) for b in range(a)], seed=seed)).group < 0
    assert left[4] == 0
    assert all(abs(count - 1500) < 100 for count in left[:4])


@pytest.mark.parametrize("many", [20, 81])
def test_of_more_people_who_waited_as_long_another_one_has_lunch_each_week(many):
    """All fit the first and nobody else; so many are no neighbourhood, and 81 are matched through tables."""
    apart = [(a, b) for a in range(1, many) for b in range(1, a)]
    seated = {int(match(columns([1] * many, forbidden=apart, seed=seed)).group[1:].argmax()) for seed in range(60)}
    assert len(seated) > many // 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"location": [1, 0]}, "ascending"),
        ({"free": [1 << 60, 1]}, "60"),
        ({"free": [-1, 1]}, "negative"),
        ({"free": [1]}, "1 values for 2 people"),
        ({"waited": [0, -1]}, "negative"),
        ({"waited": [0.5, 1]}, "whole numbers"),
        ({"forbidden": [[0, 2]]}, "outside 0..1"),
        ({"forbidden": [[-1, 0]]}, "outside 0..1"),
        ({"forbidden": [[0, 1, 1]]}, "2 numbers a row"),
        ({"met": [[0, 1]]}, "3 numbers a row"),
        ({"met": [[0, 1, -1]]}, "negative"),
        ({"blocked": [[5, 0]]}, "outside"),
        ({"minimum": 1}, "at least 2"),
        ({"minimum": 4, "maximum": 3}, "smaller"),
        ({"person": np.zeros((2, 15), np.uint8)}, "16 bytes"),
        ({"filter": object()}, "person"),
    ],
)
def test_columns_that_are_no_round_are_refused_with_a_sentence(change, sentence):
    good = {"location": [0, 0], "free": [1, 1], "eats": [1, 1], "waited": [0, 0]}
    Columns(**{name: np.array(values) for name, values in good.items()})
    changed = {name: np.array(v) if isinstance(v, list) else v for name, v in {**good, **change}.items()}
    with pytest.raises(BadColumns, match=sentence):
        Columns(**changed)


def test_a_filter_keeps_two_apart_like_a_list():
    class Apart:
        def probe(self, one: bytes, other: bytes) -> bool:
            return {one[0], other[0]} == {0, 1}

    person = np.arange(4, dtype=np.uint8).repeat(16).reshape(4, 16)
    round = columns([0b01, 0b01, 0b10, 0b10], person=person, filter=Apart())
    result = match(round)
    assert result.left == result.bound == 2
    check(round, result)
    assert set(reasons(round, result).values()) == {Reason.NOBODY_SUITABLE}


def result_with(result, **change):
    values = {name: getattr(result, name) for name in ("group", "start", "food", "separator", "bound", "left")}
    return type(result)(**{**values, **change})


@pytest.mark.parametrize("broken", ["hour", "food", "met", "blocked", "location", "size", "left", "bound", "separator"])
def test_the_checker_believes_no_false_result(broken):
    kept_apart = [(0, 1)] if broken == "met" else []
    blocked = np.array([(0, 1)] if broken == "blocked" else [], np.int32).reshape(-1, 2)
    honest = columns([3, 3, 3], eats=[3, 3, 3])
    result = match(honest)
    check(honest, result)
    round = columns(
        [1, 3, 3] if broken == "hour" else [3, 3, 3],
        eats=[1, 3, 3] if broken == "food" else [3, 3, 3],
        location=[0, 1, 1] if broken == "location" else None,
        forbidden=kept_apart,
        blocked=blocked,
        maximum=2 if broken == "size" else 3,
    )
    change = {
        "hour": {"start": np.array([1], np.int8)},
        "food": {"food": np.array([1], np.int8)},
        "left": {"left": 1},
        "bound": {"bound": 1},
        "separator": {"separator": np.ones(3, np.bool_), "bound": -3},
    }.get(broken, {})
    with pytest.raises(Unproven):
        check(round, result_with(result, **change))


def run(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "chalicelib.lunch.matching", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def arrays(**change) -> dict:
    good = {
        "location": np.zeros(4, np.int32),
        "free": np.full(4, 1, np.uint64),
        "eats": np.full(4, 1, np.uint64),
        "waited": np.zeros(4, np.int32),
        "forbidden": np.zeros((0, 2), np.int64),
        "met": np.zeros((0, 3), np.int32),
    }
    return {**good, **change}


def test_the_command_matches_a_file_of_columns(tmp_path):
    np.savez_compressed(tmp_path / "in.npz", **arrays(rules=np.array([2, 3, 7])))
    done = run(tmp_path / "in.npz", tmp_path / "out.npz")
    assert done.returncode == 0, done.stderr
    out = np.load(tmp_path / "out.npz")
    assert {name: (out[name].dtype.name, out[name].shape) for name in out.files} == {
        "group": ("int32", (4,)),
        "start": ("int8", (2,)),
        "food": ("int8", (2,)),
        "separator": ("bool", (4,)),
        "bound": ("int64", ()),
        "left": ("int64", ()),
    }
    assert int(out["left"]) == int(out["bound"]) == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rules": np.array([3, 2, 0])}, "smaller"),
        ({"rules": np.array([2.0, 3, 0])}, "three integers"),
        ({"forbidden": np.array([[0, 4]])}, "outside 0..3"),
        ({"location": np.array([3, 2, 1, 0])}, "ascending"),
        ({"waited": np.array([[0, 0, 0, 0]])}, "one dimension"),
        ({"pages": np.zeros((1, 8220), np.uint8)}, "BLOOM_PAIR_KEY"),
    ],
)
def test_the_command_refuses_a_bad_file_with_one_sentence_and_status_2(tmp_path, change, sentence):
    np.savez(tmp_path / "in.npz", **arrays(**change))
    done = run(tmp_path / "in.npz", tmp_path / "out.npz")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.npz").exists()


def test_the_command_refuses_what_is_no_file_of_columns(tmp_path):
    (tmp_path / "text").write_text("hello")
    np.savez(tmp_path / "objects.npz", location=np.array([{}], object))
    (tmp_path / "half.npz").write_bytes(b"PK\x03\x04" + b"\0" * 40)
    for name in ("text", "objects.npz", "half.npz", "absent"):
        done = run(tmp_path / name, tmp_path / "out.npz")
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr
    assert run().returncode == 2
