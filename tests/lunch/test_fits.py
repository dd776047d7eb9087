"""What speaks for a lunch and what against it: each sentence alone, and how many there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.lunch.fits import Fit, fit

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONE = NOON + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def told(**changed: Any) -> Fit:
    given: dict[str, Any] = {
        "starts": NOON, "ends": ONE, "free": [], "foods": [], "refused": [], "company": {}, "met": [], "missing": 2,
    }  # fmt: skip
    return fit(**given | changed)


OUTSIDE = "it lies outside the hours you gave"


def test_hours_hold_the_whole_lunch_or_it_lies_outside() -> None:
    assert told() == Fit(-1, [], [OUTSIDE])
    assert told(free=[(NOON, ONE)]) == Fit(1, ["it lies within your hours"], [])
    assert told(free=[(NOON + MINUTE, ONE)]).but == told(free=[(NOON, ONE - MINUTE)]).but == [OUTSIDE]
    assert told(free=[(NOON - MINUTE, NOON), (NOON - MINUTE, ONE + MINUTE)]).but == []


def test_what_one_refuses_is_named_and_what_one_eats_only_if_one_eats_it_all() -> None:
    assert told(foods=["soup", "curry"]) == Fit(0, ["you eat soup and curry"], [OUTSIDE])
    assert told(foods=["soup", "curry"], refused=["curry", "fish"]) == Fit(
        -2, [], [OUTSIDE, "it is about curry, which you refuse"]
    )


def test_new_people_speak_for_a_lunch_and_so_do_known_ones() -> None:
    new = "you have not had lunch with Bea yet"
    assert told(company={1: "Ada", 2: "Bea"}, met=[1]) == Fit(0, [new], [OUTSIDE])
    assert told(company={1: "Ada"}, met=[1]) == Fit(0, ["you know Ada"], [OUTSIDE])
    namesake = "you have not had lunch with Ada yet"
    assert told(company={3: "Ada"}, met=[1]) == Fit(0, [namesake], [OUTSIDE]), "a stranger of the same name"


def test_one_whose_word_is_the_last_that_is_missing_is_told() -> None:
    assert told(missing=2).why == []
    assert told(missing=1) == Fit(0, ["with you it takes place"], [OUTSIDE])
    assert told(missing=0).why == told(missing=-1).why == ["it takes place"]
