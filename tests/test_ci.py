"""What CI runs: every part is a target of make, and by turns the tests run on every day in every zone."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests import days

ROOT = Path(__file__).parent.parent
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
BERLIN = ZoneInfo("Europe/Berlin")


def test_the_workflow_is_one_that_github_reads_and_calls_what_everybody_can_run() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    [job] = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_ci_runs_what_make_check_runs() -> None:
    parts = re.findall(r"^part \S+ make -s (\S+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    [checked] = re.findall(r"^check: ([a-z -]+) ##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(parts) == sorted(checked.split())


def test_twenty_one_commits_see_every_day_in_every_zone() -> None:
    for first in (0, 1, 1000):
        turns = {days.turn(number) for number in range(first, first + 21)}
        assert turns == {(day, zone) for day in days.DAYS for zone in days.ZONES}


def shown(name: str) -> datetime:
    return datetime.fromisoformat(days.DAYS[name]).astimezone(BERLIN)


def hours_of(name: str) -> float:
    """How long that day is in Berlin."""
    day = shown(name).date()
    begins, ends = (datetime(d.year, d.month, d.day, tzinfo=BERLIN) for d in (day, day + timedelta(days=1)))
    return (ends.astimezone(UTC) - begins.astimezone(UTC)) / timedelta(hours=1)


def test_the_days_are_what_their_names_say() -> None:
    assert f"{shown('monday'):%a %H:%M}" == "Mon 00:30"
    assert f"{shown('wednesday'):%a}" == "Wed"
    assert f"{shown('friday'):%a %H:%M}" == "Fri 23:30"
    assert (hours_of("forward"), hours_of("back"), hours_of("friday")) == (23, 25, 24)
    assert f"{shown('forward'):%a}" == f"{shown('back'):%a}" == "Sun"
    assert shown("back").fold == 1, "the second of two equal hours"
    assert (shown("leap-day").month, shown("leap-day").day) == (2, 29)
    assert (shown("week-53").month, shown("week-53").day, shown("week-53").isocalendar().week) == (12, 31, 53)


@pytest.mark.parametrize("day", days.DAYS)
def test_a_run_on_a_day_shows_the_product_that_day(day: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import clock

    monkeypatch.setenv("DAY", day)
    monkeypatch.setenv("CLOCK_FILE", str(tmp_path / "clock"))
    days.set_clock(tmp_path / "clock")
    assert timedelta() <= clock.now() - shown(day) < timedelta(hours=2)
