"""What may stand in a field of a request: the whitelist types that bodies and queries are made of.

Texts are length-limited and refuse control characters, line separators, halves of surrogate pairs and U+FFFD (what
API Gateway makes of invalid UTF-8), so that none of them reaches a page, a mail or PostgreSQL.
"""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from chalicelib.errors import Invalid

_FORBIDDEN = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffd\ud800-\udfff"
_LINE = rf"^[^{_FORBIDDEN}]*\Z"
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u206f\u2800\u3164\uffa0\ufff0-\ufffb"
    + ("\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff")
)
"""What takes room or none and shows nothing, and is needed by no script: in a name it only makes another of it."""
_ANY, _EDGE, _SEEN = rf"[^{_FORBIDDEN}{_UNSEEN}]", rf"[^\s{_FORBIDDEN}{_UNSEEN}]", rf"[^\W_{_UNSEEN}]"
_NAME = rf"^({_SEEN}|{_EDGE}{_ANY}*{_SEEN})({_ANY}*{_EDGE})?\Z"
_ADDRESS = r"((=*[A-Za-z0-9.!#$%&'*+/^_`{|}~-]|\?)+=*|=+)@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
"""As browsers have it (WHATWG HTML), but no ``=`` before a ``?``. Without a look ahead, which not every program has."""
_LINES = rf"^([^{_FORBIDDEN}]|[\t\r\n])*\Z"

SENTENCES: dict[str, str] = {}
"""Pattern -> what is said of a text that does not match it."""


def matching(pattern: str, said: str, *, min_length: int | None = None, max_length: int | None = None) -> Meta:
    """What a text must match, and the words for one that does not."""
    SENTENCES[pattern] = said
    return Meta(pattern=pattern, min_length=min_length, max_length=max_length)


SENTENCES[_NAME] = "needs a letter or digit that can be seen, and has nothing that cannot"
Line = Annotated[str, Meta(max_length=255, pattern=_LINE)]
"""One line of text, may be empty."""
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=_NAME)]
"""The name of a person or a place: no space at either end, and a letter or digit that can be seen."""
FoodName = Annotated[str, Meta(min_length=1, max_length=40, pattern=_NAME)]
Reason = Annotated[str, Meta(min_length=1, max_length=255, pattern=_NAME)]
"""Why somebody did something, in a line."""
WeekName = Annotated[str, matching(r"^[0-9]{4}-W[0-9]{2}\Z", "is no week we can read, such as 2026-W48")]
"""An ISO week: ``2026-W48``, as ``<input type=week>`` sends it."""
Lines = Annotated[str, Meta(pattern=_LINES)]
"""Lines of text, as long as who takes them says."""
Username = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9._-]+\Z", "has other characters than letters, digits, . _ and -", min_length=3, max_length=32
    ),
]
Email = Annotated[
    str,
    matching(
        rf"^{_ADDRESS}\Z",
        "is no e-mail address",
        min_length=3,
        max_length=254,
    ),
]
"""An address as browsers accept it in ``<input type=email>`` (WHATWG HTML), without ``=?``: programs that decode it
there deliver to somebody else."""
InvitedEmail = Annotated[
    str,
    matching(
        rf"^$|^{_ADDRESS}\Z",
        "is no e-mail address",
        max_length=255,
    ),
]
Password = Annotated[str, Meta(min_length=8, max_length=128)]
"""Any characters: it is hashed, never shown."""
AnyPassword = Annotated[str, Meta(max_length=128)]
"""A password to be checked: a wrong one may have any length up to the longest."""
Code = Annotated[str, Meta(max_length=255, pattern=_LINE)]
Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+\Z")]
LocalTime = Annotated[
    str,
    matching(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:00)?\Z",
        "is no local time we can read, such as 2026-11-24T11:30",
    ),
]
"""Wall time to the minute without an offset, as ``<input type=datetime-local>`` sends it: ``2026-11-24T11:30``."""
ClockTime = Annotated[
    str, matching(r"^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)(:00)?\Z", "is no time of day we can read, such as 11:30")
]
"""A time of day as ``<input type=time>`` sends it, or as people type it: ``11:30``, ``9:05``; 24:00 is the day's end."""
Day = date
Instant = Annotated[datetime, Meta(tz=True)]
"""A moment with its offset, as answers carry it."""
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""An Instant that is written as text already, in an answer."""
Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]
"""A number that things are known by."""


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a request may carry: unknown fields are refused."""


class Empty(Body):
    """A form that is only a button."""


def wall_time(given: str, field: str) -> datetime:
    """A LocalTime as a naive datetime. Raises Invalid naming the field if there is no such day or minute.

    An end may be 24:00 (ISO 8601), at which nothing starts.
    """
    day, _, clock = given.partition("T")
    try:
        if clock.startswith("24:00") and field == "end":
            return datetime.fromisoformat(day) + timedelta(days=1)
        return datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        raise Invalid.field(field, "is no time there is") from None


def wall_time_of(day: date, clock: str) -> datetime:
    """A Day and a ClockTime as a naive datetime. Raises Invalid naming the day at the end of time."""
    hours, minutes = map(int, clock.split(":")[:2])
    try:
        return datetime.combine(day, time()) + timedelta(hours=hours, minutes=minutes)
    except OverflowError:
        raise Invalid.field("day", "is too far ahead") from None


def wall_span_of(day: date, start: str, end: str, day_long: bool = False) -> tuple[datetime, datetime]:
    """Two ClockTimes from that day on; an end that is not after the start is the next day's: 22:00 to 02:00.

    Raises Invalid naming the end where it is the start, for that is a slip; but of hours that were ``day_long`` before,
    it is what their page shows.
    """
    begins, ends = wall_time_of(day, start), wall_time_of(day, end)
    if ends == begins and not day_long:
        raise Invalid.field("end", "must not be the start; midnight at the end of the day is 24:00")
    return begins, ends if ends > begins else ends + timedelta(days=1)


S = TypeVar("S")


def convert(given: Any, shape: type[S], *, texts: bool = False) -> S:
    """``given`` as a ``shape``. Raises msgspec.ValidationError; ``texts``: every value came as text (forms, queries)."""
    return msgspec.convert(given, shape, strict=not texts, str_keys=texts)
