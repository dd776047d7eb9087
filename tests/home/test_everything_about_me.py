"""Taking along everything that is kept about oneself."""

import json
import re
from typing import Any

import pytest

from tests.lunches import lunch
from tests.people import PASSWORD

NOT_IN_THE_FILE = {
    "invitation_batch": "the invitations that an admin sent at once are in it themselves",
}
"""Tables that refer to a person and stay out of the file, and why."""


def test_every_table_that_refers_to_a_person_is_in_the_file(sql: Any) -> None:
    from chalicelib.home.export import TABLES

    referring = {
        row.name
        for row in sql(
            "SELECT conrelid::regclass::text AS name FROM pg_constraint WHERE confrelid = 'person'::regclass"
            " UNION SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name IN ('person_id', 'by_person', 'admin_id', 'changed_by', 'creator', 'coach_id', 'client_id')"
        )
    }
    assert len(referring) > 20
    assert sorted(referring - TABLES.keys() - NOT_IN_THE_FILE.keys()) == [], "add it to home/export.py"


def test_the_file_holds_what_a_member_has_given(community: Any, sql: Any, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    person, bob = community.person("ada"), community.person("bob")
    ada = community.browser_of(person)
    ada.ask("PATCH", "/api/me", {"refuses": ["Thai"], "mails": {"event_evaluate": False}})
    hours = {"purpose": "lunch", "start": "2026-11-24T12:00", "end": "2026-11-24T14:00", "timezone": "Europe/Berlin"}
    ada.post("/api/availability", hours | {"weekly": True, "except": ["2026-12-01"]})
    ada.post("/api/pauses", {"first": "2026-W51", "last": "2026-W52"})
    ada.post("/InvitationCode/Create/", {"to": "eve@example.org"})
    ada.post("/api/me/tokens", {"name": "phone", "password": PASSWORD})
    ada.ask("PUT", "/api/me/feed", {"password": PASSWORD})
    ada.ask("PUT", "/api/me/email", {"email": "new@example.org", "password": PASSWORD})
    lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[person, bob], confirmed=True)
    answer = ada.get("/api/me/export")
    assert answer.status == 200, answer.text
    assert "attachment" in answer.header("Content-Disposition")
    found = answer.json
    for expected in (
        ("person", "name", "Ada"),
        ("account", "email", "ada@example.org"),
        ("refusal", "name", "Thai"),
        ("mail_refusal", "kind", "event_evaluate"),
        ("availability", "exceptions", ["2026-12-01"]),
        ("pause", "first", "2026-12-14"),
        ("invitation", "to", "eve@example.org"),
        ("api_token", "name", "phone"),
        ("address_change", "email", "new@example.org"),
        ("person_location", "name", "Harbour"),
        ("attendance", "response", "approved"),
        ("commitment", "starts", "2026-11-25T12:00:00Z"),
    ):
        table, column, value = expected
        assert [row[column] for row in found[table]] == [value], table
    assert found["feed"] and found["session"]


def test_the_file_holds_nothing_of_others_and_no_secret(community: Any, sql: Any) -> None:
    ada, bob = community.member("ada"), community.member("bob")
    for browser in (ada, bob):
        browser.post("/api/me/tokens", {"name": "phone", "password": PASSWORD})
        browser.ask("PUT", "/api/me/feed", {"password": PASSWORD})
        browser.post("/InvitationCode/Create/", {"to": "eve@example.org"})
    text = ada.get("/api/me/export").text
    assert "bob" not in text.lower()
    assert "argon2" not in text
    assert ada.cookie not in text
    found = json.loads(text)
    assert all(
        not {"token", "token_hash", "digest", "password"} & row.keys()
        for t in found.values()
        if isinstance(t, list)
        for row in t
    )


def test_a_banned_person_takes_his_data_along_and_a_visitor_nothing(community: Any, visitor: Any) -> None:
    ada = community.member("ada")
    community.ban("ada")
    assert ada.get("/api/me/export").json["ban"][0]["why"] == "no reason"
    assert visitor.get("/api/me/export").status == 401


def test_a_client_and_his_coach_take_their_calls_along(community: Any, sql: Any) -> None:
    coach, client = community.person("cora", roles=("coach",)), community.person("carl", roles=("client",))
    [bond] = sql(
        "INSERT INTO relationship (coach_id, client_id, begun) VALUES (%s, %s, '2026-01-01Z') RETURNING id",
        coach,
        client,
    )
    [call] = sql(
        "INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)"
        " VALUES (gen_random_uuid(), %s, %s, %s, '[2026-02-02T12:00Z,2026-02-02T13:00Z)', '2026-01-02Z', %s, '2026-01-02Z')"
        " RETURNING id",
        bond.id,
        coach,
        client,
        client,
    )
    sql(
        "INSERT INTO appointment_change VALUES (%s, 2, '[2026-02-01Z,2026-02-02Z)', '[2026-02-02Z,2026-02-03Z)', %s, '2026-01-03Z')",
        call.id,
        client,
    )
    sql("INSERT INTO cancellation VALUES (%s, '2026-01-04Z', %s, 'I am ill')", call.id, coach)
    sql("INSERT INTO call_link VALUES (%s, 'https://calls.example.org/cora')", coach)
    for person in (coach, client):
        found = community.browser_of(person).get("/api/me/export").json
        assert [row["id"] for row in found["appointment"]] == [str(call.id)]
        assert [row["reason"] for row in found["cancellation"]] == ["I am ill"]
        assert [row["version"] for row in found["appointment_change"]] == [2]
        assert [row["ended"] for row in found["relationship"]] == [None]
        assert len(found["call_link"]) == (person == coach)


NOT_EXPORTED = {
    "account.password": "a hash that nobody may read",
    "address_change.id": "what a mailed link is derived from",
    "api_token.token_hash": "a digest that nobody may read",
    "appointment.changed": "when a message was due",
    "appointment.during": "starts and ends are in the file",
    "appointment.relationship_id": "an id that is never published",
    "audit.id": "a number of a row",
    "commitment.id": "a number of a row",
    "event.during": "starts and ends are in the file",
    "event.changed": "when its revision was made, for calendars",
    "event.revision": "counts changes, for calendars",
    "feed.token_hash": "a digest that nobody may read",
    "former_address.id": "a number of a row",
    "idempotency.headers": "belong to the answer, whose body is in the file",
    "idempotency.request": "a digest of what was sent",
    "invitation.digest": "a digest that nobody may read",
    "left_over.round_id": "an id that is never published",
    "mail.about": "ids of the message that called for the mail",
    "mail.answer": "codes of a mail server",
    "mail.attempts": "how often it was tried",
    "mail.due": "when it is tried next",
    "mail.id": "a number of a row",
    "mail.message": "an id that is never published",
    "mail.urgent": "in which queue it stands",
    "outside_busy.calendar_id": "an id of its own",
    "outside_calendar.due": "when it is read next",
    "outside_calendar.etag": "what its server calls what was read",
    "outside_calendar.failures": "how often it could not be read",
    "outside_calendar.id": "an id of its own",
    "outside_calendar.lost": "whether it could not be read for a day",
    "outside_calendar.modified": "what its server says of when it changed",
    "outside_calendar.number": "which of the five it is",
    "outside_calendar.problem": "a word of ours",
    "outside_calendar.url": "a secret that nobody may read",
    "password_reset.id": "what a mailed link is derived from",
    "pressed_form.press": "a digest of what was sent",
    "recovery_code.digest": "a digest that nobody may read",
    "relationship.client_role": "the same for everybody",
    "relationship.coach_role": "the same for everybody",
    "relationship.is_current": "whether it has ended: when it did is in the file",
    "second_factor.id": "what the key is derived from",
    "second_factor.last_step": "the half minute of the last code",
    "session.token_hash": "a digest that nobody may read",
    "waiting.known": "what was free when it was looked last",
    "waiting.looked": "when that was",
}
"""Columns of the tables in the file that stay out of it, and why."""


def test_every_column_of_those_tables_is_in_the_file_or_listed_with_a_reason(sql: Any) -> None:
    from chalicelib.home.export import TABLES

    rows = sql(
        "SELECT c.relname AS in_table, a.attname AS in_column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped"
    )
    missing = {
        f"{row.in_table}.{row.in_column}"
        for row in rows
        if row.in_table in TABLES and not re.search(rf"\b{row.in_column}\b", TABLES[row.in_table])
    }
    assert len(rows) > 100
    assert missing == NOT_EXPORTED.keys(), "add it to home/export.py, or list it here with the reason"


def test_a_new_column_of_a_person_would_be_noticed(sql: Any) -> None:
    sql("ALTER TABLE person ADD COLUMN shoe_size integer NOT NULL DEFAULT 40")
    with pytest.raises(AssertionError, match="add it to home/export"):
        test_every_column_of_those_tables_is_in_the_file_or_listed_with_a_reason(sql)
