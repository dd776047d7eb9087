"""The kinds of mail there are. One is a function that says what stands in it, and a template of its name:

    @kind("call_booked", "A call was booked", on=("Appointments_All", "appointment.booked"), to=both)
    def booked(db: Database, person: UUID, about: About) -> Letter | None: ...

It is asked when the mail leaves, which may be days after the message: None where there is nothing to tell any more.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from chalicelib.database import Database

About = dict[str, Any]
"""The data of the message that calls for a mail: ids and times."""
MAILS = ("Mails", "mail.due")
"""The topic and type of what calls for one mail to one person; the data names both. Of a kind that another message
calls for as well, it is for who comes later."""


class Letter(NamedTuple):
    """What a mail is made of: the address, what its template needs, and an iCalendar object with its method, or ''."""

    to: str
    values: dict[str, Any]
    calendar: str = ""
    method: str = ""


Write = Callable[[Database, UUID, About], Letter | None]
Recipients = Callable[[Database, list[About]], list[list[UUID]]]


class Kind(NamedTuple):
    """A kind of mail; ``recipients`` gives the people of each of some messages, or the invitation that is mailed."""

    name: str
    title: str
    on: tuple[str, str]
    recipients: Recipients
    write: Write
    urgent: bool
    refusable: bool


ALL: dict[str, Kind] = {}
"""Name -> kind."""
KINDS: dict[str, str] = {}
"""The kinds that a person may refuse -> what they read beside its checkbox. Others they must get, or asked for."""


def its_person(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """Whom each message of the Mails topic is for."""
    return [[UUID(about["person"])] for about in abouts]


def kind(
    name: str,
    title: str,
    *,
    on: tuple[str, str] = MAILS,
    to: Recipients = its_person,
    urgent: bool = False,
    refusable: bool = False,
) -> Callable[[Write], Write]:
    """Make a kind of mail known: what people call it, the message it comes of, whom it goes to, whether somebody waits
    for it, and whether a person may refuse it."""

    def register(write: Write) -> Write:
        ALL[name] = Kind(name, title, on, to, write, urgent, refusable)
        if refusable:
            KINDS[name] = title
        return write

    return register


def called_for_by(topic: str, type: str, about: About) -> list[tuple[Kind, Recipients]]:
    """The kinds that a message calls for, and whom each goes to."""
    if (topic, type) == MAILS:
        return [(one, its_person) for one in ALL.values() if one.name == about.get("kind")]
    return [(one, one.recipients) for one in ALL.values() if one.on == (topic, type)]


def wanted(refused: frozenset[str]) -> dict[str, bool]:
    """Every kind that may be refused, and whether a person who refuses those wants it."""
    return {kind: kind not in refused for kind in KINDS}
