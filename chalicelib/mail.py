"""Sends one mail: by SMTP where SMTP_URL says so, through SES elsewhere. Imported only by the mailer."""

import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit

from chalicelib.config import config


def send(to: str, subject: str, text: str, headers: dict[str, str] | None = None) -> None:
    """Send a plain text mail. Raises OSError or smtplib.SMTPException when the server is gone: try again later."""
    message = EmailMessage(policy=SMTP)
    message["From"] = config().mail_from
    message["To"] = to
    message["Subject"] = subject
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    if config().smtp_url:
        server = urlsplit(config().smtp_url)
        with smtplib.SMTP(server.hostname or "127.0.0.1", server.port or 25, timeout=10) as smtp:
            smtp.send_message(message)
    else:
        import boto3

        boto3.client("ses").send_raw_email(Destinations=[to], RawMessage={"Data": message.as_bytes()})
