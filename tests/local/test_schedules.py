"""When schedules fire: what their expressions mean, and jumps of the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local import schedules


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "period"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(2 hours)", timedelta(hours=2)),
        ("rate(1 day)", timedelta(days=1)),
    ],
)
def test_a_rate_says_how_much_time_passes_between_two_firings(expression: str, period: timedelta) -> None:
    assert schedules.period_of(expression) == period


@pytest.mark.parametrize("expression", ["cron(0 15 ? * THU *)", "rate(5 years)", "rate(5)", "at noon", ""])
def test_an_expression_that_is_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="is not understood"):
        schedules.period_of(expression)


class Over(Exception):
    """Ends a schedule's thread in a test."""


class World:
    """A clock that moves a minute at every sleep, and jumps; a handler that notes when it was called."""

    def __init__(self, now: str, minutes: int, jumps: dict[str, str] | None = None) -> None:
        self.now = at(now)
        self.left = minutes
        self.jumps = {at(when): at(to) for when, to in (jumps or {}).items()}
        self.fired: list[str] = []

    def sleep(self, seconds: float) -> None:
        if self.left == 0:
            raise Over
        self.left -= 1
        self.now += timedelta(minutes=1)
        self.now = self.jumps.pop(self.now, self.now)

    def handler(self, event: Any) -> None:
        self.fired.append(event["time"][11:16])


def run(world: World, expression: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(schedules.clock, "now", lambda: world.now)
    with pytest.raises(Over):
        schedules.keep_firing("weekly", schedules.period_of(expression), world.handler, world.sleep)
    return world.fired


def test_it_fires_at_the_start_and_whenever_its_period_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(World("2026-11-22 10:30", 30), "rate(10 minutes)", monkeypatch) == ["10:30", "10:40", "10:50", "11:00"]


def test_a_jump_of_the_clock_fires_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World("2026-11-22 10:30", 8, {"2026-11-22 10:33": "2026-11-30 12:00"})
    assert run(world, "rate(5 minutes)", monkeypatch) == ["10:30", "12:00", "12:05"]


def test_a_clock_that_is_set_back_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World("2026-11-22 10:30", 14, {"2026-11-22 10:33": "2026-11-20 09:00"})
    assert run(world, "rate(5 minutes)", monkeypatch) == ["10:30", "09:05", "09:10"]


def test_a_handler_that_raises_is_tried_three_times() -> None:
    calls: list[str] = []

    def handler(event: Any) -> None:
        calls.append(event["id"])
        raise RuntimeError("as asked")

    schedules.fire("weekly", handler, at("2026-11-19 15:00"), lambda seconds: None)
    assert len(calls) == 3
    assert len(set(calls)) == 1
