"""Sixteen people at once about one lunch, each with a connection of their own: nobody is in two places, no seat is
taken twice, no state is drawn that is not, and every change is told.

A few rounds of every race; 1,000 with LONG=1.
"""

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import config
from chalicelib.database import JOB, transaction
from chalicelib.lunch import blocked_pairs, jobs, rounds
from tests.lunches import lunch
from tests.people import Answer, Browser

PEOPLE = 16
ROUNDS = 1000 if os.environ.get("LONG") else 4
NOW = "2026-11-23T08:00Z"
AT = datetime.fromisoformat("2026-11-23T08:00:00+00:00")
STARTS = "2026-11-25T11:00:00+00:00"
START = datetime.fromisoformat(STARTS)
OVERLAPS = "2026-11-25T11:30:00+00:00"
DEADLINE = START - timedelta(hours=24)
pytestmark = pytest.mark.timeout(7200)

Try = Callable[[], Answer | None]


class Race:
    """Sixteen members with two browsers each, and sixteen threads that begin at one moment."""

    def __init__(self, community: Any) -> None:
        self.community, self.sql = community, community.sql
        self.harbour = community.locations["Harbour"]
        self.people = [community.person(f"guest{n}") for n in range(PEOPLE)]
        self.browsers = [community.browser_of(person) for person in self.people]
        self.tabs = [community.browser_of(person) for person in self.people]
        self.admin = community.admin()
        self.threads = ThreadPoolExecutor(PEOPLE)
        self.start = threading.Barrier(PEOPLE)

    def run(self, tries: list[Try]) -> list[Answer | None]:
        def begin(one: Try) -> Answer | None:
            self.start.wait(60)
            return one()

        assert len(tries) == PEOPLE
        return list(self.threads.map(begin, tries))

    def clear(self) -> None:
        self.sql("DELETE FROM event")
        for table in ("outbox", "asked_round", "silence", "round", "ban", "availability"):
            self.sql(f"DELETE FROM {table}")

    def lunch(self, starts: str = STARTS, **more: Any) -> Any:
        return lunch(self.sql, self.harbour, starts, **more)

    def status(self, event: Any) -> str:
        found: str = self.sql("SELECT status FROM event WHERE id = %s", event)[0].status
        return found

    def approved(self, event: Any) -> set[Any]:
        rows = self.sql("SELECT person_id FROM attendance WHERE event_id = %s AND response = 'approved'", event)
        return {row.person_id for row in rows}

    def holds(self) -> None:
        """What must be true whoever came first."""
        assert self.sql(
            "SELECT c.event_id, c.person_id FROM commitment c WHERE c.event_id IS NOT NULL"
            " EXCEPT SELECT a.event_id, a.person_id FROM attendance a JOIN event e ON e.id = a.event_id"
            " WHERE a.response = 'approved' AND e.status NOT IN ('Rejected', 'Canceled')"
        ) == []  # fmt: skip
        assert self.sql(
            "SELECT a.event_id, a.person_id FROM attendance a JOIN event e ON e.id = a.event_id"
            " WHERE a.response = 'approved' AND e.status NOT IN ('Rejected', 'Canceled')"
            " EXCEPT SELECT c.event_id, c.person_id FROM commitment c"
        ) == []  # fmt: skip
        for row in self.sql(
            "SELECT e.status, e.min_attendees AS low, e.max_attendees AS high,"
            " (SELECT count(*) FROM attendance a WHERE a.event_id = e.id AND a.response = 'approved') AS n FROM event e"
        ):
            assert row.n <= row.high
            assert (row.n >= row.low) == (row.status == "Confirmed") or row.status not in ("Proposed", "Confirmed"), row
        self.is_told()

    def is_told(self) -> None:
        """The messages of each lunch end in the state that it has."""
        last = {
            "event.approved": "Confirmed",
            "event.unconfirmed": "Proposed",
            "event.rejected": "Rejected",
            "event.canceled": "Canceled",
        }
        rows = self.sql(
            "SELECT key, event->>'type' AS type FROM outbox WHERE topic = 'Events_All' AND event->>'type' LIKE 'event.%%'"
            " AND event->>'type' <> 'event.proposed' ORDER BY id"
        )
        told = {row.key: last[row.type] for row in rows}
        for key, status in told.items():
            assert self.status(key) == status, (status, self.status(key))


@pytest.fixture
def race(community: Any, clock: Any) -> Iterator[Race]:
    clock.set(NOW)
    running = Race(community)
    yield running
    running.threads.shutdown()


def respond(browser: Browser, event: Any, response: str = "approved") -> Answer:
    return browser.ask("PUT", f"/api/events/{event}/attendance", {"response": response})


def statuses(answers: list[Answer | None]) -> list[int]:
    """What each was answered; refusals in words, and nothing worse."""
    found = [answer.status for answer in answers if answer is not None]
    assert set(found) <= {200, 204, 404, 409}, [answer.text for answer in answers if answer is not None]
    return sorted(found)


def sweep(now: datetime) -> None:
    jobs.sweep(now)


def test_the_last_seat_is_taken_once(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        event = race.lunch(approved=race.people[:2], confirmed=True, public=True)
        answers = race.run([lambda b=b: respond(b, event) for b in race.browsers])
        # Two are there already: said again, nothing happens.
        assert statuses(answers) == [200] * 3 + [409] * 13
        assert len(race.approved(event)) == 3
        race.holds()


def test_the_last_seat_among_the_invited(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        event = race.lunch(invited=race.people)
        assert statuses(race.run([lambda b=b: respond(b, event) for b in race.browsers])) == [200] * 3 + [409] * 13
        assert race.status(event) == "Confirmed"
        race.holds()


def test_approving_two_lunches_that_overlap(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        pairs = [race.people[n : n + 2] for n in range(0, PEOPLE, 2)]
        first = [race.lunch(invited=pair) for pair in pairs]
        second = [race.lunch(OVERLAPS, invited=pair) for pair in pairs]
        tries: list[Try] = []
        for n in range(0, PEOPLE, 2):
            tries.append(lambda n=n: respond(race.browsers[n], first[n // 2]))
            tries.append(lambda n=n: respond(race.tabs[n], second[n // 2]))
        assert statuses(race.run(tries)) == [200] * 8 + [409] * 8
        for n in range(0, PEOPLE, 2):
            rows = race.sql("SELECT response FROM attendance WHERE person_id = %s", race.people[n])
            assert sorted(row.response for row in rows) == ["approved", "rejected"]
        race.holds()


def test_approving_two_that_overlap_the_other_way_round(race: Race) -> None:
    """Both of each pair approve both lunches, in opposite order: nobody waits for ever."""
    for _ in range(ROUNDS):
        race.clear()
        lunches = [race.lunch(at, invited=race.people[:4]) for at in (STARTS, OVERLAPS) for _ in range(2)]
        tries: list[Try] = [
            lambda n=n: respond((race.browsers, race.tabs)[n % 2][n % 4], lunches[(n // 4 + n) % 4])
            for n in range(PEOPLE)
        ]
        statuses(race.run(tries))
        for person in race.people[:4]:
            rows = race.sql("SELECT 1 FROM attendance WHERE person_id = %s AND response = 'approved'", person)
            assert len(rows) == 1
        race.holds()


def test_approving_against_the_deadline(race: Race, clock: Any) -> None:
    """A second before the deadline the requests come in, a moment after it the sweep: one of the two is first."""
    clock.set((DEADLINE - timedelta(seconds=20)).isoformat())
    for _ in range(ROUNDS):
        race.clear()
        lunches = [race.lunch("2026-11-25T11:00:00+00:00", invited=race.people[n : n + 2]) for n in range(0, 8, 2)]
        tries: list[Try] = [lambda n=n: respond(race.browsers[n], lunches[n // 2]) for n in range(8)]
        tries += [lambda: sweep(DEADLINE)] * 8
        statuses(race.run(tries))
        sweep(DEADLINE)
        for event in lunches:
            assert race.status(event) in ("Confirmed", "Rejected")
        race.holds()


def test_leaving_against_approving(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        event = race.lunch(approved=race.people[:2], invited=race.people[2:8], confirmed=True)
        tries: list[Try] = [lambda n=n: respond(race.browsers[n % 2], event, "rejected") for n in range(8)]
        tries += [lambda n=n: respond(race.browsers[n], event) for n in range(2, 8)]
        tries += [lambda n=n: respond(race.tabs[n], event, "rejected") for n in range(2)]
        statuses(race.run(tries))
        assert not race.approved(event) & set(race.people[:2])
        assert len(race.sql("SELECT 1 FROM asked_round")) <= 1
        race.holds()


def test_leaving_late_against_joining(race: Race, clock: Any) -> None:
    clock.set((START - timedelta(hours=2)).isoformat())
    for _ in range(ROUNDS):
        race.clear()
        event = race.lunch(approved=race.people[:2], confirmed=True, public=True)
        leaves: list[Try] = [lambda: respond(race.browsers[0], event, "rejected")]
        race_answers = race.run(leaves + [lambda n=n: respond(race.browsers[n], event) for n in range(1, PEOPLE)])
        statuses(race_answers)
        # Who left first ends it for all; who joined first keeps it on.
        assert race.status(event) in ("Confirmed", "Rejected")
        race.holds()


def test_joining_a_public_lunch_while_it_is_called_off(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        event = race.lunch(approved=race.people[:1], public=True, seats=8)
        why = {"reason": "the kitchen burnt"}
        calls: list[Try] = [lambda: race.admin.ask("DELETE", f"/api/events/{event}", why)] * 2
        answers = race.run(calls + [lambda n=n: respond(race.browsers[n], event) for n in range(1, 15)])
        assert statuses(answers).count(204) == 1
        assert race.status(event) == "Canceled"
        assert race.sql("SELECT 1 FROM commitment") == []
        race.holds()


def test_a_round_against_approvals(race: Race) -> None:
    """Everybody is free at one hour and invited to a lunch then; they approve while the round looks for company."""
    monday = datetime.fromisoformat("2026-11-23").date()
    for _ in range(ROUNDS):
        race.clear()
        for person in race.people:
            race.sql(
                "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
                " VALUES (gen_random_uuid(), %s, 'lunch', '2026-11-25T12:00', '2026-11-25T13:00', 'Europe/Berlin', false,"
                " '2026-11-25')",
                person,
            )
        event = race.lunch(public=True, seats=8)
        tries: list[Try] = [lambda n=n: respond(race.browsers[n], event) for n in range(12)]
        tries += [lambda: rounds.run(monday, race.harbour, AT) and None] * 4
        statuses(race.run(tries))
        race.holds()


def test_a_ban_against_approving(race: Race) -> None:
    def ban() -> Answer:
        return race.admin.ask("PUT", f"/api/admin/people/{race.people[0]}/ban", {"why": "sells things"})

    for _ in range(ROUNDS):
        race.clear()
        events = [
            race.lunch(f"2026-11-2{5 + n // 4}T{8 + n % 4 * 2:02}:00+00:00", invited=race.people[:2]) for n in range(8)
        ]
        tries: list[Try] = [lambda n=n: respond(race.browsers[n % 2], events[n % 8]) for n in range(15)]
        answers = race.run([*tries, ban])
        found = [answer.status for answer in answers if answer is not None]
        assert set(found[:-1]) <= {200, 403, 409} and found[-1] == 200, found
        rows = race.sql("SELECT 1 FROM attendance WHERE person_id = %s AND response = 'approved'", race.people[0])
        assert rows == [] and race.sql("SELECT 1 FROM commitment WHERE person_id = %s", race.people[0]) == []
        race.holds()


def test_two_sweeps_and_answers_ask_the_silent_once(race: Race, clock: Any) -> None:
    race.community.rule("lunch.ignored_invitations", 1)
    for _ in range(ROUNDS):
        race.clear()
        race.lunch(invited=race.people)
        race.run([lambda: sweep(DEADLINE)] * PEOPLE)
        assert len(race.sql("SELECT 1 FROM silence")) == PEOPLE
        rows = race.sql("SELECT 1 FROM outbox WHERE event->'data'->>'kind' = 'silence'")
        assert len(rows) == PEOPLE
        race.holds()


def test_reminders_are_claimed_once(race: Race) -> None:
    from chalicelib.lunch import reminders

    for _ in range(ROUNDS):
        race.clear()
        race.lunch(approved=race.people[:3], confirmed=True)
        race.run([lambda: reminders.sweep(DEADLINE) and None] * PEOPLE)
        rows = race.sql("SELECT 1 FROM outbox WHERE event->'data'->>'kind' = 'lunch_reminder'")
        assert len(rows) == 3


def test_proposals_of_one_member_are_counted(race: Race) -> None:
    from chalicelib.lunch import proposals

    race.community.rule("lunch.members_may_propose", True)
    starts = [f"2026-11-{25 + n // 4}T{11 + n % 4 // 2}:{n % 2 * 30:02}" for n in range(8)]
    starts += [f"2026-12-0{1 + n // 4}T{11 + n % 4 // 2}:{n % 2 * 30:02}" for n in range(8)]
    for _ in range(ROUNDS):
        race.clear()
        tries: list[Try] = [
            lambda s=s: race.browsers[0].post(
                "/api/events", {"title": "Soup", "location": "Harbour", "start": s, "public": True}
            )
            for s in starts
        ]
        answers = race.run(tries)
        assert {answer.status for answer in answers if answer is not None} <= {201, 409}
        made = race.sql("SELECT 1 FROM event")
        assert 1 <= len(made) <= proposals.MOST
        race.holds()


def test_a_lunch_is_confirmed_once(race: Race) -> None:
    for _ in range(ROUNDS):
        race.clear()
        event = race.lunch(invited=race.people[:8], seats=8)
        tries: list[Try] = [
            lambda n=n: respond((race.browsers, race.tabs)[n // 8][n % 8], event) for n in range(PEOPLE)
        ]
        assert statuses(race.run(tries)) == [200] * PEOPLE
        rows = race.sql("SELECT 1 FROM outbox WHERE topic = 'Event_Approved'")
        assert len(rows) == 1
        assert transaction(lambda db: db.value("SELECT count(*) FROM commitment"), JOB) == 8
        race.holds()


# --- reviews ---

OVER = START + timedelta(hours=2)


SLUGS = [f"guest{n}" for n in range(PEOPLE)]
TABLES = (range(8), range(8, 16))
"""Who of the sixteen eats with whom."""


def at_table(n: int) -> list[str]:
    return [SLUGS[other] for other in TABLES[n // 8]]


def next_of(n: int) -> str:
    """Whom somebody dislikes: the one after them at their table."""
    guests = at_table(n)
    return guests[(n + 1) % len(guests)]


def two_lunches(race: Race) -> list[Any]:
    return [race.lunch(approved=[race.people[n] for n in table], confirmed=True, seats=8) for table in TABLES]


def review(browser: Browser, event: Any, n: int, disliked: str | None = None) -> Answer:
    enjoyed = {slug: slug != disliked for slug in at_table(n) if slug != SLUGS[n]}
    return browser.ask("PUT", f"/api/events/{event}/review", {"enjoyed": enjoyed, "description": f"by {n}"})


def pairs_apart(race: Race) -> set[frozenset[str]]:
    """The pairs of the sixteen whom the filter keeps apart."""
    slugs = dict(zip(race.people, SLUGS, strict=True))
    found = set()
    for person in race.people:
        others = transaction(lambda db, person=person: blocked_pairs.kept_apart(db, person, slugs), JOB)  # type: ignore[misc]
        found |= {frozenset({slugs[person], slugs[other]}) for other in others}
    return found


def reviews_hold(race: Race, event: Any) -> None:
    """Who reviewed is told once, and so is that a lunch is done; as many descriptions as reviews."""
    [row] = race.sql(
        "SELECT (SELECT count(*) FROM attendance WHERE event_id = %s AND reviewed) AS reviewed,"
        " (SELECT count(*) FROM review WHERE event_id = %s) AS described,"
        " (SELECT count(DISTINCT event->'data'->>'person') FROM outbox WHERE topic = 'Events_All' AND key = %s"
        "  AND event->>'type' = 'attendance.reviewed') AS people,"
        " (SELECT count(*) FROM outbox WHERE topic = 'Events_All' AND key = %s"
        "  AND event->>'type' = 'attendance.reviewed') AS told",
        *[str(event)] * 4,
    )
    assert row.reviewed == row.described == row.people == row.told, row
    rows = race.sql(
        "SELECT topic, event->>'type' AS type FROM outbox WHERE key = %s"
        " AND event->>'type' IN ('event.evaluate', 'event.done') ORDER BY topic, id",
        str(event),
    )
    assert [tuple(row) for row in rows] == [
        ("Event_Evaluate", "event.evaluate"),
        ("Events_All", "event.evaluate"),
        ("Events_All", "event.done"),
    ]
    assert race.status(event) == "Done"


@pytest.mark.parametrize("swept", [True, False], ids=["after the sweep", "with the sweep"])
def test_everybody_reviews_everybody_at_once(race: Race, clock: Any, swept: bool) -> None:
    """Each dislikes the one after them: every dislike is kept, no other, and each lunch is done once."""
    race.sql("DELETE FROM filter_chunk")
    clock.set(OVER.isoformat())
    for _ in range(ROUNDS):
        race.clear()
        lunches = two_lunches(race)
        if swept:
            sweep(OVER)
        first = {0, 8}  # who reviews after the others, when sweeps no longer compete with them
        tries: list[Try] = [
            lambda n=n: review(race.browsers[n], lunches[n // 8], n, next_of(n))
            for n in range(PEOPLE)
            if n not in first
        ]
        assert set(statuses(race.run([*tries, lambda: sweep(OVER), lambda: sweep(OVER)]))) == {204}
        sweep(OVER)  # one that came meanwhile passes over what is held
        assert [race.status(event) for event in lunches] == ["Awaiting Evaluation"] * 2
        assert {review(race.browsers[n], lunches[n // 8], n, next_of(n)).status for n in first} == {204}
        for event in lunches:
            reviews_hold(race, event)
    assert pairs_apart(race) == {frozenset({SLUGS[n], next_of(n)}) for n in range(PEOPLE)}


def test_the_last_reviews_come_at_once_before_the_sweep(race: Race, clock: Any) -> None:
    """All sixteen review lunches that no sweep has seen yet: the next one ends them, and waits for nobody."""
    clock.set(OVER.isoformat())
    for _ in range(ROUNDS):
        race.clear()
        lunches = two_lunches(race)
        tries: list[Try] = [lambda n=n: review(race.browsers[n], lunches[n // 8], n) for n in range(PEOPLE)]
        assert statuses(race.run(tries)) == [204] * PEOPLE
        assert [race.status(event) for event in lunches] == ["Confirmed"] * 2
        race.run([lambda: sweep(OVER)] * PEOPLE)
        for event in lunches:
            reviews_hold(race, event)


def test_a_review_that_is_sent_twice_at_once_counts_once(race: Race, clock: Any) -> None:
    """Two tabs of each of eight say the opposite of each other: one of the two is heard."""
    clock.set(OVER.isoformat())
    for _ in range(ROUNDS):
        race.clear()
        event, _ = two_lunches(race)
        sweep(OVER)
        tries: list[Try] = [
            lambda n=n: review((race.browsers, race.tabs)[n // 8][n % 8], event, n % 8, [None, next_of(n % 8)][n // 8])
            for n in range(PEOPLE)
        ]
        assert statuses(race.run(tries)) == [204] * PEOPLE
        reviews_hold(race, event)


def test_reviews_against_the_end_of_their_days(race: Race, clock: Any) -> None:
    """A moment before the days for reviews are over the answers come in, at that moment the sweep."""
    end = START + timedelta(hours=1, days=7)
    clock.set((end - timedelta(seconds=20)).isoformat())
    for _ in range(ROUNDS):
        race.clear()
        event, _ = two_lunches(race)
        sweep(OVER)
        tries: list[Try] = [lambda n=n: review(race.browsers[n], event, n) for n in range(8)]
        statuses(race.run(tries + [lambda: sweep(end)] * 8))
        sweep(end)
        reviews_hold(race, event)


def test_no_answer_is_lost_while_the_filter_grows_and_is_sealed_anew(
    race: Race, clock: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Fourteen people review, while one job adds layers and another seals under a new key: every dislike is in it after."""
    clock.set(OVER.isoformat())
    keys = json.loads(Path(os.environ["SECRETS_FILE"]).read_text())
    monkeypatch.setenv("SECRETS_FILE", str(tmp_path / "secrets.json"))

    def turn_key() -> None:
        keys["seal"] = [secrets.token_hex(32), keys["seal"][0]]
        (tmp_path / "secrets.json").write_text(json.dumps(keys))
        config.forget_secrets()

    def seal_anew() -> None:
        transaction(blocked_pairs.seal_anew, JOB)

    def grow(answers: int) -> None:
        transaction(lambda db: blocked_pairs.grow(db, answers), JOB)

    turn_key()
    config.config.cache_clear()
    for n in range(ROUNDS):
        race.clear()
        if n % 10 == 0:
            race.sql("DELETE FROM filter_chunk")
        lunches = two_lunches(race)
        sweep(OVER)
        turn_key()
        tries: list[Try] = [
            lambda n=n: review(race.browsers[n], lunches[n // 8], n, next_of(n)) for n in range(PEOPLE - 2)
        ]
        tries += [seal_anew, lambda n=n: grow(6000 * (n % 10 + 1))]
        assert set(statuses(race.run(tries))) == {204}
        assert {frozenset({SLUGS[n], next_of(n)}) for n in range(PEOPLE - 2)} <= pairs_apart(race)
        while transaction(blocked_pairs.seal_anew, JOB):
            pass
