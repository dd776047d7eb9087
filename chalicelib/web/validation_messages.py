"""What msgspec says of a field that it refuses, in words that follow the field's name, for pages and the API alike."""

import re

from chalicelib.errors import Invalid
from chalicelib.web.field_types import SENTENCES

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.S)
_FIELD_IN_TEXT = re.compile(r"field `([^`]*)`")
_WORDS = (
    (re.compile(r"Expected `(?:str|array)` of length >= 1\b"), "is missing"),
    (re.compile(r"Expected `str` of length >= (\d+)"), r"needs at least \1 characters"),
    (re.compile(r"Expected `str` of length <= (\d+)"), r"can have at most \1 characters"),
    (re.compile(r"Expected `array` of length >= (\d+)"), r"needs at least \1 entries"),
    (re.compile(r"Expected `array` of length <= (\d+)"), r"can have at most \1 entries"),
    (re.compile(r"(?:Object|Expected `object`).*missing required field.*", re.IGNORECASE), "is missing"),
    (re.compile(r"Object contains unknown field.*"), "is not known here"),
    (
        re.compile(r"Invalid RFC3339 encoded datetime|Expected `datetime.*"),
        "is no date and time we can read, such as 2026-11-24T12:00:00+01:00",
    ),
    (re.compile(r"Invalid RFC3339 encoded time|Expected `time.*"), "is no time of day we can read, such as 12:00:00"),
    (re.compile(r"Invalid RFC3339.*|Expected `date.*"), "is no date we can read, such as 2026-11-24"),
    (re.compile(r"Invalid UUID.*|Expected `uuid.*"), "is no id"),
    (re.compile(r"Expected `int` >= (\S+)"), r"must be at least \1"),
    (re.compile(r"Expected `int` <= (\S+)"), r"must be at most \1"),
    (re.compile(r"Expected `(?:int|float)(?: \| null)?`.*"), "is no number"),
    (re.compile(r"Expected `bool(?: \| null)?`.*"), "must be true or false"),
    (re.compile(r"Invalid enum value.*"), "is none of the choices"),
    (re.compile(r"Expected `str(?: \| null)?`.*"), "must be a text"),
    (re.compile(r"Expected `array(?: \| null)?`.*"), "must be a list"),
    (re.compile(r"Expected `object(?: \| null)?`.*"), "must be an object"),
    (re.compile(r"Expected `[^`]*\bstr\b[^`]*`.*"), "must be a text"),
)


def invalid(text: str) -> Invalid:
    """The refusal for what msgspec said: the field it is about, and a sentence for people."""
    match = _AT.match(text)
    what, path = (match["what"], match["path"] or "") if match else (text, "")
    path = path.replace("[...]", "")  # a value of an object whose names are the caller's
    named = _FIELD_IN_TEXT.search(what)
    field = ".".join(part for part in [path.removeprefix("$").lstrip("."), named[1] if named else ""] if part)
    return Invalid.field(printable(field) or "body", printable(_in_words(what)))


def _in_words(what: str) -> str:
    if "matching regex" in what:
        said = (words for pattern, words in SENTENCES.items() if repr(pattern) in what)
        return next(said, "has characters that cannot be used here")
    for pattern, words in _WORDS:
        if match := pattern.match(what):
            return match.expand(words)
    return what


def printable(text: str) -> str:
    """A name or a message as it can be shown, whatever a caller put into it."""
    return (text if text.isprintable() else repr(text)[1:-1])[:200]
