"""Entries are written as RFC 5545 has them: icalendar reads back what was meant, whatever people typed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.calendar import entries

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CHANGED = NOW - timedelta(days=3)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300)


def entry(title: str = "Lunch", location: str = "", description: str = "") -> entries.Entry:
    ends = NOW + timedelta(hours=1)
    return entries.Entry(NOW, ends, "uid@x", title, location, description, "https://x/y", "CONFIRMED", 3, CHANGED)


def read(text: str) -> Any:
    [event] = icalendar.Calendar.from_ical(text).events
    return event


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3).map("\n".join))
@example("a,b;c\\n d\\", "Ü" * 200, "one\ntwo")
@example("x" * 75, "y" * 66, "👩‍👩‍👧‍👦" * 30)
@example("END:VEVENT", "BEGIN:VALARM", "\\;,")
def test_texts_are_read_back_as_they_were_typed(title: str, location: str, description: str) -> None:
    text = entries.calendar([entry(title, location, description)])
    lines = text.split("\r\n")
    assert lines[-1] == "" and all(len(line.encode()) <= 75 for line in lines)
    event = read(text)
    assert (event["SUMMARY"], event["LOCATION"], event["DESCRIPTION"]) == (title, location, description)
    assert event.errors == [] and len(icalendar.Calendar.from_ical(text).subcomponents) == 1


def test_control_characters_are_left_out() -> None:
    event = read(entries.calendar([entry("a\x00b\r\nBEGIN:VALARM\x1b", "", "")]))
    assert event["SUMMARY"] == "ab\nBEGIN:VALARM"


def test_times_are_in_utc_and_the_rest_is_there() -> None:
    event = read(entries.calendar([entry()]))
    assert (event.start, event.end) == (NOW, NOW + timedelta(hours=1)) and event["DTSTAMP"].dt == event[
        "LAST-MODIFIED"
    ].dt == CHANGED
    assert (event["UID"], event["STATUS"], event["SEQUENCE"], event["URL"]) == ("uid@x", "CONFIRMED", 3, "https://x/y")


def test_an_invitation_asks_for_no_answer_and_its_addresses_are_uris() -> None:
    text = entries.invitation(entry(), "CANCEL", "lunch@example.org", "o'neil%&?=+x@example.org", NOW)
    event = read(text)
    assert icalendar.Calendar.from_ical(text)["METHOD"] == "CANCEL"
    assert event["ORGANIZER"] == "mailto:lunch@example.org"
    assert event["ATTENDEE"] == "mailto:o'neil%25%26%3F%3D+x@example.org"
    assert event["ATTENDEE"].params == {"PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}


def test_a_calendar_holds_many_entries_and_properties_of_its_own() -> None:
    found = icalendar.Calendar.from_ical(entries.calendar([entry("a"), entry("b")], "NAME:Rendezvous"))
    assert [event["SUMMARY"] for event in found.events] == ["a", "b"]
    assert (found["NAME"], found["VERSION"]) == ("Rendezvous", "2.0")
