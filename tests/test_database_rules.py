"""What the database itself holds to, whoever writes to it: who sees and changes what, and what cannot be stored."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import psycopg2.extras
import pytest
from psycopg2 import errors

from tests.people import Community

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LUNCH = "[2026-11-24T11:00Z,2026-11-24T12:00Z)"
FOR_EVERYBODY = {"rule", "location", "food_type", "location_food"}
"""What a visitor may read too."""

Ask = Callable[..., list[Any]]


@contextmanager
def acting(url: str, person: UUID | None = None, roles: str = "member", role: str = "rendezvous_app") -> Iterator[Ask]:
    """Raw SQL in the application's role, for that person; undone at the end."""
    connection = psycopg2.connect(url, cursor_factory=psycopg2.extras.NamedTupleCursor)
    psycopg2.extras.register_uuid(conn_or_curs=connection)
    cursor = connection.cursor()

    def ask(statement: str, *values: Any) -> list[Any]:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else [cursor.rowcount]

    try:
        cursor.execute(f"SET ROLE {role}")
        ask("SELECT set_config('rendezvous.person', %s, true)", str(person or ""))
        ask("SELECT set_config('rendezvous.roles', %s, true)", roles if person else "")
        ask("SELECT set_config('rendezvous.now', %s, true)", NOW.isoformat())
        yield ask
    finally:
        connection.close()


def refused(ask: Ask, error: type[Exception], statement: str, *values: Any) -> None:
    """The statement fails with that error, and the transaction goes on."""
    ask("SAVEPOINT before")
    with pytest.raises(error):
        ask(statement, *values)
        pytest.fail(f"was allowed: {statement} {values}")
    ask("ROLLBACK TO before")


@pytest.fixture
def ada(community: Community) -> UUID:
    """A member of whom there is something in every table that is about a person."""
    sql = community.sql
    ada, carl = community.person("ada"), community.person("carl")
    community.browser_of(ada)
    event = a_lunch(community, approved=(ada, carl), food=0)
    invited, revoked = uuid4(), uuid4()
    for id in (invited, revoked):
        sql(
            "INSERT INTO invitation (id, by_person, digest, made, expires) VALUES (%s, %s, %s, %s, %s)",
            id,
            ada,
            id.bytes,
            NOW,
            NOW + timedelta(days=14),
        )
        sql("INSERT INTO invitation_address VALUES (%s, 'x@example.org')", id)
    sql("INSERT INTO invitation_use VALUES (%s, %s)", invited, carl)
    sql("INSERT INTO invitation_revocation VALUES (%s, %s)", revoked, NOW)
    sql("INSERT INTO password_reset VALUES (%s, %s, %s)", uuid4(), ada, NOW)
    sql("INSERT INTO second_factor VALUES (%s, %s, %s, true)", ada, uuid4(), NOW)
    sql("INSERT INTO recovery_code VALUES (%s, 'x')", ada)
    sql("INSERT INTO address_change VALUES (%s, %s, 'new@example.org', %s)", uuid4(), ada, NOW)
    sql("INSERT INTO former_address VALUES (%s, %s, 'old@example.org', %s)", uuid4(), ada, NOW)
    hours = uuid4()
    sql(
        "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until) VALUES (%s, %s, 'lunch', '2026-11-24 11:00', '2026-11-24 13:00', 'UTC', true, 'infinity')",
        hours,
        ada,
    )
    sql("INSERT INTO availability_exception VALUES (%s, '2026-12-01')", hours)
    sql("INSERT INTO refusal VALUES (%s, 0)", ada)
    sql("INSERT INTO pause (id, person_id, weeks) VALUES (%s, %s, '[2026-12-07,2026-12-14)')", uuid4(), ada)
    sql("INSERT INTO review VALUES (%s, %s, 'nice')", uuid4(), event)
    round = uuid4()
    sql(
        "INSERT INTO round VALUES (%s, '2026-11-23', %s, %s, 1, 0, 1, 1, true, 1, '')",
        round,
        community.locations["Harbour"],
        NOW,
    )
    sql("INSERT INTO left_over VALUES (%s, '2026-11-23', %s, 'no_hours')", ada, round)
    sql("INSERT INTO ban VALUES (%s, %s, 'why')", carl, NOW)
    sql("INSERT INTO audit (at, admin_id, what, whom, why) VALUES (%s, %s, 'ban', 'carl', 'why')", NOW, ada)
    sql(
        "INSERT INTO rule_change (name, scope, before, after, changed_by, changed) VALUES ('lunch.minutes', '', '60', '45', %s, %s)",
        ada,
        NOW,
    )
    sql("INSERT INTO idempotency VALUES (%s, 'k', '', 201, '{}', '', %s)", ada, NOW)
    sql("INSERT INTO rate VALUES ('login', '', %s, 1)", NOW)
    sql("INSERT INTO outbox (topic, key, event) VALUES ('Mails', 'x', '{}')")
    return ada


def a_lunch(
    community: Community,
    *,
    approved: tuple[UUID, ...] = (),
    invited: tuple[UUID, ...] = (),
    public: bool = False,
    food: int | None = None,
    during: str = LUNCH,
    seats: int = 3,
) -> UUID:
    id = uuid4()
    community.sql(
        "INSERT INTO event (id, title, location_id, during, public, max_attendees) VALUES (%s, 'Lunch', %s, %s, %s, %s)",
        id,
        community.locations["Harbour"],
        during,
        public,
        seats,
    )
    if food is not None:
        community.sql("INSERT INTO event_food VALUES (%s, %s)", id, food)
    for person in invited:
        community.sql("INSERT INTO attendance VALUES (%s, %s, 'invited')", id, person)
    for person in approved:
        approve(community.sql, id, person)
    return id


def approve(sql: Ask, event: UUID, person: UUID) -> None:
    sql(
        "WITH a AS (INSERT INTO attendance VALUES (%s, %s, 'approved') RETURNING event_id, person_id)"
        " INSERT INTO commitment (person_id, during, event_id) SELECT a.person_id, e.during, e.id FROM a JOIN event e ON e.id = a.event_id",
        event,
        person,
    )


def readable(ask: Ask) -> dict[str, int]:
    """Rows that are seen, by table that may be read at all."""
    tables = ask(
        "SELECT relname AS name FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ 'yoyo'"
        " AND has_any_column_privilege(c.oid, 'SELECT') ORDER BY 1"
    )
    seen = {}
    for table in tables:
        column = ask(
            "SELECT attname AS name FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND has_column_privilege(attrelid, attnum, 'SELECT') LIMIT 1",
            table.name,
        )[0].name
        seen[table.name] = ask(f'SELECT count("{column}") AS n FROM "{table.name}"')[0].n
    return {name: count for name, count in seen.items() if count}


# --- who sees what ---


def test_a_visitor_sees_no_row_of_anybody(database: str, ada: UUID) -> None:
    with acting(database) as ask:
        assert set(readable(ask)) <= FOR_EVERYBODY


def test_a_person_sees_his_own_rows_alone(database: str, community: Community, ada: UUID) -> None:
    bob = community.person("bob", location=None)
    community.browser_of(bob)
    with acting(database, bob) as ask:
        seen = readable(ask)
        assert {name for name in seen if name not in FOR_EVERYBODY} == {"person", "account", "person_role", "session"}
        assert {seen[name] for name in ("person", "account", "person_role", "session")} == {1}
    with acting(database, ada) as ask:
        seen = readable(ask)
    expected = {
        "account": 1,
        "session": 1,
        "invitation": 2,
        "invitation_address": 2,
        "invitation_use": 1,
        "invitation_revocation": 1,
    }
    expected |= {
        "address_change": 1,
        "availability": 1,
        "availability_exception": 1,
        "commitment": 1,
        "refusal": 1,
        "pause": 1,
    }
    expected |= {"left_over": 1, "idempotency": 1, "event": 1, "event_food": 1, "attendance": 2, "person": 2}
    assert {name: seen.get(name) for name in expected} == expected
    assert not {"ban", "audit", "rule_change", "review", "round"} & set(seen)


def test_nothing_stays_of_who_was_served_before(database: str, ada: UUID) -> None:
    """The person is set for one transaction: a warm connection shows nothing to the next."""
    connection = psycopg2.connect(database)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE rendezvous_app")
        connection.commit()
        cursor.execute("SELECT set_config('rendezvous.person', %s, true)", (str(ada),))
        cursor.execute("SELECT count(*) FROM availability")
        assert cursor.fetchone() == (1,)
        connection.commit()
        cursor.execute("SELECT count(*) FROM availability")
        assert cursor.fetchone() == (0,)
    connection.close()


def test_every_table_the_application_reads_is_under_row_level_security(sql: Ask) -> None:
    bare = sql(
        "SELECT relname FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT relrowsecurity"
        " AND relname !~ 'yoyo' AND has_any_column_privilege('rendezvous_app', c.oid, 'SELECT, UPDATE, REFERENCES')"
    )
    assert bare == []


def test_views_do_not_look_past_the_policies(sql: Ask) -> None:
    loose = sql(
        "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
        " AND NOT coalesce(reloptions::text ~ 'security_invoker=(true|on)', false)"
    )
    assert loose == []


# --- what the application may not do ---


def test_secrets_counters_and_messages_are_out_of_its_reach(database: str, ada: UUID) -> None:
    with acting(database, ada, "member,admin") as ask:
        for statement in (
            "SELECT password FROM account",
            "SELECT token_hash FROM session",
            "SELECT digest FROM invitation",
            "SELECT * FROM outbox",
            "UPDATE outbox SET published = present()",
            "DELETE FROM outbox",
            "SELECT * FROM rate",
            "UPDATE rate SET count = 0",
            "DELETE FROM rate",
            "INSERT INTO rate VALUES ('x', '', present(), 0)",
            "SELECT * FROM delivered",
            "SELECT * FROM password_reset",
            "UPDATE commitment SET during = during",
            "DELETE FROM commitment",
            "UPDATE account SET email = 'x@example.org'",
            "UPDATE session SET expires = 'infinity'",
            "INSERT INTO account VALUES (me(), 'x', 'y@example.org', true, 'z')",
            "INSERT INTO invitation_use VALUES (gen_random_uuid(), me())",
            "DELETE FROM event",
            "UPDATE event SET title = 'x'",
            "DELETE FROM attendance",
            "DELETE FROM audit",
            "UPDATE audit SET why = 'x'",
            "UPDATE rule_change SET after = '1'",
            "UPDATE person SET slug = 'x'",
            "TRUNCATE person",
            "CREATE TABLE loot (x int)",
        ):
            refused(ask, errors.InsufficientPrivilege, statement)


def test_nobody_changes_what_is_another_s(database: str, community: Community, ada: UUID) -> None:
    bob = community.person("bob")
    with acting(database, bob) as ask:
        for statement in (
            "UPDATE person SET name = 'x' WHERE id <> %s",
            "DELETE FROM session WHERE person_id <> %s",
            "UPDATE availability SET ends = ends WHERE person_id <> %s",
            "DELETE FROM availability WHERE person_id <> %s",
            "DELETE FROM person_location WHERE person_id <> %s",
            "DELETE FROM refusal WHERE person_id <> %s",
            "DELETE FROM pause WHERE person_id <> %s",
            "UPDATE attendance SET response = 'rejected' WHERE person_id <> %s",
            "UPDATE person_role SET active = false WHERE person_id <> %s",
            "DELETE FROM ban WHERE person_id <> %s",
        ):
            assert ask(statement, bob) == [0], statement
        assert ask("UPDATE event SET status = 'Canceled'") == [0]
        community.sql("UPDATE event SET public = true")
        assert len(ask("SELECT id FROM event")) == 1, "a public lunch is seen by everybody"
        assert ask("UPDATE event SET status = 'Canceled'") == [0], "and still not his to cancel"
        assert ask("DELETE FROM availability_exception") == [0]
        event = community.sql("SELECT id FROM event")[0].id
        for statement, values in (
            (
                "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until) VALUES (gen_random_uuid(), %s, 'lunch', '2026-11-24 11:00', '2026-11-24 13:00', 'UTC', true, 'infinity')",
                (ada,),
            ),
            ("INSERT INTO commitment (person_id, during, event_id) VALUES (%s, %s, %s)", (ada, LUNCH, event)),
            ("INSERT INTO person_location VALUES (%s, 1)", (ada,)),
            ("INSERT INTO refusal VALUES (%s, 1)", (ada,)),
            (
                "INSERT INTO pause (id, person_id, weeks) VALUES (gen_random_uuid(), %s, '[2027-01-04,2027-01-11)')",
                (ada,),
            ),
            ("INSERT INTO attendance VALUES (%s, %s, 'invited')", (event, ada)),
            ("INSERT INTO address_change VALUES (gen_random_uuid(), %s, 'x@example.org', present())", (ada,)),
            ("INSERT INTO idempotency VALUES (%s, 'k2', '', 201, '{}', '', present())", (ada,)),
            (
                "INSERT INTO invitation (id, by_person, digest, made, expires) VALUES (gen_random_uuid(), %s, 'd', present(), present())",
                (ada,),
            ),
            (
                "INSERT INTO invitation (id, by_person, digest, role, made, expires) VALUES (gen_random_uuid(), %s, 'd', 'admin', present(), present())",
                (bob,),
            ),
            ("INSERT INTO review VALUES (gen_random_uuid(), %s, 'x')", (event,)),
            ("INSERT INTO event_food VALUES (%s, 1)", (event,)),
            ("INSERT INTO person_role VALUES (%s, 'admin')", (bob,)),
            ("INSERT INTO ban VALUES (%s, present(), 'x')", (ada,)),
            ("INSERT INTO rule VALUES ('invitation.per_day', '', '1000')", ()),
            ("INSERT INTO location (name, timezone) VALUES ('x', 'UTC')", ()),
            ("INSERT INTO food_type VALUES (9, 'x')", ()),
            ("INSERT INTO audit (at, admin_id, what, whom, why) VALUES (present(), %s, 'x', 'x', 'x')", (bob,)),
        ):
            refused(ask, errors.InsufficientPrivilege, statement, *values)


def test_an_admin_signs_what_he_does_with_his_own_name(database: str, community: Community, ada: UUID) -> None:
    root = community.person("root", roles=("admin",))
    with acting(database, root, "member,admin") as ask:
        refused(
            ask,
            errors.InsufficientPrivilege,
            "INSERT INTO audit (at, admin_id, what, whom, why) VALUES (present(), %s, 'x', 'x', 'x')",
            ada,
        )
        assert ask("INSERT INTO audit (at, admin_id, what, whom, why) VALUES (present(), %s, 'x', 'x', 'x')", root) == [
            1
        ]


def test_whoever_may_execute_a_function_is_named(sql: Ask) -> None:
    everybody_s = sql(
        "SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
        " AND has_function_privilege('public', p.oid, 'EXECUTE')"
        " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    )
    assert [row.name for row in everybody_s] == []


def test_a_function_of_the_owner_s_finds_no_table_but_ours(sql: Ask) -> None:
    """SECURITY DEFINER without a fixed search_path runs what a caller puts in its way."""
    loose = sql(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND NOT coalesce('search_path=public, pg_temp' = ANY(proconfig), false)"
    )
    assert loose == []


# --- what cannot be stored ---

STATES = ("Proposed", "Confirmed", "Rejected", "Canceled", "Awaiting Evaluation", "Done")
ALLOWED = {
    ("Proposed", "Confirmed"),
    ("Proposed", "Rejected"),
    ("Proposed", "Canceled"),
    ("Confirmed", "Proposed"),
    ("Confirmed", "Canceled"),
    ("Confirmed", "Awaiting Evaluation"),
    ("Awaiting Evaluation", "Done"),
}
WAY = {
    "Proposed": (),
    "Confirmed": ("Confirmed",),
    "Rejected": ("Rejected",),
    "Canceled": ("Canceled",),
    "Awaiting Evaluation": ("Confirmed", "Awaiting Evaluation"),
    "Done": ("Confirmed", "Awaiting Evaluation", "Done"),
}


def test_an_event_goes_the_drawn_ways_only(database: str, community: Community) -> None:
    for (before, after), evaluated in itertools.product(itertools.permutations(STATES, 2), (True, False)):
        event = a_lunch(community)
        community.sql("UPDATE event SET allow_evaluation = %s WHERE id = %s", evaluated, event)
        for state in WAY[before]:
            community.sql("UPDATE event SET status = %s WHERE id = %s", state, event)
        allowed = (before, after) in ALLOWED or ((before, after) == ("Confirmed", "Done") and not evaluated)
        try:
            community.sql("UPDATE event SET status = %s WHERE id = %s", after, event)
        except errors.CheckViolation as error:
            assert not allowed, (before, after, evaluated)
            assert error.diag.constraint_name == "event_state_allows_it"
        else:
            assert allowed, (before, after, evaluated)


def test_an_event_begins_as_a_proposal(community: Community) -> None:
    for state in STATES[1:]:
        with pytest.raises(errors.CheckViolation):
            community.sql(
                "INSERT INTO event (id, title, location_id, during, status) VALUES (gen_random_uuid(), 'x', %s, %s, %s)",
                community.locations["Harbour"],
                LUNCH,
                state,
            )


def test_nobody_is_in_two_places_at_once(community: Community) -> None:
    ada = community.person("ada")
    a_lunch(community, approved=(ada,))
    for during in (
        LUNCH,
        "[2026-11-24T11:59:59Z,2026-11-24T12:30Z)",
        "[2026-11-24T10:00Z,2026-11-24T11:00:01Z)",
        "[2026-11-01T00:00Z,2026-12-01T00:00Z)",
    ):
        other = a_lunch(community, during=during)
        with pytest.raises(errors.ExclusionViolation) as refusal:
            approve(community.sql, other, ada)
        assert refusal.value.diag.constraint_name == "commitment_no_overlap"
    for during in ("[2026-11-24T12:00Z,2026-11-24T13:00Z)", "[2026-11-24T10:00Z,2026-11-24T11:00Z)"):
        approve(community.sql, a_lunch(community, during=during), ada)


@pytest.mark.parametrize("response", ["invited", "approved"])
@pytest.mark.parametrize("why", ["banned", "erased"])
def test_who_is_gone_takes_neither_a_seat_nor_time(community: Community, why: str, response: str) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event, asked = a_lunch(community), a_lunch(community)
    community.sql("INSERT INTO attendance VALUES (%s, %s, 'invited')", asked, ada)
    if why == "banned":
        community.ban("ada")
    else:
        community.sql("DELETE FROM account WHERE person_id = %s", ada)
    with pytest.raises(errors.CheckViolation) as refusal:
        community.sql("INSERT INTO attendance SELECT %s, unnest(%s), %s", event, [bob, ada], response)
    assert refusal.value.diag.constraint_name == "attendance_is_of_somebody_who_is_here"
    with pytest.raises(errors.CheckViolation) as refusal:
        community.sql("INSERT INTO commitment (person_id, during, event_id) VALUES (%s, %s, %s)", ada, LUNCH, asked)
    assert refusal.value.diag.constraint_name == "commitment_is_of_somebody_who_is_here"
    community.sql("INSERT INTO attendance VALUES (%s, %s, 'rejected')", event, ada)


def test_who_approved_is_taken_and_who_is_taken_approved(community: Community) -> None:
    ada = community.person("ada")
    event = a_lunch(community)
    with pytest.raises(errors.CheckViolation) as refusal:
        community.sql("INSERT INTO attendance VALUES (%s, %s, 'approved')", event, ada)
    assert refusal.value.diag.constraint_name == "attendance_is_a_commitment"
    with pytest.raises(errors.ForeignKeyViolation):
        community.sql("INSERT INTO commitment (person_id, during, event_id) VALUES (%s, %s, %s)", ada, LUNCH, event)
    community.sql("INSERT INTO attendance VALUES (%s, %s, 'invited')", event, ada)
    with pytest.raises(errors.ForeignKeyViolation):
        community.sql(
            "INSERT INTO commitment (person_id, during, event_id) VALUES (%s, '[2026-11-25T11:00Z,2026-11-25T12:00Z)', %s)",
            ada,
            event,
        )


def test_a_lunch_has_no_more_people_than_seats(community: Community) -> None:
    people = [community.person(f"guest{n}", location=None) for n in range(3)]
    event = a_lunch(community, approved=(people[0], people[1]), seats=2)
    with pytest.raises(errors.CheckViolation) as refusal:
        approve(community.sql, event, people[2])
    assert refusal.value.diag.constraint_name == "event_has_a_seat"


def test_time_follows_the_lunch(community: Community) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    moved, cancelled, left = (
        a_lunch(community, approved=(ada, bob), during=f"[2026-11-{day}T11:00Z,2026-11-{day}T12:00Z)")
        for day in (24, 25, 26)
    )
    community.sql("UPDATE event SET during = '[2026-11-27T11:00Z,2026-11-27T12:00Z)' WHERE id = %s", moved)
    community.sql("UPDATE event SET status = 'Canceled' WHERE id = %s", cancelled)
    community.sql("UPDATE attendance SET response = 'rejected' WHERE event_id = %s AND person_id = %s", left, ada)
    kept = community.sql(
        "SELECT event_id, person_id, lower(during)::date::text AS day FROM commitment ORDER BY day, person_id"
    )
    assert {(row.event_id, row.person_id, row.day) for row in kept} == {
        (moved, ada, "2026-11-27"),
        (moved, bob, "2026-11-27"),
        (left, bob, "2026-11-26"),
    }


def test_the_last_admin_stays(community: Community) -> None:
    one = community.person("one", roles=("admin",))
    with pytest.raises(errors.CheckViolation):
        community.sql("UPDATE person_role SET active = false WHERE person_id = %s", one)
    with pytest.raises(errors.CheckViolation):
        community.sql("DELETE FROM person_role WHERE person_id = %s", one)
    two = community.person("two", roles=("admin",))
    community.sql("DELETE FROM person_role WHERE person_id = %s", one)
    with pytest.raises(errors.CheckViolation):
        community.sql("DELETE FROM person_role WHERE person_id = %s", two)


def test_what_makes_no_sense_is_not_kept(community: Community) -> None:
    ada = community.person("ada")
    place = community.locations["Harbour"]
    hours = "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until) VALUES (gen_random_uuid(), %s, %s, %s, %s, 'UTC', %s, %s)"
    lunch = "INSERT INTO event (id, title, location_id, during, min_attendees, max_attendees) VALUES (gen_random_uuid(), %s, %s, %s, %s, %s)"
    community.sql(
        "INSERT INTO pause (id, person_id, weeks) VALUES (gen_random_uuid(), %s, '[2026-12-07,2026-12-21)')", ada
    )
    senseless: list[tuple[str, tuple[Any, ...]]] = [
        (hours, (ada, "tea", "2026-11-24 11:00", "2026-11-24 12:00", True, "infinity")),
        (hours, (ada, "lunch", "2026-11-24 12:00", "2026-11-24 11:00", True, "infinity")),
        (hours, (ada, "lunch", "2026-11-24 11:00", "2026-11-25 11:01", True, "infinity")),
        (hours, (ada, "lunch", "2026-11-24 11:00", "2026-11-24 12:00", False, "2026-11-25")),
        (hours, (ada, "lunch", "2026-11-24 11:00", "2026-11-24 12:00", True, "2026-11-23")),
        (lunch, ("", place, LUNCH, 2, 3)),
        (lunch, ("x" * 101, place, LUNCH, 2, 3)),
        (lunch, ("x", place, "empty", 2, 3)),
        (lunch, ("x", place, "[2026-11-24T11:00Z,)", 2, 3)),
        (lunch, ("x", place, "[2026-11-24T11:00Z,2026-11-24T12:00Z]", 2, 3)),
        (lunch, ("x", place, LUNCH, 1, 3)),
        (lunch, ("x", place, LUNCH, 4, 3)),
        (lunch, ("x", place, LUNCH, 2, 9)),
        ("INSERT INTO pause (id, person_id, weeks) VALUES (gen_random_uuid(), %s, '[2026-12-14,2026-12-28)')", (ada,)),
        ("INSERT INTO pause (id, person_id, weeks) VALUES (gen_random_uuid(), %s, '[2027-01-05,2027-01-12)')", (ada,)),
        ("INSERT INTO pause (id, person_id, weeks) VALUES (gen_random_uuid(), %s, 'empty')", (ada,)),
        ("INSERT INTO location (name, timezone) VALUES ('HARBOUR', 'UTC')", ()),
        ("INSERT INTO food_type VALUES (64, 'x')", ()),
        ("INSERT INTO food_type VALUES (9, 'THAI')", ()),
        ("INSERT INTO food_type VALUES (9, %s)", ("x" * 41,)),
        ("UPDATE account SET email = 'Ada@example.org'", ()),
        ("UPDATE account SET username = 'a b'", ()),
        ("UPDATE person SET name = %s", ("x" * 101,)),
        ("INSERT INTO person_role (person_id, role) VALUES (%s, 'king')", (ada,)),
        ("INSERT INTO session (token_hash, person_id, opened, expires) VALUES ('', %s, %s, %s)", (ada, NOW, NOW)),
        ("INSERT INTO rule VALUES ('nonsense', '', '1')", ()),
        ("INSERT INTO rule VALUES ('lunch.minutes', '', '[1]')", ()),
        ("INSERT INTO left_over VALUES (%s, '2026-11-23', gen_random_uuid(), 'no_hours')", (ada,)),
    ]
    for statement, values in senseless:
        with pytest.raises(psycopg2.IntegrityError):
            community.sql(statement, *values)
            pytest.fail(f"was kept: {statement} {values}")


def test_every_constraint_a_person_can_meet_has_a_sentence(sql: Ask) -> None:
    """The sentences name constraints, triggers and unique indexes that are there: a renamed one would answer 500."""
    from chalicelib.errors import CONSTRAINTS

    there = {
        row.name
        for row in sql(
            "SELECT conname AS name FROM pg_constraint UNION SELECT tgname FROM pg_trigger UNION SELECT relname FROM pg_class"
            " WHERE relkind = 'i'"
        )
    }
    raised = {
        found
        for row in sql("SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        for found in CONSTRAINTS
        if f"'{found}'" in (row.prosrc or "")
    }
    assert set(CONSTRAINTS) - there - raised == set()


def test_the_database_takes_whoever_is_banned_for_nobody_with_a_role(community: Community, database: str) -> None:
    community.admin("another")
    community.sql("DELETE FROM session")
    browser = community.admin("root")
    hashed = community.sql("SELECT token_hash AS token FROM session")[0].token
    for banned in (False, True):
        if banned:
            community.ban("root")
        with acting(database) as ask:
            [who] = ask("SELECT banned, roles FROM enter(%s, %s)", hashed, NOW)
            [may] = ask("SELECT i_am('admin') AS admin, current_setting('rendezvous.roles') AS roles")
        assert (who.banned, "admin" in who.roles) == (banned, True)
        assert (may.admin, may.roles == "") == (not banned, banned)
        assert browser.get("/api/admin/people").status == (403 if banned else 200)


def test_no_function_is_for_whoever_comes(sql: Ask) -> None:
    """Which of the two roles may call it is said of each, by name."""
    found = sql(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
    )
    assert found == []


def test_only_an_admin_reads_which_messages_broke(database: str, community: Community) -> None:
    ada = community.person("ada")
    community.sql("INSERT INTO outbox (topic, key, event) VALUES ('Dead_Letters', 'x', '{\"data\": {}}')")
    for roles, read in (("member", 0), ("member,coach,client", 0), ("admin", 1)):
        with acting(database, ada, roles) as ask:
            assert len(ask("SELECT * FROM dead_letters(9)")) == read, roles


def test_nobody_describes_a_lunch_that_is_done(database: str, community: Community) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event = a_lunch(community, approved=(ada, bob), during="[2026-11-20T11:00Z,2026-11-20T12:00Z)")
    describe = "INSERT INTO review (id, event_id, description) VALUES (gen_random_uuid(), %s, 'nice')", event
    community.sql("UPDATE event SET status = 'Confirmed' WHERE id = %s", event)
    community.sql("UPDATE event SET status = 'Awaiting Evaluation' WHERE id = %s", event)
    with acting(database, ada) as ask:
        assert ask(*describe) == [1]
    community.sql("UPDATE event SET status = 'Done' WHERE id = %s", event)
    with acting(database, ada) as ask:
        refused(ask, errors.InsufficientPrivilege, *describe)
