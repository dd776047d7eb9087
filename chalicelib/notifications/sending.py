"""Sends the mails that wait, each by itself: a mailbox that refuses, is slow or never answers is nobody else's delay.

A mail is locked, written, sent and noted in one transaction of its own. Whoever is killed on the way has noted nothing,
so that one mail is sent again, under the same Message-ID; all others are untouched.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chalicelib.database import JOB, Database, Prepared, disconnect, transaction
from chalicelib.messaging import mail
from chalicelib.messaging.locks import advisory_lock
from chalicelib.messaging.mail import Away, Later, Refused, Transport
from chalicelib.notifications.writing import write

log = logging.getLogger(__name__)

WORKERS = 8
PAUSE_SECONDS = 0.2
SHIFT_SECONDS = 110
SLOW_SECONDS = 1.0
MOST_FOR_SLOW = 2
"""Workers at a time for mailboxes that were slow or gave trouble: the others are left for everybody else."""
TRIED_FOR = timedelta(days=2)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
LONGEST_REST_SECONDS = 30.0

Open = Callable[[], Transport]


def run(now: Callable[[], datetime], seconds: float = SHIFT_SECONDS, open: Open = mail.transport) -> int:
    """Send what waits until another sender waits for the lock or our shift is over; how many mails left."""
    with advisory_lock("mails") as lock:
        shift = Shift(now, open)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and not lock.is_awaited():
                shift.look()
                time.sleep(PAUSE_SECONDS)
        finally:
            shift.end()
    return shift.sent


def pause(attempts: int) -> timedelta:
    """How long a mail rests that was tried so many times: a minute, two, four, ... at most four hours."""
    doublings = min(attempts - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


class Shift:
    """The workers of one shift, and what they must know of each other."""

    def __init__(self, now: Callable[[], datetime], open: Open):
        self.sent = 0
        self._now = now
        self._open = open
        self._lock = threading.Lock()
        self._workers: set[threading.Thread] = set()
        self._busy: set[UUID] = set()
        """Who is being written to: a mailbox takes one mail at a time, and holds up one worker."""
        self._slow: set[UUID] = set()
        self._troubled: set[UUID] = set()
        """Those of the busy who were slow, or whose mail was put off before."""
        self._ended = False
        self._failures = 0
        self._rests_until = 0.0

    def look(self) -> None:
        """Start another worker if there is something to do for it."""
        if len(self._workers) < WORKERS and not self._rests() and transaction(self._claim, JOB):
            worker = threading.Thread(target=self._work, name="sends mails", daemon=True)
            with self._lock:
                self._workers.add(worker)
            worker.start()

    def end(self) -> None:
        """Let every worker finish the mail it is at."""
        self._ended = True
        for worker in list(self._workers):
            worker.join()

    def work_off(self) -> None:
        """Send what is due, in this thread."""
        post = self._open()
        try:
            while not (self._ended or self._rests()) and self._send_next(post):
                pass
        finally:
            post.close()

    def _work(self) -> None:
        try:
            self.work_off()
        except Exception:
            log.exception("a worker that sends mails ended")
        finally:
            disconnect()
            with self._lock:
                self._workers.discard(threading.current_thread())

    def _rests(self) -> bool:
        return time.monotonic() < self._rests_until

    def _send_next(self, post: Transport) -> bool:
        """Send the mail that is next; False if none is due."""
        claimed: list[Any] = []

        def work(db: Database) -> None:
            row = self._claim(db, claimed)
            if row is not None:
                self._send(db, row, post)

        try:
            transaction(work, JOB)
        except Exception:
            if not claimed:
                raise
            # A defect, in a template or elsewhere: this mail is put off, as one that was not taken.
            log.exception("a mail could not be written", extra={"mail": claimed[-1].id, "kind": claimed[-1].kind})
            transaction(lambda db: self._put_off(db, claimed[-1], "not written"), JOB)
        finally:
            with self._lock:
                self._busy -= {row.recipient for row in claimed}
                self._troubled &= self._busy
        return bool(claimed)

    def _claim(self, db: Database, claimed: list[Any] | None = None) -> Any:
        """The mail that is next, locked: the newest of those that somebody waits for, else the oldest."""
        with self._lock:
            crowded = len(self._troubled) >= MOST_FOR_SLOW
            taken = self._busy | self._slow if crowded else self._busy
            row = db.row(_CLAIM, now=self._now(), taken=list(taken), crowded=crowded)
            if row is not None and claimed is not None:
                claimed.append(row)
                self._busy.add(row.recipient)
                if row.attempts or row.recipient in self._slow:
                    self._troubled.add(row.recipient)
        return row

    def _send(self, db: Database, row: Any, post: Transport) -> None:
        now = self._now()
        letter = write(db, row)
        if letter is None:
            _delete(db, row)
            return
        if not mail.can_be_written_to(letter.to):
            _refuse(db, row, "unusable address")
            return
        began = time.monotonic()
        try:
            post.send(mail.sender()[1], letter.to, mail.written(letter, now))
        except Refused as error:
            _refuse(db, row, str(error))
        except Later as error:
            self._put_off(db, row, str(error))
        except Away as error:
            self._rest(str(error))
            _leave(db, row, str(error), now)
            return
        else:
            _delete(db, row)
            with self._lock:
                self.sent += 1
        self._failures = 0
        self._remember(row.recipient, time.monotonic() - began)

    def _remember(self, recipient: UUID, seconds: float) -> None:
        with self._lock:
            if seconds > SLOW_SECONDS:
                self._slow.add(recipient)
            else:
                self._slow.discard(recipient)

    def _rest(self, answer: str) -> None:
        """Nobody takes mails: no mail is tried, and none is put off for it, until a while has passed."""
        if self._rests():
            return  # another worker met nobody either
        self._failures += 1
        seconds = min(0.5 * 2 ** min(self._failures - 1, 10), LONGEST_REST_SECONDS)
        self._rests_until = time.monotonic() + seconds
        log.warning("no mail can be sent", extra={"answer": answer, "rests": seconds})

    def _put_off(self, db: Database, row: Any, answer: str) -> None:
        """Later, by itself and more and more seldom; after two days no more."""
        due = self._now() + pause(row.attempts + 1)
        _note(db, row, "waiting" if due < row.written + TRIED_FOR else "expired", due, answer)


_CLAIM = Prepared(
    "SELECT id, message, recipient, kind, about, written, due, attempts, set_config('rendezvous.now', %(now)s::timestamptz::text, true),"
    " set_config('idle_in_transaction_session_timeout', '10min', true)"
    " FROM claim_mail(%(now)s, %(taken)s::uuid[], %(crowded)s)"
)
"""A mailbox may keep the transaction waiting for longer than those of requests may idle."""


def _delete(db: Database, row: Any) -> None:
    db.run(_DELETE, id=row.id)


_DELETE = Prepared("DELETE FROM mail WHERE id = %(id)s")


def _refuse(db: Database, row: Any, answer: str) -> None:
    _note(db, row, "refused", row.due, answer)


def _leave(db: Database, row: Any, answer: str, now: datetime) -> None:
    """As it is, for nobody took mails; but not for ever."""
    state = "waiting" if now < row.written + TRIED_FOR else "expired"
    _note(db, row, state, row.due, answer, 0)


def _note(db: Database, row: Any, state: str, due: datetime, answer: str, attempts: int = 1) -> None:
    db.run(
        "UPDATE mail SET state = %(state)s, attempts = attempts + %(attempts)s, due = %(due)s, answer = %(answer)s"
        " WHERE id = %(id)s",
        state=state,
        attempts=attempts,
        due=due,
        answer=answer[:60],
        id=row.id,
    )
