"""What somebody sees is what the database lets him see: asked by raw SQL, as each of the people."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg2
import psycopg2.errors
import pytest

from tests.coaching.practice import AT, Practice, book

Ask = Callable[..., list[tuple[Any, ...]]]
WEDNESDAY = "2026-11-25T10:00:00+01:00"
TABLES = (
    "relationship",
    "appointment",
    "cancellation",
    "appointment_change",
    "call_link",
    "block",
    "day_away",
    "commitment",
    "reminder",
)


@pytest.fixture
def as_person(database: str) -> Iterator[Callable[..., Ask]]:
    """``as_person(id, "client")(sql, ...)``: that statement in a transaction of that person, rolled back."""
    connection = psycopg2.connect(database)

    def enter(person: uuid.UUID | None, *roles: str, now: datetime = AT) -> Ask:
        def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            connection.rollback()
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL ROLE rendezvous_app")
                cursor.execute(
                    "SELECT set_config('rendezvous.person', %s, true), set_config('rendezvous.roles', %s, true),"
                    " set_config('rendezvous.now', %s, true)",
                    (str(person or ""), ",".join(roles), now.isoformat()),
                )
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []

        return ask

    yield enter
    connection.close()


@pytest.fixture
def booked(practice: Practice, sql: Any) -> Practice:
    carla = practice.coach("carla")
    practice.coach("conrad")
    ada = practice.client("ada", "carla")
    practice.client("bob", "carla")
    practice.client("cleo", "conrad")
    carla.ask("PUT", "/api/call-link", {"url": "https://call.example.org"})
    carla.post("/api/days-away", {"day": "2026-12-24"})
    call = book(ada, "carla", WEDNESDAY).json
    ada.ask("PATCH", f"/api/appointments/{call['id']}", {"start": "2026-11-26T10:00:00+01:00", "end": "2026-11-26T11:00:00+01:00", "version": 1})  # fmt: skip
    ada.ask("DELETE", f"/api/appointments/{call['id']}")
    assert book(ada, "carla", WEDNESDAY).status == 201
    carla.post("/api/blocks", {"start": "2026-11-27T09:00:00+01:00", "end": "2026-11-27T10:00:00+01:00"})
    sql("INSERT INTO reminder SELECT id, starts FROM appointment")
    sql("UPDATE appointment SET booked = booked - interval '10 minutes'")  # too long ago to be undone
    return practice


def counts(ask: Ask) -> dict[str, int]:
    found = {}
    for table in TABLES:
        try:
            found[table] = ask(f"SELECT count(*) FROM {table}")[0][0]
        except psycopg2.errors.InsufficientPrivilege:
            found[table] = -1
    return found


def test_everybody_sees_what_is_his(booked: Practice, as_person: Callable[..., Ask]) -> None:
    ids = booked.ids
    his = {
        "relationship": 1,
        "appointment": 2,
        "cancellation": 1,
        "appointment_change": 1,
        "call_link": 1,
        "reminder": -1,
    }
    assert counts(as_person(ids["ada"], "client")) == his | {"block": 0, "day_away": 0, "commitment": 1}
    assert counts(as_person(ids["carla"], "coach")) == his | {
        "relationship": 2,
        "block": 1,
        "day_away": 1,
        "commitment": 2,
    }
    nothing = dict.fromkeys(TABLES, 0) | {"reminder": -1}
    assert counts(as_person(ids["bob"], "client")) == nothing | {"relationship": 1, "call_link": 1}
    assert counts(as_person(ids["cleo"], "client")) == nothing | {"relationship": 1}
    assert counts(as_person(ids["conrad"], "coach")) == nothing | {"relationship": 1}
    assert counts(as_person(None)) == nothing


def test_a_calendar_is_seen_by_those_who_may_book_in_it(booked: Practice, as_person: Callable[..., Ask]) -> None:
    ids = booked.ids
    asked = "SELECT count(*) FROM busy(%s, '[2026-11-01,2026-12-31)')"
    whole = "SELECT count(*) FROM coach_calendar('carla', %s, '[2026-11-01,2026-12-31)', NULL, 'nothing')"
    for person, role, ranges in (
        ("ada", "client", 2),
        ("bob", "client", 2),
        ("carla", "coach", 2),
        ("cleo", "client", 0),
        ("conrad", "coach", 0),
    ):
        assert as_person(ids[person], role)(asked, ids["carla"]) == [(ranges,)], person
        own = ids[person] if role == "client" else None
        assert as_person(ids[person], role)(whole, own) == [(int(ranges > 0),)], person
    assert as_person(None)(asked, ids["carla"]) == [(0,)]
    assert as_person(None)(whole, None) == [(0,)]
    # Not through somebody else's eyes either.
    assert as_person(ids["bob"], "client")(whole, ids["ada"]) == [(0,)]
    assert as_person(ids["carla"], "coach")(whole, ids["cleo"]) == [(0,)]


def test_names_are_seen_by_the_two(booked: Practice, as_person: Callable[..., Ask]) -> None:
    ids = booked.ids
    asked = "SELECT count(*) FROM person WHERE id = %s"
    for person, whom, seen in (
        ("ada", "carla", 1),
        ("carla", "ada", 1),
        ("bob", "ada", 0),
        ("ada", "conrad", 0),
        ("cleo", "carla", 0),
    ):
        assert as_person(ids[person])(asked, ids[whom]) == [(seen,)], (person, whom)


FORBIDDEN = {
    "write a call": "INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)"
    " SELECT gen_random_uuid(), id, coach_id, client_id, '[2026-12-01 10:00Z,2026-12-01 11:00Z)', present(), client_id,"
    " present() FROM relationship",
    "move a call past the rules": "UPDATE appointment SET during = '[2026-12-01 10:00Z,2026-12-01 11:00Z)'",
    "delete a call": "DELETE FROM appointment",
    "cancel past the cutoff": "INSERT INTO cancellation SELECT id, present(), me() FROM appointment",
    "undo a cancellation": "DELETE FROM cancellation",
    "free somebody": "DELETE FROM commitment",
    "move a commitment": "UPDATE commitment SET during = '[2026-12-01,2026-12-02)'",
    "give himself a coach": "INSERT INTO relationship (coach_id, client_id, begun) SELECT coach_id, me(), present() FROM relationship",
    "end a relationship": "UPDATE relationship SET coach_id = me()",
    "write the history": "INSERT INTO appointment_change SELECT id, 9, during, during, me(), present() FROM appointment",
    "make office hours without being a coach": "INSERT INTO availability VALUES (gen_random_uuid(), me(), 'coaching',"
    " '2026-12-01 09:00', '2026-12-01 10:00', 'UTC', false, '2026-12-01')",
    "set a call link without being a coach": "INSERT INTO call_link VALUES (me(), 'https://x.example')",
    "be away without being a coach": "INSERT INTO day_away VALUES (gen_random_uuid(), me(), '[2026-12-01,2026-12-02)', 'UTC', present())",
    "block without being a coach": "INSERT INTO block VALUES (gen_random_uuid(), me(), '[2026-12-01,2026-12-02)')",
    "take time in a call's name": "INSERT INTO commitment (person_id, during, appointment_id) SELECT me(),"
    " '[2026-12-01,2026-12-02)', id FROM appointment",
}  # fmt: skip


@pytest.mark.parametrize("act", FORBIDDEN)
def test_a_client_cannot(act: str, booked: Practice, as_person: Callable[..., Ask]) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        as_person(booked.ids["ada"], "client")(FORBIDDEN[act])


def test_the_functions_book_and_change_nothing_for_strangers(booked: Practice, as_person: Callable[..., Ask]) -> None:
    ids = booked.ids
    [call] = booked.calls()
    span = "[2026-12-01 10:00Z,2026-12-01 11:00Z)"
    for stranger in (ids["bob"], ids["cleo"], None):
        ask = as_person(stranger, "client")
        assert ask(
            "SELECT book_calls(ARRAY[gen_random_uuid()], %s, %s, ARRAY[%s]::tstzrange[], ARRAY[%s]::tstzrange[], 9, '{}')",
            ids["carla"], ids["ada"], span, span,
        ) == [("no_relationship",)]  # fmt: skip
        assert ask("SELECT move_call(%s, 1, %s, %s, 9, 9, present(), '{}')", call.id, span, span) == [("not_there",)]
        assert ask("SELECT cancel_call(%s, NULL, present(), '', '{}')", call.id) == [("not_there",)]
        assert ask("SELECT count(*) FROM cancel_coming_calls(%s, NULL, '(,)', '')", ids["carla"]) == [(0,)]
        assert ask("SELECT leave_coaching(%s)", ids["ada"])
    assert len(booked.calls()) == 1 and booked.sql("SELECT count(*) FROM relationship WHERE is_current")[0].count == 3


def test_the_functions_hold_the_rules_whoever_calls_them(booked: Practice, as_person: Callable[..., Ask]) -> None:
    """What Python asks before, the database asks again: a route that forgot it would break no rule."""
    assert book(booked.browsers["ada"], "carla", "2026-12-02T10:00:00+01:00").status == 201
    [call, _] = booked.calls()
    ask = as_person(booked.ids["ada"], "client")
    free, taken = "[2026-12-01 10:00Z,2026-12-01 11:00Z)", "[2026-12-02 09:00Z,2026-12-02 10:00Z)"
    december, before, after = "[2026-12-01,2027-01-01)", call.starts - timedelta(1), call.starts + timedelta(1)
    moved: dict[str, tuple[Any, ...]] = {
        "moved": (1, free, december, 2, 1, before),
        "stale": (2, free, december, 2, 1, before),
        "too_late": (1, free, december, 2, 1, after),
        "moved_enough": (1, free, december, 2, 0, before),
        "month_is_full": (1, free, december, 1, 1, before),
        "taken": (1, taken, december, 2, 1, before),
    }
    for outcome, given in moved.items():
        assert ask("SELECT move_call(%s, %s, %s, %s, %s, %s, %s, '{}')", call.id, *given) == [(outcome,)]
    for outcome, span, most in (("booked", free, 2), ("month_is_full", free, 1), ("taken", taken, 2)):
        assert ask(
            "SELECT book_calls(ARRAY[gen_random_uuid()], %s, %s, ARRAY[%s]::tstzrange[], ARRAY[%s]::tstzrange[], %s,"
            " ARRAY['{}']::jsonb[])",
            booked.ids["carla"], booked.ids["ada"], span, december, most,
        ) == [(outcome,)]  # fmt: skip
    for outcome, version, until in (("cancelled_now", 1, before), ("stale", 2, before), ("too_late", 1, after)):
        assert ask("SELECT cancel_call(%s, %s, %s, '', '{}')", call.id, version, until) == [(outcome,)]
    booked.community.ban("carla")
    assert ask("SELECT move_call(%s, %s, %s, %s, %s, %s, %s, '{}')", call.id, *moved["moved"]) == [("no_relationship",)]
    assert ask(
        "SELECT book_calls(ARRAY[gen_random_uuid()], %s, %s, ARRAY[%s]::tstzrange[], ARRAY[%s]::tstzrange[], 2,"
        " ARRAY['{}']::jsonb[])", booked.ids["carla"], booked.ids["ada"], free, december,
    ) == [("no_relationship",)]  # fmt: skip


def test_the_functions_hold_the_rules_to_the_very_moment(booked: Practice, as_person: Callable[..., Ask]) -> None:
    [call] = booked.calls()
    instant, minute = timedelta(microseconds=1), timedelta(minutes=1)
    free, december = "[2026-12-01 10:00Z,2026-12-01 11:00Z)", "[2026-12-01,2027-01-01)"
    move = "SELECT move_call(%s, 1, %s, %s, 1, 1, %s, '{}')", call.id, free, december
    cancel = "SELECT cancel_call(%s, 1, %s, '', '{}')", call.id
    # (who, when, from which moment on calls may be changed) -> what becomes of a move, of a cancellation
    for who, now, changeable_from, moved, cancelled in (
        ("carla", call.starts - instant, AT, "moved", "cancelled_now"),
        ("carla", call.starts, AT, "begun", "begun"),
        ("ada", call.booked + minute, call.starts, "moved", "cancelled_now"),
        ("ada", call.booked + minute, call.starts + instant, "too_late", "too_late"),
        ("ada", call.booked + minute - instant, call.starts + instant, "too_late", "cancelled_now"),
    ):
        ask = as_person(booked.ids[who], now=now)
        assert ask(*move, changeable_from) == [(moved,)], (who, now)
        assert ask(*cancel, changeable_from) == [(cancelled,)], (who, now)


def test_a_month_has_the_calls_that_the_client_booked_from_its_first_moment_to_before_its_end(
    booked: Practice, sql: Any
) -> None:
    [call] = booked.calls()
    instant, day = timedelta(microseconds=1), timedelta(1)

    def count(first: datetime, end: datetime, besides: Any = None) -> int:
        month, ada = f"[{first.isoformat()},{end.isoformat()})", booked.ids["ada"]
        found: int = sql("SELECT calls_in(%s, %s, %s) AS n", month, ada, besides)[0].n
        return found

    assert count(call.starts, call.starts + day) == 1
    assert count(call.starts - day, call.starts) == 0
    assert count(call.starts - day, call.starts + instant) == 1
    assert count(call.starts + instant, call.starts + day) == 0, "the one that was cancelled is on the next day"
    assert count(call.starts, call.starts + day, besides=call.id) == 0, (
        "a call that is moved is not counted beside itself"
    )
    sql("UPDATE appointment SET booked_by = coach_id WHERE id = %s", call.id)
    assert count(call.starts, call.starts + day) == 0, "what the coach gave is not counted"


def test_hot_searches_use_their_index(booked: Practice, sql: Any) -> None:
    """A coach with years of commitments: his four weeks are found by the range, not by reading all of them."""
    coach = booked.ids["carla"]
    sql("DELETE FROM commitment")
    sql(
        "INSERT INTO block SELECT gen_random_uuid(), %s, tstzrange(t, t + interval '30 minutes')"
        " FROM generate_series('2027-01-01Z'::timestamptz, '2027-12-31Z', '1 hour') t",
        coach,
    )
    sql("ANALYZE commitment")
    plan = "\n".join(
        row[0]
        for row in sql(
            "EXPLAIN SELECT during FROM commitment WHERE person_id = %s AND during && '[2027-03-01,2027-03-29)'", coach
        )
    )
    assert "commitment_no_overlap" in plan and "Seq Scan" not in plan
