"""The list of planted faults stays true: what each changes stands there once, and its tests are there."""

import re
import shlex

import pytest

from chalicelib.rules import RULES
from tests.planted import ROOT, Fault, calls, lunches, people, place, rules

FAULTS = [*lunches.FAULTS, *calls.FAULTS, *people.FAULTS, *rules.FAULTS]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.where}: {fault.text[:40]}")
def test_what_a_fault_changes_is_there(fault: Fault) -> None:
    """Where it is not, mend the fault (tests/planted), and plant it: make planted ARGS=WHERE."""
    place(fault)
    assert fault.text != fault.instead and fault.seen.endswith(".")
    paths = [word for word in shlex.split(fault.tests) if word.startswith("tests/")]
    assert paths and all((ROOT / path).exists() for path in paths)


def test_there_are_enough_of_them_and_each_is_one() -> None:
    assert len(FAULTS) >= 80
    assert len({(fault.where, fault.text, fault.instead) for fault in FAULTS}) == len(FAULTS)
    assert sum("/" not in fault.where for fault in FAULTS) >= 20, "SQL functions are as good a place for faults"


def test_every_business_rule_has_one() -> None:
    assert [f"An admin sets {name}, and nothing changes." for name in RULES] == [fault.seen for fault in rules.FAULTS]


def test_a_fault_whose_text_has_gone_is_noticed() -> None:
    for where in ("chalicelib/rules.py", "book_calls", "no_such_function"):
        with pytest.raises(ValueError, match=re.compile("is there 0 times|there is no SQL function")):
            place(Fault(where, "what nobody wrote", "", "tests/lunch", ""))
