"""When schedules fire: what their expressions mean, jumps of the clock, and a system that was off."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local import schedules
from infra.local.schedules import Cron, Fired, Rate, due_since, parse


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "now", "latest"),
    [
        ("cron(0 15 ? * THU *)", "2026-11-25 09:00", "2026-11-19 15:00"),
        ("cron(0 15 ? * THU *)", "2026-11-26 15:00", "2026-11-26 15:00"),
        ("cron(0 15 ? * THU *)", "2026-11-26 14:59", "2026-11-19 15:00"),
        ("cron(0 15 ? * 5 *)", "2026-11-26 15:00", "2026-11-26 15:00"),
        ("cron(0/15 * * * ? *)", "2026-11-26 15:44", "2026-11-26 15:30"),
        ("cron(15,45 8-10 ? * MON-FRI *)", "2026-11-29 12:00", "2026-11-27 10:45"),
        ("cron(0 0 1 JAN ? *)", "2026-11-26 15:00", "2026-01-01 00:00"),
        ("cron(0 0 29 FEB ? *)", "2026-11-26 15:00", "2024-02-29 00:00"),
        ("cron(0 0 1 1 ? 2030)", "2026-11-26 15:00", None),
    ],
)
def test_a_cron_expression_was_last_due(expression: str, now: str, latest: str | None) -> None:
    when = parse(expression)
    assert isinstance(when, Cron)
    assert when.latest(at(now)) == (at(latest) if latest else None)


@pytest.mark.parametrize(
    "expression", ["cron(0 15 L * ? *)", "cron(0 15 ? * 2#1 *)", "cron(60 0 * * ? *)", "rate(5 years)", "at noon", ""]
)
def test_an_expression_that_is_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):
        parse(expression)


def test_a_jump_of_the_clock_fires_once_with_the_latest_due_time() -> None:
    when = parse("cron(0 * * * ? *)")
    assert due_since(when, at("2026-11-22 10:30"), at("2026-11-30 12:10")) == at("2026-11-30 12:00")
    assert due_since(when, at("2026-11-30 12:10"), at("2026-11-30 12:11")) is None


def test_a_rate_fires_at_the_start_and_after_its_period() -> None:
    when = parse("rate(1 minute)")
    assert isinstance(when, Rate)
    now = at("2026-11-22 10:30")
    assert due_since(when, None, now) == now
    assert due_since(when, now, now + timedelta(seconds=59)) is None
    assert due_since(when, now, now + timedelta(seconds=60)) is not None


class Over(Exception):
    """Ends a schedule's thread in a test."""


class World:
    """A clock that moves by sleeping, and a handler that notes when it was called."""

    def __init__(self, now: str, limit: str) -> None:
        self.now = at(now)
        self.limit = at(limit)
        self.fired: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 60))
        if self.now > self.limit:
            raise Over

    def handler(self, event: Any) -> None:
        self.fired.append(event["time"])


def run(world: World, expression: str, fired: Fired, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(schedules.clock, "now", lambda: world.now)
    with pytest.raises(Over):
        schedules.keep_firing("weekly", expression, world.handler, fired, world.sleep)
    return world.fired


def test_what_was_due_while_the_system_was_off_fires_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "fired.json"
    first = Fired(file, lambda: True)
    assert run(World("2026-11-19 14:00", "2026-11-19 16:30"), "cron(0 15 ? * * *)", first, monkeypatch) == [
        "2026-11-19T15:00:00Z"
    ]
    first.keep()
    later = World("2026-11-22 09:00", "2026-11-22 10:00")
    assert run(later, "cron(0 15 ? * * *)", Fired(file, lambda: True), monkeypatch) == ["2026-11-21T15:00:00Z"]


def test_a_crash_before_its_messages_were_worked_off_fires_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fired.json"
    unfinished = Fired(file, lambda: False)
    run(World("2026-11-19 14:59", "2026-11-19 15:05"), "cron(0 15 ? * * *)", unfinished, monkeypatch)
    unfinished.keep()
    again = run(
        World("2026-11-19 15:06", "2026-11-19 15:10"), "cron(0 15 ? * * *)", Fired(file, lambda: True), monkeypatch
    )
    assert again == ["2026-11-19T15:00:00Z"]


def test_a_handler_that_raises_is_tried_three_times(tmp_path: Path) -> None:
    calls: list[str] = []

    def handler(event: Any) -> None:
        calls.append(event["id"])
        raise RuntimeError("as asked")

    schedules.fire("weekly", handler, at("2026-11-19 15:00"), lambda seconds: None)
    assert len(calls) == 3
    assert len(set(calls)) == 1
