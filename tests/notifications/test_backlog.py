"""A hundred thousand mails wait, and somebody asks for a new password."""

import time
from datetime import timedelta
from typing import Any

import pytest

from tests.notifications.conftest import NOW, Present, Rows
from tests.notifications.test_one_mailbox import shift
from tests.sink import Sink

MANY = 100_000


def wait(rows: Rows, kind: str, urgent: bool, due: timedelta) -> None:
    people = [rows.person(f"person{number}") for number in range(50)]
    rows.sql(
        "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
        " SELECT gen_random_uuid(), (%s::uuid[])[1 + n %% 50], %s, '{}', %s, %s, %s + n * interval '1 millisecond'"
        " FROM generate_series(1, %s) n",
        people,
        kind,
        urgent,
        NOW,
        NOW + due,
        MANY,
    )


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "behind",
    ["ordinary", pytest.param("resets", marks=pytest.mark.long), pytest.param("put off", marks=pytest.mark.long)],
)
def test_the_newest_reset_leaves_within_a_minute(
    rows: Rows, sink: Sink, post: Any, present: Present, behind: str
) -> None:
    """Among other mails, among other resets, and where everything else was put off."""
    kind = "reset" if behind == "resets" else "address_in_use"
    wait(rows, kind, behind == "resets", timedelta(hours=1) if behind == "put off" else timedelta(minutes=-10))
    if behind == "resets":
        rows.sql("UPDATE mail SET about = jsonb_build_object('password_reset', gen_random_uuid())")
    rows.reset("ada")
    present.wait(seconds=1)
    took = shift(post, present, lambda: sink.count()["ada@example.org"] == 1, 60)
    print(f"{behind}: the reset left after {took:.2f} s")
    assert took < 10


def test_a_mail_is_found_by_its_index_however_many_wait(rows: Rows, post: Any, present: Present) -> None:
    from chalicelib.database import JOB, transaction
    from chalicelib.notifications import sending

    wait(rows, "address_in_use", False, timedelta(minutes=-10))
    present.wait(seconds=1)
    state = sending.Shift(present, post)
    times = []
    for _ in range(20):
        began = time.monotonic()
        assert transaction(state._claim, JOB) is not None
        times.append(time.monotonic() - began)
    assert min(times) < 0.02, times
