"""The mail sink: nothing is delivered, everything can be read."""

import smtplib
from email.message import EmailMessage

from tests.local.conftest import System


def send(system: System, subject: str, text: str) -> None:
    mail = EmailMessage()
    mail["From"] = "rendezvous@localhost"
    mail["To"] = "ada@example.org"
    mail["Subject"] = subject
    mail.set_content(text)
    host, _, port = system.environment["SMTP_URL"].removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port)) as smtp:
        smtp.send_message(mail)


def test_a_mail_is_listed_and_read_as_text(system: System) -> None:
    send(system, "Déjeuner <b>", "Grüße, <script>alert(1)</script> http://127.0.0.1/x?a=1&b=2 end")
    status, headers, body = system.get("/local/mails")
    page = body.decode()
    assert status == 200
    assert "Déjeuner &lt;b&gt;" in page
    assert "ada@example.org" in page
    link = page.partition('href="')[2].partition('"')[0]
    mail = system.get(link)[2].decode()
    assert "Grüße, &lt;script&gt;" in mail
    assert '<a href="http://127.0.0.1/x?a=1&amp;b=2">' in mail
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(list((system.data / "mail").glob("[!.]*.eml"))) == 1


def test_no_other_file_is_shown(system: System) -> None:
    for path in ("/local/mails/../secrets.json", "/local/mails/..%2Fsecrets.json", "/local/mails/1.eml"):
        status, _, body = system.get(path)
        assert status == 404
        assert b"links" not in body.replace(b"/local/mails", b"")
