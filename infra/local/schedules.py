"""Fires the schedules that app.py declares, when the product's clock says so.

Each has a thread of its own, so none waits for another and none runs twice at once. Every schedule fires at the
start; after that, time that passed and time that a set clock jumped over are the same, and fire it once.
"""

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from infra.local import events

log = logging.getLogger("schedules")

TICK = 0.25
PAUSES = (1.0, 10.0)
"""Seconds before the second and the third attempt of one firing; Lambda too tries three times."""
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def period_of(expression: str) -> timedelta:
    """The time between two firings of ``rate(5 minutes)``. Raises ValueError for any other expression."""
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if rate is None:
        raise ValueError(f"the schedule {expression} is not understood: here are rates alone, like rate(5 minutes)")
    return int(rate[1]) * UNITS[rate[2]]


def keep_firing(
    name: str, period: timedelta, handler: Callable[[events.Event], Any], sleep: Callable[[float], None]
) -> None:
    """A schedule's thread: fires ``handler`` for ever. ``sleep`` may raise to end it."""
    last: datetime | None = None
    while True:
        now = clock.now()
        if is_due(period, last, now):
            fire(name, handler, now, sleep)
            last = now
        elif last is not None and last > now:  # the clock was set back
            last = now
        sleep(TICK)


def is_due(period: timedelta, last: datetime | None, now: datetime) -> bool:
    """Whether it is to fire ``now``; ``last`` None: it has never fired."""
    return last is None or now - last >= period


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
