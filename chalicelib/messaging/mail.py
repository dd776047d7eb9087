"""Sends one mail: by SMTP where SMTP_URL says so, through SES elsewhere. Imported only by the mailer."""

import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from urllib.parse import urlsplit

from chalicelib.config import config

POLICY = SMTP.clone(max_line_length=998)
"""RFC 5322 allows lines so long. Python would break a long List-Unsubscribe into encoded words, which no mail program
reads there (RFC 8058)."""


def send(
    to: str, subject: str, text: str, headers: dict[str, str] | None = None, calendar: str = "", method: str = ""
) -> None:
    """Send a plain text mail, with a calendar file (iCalendar, of that method) if there is one.

    Raises OSError or smtplib.SMTPException when the server is gone: try again later.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = config().mail_from
    message["To"] = to
    message["Subject"] = subject
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    if calendar:
        message.add_attachment(calendar, subtype="calendar", filename="call.ics", params={"method": method})
    if config().smtp_url:
        server = urlsplit(config().smtp_url)
        with smtplib.SMTP(server.hostname or "127.0.0.1", server.port or 25, timeout=10) as smtp:
            smtp.send_message(message)
    else:
        import boto3

        boto3.client("ses").send_raw_email(Destinations=[to], RawMessage={"Data": message.as_bytes()})


def sender() -> str:
    """The bare address that mails come from."""
    return parseaddr(config().mail_from)[1]
