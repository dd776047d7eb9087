"""docs/security.md has a row for every requirement that it says it covers, and names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = re.findall(
    r"^\| (V[\d.]+) [^|]*\| (\d) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$",
    (ROOT / "docs" / "security.md").read_text(),
    re.MULTILINE,
)
REQUIREMENTS = """
V1.2.1-5 V1.3.1-2 V1.5.1 V2.1.1 V2.2.1-2 V2.3.1 V3.2.1-2 V3.3.1 V3.4.1-2 V3.5.1-3 V4.1.1 V4.4.1 V5.2.1-2 V5.3.1-2 V6.1.1 V6.2.1-8
V6.3.1-2 V6.4.1-2 V7.1.1-3 V7.2.1-4 V7.3.1-2 V7.4.1-5 V7.5.1-2 V7.6.1-2 V8.1.1-2 V8.2.1-3 V8.3.1 V8.4.1 V9.1.1-3 V9.2.1 V10.4.1-5
V11.1.1-2 V11.2.1-3 V11.3.1-3 V11.4.1-4 V11.5.1 V11.6.1 V12.1.1 V12.2.1-2 V13.4.1 V14.2.1 V14.3.1 V15.1.1 V15.2.1 V15.3.1 V16.1.1
V16.2.1-5 V16.3.1-4 V16.4.1-3 V16.5.1-3
"""
"""ASVS 5.0.0: level 1, and level 2 of V7, V8, V11 and V16."""


def wanted() -> list[str]:
    found = []
    for one in REQUIREMENTS.split():
        first, _, last = one.partition("-")
        section, _, number = first.rpartition(".")
        found += [f"{section}.{n}" for n in range(int(number), int(last or number) + 1)]
    return found


def test_every_requirement_has_a_row_in_order() -> None:
    assert [row[0] for row in ROWS] == wanted()
    assert len(ROWS) == 112


def test_each_row_says_whether_it_is_held_and_how() -> None:
    assert {row[2].strip("*") for row in ROWS} == {"yes", "partly", "no", "n/a"}
    assert [row[0] for row in ROWS if not row[3].strip()] == []
    assert [row[0] for row in ROWS if row[2] == "yes" and not row[4].strip()] == [], "which test shows it?"


def test_the_tests_that_are_named_are_there() -> None:
    named = {row[4].strip() for row in ROWS if row[4].startswith(("tests/", "infra/"))}
    assert len(named) > 20
    assert [one for one in sorted(named) if not (ROOT / one).exists()] == []
