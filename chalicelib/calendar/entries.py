"""Entries of a person's calendar, as his calendar program is given them."""

from datetime import datetime
from typing import NamedTuple


class Entry(NamedTuple):
    """A lunch or a call (RFC 5545, 3.6.1).

    starts, ends   aware datetimes in UTC
    uid            the same for ever
    status         TENTATIVE, CONFIRMED or CANCELLED
    sequence       rises with every change that a calendar must notice
    """

    starts: datetime
    ends: datetime
    uid: str
    title: str
    location: str
    description: str
    url: str
    status: str
    sequence: int
