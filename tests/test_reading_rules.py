"""What is said of a value that a rule cannot have, and what rules mean for lunches."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import rules
from chalicelib.errors import Invalid
from chalicelib.rules import Rule


def told(rule: Rule, value: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        rule.parse(value)
    return refused.value.fields


def test_a_value_is_refused_with_the_rules_name_and_its_bounds() -> None:
    number, share = Rule("a.number", 3, "", 2, 8), Rule("a.share", 0.5, "", 0.0001, 0.2)
    assert told(number, 9) == {"a.number": "must be from 2 to 8"}
    assert told(share, 1) == {"a.share": "must be from 0.0001 to 0.2"}
    assert told(number, 2.5) == {"a.number": "must be a whole number"}
    assert told(share, "x") == {"a.share": "must be a number"}
    assert told(Rule("a.switch", True, ""), 1) == {"a.switch": "must be a yes or no"}
    assert told(Rule("a.text", "", ""), 1) == {"a.text": "must be a text"}
    assert told(Rule("a.day", "one", "", choices=("one", "two")), "three") == {"a.day": "must be one of one, two"}
    assert told(Rule("a.time", "11:00", "", pattern=r"\d\d:\d\d"), "11:000") == {"a.time": "must look like 11:00"}


def test_a_value_that_a_rule_can_have_is_given_back_in_its_type() -> None:
    assert type(Rule("a.share", 0.5, "", 0, 9).parse(2)) is float
    assert Rule("a.number", 3, "", 2, 8).parse(2) == 2
    assert Rule("a.day", "one", "", choices=("one", "two")).parse("two") == "two"
    assert Rule("a.time", "11:00", "", pattern=r"\d\d:\d\d").parse("09:30") == "09:30"
    assert Rule("a.text", "", "").parse("anything") == "anything"
    assert Rule("a.switch", True, "").parse(False) is False, "whatever its bounds are"


def test_rules_that_contradict_each_other_are_told_why() -> None:
    def contradiction(**values: Any) -> dict[str, str]:
        with pytest.raises(Invalid) as refused:
            rules.check_together(rules.DEFAULTS.with_values({f"lunch.{name}": value for name, value in values.items()}))
        return refused.value.fields

    assert contradiction(min_attendees=4) == {"lunch.max_attendees": "must not be less than lunch.min_attendees"}
    assert contradiction(last_start="10:45") == {"lunch.last_start": "must not be before lunch.first_start"}
    too_many = {"lunch.last_start": "days times starts, a quarter of an hour apart, must not exceed 60"}
    assert contradiction(last_start="14:00") == too_many
    assert contradiction(weekdays="Mon-Mon", first_start="00:00", last_start="15:00") == too_many, "one more than 60"


def test_values_go_to_the_rules_they_name_and_leave_the_others() -> None:
    changed = rules.DEFAULTS.with_values(
        {"lunch.minutes": 45, "lunch.per_week": 2, "session.days": 3, "lunch.x": 1, "y": 2}
    )
    assert (changed.lunch.minutes, changed.lunch.per_week, changed.session.days) == (45, 2, 3)
    assert changed.lunch.repeat_days == rules.DEFAULTS.lunch.repeat_days and changed.coaching == rules.DEFAULTS.coaching
    assert changed.named("lunch.minutes") == 45 and rules.DEFAULTS.named("admin.second_factor") is False


def test_a_rule_has_the_bounds_and_words_it_is_written_with() -> None:
    kept = rules.RULES["lunch.min_attendees"]
    assert (kept.default, kept.help, kept.low, kept.high) == (2, "Fewest people at a lunch", 2, 8)
    assert rules.RULES["lunch.match_day"].choices == rules.DAYS and rules.RULES["lunch.match_day"].pattern == ""
    assert rules.RULES["lunch.auto_approve"].low == rules.RULES["lunch.auto_approve"].high == 0


def test_days_and_starts_of_lunches_are_as_the_rules_say_both_ends_included() -> None:
    lunch = rules.DEFAULTS.with_values(
        {"lunch.weekdays": "Tue-Sun", "lunch.first_start": "09:15", "lunch.last_start": "10:00"}
    ).lunch
    assert list(lunch.days) == [1, 2, 3, 4, 5, 6]
    assert list(lunch.starts) == [555, 570, 585, 600]


def test_a_lunch_that_must_be_approved_is_made_while_there_is_time_for_that() -> None:
    hours = {"lunch.approve_hours_before": 5}
    assert rules.DEFAULTS.with_values(hours).lunch.notice == timedelta()
    assert rules.DEFAULTS.with_values(hours | {"lunch.auto_approve": False}).lunch.notice == timedelta(hours=5)
