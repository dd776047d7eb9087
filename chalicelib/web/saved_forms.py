"""A form that came after its session had ended: kept in the page that asks to log in, and offered again after it.

What was typed goes from page to page in the person's own browser: in no address, no cookie and no table. Passwords
are left out, and what proves a form to be of a session is made anew.
"""

import json
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.errors import Invalid, UserError
from chalicelib.web import csrf, parsing, urls

MOST_CHARACTERS = 16_000
Kept = Annotated[str, Meta(max_length=MOST_CHARACTERS, pattern=r"^[\x20-\x7e]*\Z")]


class KeptForm(msgspec.Struct):
    """Where a form goes, and what was typed into it, in order."""

    path: Annotated[str, Meta(max_length=500, pattern=urls.OWN_PATH)]
    fields: Annotated[list[tuple[str, str]], Meta(max_length=parsing.MAX_FIELDS)]


def pack(path: str, body: str) -> str:
    """The form as one text for a hidden field; '' where it never was of a session, has nothing to keep, or too much."""
    try:
        pairs = parsing.read_pairs(body) if body else []
    except UserError:
        return ""
    own = (csrf.FIELD, csrf.ONCE_FIELD)
    fields = [pair for pair in pairs if pair[0] not in own and "password" not in pair[0]]
    text = json.dumps({"path": path, "fields": fields})
    of_a_session = any(name == csrf.FIELD and value for name, value in pairs)
    return text if of_a_session and fields and len(text) <= MOST_CHARACTERS else ""


def unpack(text: str) -> KeptForm:
    """The form in that text. Raises Invalid."""
    try:
        return msgspec.json.decode(text, type=KeptForm)
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise Invalid.field("kept", "is no form that was kept") from None
