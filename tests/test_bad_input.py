"""Every route, sent what it does not understand: 4xx, the field's name where there is one, never 5xx, nothing changed."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people import Answer, Community
from tests.state import digest_of, serving, shared_community

LATER = ("/account/second-factor/key",)
"""Pages that are there only while something is under way: to whom nothing is, they answer 404."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
UUID = "00000000-0000-4000-8000-000000000000"
NOT_HERE = "no_such_field"
MB = 1024 * 1024
ALSO_IN_OURS = {ord("\n"): None, 0xA0: None, 0x2060: None}
"""What pages hold of their own that shows nothing: ends of lines, and what keeps "30 Nov–4 Dec" on one of them."""
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def in_turn(values: Sequence[Any], turn: int) -> Sequence[Any]:
    """Two of the values, for each field the next ones; all of them with LONG=1."""
    return values if os.environ.get("LONG") else [values[turn * 2 % len(values)], values[(turn * 2 + 1) % len(values)]]


class Asker:
    """Somebody with every role, who sends each endpoint what they like."""

    def __init__(self, community: Community) -> None:
        from app import app  # noqa: F401  registers the endpoints
        from chalicelib.web import ENDPOINTS, csrf

        for rule in (
            "requests.per_minute",
            "login.failures_per_15_minutes",
            "enrollment.failures_per_15_minutes",
        ):
            community.rule(rule, 1000)
        community.rule("lunch.members_may_propose", True)
        self.sql = community.sql
        self.endpoints = [endpoint for endpoint in ENDPOINTS if endpoint.method]
        person = community.person("eve", roles=("member", "admin", "coach", "client"))
        self.browser = community.browser_of(person)
        self.cookie = self.browser.cookie
        self.csrf = csrf.token(SimpleNamespace(token=self.cookie.encode()))  # type: ignore[arg-type]
        self.before = digest_of(self.sql)
        self.refused_all = True

    def with_body(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """The endpoints that read a body, with its fields by name."""
        for endpoint in self.endpoints:
            if "body" in endpoint.takes:
                yield endpoint, fields_of(endpoint.takes["body"])

    def fields(self) -> Iterator[tuple[Any, str, Any]]:
        """Every field of every body: its endpoint, its name, its type."""
        for endpoint, fields in self.with_body():
            for name, kind in fields.items():
                yield endpoint, name, kind

    def ask(self, endpoint: Any, body: bytes, kind: str, *, path: str = "", query: str = "") -> Answer:
        self.browser.cookie = self.cookie
        target = (path or path_of(endpoint)) + (f"?{query}" if query else "")
        answer = self.browser.ask(
            endpoint.method, target, body, kind="raw", headers={"Content-Type": kind, "X-CSRF-Token": self.csrf}
        )
        assert answer.status < 500, (endpoint.method, target, kind, body[:300], answer.text[:500])
        self.refused_all &= answer.status >= 400
        return answer

    def refused(self, endpoint: Any, body: bytes, kind: str, field: str = "", **more: Any) -> Answer:
        """Ask, and see it refused; where ``field`` is given the refusal must name it."""
        answer = self.ask(endpoint, body, kind, **more)
        shown = (endpoint.method, endpoint.path, kind, body[:300], answer.text[:500])
        assert 400 <= answer.status < 500, shown
        if not endpoint.html:
            assert answer.header("content-type") == "application/problem+json", shown
            if field:
                assert answer.status == 422, shown
                named = [re.split(r"[.\[]", error["field"])[0] for error in answer.json["errors"]]
                assert named == [field], shown
        elif field:  # a page about something that is not there cannot be shown again
            assert answer.status == 422 or (
                answer.status == 404 and ("{" in endpoint.path or endpoint.path in LATER)
            ), shown
        return answer

    def form(self, endpoint: Any, pairs: list[tuple[str, str]]) -> bytes:
        csrf = [("csrf", self.csrf)] if endpoint.html else []
        return urlencode(csrf + pairs, errors="surrogatepass").encode()

    def one(self, endpoint: Any, name: str, value: Any) -> Iterator[tuple[bytes, str]]:
        """``name=value`` in each way that the endpoint reads."""
        if not endpoint.html:
            yield json.dumps({name: value}).encode(), JSON
        if (endpoint.forms or endpoint.html) and isinstance(value, str):
            yield self.form(endpoint, [(name, value)]), FORM


def fields_of(shape: Any) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(shape)}


def path_of(endpoint: Any) -> str:
    """The endpoint's path, filled with what is understood and not there."""
    return re.sub(r"\{([^}+]*)\+?\}", lambda found: part_of(endpoint.takes.get(found[1], str)), endpoint.path)


def part_of(kind: Any) -> str:
    info = msgspec.inspect.type_info(kind)
    if isinstance(info, msgspec.inspect.LiteralType):
        return str(info.values[0])
    if isinstance(info, msgspec.inspect.IntType):
        return "9"
    return UUID


def fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def is_password(name: str) -> bool:
    return "password" in name


@pytest.fixture(scope="module")
def _asker(server: Any) -> Iterator[tuple[str, Asker]]:
    with shared_community(server, "bad_input") as (url, community):
        yield url, Asker(community)


@pytest.fixture
def asker(_asker: tuple[str, Asker]) -> Iterator[Asker]:
    url, asker = _asker
    asker.refused_all = True
    with serving(url):
        yield asker
        asker.browser.cookie = asker.cookie
        assert asker.browser.get("/api/me").status == 200, "from here on every answer would be 401"
    after = digest_of(asker.sql)
    changed = [line for line in after.splitlines() if line not in asker.before.splitlines()]
    asker.before = after
    assert not (asker.refused_all and changed), "what was refused changed something"


# --- fields ---


def test_an_unknown_field_is_refused_by_name(asker: Asker) -> None:
    for turn, (endpoint, _) in enumerate(asker.with_body()):
        for name in in_turn((NOT_HERE, "id", "__class__"), turn):
            for body, kind in asker.one(endpoint, name, "x"):
                asker.refused(endpoint, body, kind, name)


def test_an_unknown_field_may_have_any_name(asker: Asker) -> None:
    names = ("", "\x00", "\ud800", "ä\u202e", "x" * 3000, "a.b[0]", "`", "<b>", "$")
    for turn, (endpoint, _) in enumerate(asker.with_body()):
        for name in in_turn(names, turn):
            for body, kind in asker.one(endpoint, name, "x"):
                asker.refused(endpoint, body, kind)


def test_what_cannot_be_shown_is_refused_in_words_that_can(asker: Asker) -> None:
    for endpoint, _ in asker.with_body():
        for body, kind in asker.one(endpoint, "\x7f", "x"):
            answer = asker.refused(endpoint, body, kind)
            assert answer.text.translate(ALSO_IN_OURS).isprintable(), endpoint.path
    for endpoint in asker.endpoints:
        if endpoint.method == "GET":
            answer = asker.ask(endpoint, b"", "", query="%7F=1")
            assert "\x7f" not in answer.text and "\\u007f" not in answer.text, endpoint.path


def test_a_wrong_type_is_refused_by_name(asker: Asker) -> None:
    values = ({"a": [1]}, [[[]]], 1.5, 10**400, 2**63, -(2**70), 1e308, [{"a": 1}], [None])
    for turn, (endpoint, name, kind) in enumerate(asker.fields()):
        if not endpoint.html:
            for value in in_turn([value for value in values if not fits(value, kind)], turn):
                asker.refused(endpoint, json.dumps({name: value}).encode(), JSON, name)


def test_a_number_beyond_all_numbers_is_refused(asker: Asker) -> None:
    numbers = (b"1e999", b"-1e999", b"NaN", b"Infinity", b"-Infinity", b"9" * 5000, b"0." + b"1" * 5000)
    for turn, (endpoint, name) in enumerate(
        (e, name) for e, fields in asker.with_body() for name in [*fields, NOT_HERE]
    ):
        if not endpoint.html:
            for number in in_turn(numbers, turn):
                asker.refused(endpoint, b'{"%s": %s}' % (name.encode(), number), JSON)


def test_a_key_that_is_given_twice_is_refused_by_name(asker: Asker) -> None:
    for endpoint, fields in asker.with_body():
        for name in [*fields, NOT_HERE]:
            if not endpoint.html:
                twice = b'{"%s": null, "%s": null}' % (name.encode(), name.encode())
                asker.refused(endpoint, twice, JSON, name)
            if (endpoint.forms or endpoint.html) and name not in lists_of(endpoint):
                asker.refused(endpoint, asker.form(endpoint, [(name, "a"), (name, "a")]), FORM, name)


def lists_of(endpoint: Any) -> set[str]:
    from chalicelib.web import parsing

    return parsing.list_fields(endpoint.takes["body"])


CANNOT_BE_SHOWN = (
    *("\x00", "a\x00b", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202egnol", "\ufeff", "\ufffd", "\ud800"),
    "\udc00\ud800",
)


def test_a_character_that_cannot_be_shown_is_refused_by_name(asker: Asker) -> None:
    for turn, (endpoint, name, _) in enumerate(asker.fields()):
        for text in in_turn(CANNOT_BE_SHOWN, turn):
            for body, kind in asker.one(endpoint, name, text):
                if is_password(name):
                    asker.refused(endpoint, body, kind)
                elif kind == FORM and text.encode("utf-8", "replace").decode().isprintable():
                    asker.refused(endpoint, body, kind)  # a half of a pair becomes a question mark
                else:
                    asker.refused(endpoint, body, kind, name)


def test_what_is_no_utf_8_is_refused_by_name(asker: Asker) -> None:
    for turn, (endpoint, name, _) in enumerate(asker.fields()):
        for broken in in_turn((b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"), turn):
            expected = "" if is_password(name) else name
            if not endpoint.html:
                asker.refused(endpoint, b'{"%s": "%s"}' % (name.encode(), broken), JSON, expected)
            if endpoint.forms or endpoint.html:
                pair = asker.form(endpoint, []) + b"&" if endpoint.html else b""
                asker.refused(endpoint, pair + name.encode() + b"=" + quote(broken).encode(), FORM, expected)
                asker.refused(endpoint, pair + name.encode() + b"=" + broken, FORM, expected)


def test_too_long_a_text_is_refused_by_name(asker: Asker) -> None:
    for endpoint, fields in asker.with_body():
        for name in fields:
            for body, kind in asker.one(endpoint, name, "x" * 5000):
                asker.refused(endpoint, body, kind, name)


# --- bodies ---


def test_a_body_that_is_no_json_is_unreadable(asker: Asker) -> None:
    for endpoint, _ in asker.with_body():
        if endpoint.html:
            continue
        for body in (
            b"{",
            b"}",
            b" ",
            b"{'a': 1}",
            b'{"a": 1,}',
            b"nul",
            b'"',
            b"\x00",
            b"\xff\xfe{\x00}\x00",
            b"{}{}",
        ):
            assert asker.refused(endpoint, body, JSON).status == 400, (endpoint.path, body)
        for body in (b"null", b"true", b"1", b'"x"', b"[]", b'["a"]'):
            assert asker.refused(endpoint, body, JSON, "body").status == 422, (endpoint.path, body)


def test_a_body_that_is_no_form_is_unreadable(asker: Asker) -> None:
    unreadable = (b"a", b"&", b"a&b", b"a;b", b"&".join(b"f%d=1" % n for n in range(300)))
    for turn, (endpoint, _) in enumerate(asker.with_body()):
        if endpoint.forms or endpoint.html:
            for body in in_turn(unreadable, turn):
                assert asker.refused(endpoint, body, FORM).status == 400, (endpoint.path, body)
            for body in in_turn((b"=", b"%=1", b"%zz=1", b"a=%", b"+=+"), turn):
                asker.refused(endpoint, body, FORM)


def test_a_body_of_another_type_is_not_read(asker: Asker) -> None:
    kinds = ("multipart/form-data; boundary=b", "text/plain", "application/xml", "application/jsonx", "/", ";", "*/*")
    for turn, (endpoint, _) in enumerate(asker.with_body()):
        for kind in in_turn(kinds, turn):
            assert asker.refused(endpoint, b"{}", kind).status == 415, (endpoint.path, kind)
        if not (endpoint.forms or endpoint.html):
            assert asker.refused(endpoint, b"a=1", FORM).status == 415, endpoint.path


def test_a_body_nested_deeply_is_refused(asker: Asker) -> None:
    for endpoint, fields in asker.with_body():
        if endpoint.html:
            continue
        for depth in (100, 2000, 20_000):
            asker.refused(endpoint, b"[" * depth + b"]" * depth, JSON)
            asker.refused(endpoint, b'{"a":' * (depth // 3) + b"1" + b"}" * (depth // 3), JSON)
            for name in fields:
                asker.refused(endpoint, b'{"%s": %s%s}' % (name.encode(), b"[" * depth, b"]" * depth), JSON)


def test_a_body_of_ten_megabytes_is_too_large(asker: Asker) -> None:
    big = b"x" * (10 * MB - 100)
    for endpoint, fields in asker.with_body():
        name = next(iter(fields), NOT_HERE).encode()
        if not endpoint.html:
            assert asker.refused(endpoint, b'{"%s": "%s"}' % (name, big), JSON).status == 413, endpoint.path
        if endpoint.forms or endpoint.html:
            answer = asker.refused(endpoint, name + b"=" + big, FORM)
            assert (answer.status, len(answer.text) < MB) == (413, True), endpoint.path


def test_a_body_that_nobody_reads_does_no_harm(asker: Asker) -> None:
    for endpoint in asker.endpoints:
        if "body" not in endpoint.takes and endpoint.method != "GET" and endpoint.path != "/Logout":
            for body in (b"{", b"\xff\x00", b"[" * 20_000, b"x" * MB):
                asker.ask(endpoint, body, JSON)


# --- paths and queries ---


def test_a_part_of_a_path_may_be_anything(asker: Asker) -> None:
    parts = (
        "%00",
        "%FF",
        "%2e%2e%2f",
        "..",
        "%0d%0aSet-Cookie:%20a=b",
        "x" * 5000,
        "'%20OR%201=1",
        "%F0%9F%8D%9C",
        "{id}",
    )
    for turn, endpoint in enumerate(asker.endpoints):
        if "{" in endpoint.path:
            for part in in_turn(parts, turn):
                path = re.sub(r"\{[^}]*\}", part.replace("\\", ""), endpoint.path)
                answer = asker.ask(endpoint, b"", JSON, path=path)
                assert answer.status >= 400 or endpoint.html, (path, answer.status)


def test_a_query_that_is_not_understood_is_refused_by_name(asker: Asker) -> None:
    for endpoint in asker.endpoints:
        if endpoint.html or "body" in endpoint.takes or endpoint.path == "/Logout":
            continue
        names = list(fields_of(endpoint.takes["query"])) if "query" in endpoint.takes else []
        for query, name in [(f"{NOT_HERE}=1", NOT_HERE), *((f"{name}=1&{name}=1", name) for name in names)]:
            if query and "{" not in endpoint.path:
                asker.refused(endpoint, b"", "", name, query=query)
        for name in names:
            for value in ("%00", "%FF", "x" * 5000, "%F0%9F", "%e2%80%ae"):
                asker.refused(endpoint, b"", "", name, query=f"{name}={value}")


def test_rubbish_in_a_query_does_no_harm(asker: Asker) -> None:
    rubbish = (
        "%",
        "%00",
        "=",
        "&&&",
        "a=%zz",
        "%FF=%FF",
        ";",
        "a[]=1",
        "x" * 5000,
        "=&=&=",
        "a" * 20 + "=" + "%00" * 50,
    )
    for turn, endpoint in enumerate(asker.endpoints):
        if endpoint.method == "GET":
            for query in in_turn(rubbish, turn):
                asker.ask(endpoint, b"", "", query=query)


# --- the calendar's edges ---


def hours(**more: Any) -> dict[str, Any]:
    whole = {
        "purpose": "lunch",
        "start": "2026-11-24T11:00",
        "end": "2026-11-24T13:00",
        "timezone": "Europe/Berlin",
        "weekly": True,
    }
    return whole | more


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("start", {"start": "0001-01-01T00:00"}),
        ("start", {"start": "0000-01-01T00:00"}),
        ("start", {"start": "9999-12-31T23:59", "end": "9999-12-31T23:59"}),
        ("start", {"start": "2026-02-30T11:00"}),
        ("start", {"start": "2026-11-24T24:00"}),
        ("start", {"start": "2026-11-24T11:60"}),
        ("start", {"start": "2026-11-24T11:00:30"}),
        ("start", {"start": "2026-11-24T11:00Z"}),
        ("start", {"start": "2026-11-24T11:00+01:00"}),
        ("start", {"start": "2026-11-24 11:00"}),
        ("start", {"start": "2026-W48-2T11:00"}),
        ("start", {"start": "20261124T1100"}),
        ("start", {"start": "٢٠٢٦-11-24T11:00"}),
        ("end", {"end": "2026-11-24T11:00"}),
        ("end", {"end": "2026-11-25T11:01"}),
        ("end", {"end": "9999-12-31T23:59"}),
        ("until", {"until": "0001-01-01"}),
        ("until", {"until": "2026-11-23"}),
        ("until", {"until": "10000-01-01"}),
        ("until", {"until": "infinity"}),
        ("until", {"until": "2026-13-01"}),
        ("until", {"until": 1}),
        ("except", {"except": ["2026-11-24", "yesterday"]}),
        ("except", {"except": "2026-11-24"}),
        ("except", {"except": ["2026-11-24"] * 367}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("timezone", {"timezone": "europe/berlin"}),
        ("timezone", {"timezone": "../UTC"}),
        ("timezone", {"timezone": "localtime"}),
        ("timezone", {"timezone": ""}),
        ("weekly", {"weekly": "yes"}),
        ("weekly", {"weekly": 1}),
        ("purpose", {"purpose": "Lunch"}),
    ],
    ids=lambda value: json.dumps(value)[:50],
)
def test_a_time_there_is_not_is_refused_by_name(asker: Asker, clock: Any, field: str, given: dict[str, Any]) -> None:
    clock.set("2026-11-23T09:00Z")
    asker.browser.cookie = asker.cookie
    answer = asker.browser.post("/api/availability", hours(**given))
    assert (answer.status, answer.header("content-type")) == (422, "application/problem+json"), answer.text
    assert [re.split(r"[.\[]", error["field"])[0] for error in answer.json["errors"]] == [field], answer.text


def test_hours_at_the_edge_of_the_calendar_can_be_given_and_read(community: Community, clock: Any) -> None:
    """What is accepted must not break the pages and rounds that read it."""
    from chalicelib.lunch import rounds

    clock.set("2026-11-23T09:00Z")
    ada = community.member("ada")
    for more in (
        {"until": "9999-12-31"},
        {"until": "9999-12-30"},
        {"except": ["0001-01-01", "9999-12-31"]},
        {"timezone": "Pacific/Kiritimati"},
        {"timezone": "Etc/GMT+12"},
        {"start": "2026-03-29T02:30", "end": "2026-03-29T03:00", "timezone": "Europe/Berlin"},
        {"start": "2025-01-06T23:00", "end": "2025-01-07T23:00", "timezone": "Pacific/Apia"},
    ):
        answer = ada.post("/api/availability", hours(**more))
        assert answer.status == 201, answer.text
    listed = ada.get("/api/availability").json["availability"]
    assert len(listed) == 7
    assert ada.get("/").status == 200
    for hour in listed:
        assert ada.ask("PATCH", f"/api/availability/{hour['id']}", {"weekly": True}).status == 200
        back = ada.ask("PATCH", f"/api/availability/{hour['id']}", {"start": "0001-01-01T00:00"})
        assert (back.status, back.json["errors"][0]["field"]) == (422, "start")
    rounds.run(date(2026, 11, 23), community.locations["Harbour"], NOW)


# --- anything at all ---

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=20_000 if os.environ.get("LONG") else 150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=not os.environ.get("LONG"),
)
@given(st.data())
def test_whatever_is_sent_is_answered(asker: Asker, data: st.DataObject) -> None:
    """Bodies and queries made of the endpoint's own fields and of anything."""
    endpoint = data.draw(st.sampled_from([e for e in asker.endpoints if e.path.lower() != "/logout"]))
    names = list(fields_of(endpoint.takes["body"])) if "body" in endpoint.takes else []
    keys = st.sampled_from(names) | st.text(max_size=8) if names else st.text(max_size=8)
    drawn = data.draw(st.dictionaries(keys, ANYTHING, max_size=5))
    query = data.draw(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=2))
    kind = data.draw(st.sampled_from([JSON, FORM, "text/plain", ""]))
    texts = [(name.encode("utf-8", "replace"), str(value).encode("utf-8", "replace")) for name, value in drawn.items()]
    body = urlencode(texts).encode() if kind == FORM else json.dumps(drawn).encode()
    asker.ask(endpoint, body, kind, query=urlencode(query))
