"""A practice at random: clients and coach book, move and cancel, office hours and rules change; a model follows.

The model is a list of calls and the rules in their own words. After every step the practice shows what the model
holds, and what is shown as free can be booked.
"""

import os
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.coaching.practice import AT, NOW, Practice, book, move

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ("ada", "bob", "cem")
DAYS = st.integers(0, 9)
HOURS = st.integers(7, 18)
EXAMPLES = 200 if os.environ.get("LONG") else 6


def hour(day: int, of_day: int) -> datetime:
    """That hour in Berlin, days after Monday, 23 November 2026."""
    return datetime(2026, 11, 23, of_day, tzinfo=BERLIN) + timedelta(days=day)


class Calls(RuleBasedStateMachine):
    practice: Practice

    @initialize()
    def begin(self) -> None:
        for table in ("appointment", "block", "outbox", "rule", "availability"):
            self.practice.sql(f"DELETE FROM {table}")
        for day in range(5):
            self.practice.hours("carla", f"2026-11-{16 + day}T09:00", f"2026-11-{16 + day}T17:00")
        self.calls: dict[str, dict[str, Any]] = {}
        self.blocked: set[datetime] = set()
        self.away: set[Any] = set()
        self.per_month, self.moves = 1, 3

    def free(self, start: datetime, besides: str = "") -> bool:
        local = start.astimezone(BERLIN)
        return (
            local.weekday() < 5
            and local.date() not in self.away
            and 9 <= local.hour <= 16
            and start not in self.blocked
            and all(call["at"] != start for id, call in self.calls.items() if id != besides)
            and start > AT
        )

    def month_is_free(self, who: str, start: datetime, besides: str = "") -> bool:
        month = start.astimezone(BERLIN).month
        counted = [
            call for id, call in self.calls.items()
            if id != besides and call["who"] == who and call["by"] == who and call["at"].astimezone(BERLIN).month == month
        ]  # fmt: skip
        return len(counted) < self.per_month

    @rule(who=st.sampled_from(PEOPLE), day=DAYS, of_day=HOURS)
    def a_client_books(self, who: str, day: int, of_day: int) -> None:
        start = hour(day, of_day)
        allowed = self.free(start) and self.month_is_free(who, start) and start - AT > timedelta(hours=24.1)
        answer = book(self.practice.browsers[who], "carla", start.isoformat())
        assert (answer.status == 201) == allowed, (answer.text, start)
        if allowed:
            self.calls[answer.json["id"]] = {"who": who, "by": who, "at": start, "version": 1, "moves": 0}

    @rule(who=st.sampled_from(PEOPLE), day=DAYS, of_day=HOURS)
    def the_coach_books(self, who: str, day: int, of_day: int) -> None:
        start = hour(day, of_day)
        answer = book(self.practice.browsers["carla"], "carla", start.isoformat(), client=who)
        assert (answer.status == 201) == self.free(start), (answer.text, start)
        if answer.status == 201:
            self.calls[answer.json["id"]] = {"who": who, "by": "carla", "at": start, "version": 1, "moves": 0}

    @rule(data=st.data(), by_coach=st.booleans(), day=DAYS, of_day=HOURS, stale=st.integers(0, 9))
    def somebody_moves(self, data: st.DataObject, by_coach: bool, day: int, of_day: int, stale: int) -> None:
        if not self.calls:
            return
        id = data.draw(st.sampled_from(sorted(self.calls)))
        call, start = self.calls[id], hour(day, of_day)
        version = call["version"] - (stale == 0)
        allowed = version == call["version"] and self.free(start, id) and start != call["at"]
        if not by_coach:
            allowed = (
                allowed
                and call["moves"] < self.moves
                and start - AT > timedelta(hours=24.1)
                and call["at"] - AT > timedelta(hours=24.1)
                and (call["by"] != call["who"] or self.month_is_free(call["who"], start, id))
            )
        mover = "carla" if by_coach else call["who"]
        answer = move(self.practice.browsers[mover], {"id": id, "version": version}, start.isoformat())
        assert (answer.status == 200) == allowed, (answer.text, call, start)
        if allowed:
            call |= {"at": start, "version": call["version"] + 1, "moves": call["moves"] + (not by_coach)}

    @rule(data=st.data(), by_coach=st.booleans())
    def somebody_cancels(self, data: st.DataObject, by_coach: bool) -> None:
        if not self.calls:
            return
        id = data.draw(st.sampled_from(sorted(self.calls)))
        call = self.calls[id]
        allowed = by_coach or call["at"] - AT > timedelta(hours=24.1)
        browser = self.practice.browsers["carla" if by_coach else call["who"]]
        assert (browser.ask("DELETE", f"/api/appointments/{id}").status == 204) == allowed
        if allowed:
            del self.calls[id]

    @rule(day=DAYS, of_day=HOURS)
    def the_coach_blocks(self, day: int, of_day: int) -> None:
        start = hour(day, of_day)
        taken = start in self.blocked or any(call["at"] == start for call in self.calls.values())
        span = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
        answer = self.practice.browsers["carla"].post("/api/blocks", span)
        allowed = not taken and start + timedelta(hours=1) > AT + timedelta(minutes=6)
        assert (answer.status == 201) == allowed, answer.text
        if allowed:
            self.blocked.add(start)

    @rule(day=st.integers(1, 9))
    def the_coach_is_away(self, day: int) -> None:
        on = hour(day, 12).date()
        gone = [id for id, call in self.calls.items() if call["at"].astimezone(BERLIN).date() == on]
        answer = self.practice.browsers["carla"].post("/api/days-away", {"day": on.isoformat()})
        assert answer.json == {"cancelled": len(gone)}
        self.away.add(on)
        for id in gone:
            del self.calls[id]

    @rule(per_month=st.integers(1, 3), moves=st.integers(0, 4))
    def an_admin_changes_rules(self, per_month: int, moves: int) -> None:
        self.per_month, self.moves = per_month, moves
        self.practice.rule("calls_per_month", per_month)
        self.practice.rule("moves_per_appointment", moves)

    @invariant()
    def the_practice_holds_what_the_model_holds(self) -> None:
        kept = {str(row.id): (row.starts, row.version) for row in self.practice.calls()}
        assert kept == {id: (call["at"], call["version"]) for id, call in self.calls.items()}
        [row] = self.practice.sql("SELECT count(*) FROM commitment")
        assert row.count == 2 * len(self.calls) + len(self.blocked)

    @invariant()
    def what_is_shown_is_what_can_be_booked(self) -> None:
        shown = self.practice.browsers["ada"].get("/api/coaches/carla/slots?weeks=2").json["slots"]
        hours = (hour(day, of_day) for day in range(14) for of_day in range(24))
        free = [
            at for at in hours if self.free(at) and self.month_is_free("ada", at) and at - AT > timedelta(hours=24.1)
        ]
        assert [slot["start"] for slot in shown] == [at.isoformat() for at in free]


@pytest.mark.timeout(3600)
def test_a_practice_at_random(community: Any, clock: Any, sql: Any) -> None:
    clock.set(NOW)
    practice = Practice(community, sql)
    practice.coach("carla", hours=None)
    for name in PEOPLE:
        practice.client(name, "carla")

    class OfThisPractice(Calls):
        pass

    OfThisPractice.practice = practice
    run_state_machine_as_test(
        OfThisPractice,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
