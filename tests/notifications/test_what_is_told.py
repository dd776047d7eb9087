"""What stands in mails, who gets them, and what is said of those that did not arrive."""

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import icalendar
import pytest

from tests.lunches import lunch
from tests.mailbox import PostOffice, as_records, deliver, send, take
from tests.notifications.conftest import NOW, Rows
from tests.people import PASSWORD, Community

LUNCH = "2026-11-25T12:00+00:00"


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")


def event_of(mail: Any) -> Any:
    [event] = icalendar.Calendar.from_ical(mail.calendar).events
    return event


# --- what stands in them ---


def test_text_is_text_and_the_html_part_is_escaped(community: Community) -> None:
    """O'Neil & Co is not O&#39;Neil &amp; Co, and a name that looks like markup is a name."""
    ada, bob = community.person("ada"), community.person("bob")
    community.sql("UPDATE person SET name = 'Pat O''Neil & <b>Co</b>' WHERE id = %s", ada)
    event = lunch(community.sql, community.locations["Harbour"], LUNCH, approved=[ada, bob], confirmed=True)
    community.browser_of(ada).ask("PUT", f"/api/events/{event}/attendance", {"response": "rejected"})
    community.browser_of(ada).ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"})
    mails = {mail.to: mail for mail in deliver(community.sql) if mail.subject.startswith("Lunch on")}
    assert "Hello Pat O'Neil & <b>Co</b>," in mails["ada@example.org"].text
    html = mails["bob@example.org"].html
    assert "Pat O&#39;Neil &amp; &lt;b&gt;Co&lt;/b&gt;" in html and "<b>" not in html


def test_the_html_part_fetches_nothing_and_has_a_dark_side(community: Community) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(community.sql, community.locations["Harbour"], LUNCH, approved=[ada, bob], confirmed=True)
    community.browser_of(ada).ask("PUT", f"/api/events/{event}/attendance", {"response": "rejected"})
    [mail] = deliver(community.sql)
    for fetched in ("<img", "src=", "<link", "@import", "url(", "<script", "<iframe"):
        assert fetched not in mail.html, fetched
    assert "prefers-color-scheme: dark" in mail.html and 'name="color-scheme"' in mail.html
    assert f'href="http://rendezvous.test/events/{event}">See the lunch</a>' in mail.html
    assert "</html>" in mail.html and '<html lang="en">' in mail.html


def test_a_name_that_looks_like_a_header_is_a_name(community: Community, sql: Any) -> None:
    """It came past the door long ago; mail programs on several versions of Python made a header of it."""
    ada = community.person("ada")
    name = "x =?utf-8?q?=0d=0aBcc=3a_eve=40example.net?="
    sql("UPDATE person SET name = %s WHERE id = %s", name, ada)
    community.browser_of(ada).post("/InvitationCode/Create/", {"to": "grace@example.org"})
    [mail] = deliver(sql)
    assert mail.to == "grace@example.org"
    assert mail.subject == f"{name} invites you to Rendezvous" and "Bcc" not in mail.headers
    assert b"Bcc" not in mail.content.partition(b"\r\n\r\n")[0]


def test_an_address_with_an_encoded_word_is_written_to_by_nobody(rows: Rows) -> None:
    rows.tell("ada")
    rows.sql("UPDATE account SET email = '=?utf-8?q?eve=40example.net?=@example.org'")
    assert send(PostOffice()) == 0
    assert [state for each in rows.states().values() for state in each] == [("refused", 1, "unusable address")]


@pytest.mark.parametrize("ends", ["called off", "rejected"])
def test_a_lunch_comes_into_the_calendar_and_goes_from_it(community: Community, clock: Any, ends: str) -> None:
    ada, bob, eve = (community.person(name) for name in ("ada", "bob", "eve"))
    community.rule("lunch.max_attendees", 3)
    event = lunch(community.sql, community.locations["Harbour"], LUNCH, approved=[ada], invited=[bob, eve])
    community.browser_of(bob).ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"})
    mails = {mail.to: mail for mail in deliver(community.sql)}
    assert {to: mail.method for to, mail in mails.items()} == {
        "ada@example.org": "REQUEST",
        "bob@example.org": "REQUEST",
    }
    first = event_of(mails["ada@example.org"])
    assert first["STATUS"] == "CONFIRMED"
    assert str(first["ATTENDEE"]) == "mailto:ada@example.org" and "METHOD:REQUEST" in mails["ada@example.org"].calendar
    if ends == "called off":
        community.admin().ask("PUT", f"/api/admin/events/{event}/cancellation", {"why": "no cook"})
    else:
        clock.set("2026-11-25T09:00Z")
        community.browser_of(bob).ask("PUT", f"/api/events/{event}/attendance", {"response": "rejected"})
    mails = {mail.to: mail for mail in deliver(community.sql)}
    gone = event_of(mails["ada@example.org"])
    assert mails["ada@example.org"].method == "CANCEL" and gone["STATUS"] == "CANCELLED"
    assert gone["UID"] == first["UID"] and gone["SEQUENCE"] > first["SEQUENCE"]
    if ends == "called off":
        assert mails["eve@example.org"].calendar == "", "who had not approved has nothing to take out"


def test_a_calendar_object_stands_beside_the_text_and_as_a_file(community: Community) -> None:
    import email

    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(community.sql, community.locations["Harbour"], LUNCH, approved=[ada], invited=[bob])
    community.browser_of(bob).ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"})
    mail: Any = email.message_from_bytes(deliver(community.sql)[0].content)
    alternative, file = mail.get_payload()
    assert mail.get_content_type() == "multipart/mixed" and alternative.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternative.get_payload()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    inline = alternative.get_payload()[2]
    assert inline.get_param("method") == "REQUEST"
    assert inline.get_payload(decode=True).strip() == file.get_payload(decode=True).strip()


def test_a_mail_is_written_in_half_a_millisecond(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best of many: what else this machine does is not its cost. With a calendar file, text and HTML."""
    from chalicelib.calendar import entries
    from chalicelib.messaging import mail
    from chalicelib.notifications import kinds, writing

    values = {
        "name": "Zoë O'Neil",
        "other": "Pat",
        "date": NOW,
        "end": NOW,
        "timezone": "Europe/Berlin",
        "call_link": "https://call.example.org/room",
    }

    def letter(*given: Any) -> kinds.Letter:
        entry = entries.Entry(NOW, NOW, "uid", "Call with Zoë", "here", "", "http://x", "CONFIRMED", 0, NOW)
        calendar = entries.invitation(entry, "REQUEST", "lunch@rendezvous.test", "ada@example.org", NOW)
        return kinds.Letter("ada@example.org", values, calendar, "REQUEST")

    class Row:
        message, recipient, kind, about = uuid4(), uuid4(), "call_booked", {}

    monkeypatch.setitem(kinds.ALL, "call_booked", kinds.ALL["call_booked"]._replace(write=letter))

    def twenty() -> float:
        began = time.process_time()
        for _ in range(20):
            found = writing.write(None, Row)  # type: ignore[arg-type]
            assert found is not None and mail.written(found, NOW)
        return (time.process_time() - began) / 20

    assert min(twenty() for _ in range(40)) < 0.0005


# --- messages become rows ---


def test_a_message_that_comes_twice_is_mailed_once(community: Community, sql: Any) -> None:
    community.member("ada").post("/InvitationCode/Create/", {"to": "grace@example.org"})
    told = [(row.topic, row.event) for row in sql("SELECT topic, event FROM outbox")]
    from chalicelib.notifications import mailers

    post = PostOffice()
    for _ in range(2):
        mailers.handle(as_records(told))
        mailers.handle(as_records(told + told))
        send(post)
    assert [mail.to for mail in post.sent] == ["grace@example.org"]


def test_what_is_older_than_anybody_remembers_is_not_mailed(community: Community, sql: Any, clock: Any) -> None:
    """A broker that has forgotten how far it was begins anew: what was mailed before would be mailed again."""
    from chalicelib.notifications import mailers

    community.member("ada").post("/InvitationCode/Create/", {"to": "grace@example.org"})
    [told] = [(row.topic, row.event) for row in sql("SELECT topic, event FROM outbox WHERE topic = 'InvitedUser'")]
    then = datetime.fromisoformat(told[1]["time"])
    for now, mails in ((then + timedelta(days=30, minutes=1), 0), (then + timedelta(days=29, hours=23), 1)):
        clock.set(now.isoformat())
        mailers.handle(as_records([told]))
        assert len(sql("SELECT FROM mail")) == mails


def test_a_message_nobody_understands_takes_no_other_s_mail_along(community: Community, sql: Any) -> None:
    community.member("ada").post("/InvitationCode/Create/", {"to": "grace@example.org"})
    [good] = [(row.topic, row.event) for row in sql("SELECT topic, event FROM outbox WHERE topic = 'InvitedUser'")]
    from chalicelib.notifications import mailers

    def message(**more: Any) -> tuple[str, Any]:
        data = {"kind": "reset", "person": str(uuid4()), "password_reset": str(uuid4())}
        return "Mails", good[1] | {"id": str(uuid4()), "type": "mail.due", "data": data} | more

    bad = [
        message(id="no uuid"),
        message(data={"kind": "reset"}),
        message(data={"kind": "reset", "person": "nobody"}),
        message(data={"kind": "no such kind", "person": str(uuid4())}),
    ]
    for batch in ([*bad, good], [good, *bad]):
        try:
            mailers.handle(as_records(batch))
        except Exception as error:
            raise AssertionError("a poisoned message must not bring the batch back for ever") from error
    assert [row.kind for row in sql("SELECT kind FROM mail")] == ["invitation"]


def test_one_address_is_invited_by_one_mail_a_day_while_that_invitation_is_open(
    community: Community, clock: Any, sql: Any
) -> None:
    ada, bob = community.member("ada"), community.member("bob")

    def invite(by: Any) -> int:
        assert by.post("/InvitationCode/Create/", {"to": "grace@example.org"}).status == 200
        return len(deliver(sql))

    assert [invite(ada), invite(bob), invite(ada)] == [1, 0, 0]
    for one in ada.get("/api/invitations").json["invitations"]:
        ada.ask("DELETE", f"/api/invitations/{one['id']}")
    for one in bob.get("/api/invitations").json["invitations"]:
        bob.ask("DELETE", f"/api/invitations/{one['id']}")
    clock.set("2026-11-23T09:05Z")
    assert invite(bob) == 1, "what was taken back is no invitation"
    clock.set("2026-11-24T09:06Z")
    assert invite(ada) == 1


# --- what did not arrive ---


def refused(rows: Rows, name: str = "bob") -> Any:
    from chalicelib.messaging.mail import Refused

    rows.tell(name)
    post = PostOffice()
    post.answers[f"{name}@example.org"] = Refused("550 5.1.1")
    send(post)
    return rows.community.browser_of(rows.people[name])


def test_the_admin_reads_what_was_refused_what_waits_and_why(rows: Rows) -> None:
    from chalicelib.messaging.mail import Later

    refused(rows)
    rows.tell("ada")
    post = PostOffice()
    post.answers["ada@example.org"] = Later("451 4.2.2")
    send(post)
    rows.tell("eve")
    page = rows.community.admin().get("/admin/mails").text
    assert "there is no such mailbox (550 5.1.1)" in page and "refused" in page
    assert "the mailbox is full (451 4.2.2)" in page and "tried once" in page
    assert "it is next" in page and "Somebody tried to join with your address" in page
    assert "@example.org" not in page.partition("<main")[2]


def test_the_person_reads_it_and_confirms_the_address_once_more(rows: Rows, sql: Any) -> None:
    bob = refused(rows)
    page = bob.get("/account").text
    assert "there is no such mailbox (550 5.1.1)" in page and "/account/email/confirmation" in page
    assert "/account/email" in page
    assert "could not deliver" not in rows.community.member("eve").get("/account").text
    assert bob.post("/api/me/email/confirmation").status == 202
    [mail] = deliver(sql)
    link = mail.text.partition("link=")[2].split()[0]
    assert bob.post("/account/confirm", {"link": link}, kind="form").status == 303
    assert "could not deliver" not in bob.get("/account").text
    assert bob.post("/api/me/email/confirmation").status == 409


def test_who_is_erased_leaves_no_mail_behind_and_gets_none(rows: Rows, sql: Any) -> None:
    bob = refused(rows)
    rows.tell("bob", 3)
    rows.reset("bob")
    assert bob.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert sql("SELECT 1 FROM mail WHERE recipient = %s", rows.people["bob"]) == []
    sql(
        "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
        " VALUES (gen_random_uuid(), %s, 'address_in_use', '{}', false, %s, %s)",
        rows.people["bob"],
        NOW,
        NOW,
    )
    post = PostOffice()
    send(post)
    assert post.sent == [] and sql("SELECT 1 FROM mail") == []


def test_a_row_holds_no_name_and_no_address(rows: Rows, sql: Any) -> None:
    """Whatever a server answers, and whatever the mail is about."""
    from chalicelib.messaging.mail import Refused

    rows.community.member("ada").post("/InvitationCode/Create/", {"to": "grace@example.org"})
    take(sql)
    post = PostOffice()
    post.answers["grace@example.org"] = Refused("550 5.1.1")
    send(post)
    [row] = sql("SELECT * FROM mail")
    assert "example" not in str(row) and "grace" not in str(row).lower() and "Ada" not in str(row)
    with pytest.raises(Exception, match="mail_answer_is_a_code"):
        sql("UPDATE mail SET answer = 'no mailbox grace@example.org'")


def test_what_was_refused_is_forgotten_after_a_month(rows: Rows, sql: Any) -> None:
    from chalicelib import retention

    refused(rows)
    retention.forget(NOW + timedelta(days=29))
    assert len(sql("SELECT 1 FROM mail")) == 1
    retention.forget(NOW + timedelta(days=31))
    assert sql("SELECT 1 FROM mail") == []


def test_a_defect_in_one_mail_puts_that_one_off(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.notifications import sending

    rows.tell("ada")
    rows.tell("bob")
    real = sending.write

    def write(db: Any, row: Any) -> Any:
        if row.recipient == rows.people["bob"]:
            raise KeyError("a template lacks something")
        return real(db, row)

    monkeypatch.setattr(sending, "write", write)
    post = PostOffice()
    send(post)
    assert [mail.to for mail in post.sent] == ["ada@example.org"]
    assert rows.states() == {"bob@example.org": [("waiting", 1, "not written")]}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", ""),
        ("550 5.1.1", "there is no such mailbox (550 5.1.1)"),
        ("552 5.2.2", "the mailbox is full (552 5.2.2)"),
        ("452 4.2.2", "the mailbox is full (452 4.2.2)"),
        ("451 4.7.1", "its server asks us to try again later (451 4.7.1)"),
        ("450", "its server asks us to try again later (450)"),
        ("554", "its server refuses it (554)"),
        ("554 5.7.1", "its server refuses it (554 5.7.1)"),
        ("MessageRejected", "it was rejected (MessageRejected)"),
        ("Throttling", "too many mails at once (Throttling)"),
        ("TimeoutError", "the server did not answer in time (TimeoutError)"),
        ("SMTPConnectError 554", "it was not taken (SMTPConnectError 554)"),
        ("SomethingNew", "it was not taken (SomethingNew)"),
    ],
)
def test_an_answer_is_said_in_words(answer: str, said: str) -> None:
    from chalicelib.notifications.undelivered import why

    assert why(answer) == said
