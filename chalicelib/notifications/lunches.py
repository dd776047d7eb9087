"""Mails about lunches: proposed, sure, in doubt, called off, over; with a file for one's calendar."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import clock, rules
from chalicelib.calendar import entries, zones
from chalicelib.database import Database
from chalicelib.lunch import events, left_overs, silences, states, what_helps
from chalicelib.messaging import mail
from chalicelib.notifications.kinds import About, Letter, kind
from chalicelib.notifications.recipients import confirmed


def those_who_come(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """Who approved each lunch."""
    return _with_response(db, abouts, "approved")


def those_who_are_asked(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """Who has not answered yet."""
    return _with_response(db, abouts, "invited")


def everybody(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """Who approved it, and who has not answered yet."""
    return _with_response(db, abouts, "approved", "invited")


def _with_response(db: Database, abouts: list[About], *responses: states.Response) -> list[list[UUID]]:
    events = [UUID(about["event"]) for about in abouts]
    people = states.people_of(db, events, *responses)
    return [people[event] for event in events]


@kind(
    "event_invited",
    "A lunch waits for your approval",
    on=("InvitedUser", "event.invited"),
    to=those_who_are_asked,
    refusable=True,
)
def invited(db: Database, person: UUID, about: About) -> Letter | None:
    """A lunch waits for one's approval."""
    return _letter(db, person, about, ("invited",), ("Proposed", "Confirmed"))


@kind("event_approved", "You have a lunch", on=("Events_All", "event.approved"), to=those_who_come, refusable=True)
def approved(db: Database, person: UUID, about: About) -> Letter | None:
    """A lunch will be: to everybody who comes."""
    return _letter(db, person, about, ("approved",), ("Confirmed",), "REQUEST")


@kind(
    "event_unconfirmed",
    "Somebody left a lunch of yours, and it is one too few",
    on=("Events_All", "event.unconfirmed"),
    to=those_who_come,
    refusable=True,
)
def unconfirmed(db: Database, person: UUID, about: About) -> Letter | None:
    """Somebody left, and too few are left for now: to the others."""
    return _letter(db, person, about, ("approved",), ("Proposed",))


@kind("event_left", "Somebody left a lunch of yours, which takes place without them", refusable=True)
def left(db: Database, person: UUID, about: About) -> Letter | None:
    """Somebody left, and enough still come: to the others, unless it has changed since."""
    return _letter(db, person, about, ("approved",), ("Confirmed",))


@kind(
    "event_rejected",
    "A lunch of yours will not be",
    on=("Events_All", "event.rejected"),
    to=those_who_come,
    refusable=True,
)
def rejected(db: Database, person: UUID, about: About) -> Letter | None:
    """A lunch will not be: to those who would have come."""
    return _letter(db, person, about, ("approved",), ("Rejected",), "CANCEL")


@kind(
    "event_canceled",
    "A lunch of yours was called off",
    on=("Events_All", "event.canceled"),
    to=everybody,
    refusable=True,
)
def canceled(db: Database, person: UUID, about: About) -> Letter | None:
    """A lunch was called off: to those who would have come, and to those who were asked."""
    return _letter(db, person, about, ("approved", "invited"), ("Canceled",), "CANCEL")


@kind("event_evaluate", "How was lunch?", on=("Event_Evaluate", "event.evaluate"), to=those_who_come, refusable=True)
def evaluate(db: Database, person: UUID, about: About) -> Letter | None:
    """A lunch is over: how was it? Only while it can be reviewed."""
    return _letter(db, person, about, ("approved",), ("Awaiting Evaluation",))


@kind(
    "event_moved",
    "The place of a lunch of yours has another name, address or meeting point",
    on=("Events_All", "event.moved"),
    to=those_who_come,
    refusable=True,
)
def moved(db: Database, person: UUID, about: About) -> Letter | None:
    """A lunch is at another place than was said: to those who come. The file for their calendar says so too."""
    return _letter(db, person, about, ("approved",), ("Proposed", "Confirmed"), "REQUEST")


@kind("lunch_reminder", "You have lunch tomorrow", refusable=True)
def reminder(db: Database, person: UUID, about: About) -> Letter | None:
    """The day before a lunch: to those who still come."""
    return _letter(db, person, about, ("approved",), ("Confirmed",))


@kind("no_lunch", "No lunch for you this week, and why", refusable=True)
def no_lunch(db: Database, person: UUID, about: About) -> Letter | None:
    """A round found no company: to whom it left over, unless a later one has found some."""
    known, monday = confirmed(db, person), zones.week_of(about["week"])
    reason = db.value(
        "SELECT reason FROM left_over WHERE person_id = %(person)s AND week = %(week)s", person=person, week=monday
    )
    if known is None or reason is None:
        return None
    helps = [help.sentence for help in what_helps.of(db, [person], monday).get(person, [])]
    known_of_it = {"monday": monday, "reason": left_overs.REASONS[reason], "why": reason, "helps": helps}
    return Letter(known.email, {"name": known.name} | known_of_it)


@kind("silence", "Whether you still want to be invited to lunches")
def silence(db: Database, person: UUID, about: About) -> Letter | None:
    """Who let several invitations go by is not matched until they answer: to who has not answered yet."""
    known = confirmed(db, person)
    return Letter(known.email, {"name": known.name}) if known and silences.waits(db, person) else None


_LUNCH = """
SELECT e.id, e.title, e.starts, e.ends, e.status, e.revision, e.changed, l.name AS location, l.address, l.meeting_point, l.timezone, a.response,
       coalesce((SELECT x.reason FROM event_cancellation x WHERE x.event_id = e.id), '') AS reason,
       ARRAY(SELECT p.name FROM attendance x JOIN person p ON p.id = x.person_id WHERE x.event_id = e.id
             AND x.response = 'approved' AND x.person_id <> a.person_id AND p.name <> '' ORDER BY lower(p.name)) AS people,
       -- Of what a member proposed nobody is told: whom they asked is theirs.
       ARRAY(SELECT p.name FROM attendance x JOIN person p ON p.id = x.person_id WHERE x.event_id = e.id AND e.creator IS NULL
             AND x.response = 'invited' AND x.person_id <> a.person_id AND p.name <> '' ORDER BY lower(p.name)) AS asked
FROM event e JOIN location l ON l.id = e.location_id JOIN attendance a ON a.event_id = e.id
WHERE e.id = %(event)s AND a.person_id = %(person)s AND a.response = ANY(%(responses)s) AND e.status = ANY(%(statuses)s)
  -- That a lunch is off is worth knowing while somebody may sit there alone; all else, until it begins.
  AND (e.starts > present() OR e.status = 'Awaiting Evaluation' OR e.status IN ('Rejected', 'Canceled') AND e.ends > present())
"""


def _letter(
    db: Database, person: UUID, about: About, responses: tuple[str, ...], statuses: tuple[str, ...], method: str = ""
) -> Letter | None:
    """To who has one of those responses still, if the lunch is in one of those states still, and not past."""
    known = confirmed(db, person)
    row = db.row(_LUNCH, event=about["event"], person=person, responses=list(responses), statuses=list(statuses))
    if known is None or row is None:
        return None
    place = ZoneInfo(row.timezone)
    values = row._asdict() | {
        "name": known.name,
        "others": row.people,
        "date": zones.local_time(row.starts, place),
        "end": zones.local_time(row.ends, place),
        "by": zones.local_time(states.deadline(row, rules.read(db)), place),
        "event": about["event"],
    }
    if not method or row.response != "approved":
        return Letter(known.email, values)
    return Letter(known.email, values, _invitation(row, known.email, method), method)


def _invitation(row: Any, email: str, method: str) -> str:
    """The lunch as an iCalendar object; it is the same entry as in the person's feed."""
    return entries.invitation(events.entry(row), method, mail.sender()[1], email, clock.now())
