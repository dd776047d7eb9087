"""The sender is killed between any two of its steps: at most the mail it was at comes again, under the same Message-ID."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from infra.local.logins import logins
from tests.mailbox import read, send
from tests.notifications.conftest import NOW, Present, Rows
from tests.sink import Sink

ROOT = Path(__file__).parents[2]
STEPS = (
    "before it claims",
    "after it has claimed",
    "after it has written",
    "before it sends",
    "after RCPT",
    "after it has sent",
    "after it has noted",
    "after it has committed",
)
PROGRAM = """
import os, signal, sys
from datetime import datetime
from chalicelib.messaging import mail, smtp
from chalicelib.notifications import sending

def dying(owner, name, before, when=lambda *given: True):
    real = getattr(owner, name)
    def replaced(*given, **more):
        if before and when(*given):
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*given, **more)
        if when(*given):
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, replaced)

step, now = sys.argv[1], datetime.fromisoformat(sys.argv[2])
{
    "before it claims": lambda: dying(sending.Shift, "_claim", True),
    "after it has claimed": lambda: dying(sending.Shift, "_claim", False),
    "after it has written": lambda: dying(mail, "written", False),
    "before it sends": lambda: dying(smtp.Smtp, "send", True),
    "after RCPT": lambda: dying(smtp.Smtp, "_say", False, lambda self, command, rest: command == "RCPT"),
    "after it has sent": lambda: dying(smtp.Smtp, "send", False),
    "after it has noted": lambda: dying(sending, "_delete", False),
    "after it has committed": lambda: dying(sending, "transaction", False),
}[step]()
sending.Shift(lambda: now, mail.transport).work_off()
"""


@pytest.mark.parametrize("step", STEPS)
def test_a_sender_that_is_killed_repeats_one_mail_at_most(
    rows: Rows, sink: Sink, smtp_url: str, post: Any, present: Present, database: str, step: str
) -> None:
    for name in ("ada", "bob", "eve"):
        rows.tell(name, 2)
    environment = os.environ | logins(database) | {"SMTP_URL": smtp_url, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, step, NOW.isoformat()], env=environment, cwd=ROOT, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    already = len(sink.taken)
    assert already == (1 if step in STEPS[5:] else 0)
    end = time.monotonic() + 20
    while rows.states():  # PostgreSQL notices within moments that nobody holds the row any more
        assert time.monotonic() < end
        send(post, present)
    assert set(sink.count()) == {f"{name}@example.org" for name in ("ada", "bob", "eve")}
    again = len(sink.taken) - 6
    assert again == (1 if step in ("after it has sent", "after it has noted") else 0)
    known = {read(to, content).headers["Message-ID"] for to, content in sink.taken}
    assert len(known) == 6, "what came again is the same mail, and no two mails are"


def test_a_message_id_tells_nothing_and_differs_where_anything_does() -> None:
    from uuid import UUID

    from chalicelib.notifications.writing import identity

    one, two = UUID(int=1), UUID(int=2)
    found = [identity(*given) for given in ((one, two, "a"), (two, one, "a"), (one, two, "b"), (one, one, "a"))]
    assert len(set(found)) == 4 and identity(one, two, "a") == found[0]
    assert one.hex not in found[0] and all(len(each) == 32 for each in found)
