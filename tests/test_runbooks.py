"""Whoever gets an alarm finds a chapter about it, and every metric that is looked at is told by the product."""

import re
from pathlib import Path

from chalicelib import metrics

ROOT = Path(__file__).parent.parent
ALARMS = (ROOT / "infra" / "terraform" / "modules" / "observability" / "main.tf").read_text()
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text()
CHAPTERS = set(re.findall(r"^## (\S+)$", RUNBOOKS, re.MULTILINE))


def test_every_alarm_has_a_chapter_and_every_chapter_an_alarm() -> None:
    named = set(re.findall(r'runbook\s*=\s*"([a-z-]+)"', ALARMS)) | set(re.findall(r"runbooks}#([a-z-]+)\"", ALARMS))
    assert named == CHAPTERS


def test_every_metric_of_ours_that_an_alarm_looks_at_is_told() -> None:
    own = ALARMS[ALARMS.index("own = {") : ALARMS.index("alarms = merge(")]
    assert set(re.findall(r'metric\s*=\s*"(\w+)"', own)) == set(metrics.METRICS)


def test_the_namespace_is_the_same_on_both_sides() -> None:
    assert f'default     = "{metrics.NAMESPACE}"' in ALARMS


def test_links_within_the_runbooks_lead_to_chapters() -> None:
    assert set(re.findall(r"\]\(#([a-z-]+)\)", RUNBOOKS)) <= CHAPTERS
