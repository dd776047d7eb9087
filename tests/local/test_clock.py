"""Setting the clock: what is due in between happens, and nonsense is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.local.conftest import System, eventually


def test_a_jump_over_several_weeks_runs_the_weekly_job_once(system: System) -> None:
    before = len(eventually(lambda: system.seen("weekly")))
    assert "The clock shows Monday, 2040-11-26 12:00" in system.command("clock", "2040-11-26T12:00Z").stdout
    eventually(lambda: len(system.seen("weekly")) > before)
    assert [event["time"][:16] for event in system.seen("weekly")][before:] == ["2040-11-26T12:00"]


def test_the_clock_goes_on_from_there(system: System) -> None:
    system.command("clock", "2041-01-01T00:00Z")
    offset = float((system.data / "clock").read_text())
    shown = datetime.now(UTC) + timedelta(seconds=offset)
    assert timedelta() <= shown - datetime(2041, 1, 1, tzinfo=UTC) < timedelta(minutes=1)
    assert "The clock shows" in system.command("clock", "real").stdout
    assert float((system.data / "clock").read_text()) == 0


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("yesterday", "is no time"),
        ("", "is no time"),
        ("2026-13-45T00:00Z", "is no time"),
        ("2026-11-30T12:00", "does not say in which zone"),
        ("0001-01-01T00:00Z", "is too far away"),
        ("9999-12-31T23:59Z", "is too far away"),
        ("0001-01-01T00:00+14:00", "is too far away"),
    ],
)
def test_nonsense_leaves_the_clock_alone(system: System, now: str, said: str) -> None:
    system.command("clock", "2041-01-01T00:00Z")
    before = (system.data / "clock").read_text()
    refused = system.command("clock", now)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (system.data / "clock").read_text() == before


def test_only_the_local_stage_has_a_clock_that_can_be_set(system: System) -> None:
    refused = system.command("clock", "2041-01-01T00:00Z", STAGE="live")
    assert refused.returncode == 1
    assert "Only a local system's clock" in refused.stderr
