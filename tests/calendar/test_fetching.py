"""Fetching from a hostile server on loopback: what it may not reach, how much it may send, and for how long."""

import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.calendar import fetching
from chalicelib.calendar.fetching import Fetched, Unfetched
from chalicelib.errors import Invalid
from tests.calendar import hostile
from tests.calendar.hostile import HOST, Hostile, content, redirect

TEXT = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(pem: Path) -> Iterator[Hostile]:
    with hostile.serving(pem) as running:
        yield running


class Client:
    """Fetches from the hostile server, whose own address alone counts as a public one."""

    def __init__(self, server: Hostile, pem: Path) -> None:
        self.port = server.server_address[1]
        self.trusted = ssl.create_default_context(cafile=str(pem))
        self.names: dict[str, list[list[str]]] = {HOST: [["127.0.0.1"]]}
        self.resolved: list[str] = []

    def resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        found = self.names.get(host)
        if found is None:
            return fetching.resolve(host, port)
        return found.pop(0) if len(found) > 1 else found[0]

    def url(self, path: str, host: str = HOST) -> str:
        return f"https://{host}:{self.port}{path}"

    def fetch(self, path: str, host: str = HOST, **more: Any) -> Fetched:
        return fetching.fetch(
            self.url(path, host),
            resolve=self.resolve,
            is_allowed=lambda address: address == "127.0.0.1" or fetching.is_public(address),
            ports=frozenset({443, self.port}),
            **({"trusted": self.trusted, "seconds": 1.5} | more),
        )


@pytest.fixture
def client(server: Hostile, pem: Path) -> Client:
    return Client(server, pem)


def problem(client: Client, path: str, **more: Any) -> str:
    with pytest.raises(Unfetched) as raised:
        client.fetch(path, **more)
    said = str(raised.value)
    assert said in fetching.PROBLEMS
    return said


def test_what_stands_there_is_fetched_by_name_and_not_again_if_it_is_the_same(server: Hostile, client: Client) -> None:
    server.answers["/a?b=c"] = content(TEXT, ETag='"one"', Last_Modified="Mon, 23 Nov 2026 09:00:00 GMT")
    got = client.fetch("/a?b=c")
    assert got == Fetched(TEXT, '"one"', "Mon, 23 Nov 2026 09:00:00 GMT")
    [(_, headers)] = server.asked
    assert headers["host"].startswith(HOST) and "if-none-match" not in headers
    server.answers["/a?b=c"] = content(b"", 304, ETag='"one"')
    assert client.fetch("/a?b=c", etag=got.etag, modified=got.modified).content is None
    assert server.asked[1][1]["if-none-match"] == '"one"' and "if-modified-since" in server.asked[1][1]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "::", "::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_no_address_but_those_of_the_public_internet_is_asked(address: str, server: Hostile, client: Client) -> None:
    assert not fetching.is_public(address)
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8", address]  # one that is good does not help

    with pytest.raises(Unfetched, match="private"):
        fetching.fetch("https://calendar.example.org/", resolve=resolve)
    assert asked == ["calendar.example.org"] and server.asked == []


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_those_of_the_public_internet_may_be_asked(address: str) -> None:
    assert fetching.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_loopback_by_any_name_is_not_asked(host: str) -> None:
    with pytest.raises(Unfetched):
        fetching.fetch(f"https://{host}/")


def test_a_name_that_answers_otherwise_the_second_time_is_asked_once(server: Hostile, client: Client) -> None:
    client.names[HOST] = [["127.0.0.1"], ["10.0.0.1"]]
    server.answers["/"] = content(TEXT)
    assert client.fetch("/").content == TEXT
    assert client.resolved == [HOST]


def test_a_redirect_is_looked_at_as_the_first_address_was(server: Hostile, client: Client) -> None:
    client.names["inside.example.org"] = [["10.0.0.1"]]
    server.answers["/good"] = content(TEXT)
    server.answers["/"] = redirect("/good", 301)
    assert client.fetch("/").content == TEXT
    for to, why in (
        (client.url("/good", "inside.example.org"), "private"),
        ("https://169.254.169.254/latest/meta-data/", "private"),
        (f"http://{HOST}/good", "address"),
        ("file:///etc/passwd", "address"),
        ("gopher://127.0.0.1:25/_HELO", "address"),
        (f"https://{HOST}:6379/", "address"),
        ("https://user:secret@calendar.example.org/", "address"),
        ("https://[::1", "address"),
        ("", "refused"),
    ):
        server.answers["/"] = redirect(to)
        assert problem(client, "/") == why, to
    # A name that is good the first time and leads inside the second.
    client.names[HOST] = [["127.0.0.1"], ["10.0.0.1"]]
    server.answers["/"] = redirect("/good")
    assert problem(client, "/") == "private"


def test_what_leads_to_itself_ends(server: Hostile, client: Client) -> None:
    server.answers["/"] = redirect("/")
    assert problem(client, "/") == "redirects"
    assert len(server.asked) == fetching.MOST_REDIRECTS + 1


def test_what_is_too_large_is_left(server: Hostile, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 200_000)
    server.answers |= {"/": content(b"X" * 200_001), "/endless": hostile.endless, "/chunks": hostile.chunks_for_ever}
    for path in server.answers:
        assert problem(client, path, seconds=10) == "too_large", path
    server.answers["/"] = content(b"X" * 200_000)
    assert len(client.fetch("/").content or b"") == 200_000


@pytest.mark.parametrize("answer", [hostile.dripping, hostile.dripping_headers, hostile.silent])
def test_what_takes_too_long_is_left(answer: Any, server: Hostile, client: Client) -> None:
    server.answers["/"] = answer
    began = time.monotonic()
    assert problem(client, "/") in ("too_slow", "no_answer")
    assert time.monotonic() - began < 5


def test_many_slow_redirects_have_one_deadline(server: Hostile, client: Client) -> None:
    def slow(handler: Any) -> None:
        time.sleep(0.6)
        redirect("/")(handler)

    server.answers["/"] = slow
    began = time.monotonic()
    assert problem(client, "/") == "too_slow"
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (content(b"", 404), "gone"),
        (content(b"", 410), "gone"),
        (content(b"", 500), "refused"),
        (content(b"", 401), "refused"),
        (content(b"", 204), "refused"),
        (content(b"\x1f\x8b", Content_Encoding="gzip"), "refused"),
        (hostile.cut, "no_answer"),
        (hostile.noise, "no_answer"),
    ],
)
def test_what_is_no_answer_is_said(answer: Any, why: str, server: Hostile, client: Client) -> None:
    server.answers["/"] = answer
    assert problem(client, "/") == why


def test_a_certificate_has_to_hold(server: Hostile, client: Client) -> None:
    server.answers["/"] = content(TEXT)
    assert problem(client, "/", trusted=ssl.create_default_context()) == "certificate"
    client.names["other.example.org"] = [["127.0.0.1"]]
    assert problem(client, "/", host="other.example.org") == "certificate"
    assert server.asked == []


def test_a_name_that_nobody_knows_has_no_answer() -> None:
    with pytest.raises(Unfetched, match="no_answer"):
        fetching.fetch("https://nobody.invalid/")


@pytest.mark.parametrize(
    "url",
    [
        "http://calendar.example.org/", "calendar.example.org/a.ics", "ftp://x.org/", "https://", "https:///a", "https://x.org:444/",
        "https://x.org:https/", "https://ada:secret@x.org/", "https://x.org/a b", "https://x.org/\r\nHost: y", "https://[::1",
        "https://x.org/ä", "https://" + "a" * 70 + ".org/", "https://x..org/", "javascript:alert(1)", "https://x.org/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_calendar_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as raised:
        fetching.checked_url(url)
    assert set(raised.value.fields) == {"url"}


def test_webcal_is_https() -> None:
    assert fetching.checked_url("webcal://x.org/a.ics") == "https://x.org/a.ics"
    assert fetching.checked_url("HTTPS://X.org:443/a?b#c") == "HTTPS://X.org:443/a?b#c"
    assert fetching.host_of("https://Calendar.Example.org/secret") == "calendar.example.org"
