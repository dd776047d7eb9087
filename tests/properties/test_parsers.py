"""Everything that reads what people send, given anything: it is understood, or refused in words; nothing else happens.

A few hundred values each; 20,000 with LONG=1.
"""

import json
import os
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.calendar import zones
from chalicelib.calendar.entries import Entry, calendar
from chalicelib.errors import Invalid, UserError
from chalicelib.web import credentials, field_types, parsing
from tests.coaching.practice import ENDS_OF_TIME, NOW, Practice

LONG = bool(os.environ.get("LONG"))
pytestmark = pytest.mark.timeout(3600)

anything = settings(
    max_examples=20_000 if LONG else 200,
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(st.characters(codec=None), max_size=60)
"""Any text that Python can hold: control characters and halves of surrogate pairs too."""
LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | LINE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LINE, inner, max_size=4),
    max_leaves=20,
)
ZONES = st.sampled_from(sorted(zones.names()))
LOCAL = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))


def refused(work: Callable[[], Any]) -> bool:
    """Whether it is refused in words that can be shown, with the field where there is one; anything else is raised."""
    try:
        work()
    except UserError as told:
        assert 400 <= told.status < 500 and told.message.isprintable(), told.message
        assert all(name and name.isprintable() and words for name, words in told.fields.items()), told.fields
        return True
    return False


def shapes() -> list[Any]:
    """The whitelist types of every body and every query."""
    from app import app  # noqa: F401  registers the endpoints
    from chalicelib.web import ENDPOINTS

    return [endpoint.takes[part] for endpoint in ENDPOINTS for part in ("body", "query") if part in endpoint.takes]


# --- bodies, forms, query strings ---


@anything
@given(JSON)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parsing.read_json(json.dumps(value)) == value
    assert parsing.read_json(json.dumps(value, ensure_ascii=False)) == value


@anything
@given(TEXT | st.text('{}[]":,\\u0dD18eEnulltrue-+. \n', max_size=40))
def test_what_is_no_json_is_refused(raw: str) -> None:
    refused(lambda: parsing.read_json(raw))


@anything
@given(st.binary(max_size=80), st.data())
def test_bytes_are_read_by_every_shape_or_refused(sent: bytes, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(shapes()))
    kind = data.draw(st.sampled_from([parsing.JSON, parsing.FORM, "text/plain", ""]) | TEXT)
    refused(lambda: parsing.read(sent.decode("utf-8", "replace"), kind, (parsing.JSON, parsing.FORM), shape))


@anything
@given(st.data())
def test_fields_of_every_shape_are_read_or_refused_by_name(data: st.DataObject) -> None:
    import msgspec

    shape = data.draw(st.sampled_from(shapes()))
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    times = st.sampled_from(ENDS_OF_TIME) | st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
    value = JSON | TEXT | times | st.dates().map(date.isoformat) | st.integers().map(str)
    sent = data.draw(st.dictionaries(st.sampled_from(names) if names else LINE, value, max_size=5))
    try:
        parsing.checked(sent, shape)
    except Invalid as fault:
        assert fault.fields
    pairs = [(name, str(given)) for name, given in sent.items()]
    texts = parsing.read_pairs(urlencode(pairs, errors="replace")) if pairs else []
    try:
        parsing.read_form(texts, shape)
    except Invalid as fault:
        assert fault.fields
    parsing.typed(texts, shape)


@anything
@given(st.lists(st.tuples(LINE, LINE), min_size=1, max_size=8))
def test_a_form_is_read_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    assert parsing.read_pairs(urlencode(pairs)) == pairs


@anything
@given(st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=60), st.data())
def test_a_query_string_is_read_or_refused(query: str, data: st.DataObject) -> None:
    from app import app  # noqa: F401  registers the endpoints
    from chalicelib.web import ENDPOINTS
    from chalicelib.web.parameters import read_query
    from infra.local import events

    endpoint = data.draw(st.sampled_from([one for one in ENDPOINTS if one.method == "GET"]))
    event = events.http("GET", f"{endpoint.path}?{query}", endpoint.path, {}, [], b"", "203.0.113.7", clock.now())
    given = event["multiValueQueryStringParameters"] or {}
    pairs = [(name, value) for name, values in given.items() for value in values]
    refused(lambda: read_query(endpoint, SimpleNamespace(query=pairs)))  # type: ignore[arg-type]


# --- dates and zones ---


@anything
@given(TEXT | st.from_regex(field_types.LocalTime.__metadata__[0].pattern.replace(r"\Z", ""), fullmatch=True))
def test_a_local_time_is_one_or_refused(text: str) -> None:
    def read() -> None:
        parsing.checked({"at": text}, WithLocalTime)
        assert field_types.wall_time(text, "at").tzinfo is None

    refused(read)


class WithLocalTime(field_types.Body):
    at: field_types.LocalTime


@anything
@given(TEXT | ZONES | st.sampled_from(["../UTC", "/etc/localtime", "europe/berlin", "UTC\0", "posixrules", ""]))
def test_a_zone_is_one_or_refused(name: str) -> None:
    if not refused(lambda: zones.zone(name)):
        assert zones.zone(name).key == name


@anything
@given(TEXT | st.from_regex(r"[0-9]{4}-W[0-9]{2}", fullmatch=True))
def test_a_week_is_one_or_refused(name: str) -> None:
    if not refused(lambda: zones.week_of(name)):
        assert zones.week_name(zones.week_of(name)) == name


@anything
@given(LOCAL, ZONES)
def test_wall_time_comes_back_or_was_skipped(local: datetime, name: str) -> None:
    """PEP 495 and RFC 5545: what is skipped is later by the gap, what comes twice is the first."""
    place = zones.zone(name)
    at = zones.instant(local, place)
    back = zones.local_time(at, place)
    assert back.replace(tzinfo=None) >= local
    if back.replace(tzinfo=None) == local:
        assert (
            not back.fold or local.replace(tzinfo=place).utcoffset() == local.replace(tzinfo=place, fold=1).utcoffset()
        )
    else:
        assert back.replace(tzinfo=None) - local <= timedelta(days=1)


@anything
@given(st.dates(min_value=date(1970, 1, 5), max_value=date(2200, 12, 28)))
def test_every_day_lies_in_its_week(day: date) -> None:
    assert timedelta() <= day - zones.week_of(zones.week_name(day)) < timedelta(days=7)


# --- what is written for calendar programs ---


def begun(text: str) -> int:
    """How many components begin: lines, for a text may say BEGIN: as well."""
    return sum(line.startswith("BEGIN:") for line in text.split("\r\n"))


AT = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)


@anything
@given(st.lists(st.builds(Entry, AT, AT, LINE, LINE, LINE, LINE, st.just("https://x.example/"), st.just("CONFIRMED"),
                          st.integers(0, 9), AT), max_size=3))  # fmt: skip
def test_a_calendar_says_what_was_put_into_it_and_no_line_more(entries: list[Entry]) -> None:
    from icalendar import Calendar

    text = calendar(entries)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    found = list(Calendar.from_ical(text).walk("VEVENT"))
    assert len(found) == len(entries) and begun(text) == len(entries) + 1
    for event, entry in zip(found, entries, strict=True):
        assert (str(event["SUMMARY"]), str(event["LOCATION"]), str(event["DESCRIPTION"])) == entry[3:6]
        assert (event.decoded("DTSTART"), event.decoded("DTEND")) == entry[:2]


@anything
@given(LINE, LINE, st.sampled_from(["REQUEST", "CANCEL"]))
def test_an_invitation_names_the_other_and_invites_nobody_more(name: str, link: str, method: str) -> None:
    from icalendar import Calendar

    from chalicelib.calendar import entries
    from chalicelib.coaching import call_entries

    client, at = uuid.uuid4(), datetime(2026, 11, 25, 9, tzinfo=UTC)
    call = SimpleNamespace(
        id=uuid.uuid4(), client_id=client, starts=at, ends=at + timedelta(hours=1), coach_name=name, client_name="Ada",
        call_link=link, cancelled=False, version=1, changed=at,
    )  # fmt: skip
    entry = call_entries.entry(call, client)
    text = entries.invitation(entry, method, "calls@example.org", "ada@example.org", at)
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (f"Call with {name}", link)
    assert str(event["ATTENDEE"]) == "mailto:ada@example.org" and begun(text) == 2


# --- headers ---


@anything
@given(TEXT | st.lists(TEXT, max_size=4).map("; session=".join))
def test_any_cookie_and_any_token_are_read(header: str) -> None:
    assert all(isinstance(one.encode("ascii", "replace"), bytes) for one in credentials.cookies(header))
    assert isinstance(credentials.bearer_token(header), bytes)
    assert isinstance(credentials.bearer_token(f"Bearer {header}"), bytes)


@settings(anything, max_examples=2000 if LONG else 60)
@given(key=TEXT | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300))
def test_an_idempotency_key_is_kept_or_refused(booking: tuple[Practice, Any], key: str) -> None:
    """Sent twice with it, a request is answered twice the same, whatever the key is."""
    assume(key)  # no header at all
    practice, ada = booking
    practice.sql("DELETE FROM appointment; DELETE FROM outbox; DELETE FROM idempotency")
    wanted = {"coach": "carla", "start": "2026-11-25T10:00:00+01:00", "end": "2026-11-25T11:00:00+01:00"}
    first, again = (ada.post("/api/appointments", wanted, headers={"Idempotency-Key": key}) for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    may = 1 <= len(key) <= 255 and key.isprintable()
    assert first.status == (201 if may else 422), (first.text, key)
    assert len(practice.calls()) == len(practice.messages()) == int(may)


@pytest.fixture
def booking(community: Any, clock: Any, sql: Any) -> tuple[Practice, Any]:
    clock.set(NOW)
    practice = Practice(community, sql)
    practice.coach("carla")
    return practice, practice.client("ada", "carla")
