"""Live updates: tickets open sockets once; sockets hear, in tokens, what happens at their places and nothing else."""

import asyncio
import base64
import itertools
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from chalicelib.clock import now
from tests.lunches import lunch


def starts(hours: int = 0) -> str:
    """In two days, by the product's clock."""
    return (now() + timedelta(days=2, hours=hours)).isoformat()


def batch(*messages: tuple[str, uuid.UUID], topic: str = "Events_All") -> dict[str, Any]:
    """A batch of Kafka: types and lunches."""
    records = [
        json.dumps({"id": str(uuid.uuid4()), "type": type, "time": starts(), "data": {"event": str(event)}})
        for type, event in messages
    ]
    return raw(*records, topic=topic)


def raw(*texts: str, topic: str = "Events_All") -> dict[str, Any]:
    values = [
        {"topic": topic, "partition": 0, "offset": n, "value": base64.b64encode(text.encode()).decode()}
        for n, text in enumerate(texts)
    ]
    return {"records": {f"{topic}-0": values}}


class Server:
    """The local socket server, with the handlers of app.py, and what a browser does with it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    async def open(self, client: aiohttp.ClientSession, ticket: str) -> aiohttp.ClientWebSocketResponse:
        return await client.ws_connect(f"{self.url}/?ticket={ticket}")


@pytest.fixture
def settings_of_sockets(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    from chalicelib.config import config
    from chalicelib.messaging import sockets
    from infra.local.processes import free_port

    port = free_port()
    monkeypatch.setenv("SOCKETS_URL", f"ws://127.0.0.1:{port}/")
    monkeypatch.setenv("SOCKETS_API", f"http://127.0.0.1:{port}")
    config.cache_clear()
    sockets._client.cache_clear()
    yield port
    sockets._client.cache_clear()


Story = Callable[[Server, aiohttp.ClientSession], Awaitable[None]]


@pytest.fixture
def live(settings_of_sockets: int) -> Callable[[Story], None]:
    """Runs a story beside a running socket server."""
    import app
    from infra.local.sockets import Sockets, invoker

    handlers = {
        "$connect": app.websocket_connect,
        "$disconnect": app.websocket_disconnect,
        "$default": app.websocket_message,
    }

    async def tell(story: Story) -> None:
        runner = web.AppRunner(Sockets(invoker(handlers)).application())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", settings_of_sockets).start()
        try:
            # As many sockets as a story wants: a client keeps a hundred open and lets the next wait.
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
                await story(Server(settings_of_sockets), client)
        finally:
            await runner.cleanup()

    return lambda story: asyncio.run(tell(story))


def ticket(browser: Any) -> Any:
    answer = browser.post("/api/tickets")
    assert answer.status == 201, answer.text
    return answer.json


async def tell(event: dict[str, Any]) -> None:
    from chalicelib.notifications import live_updates

    await asyncio.to_thread(live_updates.handle, event)


async def heard(socket: Any, seconds: float = 15) -> list[dict[str, str]]:
    frame = await asyncio.wait_for(socket.receive_json(), seconds)
    assert set(frame) == {"events"}
    events: list[dict[str, str]] = frame["events"]
    return events


async def silent(socket: Any, seconds: float = 0.5) -> bool:
    try:
        await asyncio.wait_for(socket.receive(), seconds)
    except TimeoutError:
        return True
    return False


# --- frames ---


def test_ones_own_page_knows_which_lunch_is_meant_and_nobody_elses_does(community: Any, sql: Any, live: Any) -> None:
    ada, bob, eve = (community.person(name) for name in ("ada", "bob", "eve"))
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada, bob])
    given = {name: ticket(community.browser_of(who)) for name, who in (("ada", ada), ("bob", bob), ("eve", eve))}
    assert set(given["ada"]["tokens"]) == {str(ours)} and given["eve"]["tokens"] == {}

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        sockets = [await server.open(client, one["ticket"]) for one in given.values()]
        await tell(batch(("event.approved", ours)))
        frames = [await heard(socket) for socket in sockets]
        assert frames[0] == frames[1] == frames[2], "whoever listens there hears the same"
        assert len({event["token"] for event in frames[0]}) == 2, "and cannot tell that the two are at one lunch"
        assert {(event["token"], event["type"]) for event in frames[0]} == {
            (given[name]["tokens"][str(ours)], "event.approved") for name in ("ada", "bob")
        }
        assert str(ours) not in json.dumps(frames[0]) and "ada" not in json.dumps(frames[0]).lower()

    live(story)


def test_what_happens_elsewhere_is_not_heard_but_where_one_has_a_lunch_it_is(
    community: Any, sql: Any, live: Any
) -> None:
    ada, bob, eve = (community.person(name) for name in ("ada", "bob", "eve"))
    there = community.locations["Ferry Building"]
    visiting = lunch(sql, there, starts(), approved=[ada, bob])
    tickets = [ticket(community.browser_of(person))["ticket"] for person in (ada, eve)]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        visitor, at_home = [await server.open(client, one) for one in tickets]
        await tell(batch(("event.canceled", visiting)))
        assert [event["type"] for event in await heard(visitor)] == ["event.canceled"] * 2
        assert await silent(at_home)

    live(story)


@pytest.mark.parametrize("type", ["attendance.approved", "event.proposed", "event.done"])
def test_what_concerns_nobodys_page_is_not_told(community: Any, sql: Any, live: Any, type: str) -> None:
    ada = community.person("ada")
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada])
    given = ticket(community.browser_of(ada))["ticket"]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        socket = await server.open(client, given)
        await tell(batch((type, ours)))
        assert await silent(socket)

    live(story)


def test_a_socket_hears_at_most_one_frame_a_second_and_misses_nothing(community: Any, sql: Any, live: Any) -> None:
    ada = community.person("ada")
    harbour = community.locations["Harbour"]
    ours = [lunch(sql, harbour, starts(2 * n), approved=[ada]) for n in range(4)]
    given = ticket(community.browser_of(ada))

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        socket = await server.open(client, given["ticket"])
        telling = asyncio.gather(*(tell(batch(("event.approved", one))) for one in ours))
        found: set[str] = set()
        times: list[float] = []
        while len(found) < 4:
            found |= {event["token"] for event in await heard(socket)}
            times.append(time.monotonic())
        await telling
        assert found == set(given["tokens"].values())
        assert all(later - earlier > 0.9 for earlier, later in itertools.pairwise(times))

    live(story)


def test_a_batch_that_comes_twice_is_told_once(community: Any, sql: Any, live: Any) -> None:
    ada = community.person("ada")
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada])
    given = ticket(community.browser_of(ada))["ticket"]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        socket = await server.open(client, given)
        told = batch(("event.approved", ours))
        await tell(told)
        await tell(told)
        assert len(await heard(socket)) == 1
        assert await silent(socket, 1.5)

    live(story)


def test_a_frame_that_was_not_sent_is_sent_with_the_next(
    community: Any, sql: Any, live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies between claiming a frame and sending it."""
    from chalicelib.messaging import sockets

    ada = community.person("ada")
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada])
    given = ticket(community.browser_of(ada))["ticket"]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        socket = await server.open(client, given)
        with monkeypatch.context() as patch:
            patch.setattr(sockets, "send", lambda connections, text: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                from chalicelib.notifications import live_updates

                live_updates.handle(batch(("event.approved", ours)))
        await tell(raw())
        assert len(await heard(socket)) == 1

    live(story)


# --- tickets ---


async def is_refused(server: Server, client: aiohttp.ClientSession, given: str) -> bool:
    try:
        socket = await server.open(client, given)
    except aiohttp.WSServerHandshakeError as error:
        return error.status == 403
    await socket.close()
    return False


@pytest.mark.parametrize("given", ["", "x", "%00", "a" * 4000, "\N{SNOWMAN}"])
def test_what_is_no_ticket_opens_nothing(community: Any, live: Any, given: str) -> None:
    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        assert await is_refused(server, client, given)

    live(story)


def test_a_ticket_opens_one_socket(community: Any, live: Any) -> None:
    given = ticket(community.member("ada"))["ticket"]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        tried = await asyncio.gather(*(is_refused(server, client, given) for _ in range(8)))
        assert sorted(tried) == [False] + [True] * 7
        assert await is_refused(server, client, given)

    live(story)


@pytest.mark.parametrize(("later", "opens"), [(50, True), (62, False), (3600, False)])
def test_a_ticket_lasts_a_minute(community: Any, live: Any, clock: Any, later: int, opens: bool) -> None:
    clock.set("2026-11-24T12:00:00Z")
    given = ticket(community.member("ada"))["ticket"]
    clock.set(f"2026-11-24T{12 + later // 3600}:{later % 3600 // 60:02}:{later % 60:02}Z")

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        assert await is_refused(server, client, given) is not opens

    live(story)


@pytest.mark.parametrize("ended", ["logged out", "banned"])
def test_a_ticket_ends_with_its_session(community: Any, live: Any, ended: str) -> None:
    browser = community.member("ada")
    given = ticket(browser)["ticket"]
    if ended == "banned":
        community.ban("ada")
    else:
        browser.post("/Logout/")

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        assert await is_refused(server, client, given)

    live(story)


def test_a_ticket_needs_a_session(community: Any, visitor: Any, settings_of_sockets: int) -> None:
    assert visitor.post("/api/tickets").status == 401


def test_where_there_are_no_live_updates_that_is_said(community: Any) -> None:
    answer = community.member("ada").post("/api/tickets")
    assert (answer.status, answer.json["detail"]) == (503, "There are no live updates here")


# --- sockets that come and go ---


def test_a_socket_of_an_ended_session_hears_nothing_more(community: Any, sql: Any, live: Any) -> None:
    ada = community.person("ada")
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada])
    browser = community.browser_of(ada)
    given = ticket(browser)["ticket"]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        socket = await server.open(client, given)
        await asyncio.to_thread(browser.post, "/Logout/")
        await tell(batch(("event.approved", ours)))
        assert await silent(socket)

    live(story)


def test_a_socket_that_is_gone_is_forgotten_and_holds_nobody_up(community: Any, sql: Any, live: Any) -> None:
    ada, bob = (community.person(name) for name in ("ada", "bob"))
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada, bob])
    given = [ticket(community.browser_of(person))["ticket"] for person in (ada, bob)]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        first, second = [await server.open(client, one) for one in given]
        sql("INSERT INTO socket SELECT 'gone', session_id, opened FROM socket LIMIT 1")
        sql("INSERT INTO socket_location VALUES ('gone', %s)", community.locations["Harbour"])
        await first.close()
        await tell(batch(("event.approved", ours)))
        assert len(await heard(second)) == 2
        assert [row.n for row in sql("SELECT count(*) AS n FROM socket")] == [1]

    live(story)


def test_too_large_a_frame_ends_its_socket_alone(community: Any, sql: Any, live: Any) -> None:
    ada, bob = (community.person(name) for name in ("ada", "bob"))
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada, bob])
    given = [ticket(community.browser_of(person))["ticket"] for person in (ada, bob)]

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        first, second = [await server.open(client, one) for one in given]
        await second.send_str("what a page says is passed over")
        await first.send_str("x" * 40_000)
        closed = await asyncio.wait_for(first.receive(), 3)
        assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED) and first.close_code == 1009
        await tell(batch(("event.approved", ours)))
        assert len(await heard(second)) == 2

    live(story)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_thousand_idle_sockets_hear_within_seconds(community: Any, sql: Any, live: Any) -> None:
    ada = community.person("ada")
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada])
    browser = community.browser_of(ada)

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        # One after the other: a ticket lasts a minute, and many sockets may take longer to open.
        given = (await asyncio.to_thread(ticket, browser) for _ in range(1000))
        sockets = [await server.open(client, one["ticket"]) async for one in given]
        await tell(batch(("event.approved", ours)))
        assert all([len(await heard(socket, 60)) == 1 for socket in sockets])

    live(story)


# --- poison ---


def test_poison_is_buried_once_shown_to_the_admin_and_blocks_nobody(community: Any, sql: Any, live: Any) -> None:
    ada = community.person("ada")
    ours = lunch(sql, community.locations["Harbour"], starts(), approved=[ada])
    given = ticket(community.browser_of(ada))["ticket"]
    good = json.loads(base64.b64decode(batch(("event.approved", ours))["records"]["Events_All-0"][0]["value"]))
    poisoned = raw(
        "not JSON",
        json.dumps({"id": str(uuid.uuid4()), "type": "event.approved", "time": starts(), "data": {"event": "no id"}}),
        json.dumps({"id": "no id", "type": "event.approved", "time": starts(), "data": {"event": str(ours)}}),
        json.dumps(good),
    )

    async def story(server: Server, client: aiohttp.ClientSession) -> None:
        socket = await server.open(client, given)
        for _ in range(2):
            await tell(poisoned)
        assert len(await heard(socket)) == 1

    live(story)
    letters = [row.data for row in sql("SELECT event->'data' AS data FROM outbox WHERE topic = 'Dead_Letters'")]
    assert [(one["consumer"], one["topic"], one["offset"]) for one in letters] == [
        ("live_updates", "Events_All", 0),
        ("live_updates", "Events_All", 1),
        ("live_updates", "Events_All", 2),
    ]
    shown = community.admin().get("/admin/outbox").text
    assert shown.count("live_updates") == 3 and "no message of ours" in shown and "JSONDecodeError" in shown


def test_where_the_database_is_gone_the_batch_comes_again(
    community: Any, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.errors import Unavailable
    from chalicelib.notifications import live_updates

    def gone(*given: Any) -> Any:
        raise Unavailable("The database is not available just now")

    monkeypatch.setattr(live_updates, "transaction", gone)
    with pytest.raises(Unavailable):
        live_updates.handle(batch(("event.approved", uuid.uuid4())))
    assert sql("SELECT 1 FROM outbox") == []
