"""Mails: who is written to after which message, and what.

A mail is claimed (``delivered``) in the transaction in which it is sent, so a message that comes twice is mailed once.
"""

import logging
import smtplib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg2

from chalicelib import clock
from chalicelib.accounts import invitations, links, refused_mails
from chalicelib.calendar import zones
from chalicelib.database import JOB, Database, transaction
from chalicelib.errors import Unavailable
from chalicelib.messaging import mail, records
from chalicelib.messaging.records import Message, messages
from chalicelib.notifications import account_mails, calls, kinds
from chalicelib.notifications.recipients import Mail, confirmed
from chalicelib.web.templating import environment

log = logging.getLogger(__name__)

REMEMBERED = timedelta(days=30)
"""How long ``delivered`` remembers: what is older than that is not mailed, for it might have been before."""


def handle(event: dict[str, Any]) -> None:
    """Send what the messages of a batch call for.

    Raises only when PostgreSQL or the mail server is gone: the batch then comes again.
    """
    for message in messages(event):
        try:
            deliver(message)
        except (
            Unavailable,
            OSError,
            smtplib.SMTPServerDisconnected,
            smtplib.SMTPConnectError,
            psycopg2.OperationalError,
        ):
            raise
        except Exception:
            log.exception("a message could not be mailed", extra={"message_id": message.id, "type": message.type})


def deliver(message: Message) -> None:
    """Send the mails of one message, unless they were sent before."""
    now = clock.now()
    write = MAILS.get((message.topic, message.type))
    if write is None or datetime.fromisoformat(message.time) < now - REMEMBERED:
        return

    def work(db: Database) -> None:
        db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=now.isoformat())
        if records.first_time(db, "mailer", message.id, now):
            for one in write(db, message.data):
                if not _is_refused(db, one):
                    send(one)

    transaction(work, JOB)


def send(one: Mail) -> None:
    """Render and send; the template's first line is the subject. A kind that may be refused says how (RFC 8058)."""
    text = (
        environment()
        .get_template(f"notifications/{one.template}.txt")
        .render(one.values | {"absolute": links.absolute})
    )
    subject, _, body = text.partition("\n")
    body, headers = body.strip() + "\n", {}
    if one.template in kinds.KINDS:
        way_out = links.absolute("/unsubscribe/" + refused_mails.token(one.template, UUID(one.person)))
        body += f"\n-- \nNo more mails of this kind: {way_out}\n"
        headers = {"List-Unsubscribe": f"<{way_out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail.send(one.to, subject.strip(), body, headers, one.calendar, one.method)


def _is_refused(db: Database, one: Mail) -> bool:
    return one.template in kinds.KINDS and one.template in refused_mails.refused_by(db, UUID(one.person))


def invitation(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """To join: the code is derived from the id; it stands in this mail and nowhere else, not on the inviter's page."""
    row = db.row(
        "SELECT a.email, coalesce(p.name, '') AS by, i.expires FROM invitation i JOIN invitation_address a ON a.invitation_id = i.id"
        " LEFT JOIN person p ON p.id = i.by_person WHERE i.id = %(id)s AND i.expires > present()"
        " AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id)"
        " AND NOT EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = i.id)",
        id=data["invitation"],
    )
    if row:
        code = links.code(invitations.MAILED, UUID(data["invitation"]))
        yield Mail("invitation", row.email, {"by": row.by, "code": code, "expires": row.expires})


def confirm(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    change = data["address_change"]
    email = db.value("SELECT email FROM address_change WHERE id = %(id)s", id=change)
    if email:
        yield Mail("confirm", email, {"link": links.link("confirm", UUID(change))})


def reset(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """The one mail, beside the confirmation, that an unconfirmed address gets: its owner asked for it just now."""
    email = db.value(
        "SELECT a.email FROM password_reset r JOIN account a USING (person_id) WHERE r.id = %(id)s AND a.email_confirmed",
        id=data["password_reset"],
    )
    if email:
        yield Mail("reset", email, {"link": links.link("reset", UUID(data["password_reset"]))})


def address_in_use(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    for row in confirmed(db, [data["person"]]):
        yield Mail("address_in_use", row.email, {})


def address_changed(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    email = db.value("SELECT email FROM former_address WHERE id = %(id)s", id=data["former_address"])
    if email:
        yield Mail("address_changed", email, {})


def event_approved(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A lunch will be: to everybody who comes."""
    yield from _about_event(db, "event_approved", data["event"], "approved", "Confirmed")


def event_invited(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A lunch waits for one's approval."""
    yield from _about_event(db, "event_invited", data["event"], "invited", "Proposed", "Confirmed")


def event_evaluate(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A lunch is over: how was it? Only while it can be reviewed."""
    yield from _about_event(db, "event_evaluate", data["event"], "approved", "Awaiting Evaluation")


def event_unconfirmed(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """Somebody left, and too few are left for now: to the others."""
    yield from _about_event(db, "event_unconfirmed", data["event"], "approved", "Proposed")


def event_rejected(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A lunch will not be: to those who would have come."""
    yield from _about_event(db, "event_rejected", data["event"], "approved", "Rejected")


def event_canceled(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A lunch was called off: to those who would have come, and to those who were asked."""
    for response in ("approved", "invited"):
        yield from _about_event(db, "event_canceled", data["event"], response, "Canceled")


def _about_event(db: Database, template: str, event: str, response: str, *states: str) -> Iterator[Mail]:
    """To those with that response, if the lunch is in one of those states still, and not past."""
    rows = db.rows(
        "SELECT a.person_id, e.title, e.starts, e.ends, e.status, l.name AS location, l.address, l.meeting_point, l.timezone,"
        " ARRAY(SELECT p.name FROM attendance x JOIN person p ON p.id = x.person_id WHERE x.event_id = e.id"
        "       AND x.response <> 'rejected' AND x.person_id <> a.person_id AND p.name <> '' ORDER BY lower(p.name)) AS others"
        " FROM event e JOIN location l ON l.id = e.location_id JOIN attendance a ON a.event_id = e.id"
        " WHERE e.id = %(event)s AND a.response = %(response)s AND e.status = ANY(%(states)s)"
        " AND (e.starts > present() OR e.status = 'Awaiting Evaluation')",
        event=event,
        response=response,
        states=list(states),
    )
    about = {str(row.person_id): row for row in rows}
    for person in confirmed(db, list(about)):
        row = about[str(person.person_id)]
        place = ZoneInfo(row.timezone)
        values = row._asdict() | {
            "name": person.name,
            "date": zones.local_time(row.starts, place),
            "end": zones.local_time(row.ends, place),
            "event": event,
        }
        yield Mail(template, person.email, values, str(person.person_id))


KINDS: dict[str, Callable[[Database, dict[str, Any]], Iterator[Mail]]] = {
    "confirm": confirm,
    "reset": reset,
    "address_in_use": address_in_use,
    "address_changed": address_changed,
    "token_made": account_mails.token_made,
    **{kind: account_mails.told(kind) for kind in account_mails.KINDS},
}


def due(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """What the Mails topic asks for."""
    write = KINDS.get(data["kind"])
    return write(db, data) if write else iter(())


MAILS: dict[tuple[str, str], Callable[[Database, dict[str, Any]], Iterator[Mail]]] = {
    ("InvitedUser", "invitation.created"): invitation,
    ("InvitedUser", "event.invited"): event_invited,
    ("Events_All", "event.approved"): event_approved,
    ("Events_All", "event.unconfirmed"): event_unconfirmed,
    ("Events_All", "event.rejected"): event_rejected,
    ("Events_All", "event.canceled"): event_canceled,
    ("Event_Evaluate", "event.evaluate"): event_evaluate,
    ("Appointments_All", "appointment.booked"): calls.booked,
    ("Appointments_All", "appointment.moved"): calls.moved,
    ("Appointments_All", "appointment.cancelled"): calls.cancelled,
    ("Appointments_All", "appointment.reminder"): calls.reminder,
    ("Mails", "mail.due"): due,
}
"""Topic and type -> the mails it calls for. Other types on these topics call for none."""
