"""Hands mails to an SMTP server, over one connection for as many as there are."""

import re
import smtplib
from urllib.parse import unquote, urlsplit

from chalicelib.messaging.mail import Away, Later, Refused, sender

PATIENCE_SECONDS = 30
"""For an answer. A mailbox that keeps us waiting so long is tried again later."""
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_CLOSING = 421


class Smtp:
    """A connection to ``smtp://[user:password@]host[:port]`` (``smtps``: TLS from the start), opened when it is needed."""

    def __init__(self, url: str, patience: float = PATIENCE_SECONDS) -> None:
        self._url = urlsplit(url)
        self._patience = patience
        self._server: smtplib.SMTP | None = None

    def send(self, sender: str, to: str, content: bytes) -> None:
        """Hand one mail over. Raises Refused, Later or Away (none of it was taken, or that is not known)."""
        again = self._server is not None
        try:
            self._begin(sender)
        except (Later, Away):
            if not again:
                raise
            self._begin(sender)  # what was open had been closed meanwhile, which is not about this mail
        self._say("RCPT", f"TO:<{to}>")
        try:
            code, text = self._open().data(content)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, _bytes(error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            raise self._lost(error) from error
        self._judge(code, text)

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._server is not None:
            server, self._server = self._server, None
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _begin(self, sender: str) -> None:
        self._open()
        self._say("MAIL", f"FROM:<{sender}>")

    def _open(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = self._connect()
            except (OSError, smtplib.SMTPException) as error:
                raise Away(_name(error)) from error
        return self._server

    def _connect(self) -> smtplib.SMTP:
        secure = self._url.scheme == "smtps"
        kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
        port = self._url.port or (465 if secure else 25)
        # Our own name, given, is not asked of the DNS.
        name = sender()[1].rpartition("@")[2] or "localhost"
        server = kind(self._url.hostname or "127.0.0.1", port, local_hostname=name, timeout=self._patience)
        try:
            server.ehlo_or_helo_if_needed()
            if self._url.username:
                if not secure:
                    server.starttls()
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    def _say(self, command: str, rest: str) -> None:
        # docmd, for mail() and rcpt() would parse the address.
        try:
            code, text = self._open().docmd(command, rest)
        except (OSError, smtplib.SMTPException) as error:
            raise self._lost(error) from error
        self._judge(code, text)

    def _judge(self, code: int, text: bytes) -> None:
        """Nothing where a command was obeyed; else the mail is given up, and the connection is ready for the next."""
        if 200 <= code < 300:
            return
        if code == _CLOSING:
            self._drop()
        else:
            self._reset()
        enhanced = _ENHANCED.match(text)
        answer = f"{code} {enhanced[1].decode()}" if enhanced else str(code)
        raise Refused(answer) if 500 <= code < 600 else Later(answer)

    def _reset(self) -> None:
        try:
            self._open().docmd("RSET")
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _lost(self, error: Exception) -> Later:
        self._drop()
        return Later(_name(error))

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _name(error: Exception) -> str:
    """What went wrong, as a word that names nobody: ``ConnectionRefusedError``, or the server's code."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if isinstance(code, int) and code > 0 else type(error).__name__


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")
