"""The server that we are connected to became a standby, as in a failover: 503, and the next request is let in elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.people import PASSWORD, Browser, Community


@pytest.fixture
def read_only(database: str, sql: Callable[..., list[Any]]) -> Callable[[bool], None]:
    """New connections to this database may write, or may not, as those of a standby."""
    name = database.rpartition("/")[2]

    def say(on: bool) -> None:
        sql(f"ALTER DATABASE {name} SET default_transaction_read_only = {'on' if on else 'off'}")

    return say


def test_what_writes_is_told_to_come_again_and_nothing_is_our_fault(community: Community, read_only: Any) -> None:
    from chalicelib.database import disconnect

    ada = community.member("ada")
    disconnect()
    read_only(True)
    for answer in (
        ada.ask("PATCH", "/api/me", {"name": "Eve"}),
        ada.post("/InvitationCode/Create/", {}),
        Browser().post("/Login/", {"username": "ada", "password": PASSWORD}),
        ada.get("/MyEvents/"),
    ):
        assert answer.status == 503, answer.text
        assert int(answer.header("Retry-After")) > 0
    assert ada.get("/api/me").status == 200  # reading goes on


def test_a_connection_to_a_standby_is_not_kept(community: Community, read_only: Any) -> None:
    from chalicelib.database import disconnect

    ada = community.member("ada")
    disconnect()
    read_only(True)
    assert ada.ask("PATCH", "/api/me", {"name": "Eve"}).status == 503
    read_only(False)  # the connection that was opened meanwhile would not know
    assert ada.ask("PATCH", "/api/me", {"name": "Eve"}).status == 200
    assert ada.get("/api/me").json["name"] == "Eve"


def test_found_out_in_the_middle_it_is_tried_once_more_elsewhere(community: Community, read_only: Any) -> None:
    from chalicelib.database import disconnect

    ada = community.member("ada")
    disconnect()
    read_only(True)
    assert ada.get("/api/me").status == 200  # a warm connection to the standby
    read_only(False)
    assert ada.ask("PATCH", "/api/me", {"name": "Eve"}).status == 200
