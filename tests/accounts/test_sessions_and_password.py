"""Where a person is logged in, logging out everywhere, and a new password."""

import threading
from typing import Any

import pytest

from tests.people import PASSWORD, Browser

NEW = "another good password"


def logged_in(community: Any, count: int = 2) -> list[Browser]:
    person = community.person("ada")
    return [community.browser_of(person) for _ in range(count)]


def test_a_person_sees_where_he_is_logged_in(community: Any) -> None:
    here, _ = logged_in(community)
    sessions = here.get("/api/me/sessions").json["sessions"]
    assert sorted(session["this"] for session in sessions) == [False, True]


def test_logging_out_everywhere_leaves_one_logged_in_here(community: Any) -> None:
    here, there = logged_in(community)
    bob = community.member("bob")
    assert here.ask("DELETE", "/api/me/sessions").status == 204
    assert [browser.get("/api/me").status for browser in (here, there, bob)] == [200, 401, 200]


def test_one_session_can_be_ended(community: Any) -> None:
    here, there, third = logged_in(community, 3)
    [that] = [s["id"] for s in there.get("/api/me/sessions").json["sessions"] if s["this"]]
    assert here.ask("DELETE", f"/api/me/sessions/{that}").status == 204
    assert [browser.get("/api/me").status for browser in (here, there, third)] == [200, 401, 200]
    assert here.ask("DELETE", f"/api/me/sessions/{that}").status == 404


def test_a_new_password_ends_every_other_session(community: Any) -> None:
    here, there = logged_in(community)
    answer = here.ask("PUT", "/api/me/password", {"former_password": PASSWORD, "password": NEW})
    assert answer.status == 204, answer.text
    assert [browser.get("/api/me").status for browser in (here, there)] == [200, 401]
    assert Browser().post("/Login/", {"username": "ada", "password": PASSWORD}).status == 401
    assert Browser().post("/Login/", {"username": "ada", "password": NEW}).status == 200


@pytest.mark.parametrize(
    ("former", "new", "field"),
    [("wrong password", NEW, "former_password"), (PASSWORD, "short", "password"), (PASSWORD, "x" * 129, "password")],
)
def test_a_refused_password_changes_nothing(community: Any, former: str, new: str, field: str) -> None:
    here, there = logged_in(community)
    answer = here.ask("PUT", "/api/me/password", {"former_password": former, "password": new})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert there.get("/api/me").status == 200


def test_a_stolen_session_cannot_guess_the_password_for_long(community: Any) -> None:
    community.rule("login.failures_per_15_minutes", 3)
    [here] = logged_in(community, 1)
    tries = [here.ask("PUT", "/api/me/password", {"former_password": f"guess {n}", "password": NEW}) for n in range(3)]
    assert [answer.status for answer in tries] == [422, 422, 422]
    answer = here.ask("PUT", "/api/me/password", {"former_password": PASSWORD, "password": NEW})
    assert answer.status == 429
    assert int(answer.header("Retry-After")) > 0


def test_a_right_password_counts_as_no_failure(community: Any) -> None:
    community.rule("login.failures_per_15_minutes", 1)
    [here] = logged_in(community, 1)
    for former, new in ((PASSWORD, NEW), (NEW, PASSWORD), (PASSWORD, NEW)):
        assert here.ask("PUT", "/api/me/password", {"former_password": former, "password": new}).status == 204


def test_passwords_are_hashed_while_no_transaction_is_open(community: Any, sql: Any, monkeypatch: Any) -> None:
    from chalicelib.accounts import passwords

    [here] = logged_in(community, 1)
    open_while: list[int] = []

    def watched(slow: Any) -> Any:
        def work(*given: Any) -> Any:
            busy = sql(
                "SELECT count(*) AS n FROM pg_stat_activity"
                " WHERE state LIKE 'idle in transaction%%' AND datname = current_database()"
            )
            open_while.append(busy[0].n)
            return slow(*given)

        return work

    for name in ("hash", "verify"):
        monkeypatch.setattr(passwords, name, watched(getattr(passwords, name)))
    assert here.ask("PUT", "/api/me/password", {"former_password": PASSWORD, "password": NEW}).status == 204
    assert open_while == [0, 0]


def test_of_two_new_passwords_at_once_one_holds(community: Any) -> None:
    person = community.person("ada")
    browsers = [community.browser_of(person) for _ in range(2)]
    answers: list[Any] = []

    def change(number: int) -> None:
        body = {"former_password": PASSWORD, "password": f"{NEW} {number}"}
        answers.append((number, browsers[number].ask("PUT", "/api/me/password", body).status))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [number for number, status in answers if status == 204]
    assert len(winners) == 1, answers
    assert Browser().post("/Login/", {"username": "ada", "password": f"{NEW} {winners[0]}"}).status == 200


def test_a_visitor_is_asked_to_log_in_before_his_body_is_read(database: str) -> None:
    assert Browser().ask("PUT", "/api/me/password", {"nonsense": 1}).status == 401
