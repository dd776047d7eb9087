"""Who does not know whether his request arrived sends it again, with the same Idempotency-Key."""

from contextlib import closing
from typing import Any

import psycopg2
import pytest

from tests.people import Browser, Community

PATH = "/api/availability"
TUESDAY: dict[str, Any] = {
    "purpose": "lunch", "start": "2030-11-26T11:00", "end": "2030-11-26T13:00", "timezone": "Europe/Berlin",
}  # fmt: skip
WEDNESDAY = TUESDAY | {"start": "2030-11-27T11:00", "end": "2030-11-27T13:00"}


@pytest.fixture
def ada(community: Community, clock: Any) -> Browser:
    clock.set("2030-11-20T09:00Z")
    return community.member("ada")


def send(browser: Browser, body: dict[str, Any], key: str = "once") -> Any:
    return browser.post(PATH, body, headers={"Idempotency-Key": key})


def given(browser: Browser) -> list[str]:
    return [one["start"] for one in browser.get(PATH).json["availability"]]


def test_the_same_request_sent_twice_is_carried_out_once_and_answered_the_same(ada: Browser) -> None:
    first, second = send(ada, TUESDAY), send(ada, TUESDAY)
    assert (first.status, second.status) == (201, 201)
    assert first.json == second.json
    assert given(ada) == ["2030-11-26T11:00"]


def test_a_key_is_for_one_request(ada: Browser) -> None:
    send(ada, TUESDAY)
    answer = send(ada, WEDNESDAY)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert given(ada) == ["2030-11-26T11:00"]
    assert send(ada, WEDNESDAY, "another").status == 201


def test_while_the_first_is_under_way_the_second_is_told_so(community: Community, ada: Browser, database: str) -> None:
    """The first holds the person's key until its transaction ends: here in another connection, as another Lambda would."""
    [me] = community.sql("SELECT person_id AS id FROM account WHERE username = 'ada'")
    with closing(psycopg2.connect(database)) as first:
        first.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{me.id} once",))
        answer = send(ada, TUESDAY)
        assert (answer.status, answer.json["detail"]) == (409, "A request with this Idempotency-Key is still under way")
        assert send(ada, WEDNESDAY, "another").status == 201, "another key is held up by nobody"
        first.rollback()  # a connection that is closed lets go a moment later
    assert send(ada, TUESDAY).status == 201


def test_a_refusal_leaves_the_key_to_the_request_that_mends_it(ada: Browser) -> None:
    assert send(ada, TUESDAY | {"end": "2030-11-26T10:00"}).status == 422
    assert send(ada, TUESDAY).status == 201


def test_the_key_of_another_person_is_not_mine(community: Community, ada: Browser) -> None:
    bob = community.member("bob")
    assert send(ada, TUESDAY).status == send(bob, WEDNESDAY).status == 201
    assert (given(ada), given(bob)) == (["2030-11-26T11:00"], ["2030-11-27T11:00"])


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(ada: Browser, key: str) -> None:
    answer = send(ada, TUESDAY, key)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert given(ada) == []
