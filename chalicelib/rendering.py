"""Renders pages: Jinja2 with autoescape over chalicelib/templates. Imported only when a page is asked for."""

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The templates, compiled once a process. An unknown name in a template is an error, not an empty space."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals |= {"timedelta": timedelta, "dated": lambda days: [(one.isoformat(), day(one)) for one in days]}
    found.filters |= {
        "local": local,
        "day": day,
        "clock": clock_time,
        "plain": plain,
        "span": span,
        "able_to_show": able_to_show,
        "before_dot": lambda name: name.partition(".")[0],
        "moment": moment,
    }
    return found


def render(template: str, values: dict[str, Any]) -> str:
    """The page as HTML."""
    return environment().get_template(template).render({"labelled": {}, "me": values.get("caller")} | values)


def local(at: datetime, timezone: str) -> datetime:
    """An instant as wall time in that zone."""
    return at.astimezone(ZoneInfo(timezone))


def day(at: date | datetime, year: bool = True) -> str:
    """``Tuesday, 24 November 2026``."""
    return f"{at:%A}, {at.day} {at:%B}" + (f" {at.year}" if year else "")


def clock_time(at: datetime | time) -> str:
    """``12:30``."""
    return f"{at:%H:%M}"


def span(starts: datetime, ends: datetime) -> str:
    """``12:30 to 13:30``; the end's day is named where it is another."""
    end = clock_time(ends) if ends.date() == starts.date() else f"{clock_time(ends)} on {day(ends, year=False)}"
    return f"{clock_time(starts)} to {end}"


def moment(text: str, timezone: str) -> str:
    """A time with its offset in words, in that zone; any other text as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else f"{day(local(at, timezone))}, {clock_time(local(at, timezone))}"


_SHOWN_BY: dict[str, Any] = {"date": date.fromisoformat, "time": time.fromisoformat}
_WRITTEN = {"date": re.compile(r"\d{4}-\d\d-\d\d"), "time": re.compile(r"\d\d:\d\d(:\d\d)?")}


def able_to_show(kind: str, typed: str) -> str:
    """The kind of a field if a browser shows in it what was typed, else ``text``."""
    if not typed or kind not in _SHOWN_BY:
        return kind
    try:
        _SHOWN_BY[kind](typed)
    except ValueError:
        return "text"
    return kind if _WRITTEN[kind].fullmatch(typed) else "text"


_PLAIN = (
    (re.compile(r"Expected `(?:str|array)` of length >= 1\b"), "is missing"),
    (re.compile(r"Expected `str` of length >= (\d+)"), r"needs at least \1 characters"),
    (re.compile(r"Expected `str` of length <= (\d+)"), r"can have at most \1 characters"),
    (re.compile(r"Expected `array` of length <= (\d+)"), r"can have at most \1 entries"),
    (re.compile(r"(?:Object|Expected `object`).*missing required field.*", re.IGNORECASE), "is missing"),
    (re.compile(r"Invalid RFC3339.*|Expected `date.*"), "is no date we can read, such as 2026-11-24"),
    (re.compile(r"Expected `int` >= (\S+)"), r"must be at least \1"),
    (re.compile(r"Expected `int` <= (\S+)"), r"must be at most \1"),
    (re.compile(r"Expected `(?:int|float)`.*"), "is no number"),
    (re.compile(r"Invalid enum value.*|Expected `bool.*"), "is none of the choices"),
    (re.compile(r"Object contains unknown field.*"), "is not known here"),
    (re.compile(r"(.*) \(calls\)"), r"\1"),  # the name of a field of the API
)


def plain(error: str) -> str:
    """What is wrong with a field, in words that follow its label: ``needs at least 8 characters``."""
    for pattern, words in _PLAIN:
        if match := pattern.match(error):
            return match.expand(words)
    return error
