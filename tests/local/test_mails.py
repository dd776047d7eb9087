"""The mailbox: nothing is delivered, everything can be read."""

import smtplib
from email.message import EmailMessage

import pytest

from infra.local import mails
from tests.local.conftest import System


def send(system: System, subject: str, text: str, html: str = "", calendar: str = "") -> str:
    """Sends a mail; the path of its page."""
    mail = EmailMessage()
    mail["From"] = "rendezvous@localhost"
    mail["To"] = "ada@example.org"
    mail["Subject"] = subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    if calendar:
        mail.add_attachment(calendar, subtype="calendar", filename="call.ics")
    host, _, port = system.environment["SMTP_URL"].removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port)) as smtp:
        smtp.send_message(mail)
    return "/local/mails/" + max(file.name for file in (system.data / "mail").glob("[!.]*.eml"))


def test_a_mail_is_listed_and_read_as_text(system: System) -> None:
    page = send(system, "Déjeuner <b>", "Grüße, <script>alert(1)</script> http://127.0.0.1/x?a=1&b=2 end")
    status, headers, body = system.get("/local/mails")
    assert status == 200
    assert f'<a href="{page}">Déjeuner &lt;b&gt;</a>' in body.decode()
    assert "ada@example.org" in body.decode()
    mail = system.get(page)[2].decode()
    assert "Grüße, &lt;script&gt;" in mail
    assert '<a href="http://127.0.0.1/x?a=1&amp;b=2">' in mail
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_mail_shows_its_headers_all_its_parts_and_its_source(system: System) -> None:
    page = send(system, "Lunch", "As text", "<p>As <b>HTML</b></p><script>alert(1)</script>", "BEGIN:VCALENDAR")
    shown = system.get(page)[2].decode()
    assert "Auto-Submitted: auto-generated" in shown and "X-Envelope-To: ada@example.org" in shown
    assert "<pre>As text" in shown and "<pre>BEGIN:VCALENDAR" in shown and "text/calendar, call.ics" in shown
    assert f'<iframe sandbox src="{page}/html"' in shown and "<script>" not in shown
    status, headers, html = system.get(page + "/html")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<p>As <b>HTML</b></p>" in html.decode()
    assert "default-src 'none'" in headers["Content-Security-Policy"]  # nothing is fetched, no script runs
    assert "script-src" not in headers["Content-Security-Policy"]
    status, headers, source = system.get(page + "/source")
    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert "Content-Type: multipart/alternative" in source.decode() and "<script>" in source.decode()


def test_a_mail_without_an_html_part_has_an_empty_one(system: System) -> None:
    page = send(system, "Plain", "As text")
    assert system.get(page + "/html")[::2] == (200, b"")
    assert "iframe" not in system.get(page)[2].decode()


def test_no_other_file_is_shown(system: System) -> None:
    page = send(system, "Plain", "As text")
    paths = ("/local/mails/../secrets.json", "/local/mails/..%2Fsecrets.json", "/local/mails/1.eml", page + "/else")
    for path in paths:
        status, _, body = system.get(path)
        assert status == 404, path
        assert b"links" not in body.replace(b"/local/mails", b"")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LocalHost", "[::1]:8000"])
def test_the_mails_are_shown_by_a_loopback_name(system: System, host: str) -> None:
    assert system.get("/local/mails", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.1@evil.example", "", "0"]
)
def test_a_site_elsewhere_whose_name_leads_here_reads_no_mail(system: System, host: str) -> None:
    page = send(system, "Your password", "A link")
    for path in ("/local/mails", page, page + "/source", page + "/html"):
        status, _, body = system.get(path, headers={"Host": host})
        assert status == 403, path
        assert b"password" not in body.lower()


def test_other_paths_are_the_application_s() -> None:
    assert [mails.is_asked_for(path) for path in ("/local/mails", "/local/mails/", "/local/mails/1.eml")] == [True] * 3
    assert not mails.is_asked_for("/local/mailsx") and not mails.is_asked_for("/")
