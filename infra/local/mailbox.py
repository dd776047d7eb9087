"""Takes every mail and delivers none: they stand in a folder, and on the page /local/mails.

``python -m infra.local.mailbox PORT FOLDER``
"""

import os
import sys
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.local import processes


class Sink:
    """Writes each mail to FOLDER/<nanoseconds>.eml before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keeps a mail; the envelope's recipients stand in its X-Envelope-To."""
        name = f"{time.time_ns()}.eml"
        recipients = ", ".join(envelope.rcpt_tos).encode("utf-8", "surrogateescape")
        content = envelope.original_content or b""
        draft = self.folder / f".{name}"
        with draft.open("wb") as file:
            file.write(b"X-Envelope-To: " + recipients + b"\r\n" + content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.folder / name)
        return "250 Kept"


def main(port: int, folder: Path) -> None:
    """Listens until the parent is gone."""
    processes.exit_with_parent()
    Controller(Sink(folder), hostname=processes.LOOPBACK, port=port, enable_SMTPUTF8=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
