"""Sixteen people at once, each with a connection of his own: exactly one of them wins, and nobody sees an error.

A few rounds of every race; 1,000 with LONG=1.
"""

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib import clock as present
from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import rounds
from tests.coaching.practice import AT, NOW, Practice, at, book, move
from tests.coaching.test_pages import press
from tests.people import Answer, Browser

PEOPLE = 16
ROUNDS = 1000 if os.environ.get("LONG") else 5
SLOT = "2026-11-25T10:00:00+01:00"
pytestmark = pytest.mark.timeout(3600)

Try = Callable[[], Answer | bool]


class Race:
    """A practice with sixteen clients of one coach, and sixteen threads that begin at one moment."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.carla = practice.coach("carla")
        self.clients = [practice.client(f"client{n}", "carla") for n in range(PEOPLE)]
        self.admin = practice.community.admin()
        self.threads = ThreadPoolExecutor(PEOPLE)
        self.start = threading.Barrier(PEOPLE)

    def run(self, tries: list[Try]) -> list[Answer | bool]:
        """What came of the tries, all begun at one moment."""

        def begin(one: Try) -> Answer | bool:
            self.start.wait(30)
            return one()

        assert len(tries) == PEOPLE
        return list(self.threads.map(begin, tries))

    def clear(self) -> None:
        for table in ("appointment", "event", "block", "ban", "outbox", "availability_exception"):
            self.practice.sql(f"DELETE FROM {table}")

    def held(self) -> list[Any]:
        """The calls that take place; each has its two commitments, and every change its one message."""
        sql, calls = self.practice.sql, self.practice.calls()
        taken = sql("SELECT person_id, appointment_id, during FROM commitment WHERE appointment_id IS NOT NULL")
        assert sorted((t.appointment_id, t.person_id, t.during.lower) for t in taken) == sorted(
            (call.id, person, call.starts) for call in calls for person in (call.coach_id, call.client_id)
        )
        changes = sql(
            "SELECT (SELECT count(*) FROM appointment) + (SELECT count(*) FROM appointment_change)"
            " + (SELECT count(*) FROM cancellation) AS n"
        )[0].n
        assert len(self.practice.messages()) == changes
        return calls


@pytest.fixture
def race(community: Any, clock: Any, sql: Any) -> Iterator[Race]:
    clock.set(NOW)
    running = Race(Practice(community, sql))
    yield running
    running.threads.shutdown()


def winners(answers: list[Answer | bool]) -> int:
    """How many got what they wanted; the others were refused in words."""
    for answer in answers:
        if isinstance(answer, Answer):
            assert answer.status in (200, 201, 204, 404, 409, 422), answer.text
    return sum(answer if isinstance(answer, bool) else answer.status < 300 for answer in answers)


def test_the_same_slot(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        assert winners(race.run([lambda c=c: book(c, "carla", SLOT) for c in race.clients])) == 1
        assert len(race.held()) == 1


def test_overlapping_slots(race: Race) -> None:
    race.practice.rule("slot_interval_minutes", 5)
    starts = [at(SLOT, n * 5 / 60).isoformat() for n in range(12)]
    for _ in range(ROUNDS):
        race.clear()
        tries = [lambda c=c, n=n: book(c, "carla", starts[n % 12]) for n, c in enumerate(race.clients)]
        assert winners(race.run(tries)) == 1
        assert len(race.held()) == 1


def test_a_buffer_between_slots(race: Race) -> None:
    race.practice.rule("buffer_minutes", 15)
    starts = [SLOT, at(SLOT, 1).isoformat()]
    for _ in range(ROUNDS):
        race.clear()
        tries = [lambda c=c, n=n: book(c, "carla", starts[n % 2]) for n, c in enumerate(race.clients)]
        assert winners(race.run(tries)) == 1
        assert len(race.held()) == 1


def test_moves_onto_a_slot_that_is_being_booked(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        half = PEOPLE // 2
        calls = [
            book(client, "carla", at(f"2026-11-{26 + n // 8}T09:00:00+01:00", n % 8).isoformat()).json
            for n, client in enumerate(race.clients[:half])
        ]
        movers: list[Try] = [
            lambda c=c, call=call: move(c, call, SLOT) for c, call in zip(race.clients, calls, strict=False)
        ]
        assert winners(race.run([*movers, *(lambda c=c: book(c, "carla", SLOT) for c in race.clients[half:])])) == 1
        assert [call.starts for call in race.held()].count(at(SLOT)) == 1


def test_cancelling_against_moving(race: Race) -> None:
    ada = race.clients[0]
    for _ in range(ROUNDS):
        race.clear()
        call = book(ada, "carla", SLOT).json
        path = f"/api/appointments/{call['id']}?version=1"
        cancels: list[Try] = [lambda: ada.ask("DELETE", path), lambda: race.carla.ask("DELETE", path)] * 4
        moves: list[Try] = [lambda n=n: move(ada, call, at(SLOT, 1 + n % 6).isoformat()) for n in range(8)]
        assert winners(race.run(cancels + moves)) == 1
        assert [row.version for row in race.held()] in ([], [2])


def test_two_moves_of_one_call(race: Race) -> None:
    ada = race.clients[0]
    for _ in range(ROUNDS):
        race.clear()
        call = book(ada, "carla", SLOT).json
        movers = (ada, race.carla)
        moves: list[Try] = [
            lambda n=n: move(movers[n % 2], call, at(SLOT, 24 + n % 7).isoformat()) for n in range(PEOPLE)
        ]
        assert winners(race.run(moves)) == 1
        assert [row.version for row in race.held()] == [2]


def test_moves_of_many_calls_past_each_other(race: Race) -> None:
    """Everybody wants his neighbour's slot: nobody gets a taken one, and nobody waits for ever."""
    for _ in range(ROUNDS):
        race.clear()
        starts = [at(f"2026-11-{25 + n // 8}T09:00:00+01:00", n % 8).isoformat() for n in range(PEOPLE)]
        calls = [book(c, "carla", starts[n]).json for n, c in enumerate(race.clients)]
        free = at("2026-11-27T09:00:00+01:00").isoformat()
        tries: list[Try] = [
            lambda c=c, n=n: move(c, calls[n], free if n == 0 else starts[n - 1]) for n, c in enumerate(race.clients)
        ]
        assert winners(race.run(tries)) >= 1
        held = race.held()
        assert len(held) == len({row.starts for row in held}) == PEOPLE


def test_a_lunch_against_a_call(race: Race) -> None:
    ada, bob = race.practice.ids["client0"], race.practice.ids["client1"]
    location = race.practice.community.locations["Harbour"]
    during = f"[{SLOT},{at(SLOT, 1).isoformat()})"

    def lunch() -> bool:
        def make(db: Database) -> bool:
            db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=present.now().isoformat())
            event = uuid.uuid4()
            db.run(
                "INSERT INTO event (id, title, location_id, during) VALUES (%(id)s, 'Soup', %(place)s, %(during)s)",
                id=event, place=location, during=during,
            )  # fmt: skip
            db.many(
                "INSERT INTO attendance (event_id, person_id, response) VALUES %s",
                [(event, person, "approved") for person in (ada, bob)],
            )
            taken = db.many(
                "INSERT INTO commitment (person_id, during, event_id) SELECT person, during::tstzrange, event::uuid"
                " FROM (VALUES %s) AS wanted (person, during, event) ORDER BY person ON CONFLICT DO NOTHING"
                " RETURNING person_id",
                [(person, during, event) for person in (ada, bob)],
            )
            if len(taken) < 2:  # as a round does: a lunch of which somebody is taken is not made
                db.run("DELETE FROM event WHERE id = %(id)s", id=event)
            return len(taken) == 2

        return transaction(make, JOB)

    for _ in range(ROUNDS):
        race.clear()
        tries: list[Try] = [lunch, lambda: book(race.clients[0], "carla", at(SLOT, 0).isoformat())] * 8
        assert winners(race.run(tries)) == 1
        assert len(race.held()) + len(race.practice.sql("SELECT 1 FROM event")) == 1


def test_office_hours_withdrawn_while_somebody_books(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        race.practice.sql("DELETE FROM availability")
        id = race.practice.hours("carla", "2026-11-18T09:00", "2026-11-18T17:00")
        bookings: list[Try] = [lambda c=c: book(c, "carla", SLOT) for c in race.clients[:8]]
        withdrawals: list[Try] = [lambda: race.carla.ask("DELETE", f"/api/office-hours/{id}")] * 8
        assert winners(race.run(bookings + withdrawals)) == 1
        assert len(race.held()) + (not race.practice.sql("SELECT 1 FROM availability")) == 1


def test_office_hours_changed_while_somebody_books(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        race.practice.sql("DELETE FROM availability")
        id = race.practice.hours("carla", "2026-11-18T09:00", "2026-11-18T17:00")
        bookings: list[Try] = [lambda c=c: book(c, "carla", SLOT) for c in race.clients[:8]]
        later = {"start": "2026-11-18T12:00", "timezone": "Europe/Berlin"}
        changes: list[Try] = [lambda: race.carla.ask("PATCH", f"/api/office-hours/{id}", later)] * 8
        race.run(bookings + changes)
        [hours] = race.practice.sql("SELECT starts FROM availability")
        assert len(race.held()) + (hours.starts.hour == 12) == 1


def test_a_time_blocked_while_somebody_books(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        bookings: list[Try] = [lambda c=c: book(c, "carla", SLOT) for c in race.clients[:8]]
        span = {"start": at(SLOT, -0.5).isoformat(), "end": at(SLOT, 0.5).isoformat()}
        blocks: list[Try] = [lambda: race.carla.post("/api/blocks", span)] * 8
        assert winners(race.run(bookings + blocks)) == 1
        assert len(race.held()) + len(race.practice.sql("SELECT 1 FROM block")) == 1


def test_a_day_away_while_somebody_books(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        bookings: list[Try] = [lambda c=c: book(c, "carla", SLOT) for c in race.clients[:15]]
        race.run([*bookings, lambda: race.carla.post("/api/days-away", {"day": "2026-11-25", "calls": "cancel"})])
        assert race.held() == []
        race.practice.sql("DELETE FROM day_away")


def test_a_relationship_ended_while_the_client_books(race: Race) -> None:
    ada = race.clients[0]
    for _ in range(ROUNDS):
        race.clear()
        race.practice.sql("UPDATE relationship SET ended = 'infinity'")
        bookings: list[Try] = [lambda n=n: book(ada, "carla", at(SLOT, n % 6).isoformat()) for n in range(8)]
        ends: list[Try] = [lambda: race.admin.ask("DELETE", "/api/admin/relationships/client0")] * 8
        assert winners(race.run(bookings + ends)) == 1
        ended = race.practice.sql("SELECT 1 FROM relationship WHERE ended <> 'infinity'")
        assert len(race.held()) + len(ended) == 1


def test_a_client_withdrawn_while_he_books(race: Race) -> None:
    from chalicelib.coaching import cancellations

    ada = race.practice.ids["client0"]

    def ban() -> bool:
        def work(db: Database) -> bool:
            now = present.now()
            db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=now.isoformat())
            db.run("INSERT INTO ban VALUES (%(id)s, %(now)s, '') ON CONFLICT DO NOTHING", id=ada, now=now)
            cancellations.withdraw_person(db, ada, now)
            return True

        return transaction(work, JOB)

    for _ in range(ROUNDS):
        race.clear()
        bookings: list[Try] = [
            lambda n=n: book(race.carla, "carla", at(SLOT, n % 6).isoformat(), client="client0") for n in range(15)
        ]
        race.run([*bookings, ban])
        assert race.held() == []


def test_two_calls_of_one_client_in_one_month(race: Race) -> None:
    ada = race.clients[0]
    starts = [at(f"2026-12-{1 + n // 8:02}T09:00:00+01:00", n % 8).isoformat() for n in range(PEOPLE)]
    for _ in range(ROUNDS):
        race.clear()
        assert winners(race.run([lambda start=start: book(ada, "carla", start) for start in starts])) == 1
        assert len(race.held()) == 1


def test_calls_of_one_client_moved_into_one_month(race: Race) -> None:
    ada = race.clients[0]
    for _ in range(ROUNDS):
        race.clear()
        calls = [book(ada, "carla", f"2026-{day}T09:00:00+01:00").json for day in ("11-25", "12-02")]
        starts = [at(f"2027-01-{4 + n // 8:02}T09:00:00+01:00", n % 8).isoformat() for n in range(PEOPLE)]
        tries: list[Try] = [lambda n=n, start=start: move(ada, calls[n % 2], start) for n, start in enumerate(starts)]
        assert winners(race.run(tries)) == 1
        assert [call.starts.month for call in race.held()].count(1) == 1


def test_the_last_allowed_move_twice(race: Race) -> None:
    race.practice.rule("moves_per_appointment", 1)
    ada = race.clients[0]

    def insist(call: dict[str, Any], start: str) -> Answer:
        """Move; told that it was changed meanwhile, look again and move that."""
        answer = move(ada, call, start)
        if answer.status == 409:
            again = ada.get(f"/api/appointments/{call['id']}").json
            answer = move(ada, again, (at(start) + timedelta(days=1)).isoformat())
        return answer

    for _ in range(ROUNDS):
        race.clear()
        call = book(ada, "carla", SLOT).json
        starts = [at(SLOT, 1 + n % 6).isoformat() for n in range(PEOPLE)]
        assert winners(race.run([lambda start=start: insist(call, start) for start in starts])) == 1
        assert [row.version for row in race.held()] == [2]


def test_series_of_two_clients_that_meet_in_one_month(race: Race) -> None:
    def series(browser: Browser, start: str) -> Answer:
        return browser.post("/api/series", {"coach": "carla", "start": start, "months": 3})

    starts = ["2026-11-26T10:00:00+01:00", "2026-12-24T10:00:00+01:00", "2027-01-28T10:00:00+01:00"]
    for _ in range(ROUNDS):
        race.clear()
        tries: list[Try] = [lambda c=c, n=n: series(c, starts[n % 3]) for n, c in enumerate(race.clients)]
        assert winners(race.run(tries)) == 1
        assert len(race.held()) == 3


def test_the_same_request_sent_sixteen_times_with_one_key(race: Race) -> None:
    ada = race.clients[0]
    wanted = {"coach": "carla", "start": SLOT, "end": at(SLOT, 1).isoformat()}
    for _ in range(ROUNDS):
        race.clear()
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answers = race.run([lambda: ada.post("/api/appointments", wanted, headers=key)] * PEOPLE)
        assert {a.status for a in answers if isinstance(a, Answer)} <= {201, 409}
        assert len({a.text for a in answers if isinstance(a, Answer) and a.status == 201}) == 1
        assert len(race.held()) == 1


def test_a_series_moved_to_where_others_book(race: Race) -> None:
    """Either every call of it moves or none does; and whoever wants one of the new times gets it or not."""
    ada = race.clients[0]
    for _ in range(ROUNDS):
        race.clear()
        wanted = {"coach": "carla", "start": "2026-11-26T10:00:00+01:00", "months": 3}
        made = ada.post("/api/series", wanted).json
        change = {"from": made["appointments"][0]["id"], "start": "2026-11-26T15:00:00+01:00"}
        moves: list[Try] = [lambda: ada.ask("PATCH", f"/api/series/{made['id']}", change)] * 8
        bookings: list[Try] = [lambda c=c: book(c, "carla", "2027-01-28T15:00:00+01:00") for c in race.clients[8:]]
        assert winners(race.run(moves + bookings)) == 1
        assert [(c.starts.hour, c.version) for c in race.held() if c.client_id == race.practice.ids["client0"]] in (
            [(9, 1)] * 3,
            [(14, 2)] * 3,
        )


def test_the_one_earlier_time_that_everybody_waits_for(race: Race) -> None:
    """All are told of it and press at once: one gets it and waits no longer, the others wait on."""
    for _ in range(ROUNDS):
        race.clear()
        race.practice.sql("DELETE FROM waiting")
        ids = [c.post("/api/waiting", {"coach": "carla"}).json["id"] for c in race.clients]
        pages = [c.get(f"/waiting/{id}?start=2026-11-25T09:00:00Z") for c, id in zip(race.clients, ids, strict=True)]
        tries: list[Try] = [lambda c=c, n=n: press(c, pages[n], "Book it") for n, c in enumerate(race.clients)]
        answers = race.run(tries)
        assert [a.status for a in answers if isinstance(a, Answer)].count(303) == 1
        assert len(race.held()) == 1 and len(race.practice.sql("SELECT 1 FROM waiting")) == PEOPLE - 1


def test_a_call_handed_over_to_where_others_book(race: Race) -> None:
    """The client's call goes to the other coach, or somebody else has that hour; it is never both, and never neither."""
    practice, ada = race.practice, race.clients[0]
    practice.coach("conrad")
    others = [practice.client(f"other{n}", "conrad") for n in range(PEOPLE - 1)]
    path = "/api/admin/relationships/client0"
    for _ in range(ROUNDS):
        race.clear()
        practice.sql("DELETE FROM relationship WHERE client_id = %s", practice.ids["client0"])
        practice.relate("client0", "carla")
        assert book(ada, "carla", SLOT).status == 201
        plan = race.admin.get(f"{path}/hand-over?coach=conrad").json["plan"]
        change = {"coach": "conrad", "calls": "move", "plan": plan}
        bookings: list[Try] = [lambda c=c: book(c, "conrad", SLOT) for c in others]
        assert winners(race.run([lambda: race.admin.ask("PATCH", path, change), *bookings])) == 1
        conrads = [c for c in practice.calls() if c.coach_id == practice.ids["conrad"]]
        assert len(conrads) == 1 and len(practice.calls()) in (1, 2)


def test_a_round_of_lunches_against_calls_at_its_hour(race: Race) -> None:
    """Sixteen who are free for lunch at one hour, six coaches among them, book calls then, while rounds seat them."""
    practice, monday = race.practice, date(2026, 11, 23)
    harbour, noon = practice.community.locations["Harbour"], "2026-11-25T12:00:00+01:00"
    coaches = [f"coach{n}" for n in range(6)]
    for name in coaches:
        practice.coach(name)
    clients = [practice.client(f"guest{n}", coaches[n // 2]) for n in range(12)]
    for name in [*coaches, *(f"guest{n}" for n in range(12))]:
        practice.sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until) VALUES"
            " (gen_random_uuid(), %s, 'lunch', '2026-11-25T12:00', '2026-11-25T13:00', 'Europe/Berlin', false, '2026-11-25')",
            practice.ids[name],
        )
    both = 0
    for _ in range(ROUNDS):
        race.clear()
        practice.sql("DELETE FROM round; DELETE FROM asked_round")
        tries: list[Try] = [lambda n=n: book(clients[n], coaches[n // 2], noon) for n in range(12)]
        tries += [lambda: bool(rounds.run(monday, harbour, AT))] * 4
        booked = winners(race.run(tries)[:12])
        assert len(race.held()) == booked <= 6
        eating = practice.sql("SELECT event_id, person_id FROM attendance WHERE response = 'approved' ORDER BY 1, 2")
        taken = practice.sql("SELECT event_id, person_id FROM commitment WHERE event_id IS NOT NULL ORDER BY 1, 2")
        assert eating == taken and {row.person_id for row in eating}.isdisjoint(
            person for call in practice.calls() for person in (call.coach_id, call.client_id)
        )
        both += bool(booked and eating)
    assert both, "the two never met"
