"""Whatever one mailbox does, everybody else's mail arrives once, and soon; and its own is refused or tried again."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.mailbox import read, send
from tests.notifications.conftest import NOW, Present, Rows
from tests.sink import Sink

ALL_THE_WAYS = ("refuse", "refuse late", "later", "greylist", "hang up", "lose")


def test_a_mail_is_sent_once_and_its_row_is_gone(rows: Rows, sink: Sink, post: Any, present: Present) -> None:
    rows.tell("ada")
    assert (send(post, present), send(post, present)) == (1, 0)
    assert sink.count() == {"ada@example.org": 1}
    assert rows.sql("SELECT 1 FROM mail") == []
    assert sink.senders == {"lunch@rendezvous.test"}


@pytest.mark.parametrize("how", ALL_THE_WAYS)
def test_what_one_of_three_mailboxes_does_changes_nothing_for_the_others(
    rows: Rows, sink: Sink, post: Any, present: Present, how: str
) -> None:
    for name in ("ada", "bob", "eve"):
        rows.tell(name, 2)
    sink.behaves["bob@example.org"] = how
    send(post, present)
    for _ in range(12):
        present.wait(hours=4)
        send(post, present)
    assert (sink.count()["ada@example.org"], sink.count()["eve@example.org"]) == (2, 2)
    assert set(rows.states()) <= {"bob@example.org"}


@pytest.mark.parametrize(("how", "answer"), [("refuse", "550 5.1.1"), ("refuse late", "554 5.7.1")])
def test_a_refusal_for_good_is_kept_and_not_tried_again(
    rows: Rows, sink: Sink, post: Any, present: Present, how: str, answer: str
) -> None:
    rows.tell("bob")
    sink.behaves["bob@example.org"] = how
    for _ in range(3):
        send(post, present)
        present.wait(hours=12)
    assert rows.states() == {"bob@example.org": [("refused", 1, answer)]}
    assert sink.asked["bob@example.org"] == 1


def test_a_mailbox_that_greylists_gets_its_mail_the_second_time(
    rows: Rows, sink: Sink, post: Any, present: Present
) -> None:
    rows.tell("bob")
    sink.behaves["bob@example.org"] = "greylist"
    send(post, present)
    assert rows.states() == {"bob@example.org": [("waiting", 1, "451 4.7.1")]}
    present.wait(seconds=59)
    assert send(post, present) == 0
    present.wait(seconds=1)
    assert send(post, present) == 1
    assert sink.count() == {"bob@example.org": 1}


def test_what_may_pass_is_tried_more_and_more_seldom_for_two_days(
    rows: Rows, sink: Sink, post: Any, present: Present
) -> None:
    rows.tell("bob")
    sink.behaves["bob@example.org"] = "later"
    tries = []
    while rows.states()["bob@example.org"][0][0] == "waiting":
        [row] = rows.sql("SELECT due FROM mail")
        present.at = row.due - timedelta(seconds=1)
        assert send(post, present) == 0 and sink.asked["bob@example.org"] == len(tries)
        present.at = row.due
        send(post, present)
        tries.append(present.at - NOW)
    present.wait(hours=4)
    send(post, present)
    assert sink.asked["bob@example.org"] == len(tries)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps) and gaps[0] == timedelta(minutes=1) and gaps[-1] == timedelta(hours=4)
    assert timedelta(days=1, hours=18) < tries[-1] <= timedelta(days=2)
    [(state, attempts, answer)] = rows.states()["bob@example.org"]
    assert (state, attempts, answer) == ("expired", len(tries), "451 4.7.1")


def test_an_acknowledgement_that_is_lost_repeats_that_mail_alone_under_the_same_id(
    rows: Rows, sink: Sink, post: Any, present: Present
) -> None:
    for name in ("ada", "bob", "eve"):
        rows.tell(name)
    sink.behaves["bob@example.org"] = "lose"
    for _ in range(3):
        send(post, present)
        present.wait(minutes=10)
    assert sink.count() == {"ada@example.org": 1, "bob@example.org": 2, "eve@example.org": 1}
    first, second = [read(to, content).headers["Message-ID"] for to, content in sink.taken if to == "bob@example.org"]
    assert first == second
    assert rows.states() == {}


def test_mails_of_a_batch_share_a_connection(rows: Rows, sink: Sink, post: Any, present: Present) -> None:
    rows.tell("ada", 30)
    send(post, present)
    assert (sink.connections, len(sink.taken)) == (1, 30)


def test_a_connection_that_was_closed_meanwhile_costs_no_mail_an_attempt(
    rows: Rows, sink: Sink, smtp_url: str, present: Present
) -> None:
    from chalicelib.messaging.smtp import Smtp

    kept = Smtp(smtp_url, patience=10)
    kept.send("lunch@rendezvous.test", "ada@example.org", b"Subject: one\r\n\r\n")
    assert kept._server is not None and kept._server.sock is not None
    kept._server.sock.shutdown(2)
    kept.send("lunch@rendezvous.test", "ada@example.org", b"Subject: two\r\n\r\n")
    assert (len(sink.taken), sink.connections) == (2, 2)
    kept.close()


def test_while_nobody_takes_mails_none_is_put_off_and_all_leave_afterwards(
    rows: Rows, sink: Sink, post: Any, present: Present
) -> None:
    from chalicelib.messaging.smtp import Smtp
    from infra.local import processes

    for name in ("ada", "bob"):
        rows.tell(name, 5)
    nobody = f"smtp://127.0.0.1:{processes.free_port()}"
    assert send(lambda: Smtp(nobody), present) == 0
    states = [state for each in rows.states().values() for state in each]
    assert len(states) == 10 and {state[:2] for state in states} == {("waiting", 0)}
    assert ("waiting", 0, "ConnectionRefusedError") in states
    assert send(post, present) == 10
    rows.tell("eve", at=NOW - timedelta(days=3))
    send(lambda: Smtp(nobody), present)
    assert rows.states()["eve@example.org"][0][0] == "expired"


def shift(post: Any, present: Callable[[], Any], until: Callable[[], bool], seconds: float) -> float:
    """A shift, until so much is done; how many seconds that took."""
    from chalicelib.database import disconnect
    from chalicelib.notifications import sending

    done = threading.Event()
    state = sending.Shift(present, post)

    def work() -> None:
        while not done.is_set():
            state.look()
            time.sleep(sending.PAUSE_SECONDS)
        state.end()
        disconnect()

    began = time.monotonic()
    worker = threading.Thread(target=work)
    worker.start()
    try:
        while not until():
            assert time.monotonic() - began < seconds, "it took too long"
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        done.set()
        worker.join(60)


def test_slow_mailboxes_hold_up_nobody_else(rows: Rows, sink: Sink, post: Any, present: Present) -> None:
    """More of them than there are workers, each three seconds at a time."""
    for number in range(12):
        rows.tell(f"slow{number}", 3)
        sink.behaves[f"slow{number}@example.org"] = 3.0
    quick = [f"quick{number}" for number in range(20)]
    for name in quick:
        rows.tell(name, 5, NOW + timedelta(seconds=1))
    present.wait(seconds=2)

    def everybody_else() -> bool:
        return sum(sink.count()[f"{name}@example.org"] for name in quick) == 100

    took = shift(post, present, everybody_else, 30)
    assert took < 12, took
    assert all(sink.count()[f"{name}@example.org"] == 5 for name in quick)


def test_mailboxes_that_gave_trouble_before_hold_up_nobody_in_the_next_shift_either(
    rows: Rows, sink: Sink, post: Any, present: Present
) -> None:
    """A new shift knows no mailbox, but which mails were put off."""
    for number in range(12):
        rows.tell(f"slow{number}")
        sink.behaves[f"slow{number}@example.org"] = 4.0
    rows.sql("UPDATE mail SET attempts = 1, answer = 'TimeoutError'")
    quick = [f"quick{number}@example.org" for number in range(20)]
    for address in quick:
        rows.tell(address.partition("@")[0], 5, NOW + timedelta(seconds=1))
    present.wait(seconds=2)
    took = shift(post, present, lambda: sum(sink.count()[one] for one in quick) == 100, 30)
    assert took < 7, took


def test_a_mailbox_is_written_to_by_one_connection_at_a_time(
    rows: Rows, sink: Sink, post: Any, present: Present
) -> None:
    rows.tell("slow", 4)
    sink.behaves["slow@example.org"] = 0.5
    assert shift(post, present, lambda: len(sink.taken) == 4, 30) > 1.9


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_thousand_messages_to_fifty_people_of_whom_ten_refuse(
    rows: Rows, sink: Sink, post: Any, present: Present
) -> None:
    """Every other mail exactly once, within seconds of what it takes where nobody refuses."""
    people = [f"person{number}" for number in range(50)]

    def took(of: str) -> float:
        for number in range(1000):
            rows.tell(people[number % 50])
        before = sink.count()
        awaited = [f"{name}@example.org" for name in people if f"{name}@example.org" not in sink.behaves]
        seconds = shift(post, present, lambda: all(sink.count()[one] - before[one] == 20 for one in awaited), 120)
        assert all(sink.count()[one] - before[one] == 20 for one in awaited), of
        return seconds

    without = took("without")
    ways = ["refuse", "refuse late", "later", "hang up", "greylist", 2.0]
    sink.behaves |= {f"person{number}@example.org": ways[number % 6] for number in range(10)}
    sink.asked.clear()
    with_them = took("with them")
    print(f"1,000 mails: {without:.1f} s without, {with_them:.1f} s with ten mailboxes that refuse or are slow")
    assert with_them < without + 10
    refused = {name for name, states in rows.states().items() if states[0][0] == "refused"}
    assert refused == {address for address, how in sink.behaves.items() if str(how).startswith("refuse")}
