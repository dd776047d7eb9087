"""What a person's own programs may do with a token of his."""

from datetime import timedelta
from typing import Any

import pytest

from tests.people import PASSWORD, Browser


def made(browser: Browser, scope: str = "read", name: str = "phone") -> Browser:
    """A program that holds a new token of the person's."""
    answer = browser.post("/api/me/tokens", {"name": name, "scope": scope, "password": PASSWORD})
    assert answer.status == 201, answer.text
    return Browser(headers={"Authorization": f"Bearer {answer.json['token']}"})


def ask(program: Browser, method: str, target: str, body: Any = None) -> Any:
    """As programs do: no Origin, no cookie."""
    return program.ask(method, target, body, headers={"Origin": ""})


def test_a_program_reads_with_a_token(community: Any) -> None:
    answer = ask(made(community.member("ada")), "GET", "/api/me")
    assert (answer.status, answer.json["username"]) == (200, "ada")


def test_a_token_to_read_writes_nothing(community: Any) -> None:
    ada = community.member("ada")
    answer = ask(made(ada), "PATCH", "/api/me", {"name": "Eve"})
    assert (answer.status, answer.json["detail"]) == (403, "This token may only read")
    assert ada.get("/api/me").json["name"] == "Ada"


def test_a_token_to_write_needs_neither_origin_nor_csrf(community: Any) -> None:
    ada = community.member("ada")
    assert ask(made(ada, "write"), "PATCH", "/api/me", {"name": "Eve"}).status == 200
    assert ada.get("/api/me").json["name"] == "Eve"


def test_a_token_is_shown_once_and_kept_as_a_digest(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    token = ada.post("/api/me/tokens", {"name": "phone", "password": PASSWORD}, headers={"Idempotency-Key": "1"}).json[
        "token"
    ]
    [listed] = ada.get("/api/me/tokens").json["tokens"]
    assert (listed["name"], listed["scope"], "token" in listed) == ("phone", "read", False)
    kept = sql(
        "SELECT row_to_json(t)::text AS row FROM api_token t UNION ALL SELECT row_to_json(i)::text FROM idempotency i"
    )
    assert all(token not in row.row for row in kept)


def test_a_revoked_token_is_worth_nothing(community: Any) -> None:
    ada = community.member("ada")
    program = made(ada)
    [listed] = ada.get("/api/me/tokens").json["tokens"]
    assert ada.ask("DELETE", f"/api/me/tokens/{listed['id']}").status == 204
    assert ask(program, "GET", "/api/me").status == 401


def test_a_token_that_has_expired_is_worth_nothing(community: Any, clock: Any, sql: Any) -> None:
    program = made(community.member("ada"))
    [token] = sql("SELECT expires FROM api_token")
    clock.set((token.expires - timedelta(seconds=30)).isoformat())
    assert ask(program, "GET", "/api/me").status == 200
    clock.set(token.expires.isoformat())
    assert ask(program, "GET", "/api/me").status == 401


def test_nobody_revokes_the_token_of_another(community: Any) -> None:
    ada, bob = community.member("ada"), community.member("bob")
    program = made(ada)
    [listed] = ada.get("/api/me/tokens").json["tokens"]
    assert bob.ask("DELETE", f"/api/me/tokens/{listed['id']}").status == 404
    assert ask(program, "GET", "/api/me").status == 200


@pytest.mark.parametrize("target", ["/", "/MyEvents/", "/ValidLocations/"])
def test_a_token_opens_the_api_alone(community: Any, target: str) -> None:
    answer = ask(made(community.member("ada"), "write"), "GET", target)
    assert answer.status == 401 or "Ada" not in answer.text


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/api/me/tokens", {"name": "another", "scope": "write", "password": "correct horse battery"}),
        ("GET", "/api/me/tokens", None),
        ("GET", "/api/me/sessions", None),
        ("DELETE", "/api/me/sessions", None),
        ("PUT", "/api/me/feed", {"password": "correct horse battery"}),
        ("PUT", "/api/me/password", {"former_password": "correct horse battery", "password": "another long one"}),
        ("PUT", "/api/me/email", {"email": "eve@example.org", "password": "correct horse battery"}),
        ("DELETE", "/api/me", {"password": "correct horse battery"}),
    ],
)
def test_a_token_does_not_open_what_opens_the_account(community: Any, method: str, target: str, body: Any) -> None:
    ada = community.member("ada")
    answer = ask(made(ada, "write"), method, target, body)
    assert answer.status == 403, answer.text
    assert ada.get("/api/me").status == 200


def test_a_wrong_token_beside_a_good_cookie_is_refused(community: Any) -> None:
    ada = community.member("ada")
    assert ada.get("/api/me", headers={"Authorization": "Bearer nonsense"}).status == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "bearer \udcff", "Bearer " + "x" * 9000])
def test_a_strange_authorization_is_nobodys(database: str, header: str) -> None:
    header = header.encode("utf-8", "replace").decode()
    assert Browser().get("/api/me", headers={"Authorization": header}).status == 401


def test_a_session_is_no_token_and_a_token_no_session(community: Any) -> None:
    ada = community.member("ada")
    assert Browser().get("/api/me", headers={"Authorization": f"Bearer {ada.cookie}"}).status == 401
    token = ada.post("/api/me/tokens", {"name": "phone", "password": PASSWORD}).json["token"]
    assert Browser(cookie=token).get("/api/me").status == 401


def test_two_tokens_of_a_person_have_two_names(community: Any) -> None:
    ada = community.member("ada")
    made(ada)
    answer = ada.post("/api/me/tokens", {"name": "phone", "password": PASSWORD})
    assert (answer.status, answer.json["detail"]) == (409, "You have a token of that name already")
    made(community.member("bob"))


def test_a_person_has_twenty_tokens_at_most_and_a_revoked_one_makes_room(community: Any) -> None:
    community.rule("login.failures_per_15_minutes", 1000)
    ada = community.member("ada")
    for number in range(20):
        made(ada, name=f"phone {number}")
    one_more = {"name": "one more", "password": PASSWORD}
    refused = ada.post("/api/me/tokens", one_more)
    assert (refused.status, refused.json["detail"]) == (409, "You have 20 tokens already. Revoke one first")
    [first, *_] = ada.get("/api/me/tokens").json["tokens"]
    assert ada.ask("DELETE", f"/api/me/tokens/{first['id']}").status == 204
    assert ada.post("/api/me/tokens", one_more).status == 201


def test_a_token_of_a_banned_person_reads_no_more_than_he_may(community: Any) -> None:
    program = made(community.member("ada"), "write")
    community.ban("ada")
    assert ask(program, "GET", "/api/events").status == 403
    assert ask(program, "GET", "/api/me").json["banned"] is True
