"""What the routes about coaching answer. Times are texts with their offset, in the caller's zone."""

from typing import Literal, TypedDict
from uuid import UUID

from chalicelib.calendar.availability import Availability
from chalicelib.web.field_types import Instant, Moment


class Somebody(TypedDict):
    """A coach or a client, as the other sees them."""

    slug: str
    name: str


class ShownCoach(Somebody):
    timezone: str


class Slot(TypedDict):
    """A time that can be booked as it stands, or one that is kept."""

    start: Moment
    end: Moment


class Slots(TypedDict):
    slots: list[Slot]


SlotsOfWeeks = TypedDict("SlotsOfWeeks", {"coach": ShownCoach, "from": str, "weeks": int, "slots": list[Slot]})


class Reasons(TypedDict):
    reasons: list[str]


class Call(TypedDict):
    """A call; ``no_show``: whether its client did not come; ``series``: the one that it was booked in;
    ``change_until``: until when they may move or cancel it."""

    id: UUID
    coach: Somebody
    client: Somebody
    start: Moment
    end: Moment
    status: Literal["booked", "cancelled"]
    no_show: bool
    series: UUID | None
    reason: str
    call_link: str
    version: int
    moves_left: int
    change_until: Moment


Following = TypedDict("Following", {"from": str, "weeks": int})
Calls = TypedDict("Calls", {"from": str, "weeks": int, "appointments": list[Call], "next": Following | None})


class Moved(TypedDict):
    appointments: list[Call]


class Series(TypedDict):
    id: UUID
    appointments: list[Call]


class Waiting(TypedDict):
    """A wish to be told of an earlier time, as long as it begins before ``until``."""

    id: UUID
    coach: Somebody
    until: Moment
    asked: Moment


class WaitingList(TypedDict):
    waiting: list[Waiting]


class OfficeHours(TypedDict):
    office_hours: list[Availability]


class DayAway(TypedDict):
    """When a coach is away: from ``day`` to ``last`` where it is ``whole`` days, else from ``start`` to ``end``, which
    may be after midnight; by the clocks of the zone in which they said so."""

    id: UUID
    day: str
    last: str
    start: Moment
    end: Moment
    whole: bool
    timezone: str


class DayAwayTaken(DayAway):
    """And how many calls were cancelled for it, and how many are kept."""

    cancelled: int
    kept: int


class DaysAway(TypedDict):
    days_away: list[DayAway]


class Block(Slot):
    id: UUID


class Blocks(TypedDict):
    blocks: list[Block]


class CallLink(TypedDict):
    url: str


class Begun(TypedDict):
    coach: str
    client: str
    begun: Instant


class Relationship(Begun):
    coach_name: str
    client_name: str
    calls: int


class Relationships(TypedDict):
    relationships: list[Relationship]


class PlannedCall(Slot):
    """What becomes of a booked call: it ``goes`` to the other coach, or does not for ``reason`` and is cancelled; then
    the client is offered other times, such as these."""

    goes: bool
    reason: str
    offers: list[Slot]


class HandOver(TypedDict):
    plan: str
    calls: list[PlannedCall]
