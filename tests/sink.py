"""An SMTP server whose mailboxes behave as they do: they refuse, are slow, hang up, take mails only the second time."""

# ruff: noqa: N802 - aiosmtpd names its hooks for commands

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.local import processes


class Sink:
    """``behaves`` maps an address to what its mailbox does:

    refuse      550 5.1.1 to RCPT
    refuse late 554 5.7.1 after the mail was read
    later       451 4.7.1 to RCPT, always
    greylist    451 4.7.1 the first time a mail comes, the second time it is taken
    hang up     the connection is closed at RCPT
    lose        the mail is taken, and the connection closed before that is said; the second time it is said
    3.5         seconds that it keeps us waiting at RCPT
    """

    def __init__(self) -> None:
        self.behaves: dict[str, str | float] = {}
        self.taken: list[tuple[str, bytes]] = []
        self.times: list[float] = []
        self.asked: Counter[str] = Counter()
        self.connections = 0
        self.senders: set[str] = set()
        self._lost: set[str] = set()
        self.lock = threading.Lock()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.asked[address] += 1
        how = self.behaves.get(address, "")
        if isinstance(how, float):
            await asyncio.sleep(how)
        if how == "refuse":
            return f"550 5.1.1 <{address}>: there is no {address} here"
        if how == "later" or (how == "greylist" and self.asked[address] == 1):
            return "451 4.7.1 please try again"
        if how == "hang up":
            server.transport.close()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        [address] = envelope.rcpt_tos
        how = self.behaves.get(address, "")
        if how == "refuse late":
            return "554 5.7.1 we do not like it"
        self.taken.append((address, envelope.original_content or b""))
        self.times.append(time.monotonic())
        self.senders.add(str(envelope.mail_from))
        if how == "lose" and address not in self._lost:
            self._lost.add(address)
            server.transport.close()
        return "250 OK"

    def count(self) -> Counter[str]:
        """How many mails each address was delivered."""
        return Counter(address for address, _ in self.taken)


@contextmanager
def listening(sink: Sink) -> Iterator[str]:
    """Serves the sink; its SMTP_URL."""
    port = processes.free_port()
    controller = Controller(sink, hostname=processes.LOOPBACK, port=port)
    controller.start()
    try:
        yield f"smtp://{processes.LOOPBACK}:{port}"
    finally:
        controller.stop()
