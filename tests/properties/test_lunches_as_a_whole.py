"""Lunches at random: people approve, withdraw, propose, join, call off and pause; rounds and sweeps run; time passes.

After every step nobody is in two places, counts are true, states are as drawn, and Events_All tells what there is.

A few short runs; 2,000 of 50 steps with LONG=1.
"""

import os
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chalicelib.calendar import zones
from chalicelib.lunch import jobs, rounds
from tests import replays

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
NAMES = ("ada", "bob", "cem", "dan", "eve")
EXAMPLES, STEPS = (2000, 50) if os.environ.get("LONG") else (8, 20)
DRAWN = {
    ("Proposed", "Confirmed"), ("Proposed", "Rejected"), ("Proposed", "Canceled"),
    ("Confirmed", "Proposed"), ("Confirmed", "Canceled"), ("Confirmed", "Awaiting Evaluation"), ("Confirmed", "Done"),
    ("Awaiting Evaluation", "Done"),
    ("Confirmed", "Rejected"),  # by way of Proposed, when somebody leaves late
}  # fmt: skip
who = st.sampled_from(NAMES)
# Of however many there are: what is drawn must not depend on what is stored, or no run could be repeated.
which = st.integers(0, 999)


class Lunches(RuleBasedStateMachine):
    community: Any
    clock: Any
    people: dict[str, Any]
    browsers: dict[str, Any]

    @initialize(auto=st.booleans(), seats=st.booleans(), before=st.sampled_from((0, 24)), ignored=st.integers(1, 3))
    def begin(self, auto: bool, seats: bool, before: int, ignored: int) -> None:
        for table in ("event", "outbox", "rule", "pause", "left_over", "round", "asked_round", "silence", "last_match"):
            self.community.sql(f"DELETE FROM {table}")
        for name, value in (("auto_approve", auto), ("open_seats", seats), ("approve_hours_before", before),
                            ("ignored_invitations", ignored), ("members_may_propose", True), ("repeat_days", 2),
                            ("per_week", 2)):  # fmt: skip
            self.community.rule(f"lunch.{name}", value)
        self.now, self.before = BEGIN, {}
        self.clock.set(self.now.isoformat())
        self.hours_before = before

    def events(self) -> list[Any]:
        """In the order in which they were made."""
        return self.community.sql(
            "SELECT e.id, e.creator, e.starts, e.status FROM event e ORDER BY (SELECT min(o.id) FROM outbox o"
            " WHERE o.topic = 'Events_All' AND o.key = e.id::text)"
        )

    def an_event(self, number: int) -> Any | None:
        found = self.events()
        return found[number % len(found)] if found else None

    @rule(ahead=st.integers(0, 1))
    def a_round_runs(self, ahead: int) -> None:
        monday = zones.monday(self.now.date()) + timedelta(weeks=ahead)
        rounds.run(monday, self.community.locations["Harbour"], self.now)

    @rule(name=who, number=which, response=st.sampled_from(("approved", "approved", "rejected")))
    def somebody_answers(self, name: str, number: int, response: str) -> None:
        event = self.an_event(number)
        if event is None:
            return
        answer = self.browsers[name].ask("PUT", f"/api/events/{event.id}/attendance", {"response": response})
        assert answer.status in (200, 404, 409), answer.text
        if answer.status == 200:
            assert answer.json["response"] == response
        elif answer.status == 409:
            assert answer.json["detail"]

    @rule(
        name=who,
        days=st.integers(0, 9),
        quarter=st.integers(0, 11),
        people=st.lists(who, max_size=3, unique=True),
        public=st.booleans(),
    )
    def somebody_proposes(self, name: str, days: int, quarter: int, people: list[str], public: bool) -> None:
        start = (self.now + timedelta(days=days)).replace(hour=11, minute=0) + timedelta(minutes=15 * quarter)
        body = {"title": "Soup", "location": "Harbour", "start": start.isoformat(), "people": people, "public": public}
        answer = self.browsers[name].post("/api/events", body)
        assert answer.status in (201, 409, 422), answer.text
        late = start <= self.now + timedelta(hours=self.hours_before)
        if late or start.weekday() > 4:
            assert answer.status == 422

    @rule(name=who, number=which)
    def somebody_calls_off(self, name: str, number: int) -> None:
        event = self.an_event(number)
        if event is None:
            return
        answer = self.browsers[name].ask("DELETE", f"/api/events/{event.id}", {"reason": "no soup"})
        assert answer.status in ((204, 409) if event.creator == self.people[name] else (404,)), answer.text

    @rule()
    def the_sweep_runs(self) -> None:
        jobs.sweep(self.now)

    @rule(hours=st.sampled_from((1, 5, 24, 50)))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.clock.set(self.now.isoformat())

    @rule(name=who)
    def somebody_pauses_or_not(self, name: str) -> None:
        [*mine] = self.browsers[name].get("/api/pauses").json["pauses"]
        if mine:
            assert self.browsers[name].ask("DELETE", f"/api/pauses/{mine[0]['id']}").status == 204
        else:
            week = zones.week_name(self.now.date() + timedelta(days=7))
            assert self.browsers[name].post("/api/pauses", {"first": week, "last": week}).status == 201

    @invariant()
    def nobody_is_in_two_places_and_counts_are_true(self) -> None:
        sql = self.community.sql
        taken = {(row.event_id, row.person_id) for row in sql("SELECT event_id, person_id FROM commitment")}
        comes = sql(
            "SELECT a.event_id, a.person_id FROM attendance a JOIN event e ON e.id = a.event_id"
            " WHERE a.response = 'approved' AND e.status NOT IN ('Rejected', 'Canceled')"
        )
        assert taken == {(row.event_id, row.person_id) for row in comes}
        for row in sql(
            "SELECT e.status, e.min_attendees AS low, e.max_attendees AS high, (SELECT count(*) FROM attendance a"
            " WHERE a.event_id = e.id AND a.response = 'approved') AS n FROM event e"
        ):
            assert row.n <= row.high
            if row.status in ("Proposed", "Confirmed"):
                assert (row.n >= row.low) == (row.status == "Confirmed")

    @invariant()
    def states_move_as_drawn(self) -> None:
        after = {row.id: row.status for row in self.events()}
        for id, status in after.items():
            was = self.before.get(id, status)
            assert was == status or (was, status) in DRAWN, (was, status)
        assert self.before.keys() <= after.keys()
        self.before = after

    @invariant()
    def events_all_tells_what_there_is(self) -> None:
        replays.holds(self.community.sql)

    @invariant()
    def pauses_and_silences_keep_out(self) -> None:
        """Nobody is asked by a round for a week in which they pause."""
        assert self.community.sql(
            "SELECT 1 FROM silence s WHERE answered = 'infinity' AND NOT EXISTS"
            " (SELECT FROM attendance a WHERE a.person_id = s.person_id AND a.response = 'invited')"
        ) == []  # fmt: skip


@pytest.mark.timeout(36000)
def test_lunches_at_random(community: Any, clock: Any, sql: Any) -> None:
    clock.set(BEGIN.isoformat())
    people = {name: community.person(name) for name in NAMES}
    for person in people.values():
        for day in range(23, 28):
            sql(
                "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
                " VALUES (gen_random_uuid(), %s, 'lunch', %s, %s, 'Europe/Berlin', true, 'infinity')",
                person,
                f"2026-11-{day}T11:00",
                f"2026-11-{day}T14:00",
            )

    class OfThisCommunity(Lunches):
        pass

    OfThisCommunity.community, OfThisCommunity.clock, OfThisCommunity.people = community, clock, people
    OfThisCommunity.browsers = {name: community.browser_of(person) for name, person in people.items()}
    run_state_machine_as_test(
        OfThisCommunity,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
