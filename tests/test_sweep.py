"""The sweep: four jobs one after the other, of which none depends on another."""

from typing import Any

import pytest

import app
from chalicelib import retention
from chalicelib.coaching import reminders, waiting_list
from chalicelib.lunch import jobs

JOBS = [(jobs, "sweep"), (reminders, "sweep"), (waiting_list, "sweep"), (retention, "forget")]
EVENT = dict.fromkeys(
    ("version", "account", "region", "detail", "detail-type", "source", "time", "id", "resources"), ""
)


@pytest.mark.parametrize("broken", range(len(JOBS)))
def test_a_job_that_fails_is_told_and_keeps_none_of_the_others_from_running(
    clock: Any, monkeypatch: pytest.MonkeyPatch, broken: int
) -> None:
    ran: list[int] = []

    def job(number: int, now: Any) -> None:
        ran.append(number)
        if number == broken:
            raise LookupError("gone")

    for number, (module, name) in enumerate(JOBS):
        monkeypatch.setattr(module, name, lambda now, number=number: job(number, now))
    with pytest.raises(ExceptionGroup) as failed:
        app.sweep(EVENT, None)
    assert ran == [0, 1, 2, 3] and [type(one) for one in failed.value.exceptions] == [LookupError]
