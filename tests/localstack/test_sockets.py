"""Open pages of the deployed system hear what happens: by the functions that serve sockets, and the one that tells them."""

import asyncio
from typing import Any

import aiohttp

from tests.localstack.community import Community
from tests.localstack.deployed import Deployed, eventually


def test_an_open_page_hears_that_the_other_does_not_come(deployed: Deployed, community: Community) -> None:
    one, other = community.member("sven"), community.member("tina")
    for who in (one, other):
        community.free(who, "2027-02-09")
    deployed.ask_round("2027-W06", community.place)
    [lunch] = eventually(lambda: one.get("/api/events")["events"])
    given = one.does("POST", "/api/tickets")
    assert set(given["tokens"]) == {lunch["id"]}
    token = given["tokens"][lunch["id"]]

    async def story() -> Any:
        async with aiohttp.ClientSession() as client:
            address = f"{given['url']}?ticket={given['ticket']}"
            async with client.ws_connect(address) as socket:
                assert len(deployed.sql("SELECT FROM socket")) == 1
                answer = {"response": "rejected"}
                await asyncio.to_thread(other.does, "PUT", f"/api/events/{lunch['id']}/attendance", answer)
                # That it was approved may be told after the socket opened, or before.
                told: list[str] = []
                while told[-1:] != ["event.unconfirmed"]:
                    frame = await asyncio.wait_for(socket.receive_json(), 60)
                    told += [event["type"] for event in frame["events"] if event["token"] == token]
            try:
                await client.ws_connect(address)
            except aiohttp.WSServerHandshakeError as refused:
                return told, refused.status
            return told, 101

    told, again = asyncio.run(story())
    assert told in (["event.unconfirmed"], ["event.approved", "event.unconfirmed"])
    assert again in (401, 403), "a ticket opens one socket"
    eventually(lambda: deployed.sql("SELECT FROM socket") == [])
    # Company is looked for anew for who still comes; that round is not to fall into another test.
    deployed.fires("match_lunches")
    eventually(lambda: len(deployed.sql("SELECT FROM round WHERE week = '2027-02-08'")) > 1)
    eventually(lambda: deployed.waits() == 0)
