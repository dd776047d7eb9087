"""Somebody erases himself: his id stays, the rest is blank or gone."""

import threading
import time
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.lunches import lunch, told
from tests.people import PASSWORD, Browser


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")


def erase(browser: Browser, password: str = PASSWORD) -> Any:
    return browser.ask("DELETE", "/api/me", {"password": password})


def filled(community: Any) -> tuple[UUID, Browser]:
    """A member who has used everything."""
    person = community.person("ada")
    ada = community.browser_of(person)
    ada.ask("PATCH", "/api/me", {"name": "Ada Lovelace", "refuses": ["Thai"], "mails": {"event_evaluate": False}})
    hours = {"purpose": "lunch", "start": "2026-11-24T12:00", "end": "2026-11-24T14:00", "timezone": "Europe/Berlin"}
    ada.post("/api/availability", hours, headers={"Idempotency-Key": "1"})
    ada.post("/api/pauses", {"first": "2026-W51", "last": "2026-W52"})
    ada.post("/InvitationCode/Create/", {"to": "eve@example.org"})
    ada.post("/api/me/tokens", {"name": "phone", "password": PASSWORD})
    ada.ask("PUT", "/api/me/feed", {"password": PASSWORD})
    ada.ask("PUT", "/api/me/email", {"email": "new@example.org", "password": PASSWORD})
    return person, ada


def test_nothing_is_left_but_the_id(community: Any, sql: Any) -> None:
    from chalicelib.home.export import TABLES

    person, ada = filled(community)
    assert erase(ada).status == 204
    [left] = sql("SELECT * FROM person WHERE id = %s", person)
    assert (left.name, left.slug, left.timezone) == ("", str(person), "UTC")
    kept = {table for table, query in TABLES.items() if sql(query.replace("%(me)s", f"'{person}'"))}
    assert kept == {"person", "invitation"}  # the invitation keeps neither code nor address
    assert sql("SELECT 1 FROM invitation_address") == []
    rows = "\n".join(
        row.text
        for table in sql(
            "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for row in sql(f"SELECT t::text AS text FROM {table.name} t")
    )
    assert [word for word in ("Lovelace", "ada@", "eve@", "new@") if word in rows] == []


def test_he_is_logged_out_and_cannot_come_back(community: Any) -> None:
    _, ada = filled(community)
    erase(ada)
    assert ada.get("/api/me").status == 401
    assert Browser().post("/Login/", {"username": "ada", "password": PASSWORD}).status == 401


def test_his_name_and_address_are_free_again(community: Any) -> None:
    _, ada = filled(community)
    erase(ada)
    community.person("ada")


def test_his_invitations_are_worth_nothing(community: Any) -> None:
    ada = community.member("ada")
    code = ada.post("/InvitationCode/Create/").json["invitation_code"]
    erase(ada)
    body = {"username": "eve", "password": PASSWORD, "name": "Eve", "email": "eve@example.org", "timezone": "UTC"}
    assert Browser().post("/Enrollment/Create/", body | {"invitation_code": code}).status == 403


def test_others_read_of_a_former_member(community: Any, sql: Any) -> None:
    person, ada = filled(community)
    eve, bob = community.person("eve"), community.person("bob")
    place = community.locations["Harbour"]
    past = lunch(sql, place, "2026-11-20T12:00+00:00", approved=[person, bob], confirmed=True)
    coming = lunch(sql, place, "2026-11-25T12:00+00:00", approved=[person, bob, eve], confirmed=True)
    erase(ada)
    of_bob = community.browser_of(bob)
    assert of_bob.get(f"/api/events/{past}").json["people"] == ["a former member", "Bob"]
    assert of_bob.get(f"/api/events/{coming}").json["people"] == ["Bob", "Eve"]


def test_his_coming_lunch_goes_on_without_him_or_waits(community: Any, sql: Any) -> None:
    person, ada = filled(community)
    bob = community.person("bob")
    event = lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[person, bob], confirmed=True)
    erase(ada)
    assert sql("SELECT status FROM event WHERE id = %s", event)[0].status == "Proposed"
    assert [row.person_id for row in sql("SELECT person_id FROM commitment")] == [bob]
    assert told(sql, "Events_All") == ["attendance.rejected", "event.unconfirmed"]


def test_it_takes_the_password(community: Any, sql: Any) -> None:
    person, ada = filled(community)
    bob = community.person("bob")
    lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[person, bob], confirmed=True)
    refused = erase(ada, "wrong password")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "password")
    assert ada.get("/api/me").json["name"] == "Ada Lovelace"
    assert told(sql, "Events_All") == []


def test_the_last_admin_cannot(community: Any, sql: Any) -> None:
    root = community.admin("root")
    refused = erase(root)
    assert (refused.status, refused.json["detail"]) == (409, "The last admin cannot be removed")
    assert root.get("/api/me").status == 200
    community.admin("second")
    assert erase(root).status == 204


def test_two_last_admins_at_once_leave_one(community: Any, sql: Any) -> None:
    browsers = [community.admin(name) for name in ("root", "second")]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda b=browser: answers.append(erase(b).status)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 409]
    assert sql("SELECT count(*) AS n FROM account")[0].n == 1


def test_a_banned_person_erases_himself(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    community.ban("ada")
    assert erase(ada).status == 204
    assert sql("SELECT 1 FROM ban") == []


@pytest.mark.parametrize("auto_approve", [True, False])
def test_whoever_erases_himself_while_a_round_is_computed_has_no_lunch(
    community: Any, sql: Any, monkeypatch: Any, auto_approve: bool
) -> None:
    from chalicelib import clock
    from chalicelib.lunch import rounds

    community.rule("lunch.auto_approve", auto_approve)
    browsers = [community.member(name) for name in ("ada", "bob")]
    for browser in browsers:
        hours = {
            "purpose": "lunch",
            "start": "2026-12-01T12:00",
            "end": "2026-12-01T14:00",
            "timezone": "Europe/Berlin",
        }
        assert browser.post("/api/availability", hours).status == 201
    computed = rounds.match

    def slow(columns: Any) -> Any:
        result = computed(columns)
        assert erase(browsers[0]).status == 204
        return result

    monkeypatch.setattr(rounds, "match", slow)
    rounds.run(date(2026, 11, 30), community.locations["Harbour"], clock.now())
    assert sql("SELECT 1 FROM commitment") == []
    gone = sql("SELECT person_id FROM attendance WHERE person_id NOT IN (SELECT person_id FROM account)")
    assert gone == []


def test_a_round_that_is_being_written_is_waited_for_and_left(community: Any, sql: Any, database: str) -> None:
    import psycopg2

    person, ada = filled(community)
    bob = community.person("bob")
    place, event = community.locations["Harbour"], "11111111-1111-1111-1111-111111111111"
    during = "[2026-11-25T12:00Z,2026-11-25T13:00Z)"
    writing = psycopg2.connect(database)
    cursor = writing.cursor()
    cursor.execute(
        "INSERT INTO event (id, title, location_id, during) VALUES (%s, 'Soup', %s, %s)", (event, place, during)
    )
    for one in sorted((str(person), str(bob))):
        cursor.execute("INSERT INTO attendance VALUES (%s, %s, 'approved')", (event, one))
        cursor.execute("INSERT INTO commitment (person_id, during, event_id) VALUES (%s, %s, %s)", (one, during, event))
    cursor.execute("UPDATE event SET status = 'Confirmed' WHERE id = %s", (event,))
    answers: list[int] = []
    erasing = threading.Thread(target=lambda: answers.append(erase(ada).status))
    erasing.start()
    time.sleep(0.5)
    assert answers == []
    writing.commit()
    erasing.join()
    writing.close()
    assert answers == [204]
    assert [row.person_id for row in sql("SELECT person_id FROM commitment")] == [bob]
    responses = sql("SELECT response FROM attendance WHERE person_id = %s", person)
    assert [row.response for row in responses] == ["rejected"]


@pytest.mark.parametrize("who", ["cora", "carl"])
def test_a_coach_or_a_client_leaves_his_calls(community: Any, sql: Any, who: str) -> None:
    coach, client = community.person("cora", roles=("coach",)), community.person("carl", roles=("client",))
    [bond] = sql(
        "INSERT INTO relationship (coach_id, client_id, begun) VALUES (%s, %s, '2026-01-01Z') RETURNING id",
        coach,
        client,
    )
    sql(
        "INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)"
        " VALUES (gen_random_uuid(), %s, %s, %s, '[2026-12-02T12:00Z,2026-12-02T13:00Z)', '2026-01-02Z', %s, '2026-01-02Z')",
        bond.id,
        coach,
        client,
        client,
    )
    sql(
        "INSERT INTO commitment (person_id, during, appointment_id) SELECT p, during, id FROM appointment, unnest(ARRAY[coach_id, client_id]) p"
    )
    assert erase(community.browser_of(coach if who == "cora" else client)).status == 204
    assert sql("SELECT 1 FROM commitment") == []
    assert len(sql("SELECT 1 FROM cancellation")) == 1
    assert told(sql, "Appointments_All") == ["appointment.cancelled"]
    assert sql("SELECT 1 FROM relationship WHERE is_current") == []
