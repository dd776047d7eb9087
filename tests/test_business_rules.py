"""Every business rule: the last value that is allowed, the first that is not, and that something reads it."""

import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib import rules
from chalicelib.errors import Invalid
from chalicelib.rules import RULES

PRODUCT = [
    path.read_text()
    for path in sorted((Path(__file__).parent.parent / "chalicelib").rglob("*"))
    if path.suffix in (".py", ".html", ".txt") and path.name != "rules.py"
]
NUMBERS = [name for name, rule in RULES.items() if type(rule.default) in (int, float)]
TEXTS = {
    "lunch.first_start": (["00:00", "11:15", "23:45"], ["24:00", "11:10", "9:00", "11.00", ""]),
    "lunch.last_start": (["11:00", "23:45"], ["13:50", "noon"]),
    "lunch.weekdays": (["Mon-Fri", "Sat-Sun", "Mon-Mon"], ["Mon", "Fri-", "monday-friday", "Mon-Fri,Sun"]),
    "lunch.match_day": (["Monday", "Sunday"], ["Mon", "monday", ""]),
}


@pytest.mark.parametrize("name", RULES)
def test_something_reads_the_rule(name: str) -> None:
    read = re.compile(rf"\.{re.escape(name)}\b|'{re.escape(name)}'")
    # lunch.days and lunch.starts are made of three rules each that nobody else need read.
    through = {
        "lunch.weekdays": ".lunch.days",
        "lunch.first_start": ".lunch.starts",
        "lunch.last_start": ".lunch.starts",
    }
    assert any(read.search(text) or through.get(name, "\0") in text for text in PRODUCT), "no effect: what is it for?"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_may_be_as_its_bounds_say_and_no_further(name: str) -> None:
    rule = RULES[name]
    step: Any = 1 if type(rule.default) is int else 0.00001
    assert rule.low <= rule.default <= rule.high and rule.low < rule.high
    for value in (rule.low, rule.high, rule.default):
        assert rule.parse(type(rule.default)(value)) == value
    for value in (rule.low - step, rule.high + step):
        with pytest.raises(Invalid, match="must be from"):
            rule.parse(value)
    for value in ("1", None, True, [1]):
        with pytest.raises(Invalid, match="must be a"):
            rule.parse(value)


def test_a_whole_number_is_no_fraction_and_a_share_may_be_whole() -> None:
    with pytest.raises(Invalid, match="whole number"):
        RULES["lunch.minutes"].parse(60.0)
    with pytest.raises(Invalid, match="must be from"):
        RULES["bloom.false_positive_rate"].parse(1)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_one_that_can_be_read(name: str) -> None:
    good, bad = TEXTS[name]
    assert [RULES[name].parse(value) for value in good] == good
    for value in bad:
        with pytest.raises(Invalid):
            RULES[name].parse(value)


def test_no_rule_is_left_out() -> None:
    switches = {name for name, rule in RULES.items() if type(rule.default) is bool}
    assert set(NUMBERS) | set(TEXTS) | switches == set(RULES)
    for name in switches:
        assert [RULES[name].parse(value) for value in (True, False)] == [True, False]
        with pytest.raises(Invalid):
            RULES[name].parse(1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"lunch.min_attendees": 3, "lunch.max_attendees": 3}, ""),
        ({"lunch.min_attendees": 4, "lunch.max_attendees": 3}, "lunch.max_attendees"),
        ({"lunch.first_start": "13:45", "lunch.last_start": "13:45"}, ""),
        ({"lunch.first_start": "14:00", "lunch.last_start": "13:45"}, "lunch.last_start"),
        ({"lunch.weekdays": "Fri-Mon"}, "lunch.weekdays"),
        ({"lunch.weekdays": "Fri-Fri"}, ""),
        ({"lunch.weekdays": "Mon-Fri", "lunch.first_start": "11:00", "lunch.last_start": "13:45"}, ""),  # 60
        ({"lunch.weekdays": "Mon-Sat", "lunch.first_start": "11:00", "lunch.last_start": "13:45"}, "lunch.last_start"),
        ({"lunch.weekdays": "Mon-Fri", "lunch.first_start": "11:00", "lunch.last_start": "14:00"}, "lunch.last_start"),
    ],
)
def test_rules_do_not_contradict_each_other(values: dict[str, Any], field: str) -> None:
    together = rules.DEFAULTS.with_values(values)
    if not field:
        rules.check_together(together)
        return
    with pytest.raises(Invalid) as refused:
        rules.check_together(together)
    assert list(refused.value.fields) == [field]


def test_what_is_no_rule_any_more_is_passed_over() -> None:
    assert rules.DEFAULTS.with_values({"lunch.of_yesterday": 3}) == rules.DEFAULTS
    with pytest.raises(AttributeError):
        rules.DEFAULTS.named("lunch.of_yesterday")
