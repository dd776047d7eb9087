"""Fires the schedules that app.py declares, when the product's clock says so.

Each has a thread of its own, so none waits for another and none runs twice at once. Time that passed while
the system was off, and time that a set clock jumped over, are the same: what was due in between fires once.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib import clock
from infra.local import events

log = logging.getLogger("schedules")

TICK = 0.25
PAUSES = (1.0, 10.0)
"""Seconds before the second and the third attempt of one firing; Lambda too tries three times."""
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class Cron:
    """EventBridge's ``cron(minutes hours day-of-month month day-of-week year)``, in UTC.

    Of its wildcards ``, - * / ?`` are understood, and L, W and # are refused (LocalStack ignores them).
    """

    def __init__(self, fields: str) -> None:
        minutes, hours, days, months, weekdays, years = fields.upper().split()
        self.minutes = _numbers(minutes, 0, 59)
        self.hours = _numbers(hours, 0, 23)
        self.days = _numbers(days, 1, 31)
        self.months = _numbers(months, 1, 12, MONTHS, first_name=1)
        self.weekdays = _numbers(weekdays, 1, 7, WEEKDAYS, first_name=1)
        self.years = _numbers(years, 1970, 2199)

    def latest(self, now: datetime) -> datetime | None:
        """The last time it was due, at or before ``now``; None if not within five years."""
        day = now.astimezone(UTC).replace(second=0, microsecond=0)
        for back in range(5 * 366):
            hour_limit = (day.hour, day.minute) if back == 0 else (23, 59)
            if self._on(day):
                times = [(h, m) for h in self.hours for m in self.minutes if (h, m) <= hour_limit]
                if times:
                    hour, minute = max(times)
                    return day.replace(hour=hour, minute=minute)
            day -= timedelta(days=1)
        return None

    def _on(self, day: datetime) -> bool:
        weekday = day.isoweekday() % 7 + 1  # EventBridge counts from Sunday, which is 1
        return day.year in self.years and day.month in self.months and day.day in self.days and weekday in self.weekdays


class Rate:
    """EventBridge's ``rate(value unit)``: at the start, and whenever that much time has passed since."""

    def __init__(self, value: int, unit: str) -> None:
        self.period = value * UNITS[unit.removesuffix("s")]


def parse(expression: str) -> Cron | Rate:
    """What a schedule's expression says. Raises ValueError for what is not understood here."""
    if rate := re.fullmatch(r"rate\((\d+) (minutes?|hours?|days?)\)", expression):
        return Rate(int(rate[1]), rate[2])
    if cron := re.fullmatch(r"cron\((\S+(?: \S+){5})\)", expression):
        return Cron(cron[1])
    raise ValueError(f"the schedule {expression} is not understood")


def _numbers(field: str, low: int, high: int, names: list[str] | None = None, first_name: int = 0) -> frozenset[int]:
    """The numbers a field of a cron expression stands for."""

    def number(text: str) -> int:
        value = names.index(text) + first_name if names and text in names else int(text)
        if not low <= value <= high:
            raise ValueError(f"{text} is not from {low} to {high}")
        return value

    chosen: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        elif "-" in span:
            first, last = (number(text) for text in span.split("-"))
        else:
            first = number(span)
            last = high if step else first
        if first > last:
            raise ValueError(f"{span} runs backwards")
        chosen.update(range(first, last + 1, int(step or 1)))
    return frozenset(chosen)


class Fired:
    """Which cron schedules have fired until when, kept in a file; only what is finished is written."""

    def __init__(self, file: Path, finished: Callable[[], bool]) -> None:
        self._file = file
        self._finished = finished
        self._lock = threading.Lock()
        self._done: dict[str, str] = self._read()
        self._open: dict[str, datetime] = {}

    def until(self, name: str, now: datetime) -> datetime:
        """Up to when ``name`` has fired: a new schedule's past begins ``now``."""
        with self._lock:
            text = self._done.get(name)
            if text is None:
                self._write(name, now)
                return now
            return min(datetime.fromisoformat(text), now)

    def fired(self, name: str, moment: datetime) -> None:
        """Its handler has returned; what it put into queues may still be on its way."""
        with self._lock:
            self._open[name] = moment

    def keep(self) -> None:
        """Writes down what has fired, once no queue holds a message any more: before, a crash fires it again."""
        with self._lock:
            due = dict(self._open)
        if due and self._finished():
            with self._lock:
                for name, moment in due.items():
                    self._write(name, moment)
                    if self._open.get(name) == moment:
                        del self._open[name]

    def _read(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._file.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def _write(self, name: str, moment: datetime) -> None:
        self._done[name] = moment.isoformat()
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self._done, indent=1))
        draft.rename(self._file)


def keep_firing(
    name: str, expression: str, handler: Callable[[events.Event], Any], fired: Fired, sleep: Callable[[float], None]
) -> None:
    """A schedule's thread: fires ``handler`` for ever. ``sleep`` may raise to end it."""
    when = parse(expression)
    last = fired.until(name, clock.now()) if isinstance(when, Cron) else None
    while True:
        now = clock.now()
        due = due_since(when, last, now)
        if due is not None:
            fire(name, handler, due, sleep)
            last = now
            if isinstance(when, Cron):
                fired.fired(name, now)
        elif last is not None and last > now:  # the clock was set back
            last = now
        sleep(TICK)


def due_since(when: Cron | Rate, last: datetime | None, now: datetime) -> datetime | None:
    """The latest time in (last, now] that ``when`` names, if any; ``last`` None: it has never fired."""
    if isinstance(when, Rate):
        return now if last is None or now - last >= when.period else None
    latest = when.latest(now)
    return latest if latest is not None and (last is None or latest > last) else None


def fire(
    name: str, handler: Callable[[events.Event], Any], due: datetime, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Calls ``handler`` with the event, up to three times until it does not raise."""
    event = events.schedule(name, due)
    for pause in (*PAUSES, None):
        try:
            handler(event)
            return
        except Exception:
            log.exception("%s failed", name)
            if pause is None:
                return
            sleep(pause)
