"""Two practices at random: clients and coaches book, move and cancel; hours cross midnight; clients are handed over, ended,
begun again and banned; coaches are away, block times and change their zones; rules change. A model follows.

The model is a list of calls and the rules in their own words. After every step the practice holds what the model
holds, and what is shown as free can be booked, what is shown to a mover can be moved to.

``LONG=1``: 2,000 runs of 50 steps; ``RUNS`` and ``STEPS`` say others.
"""

import os
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chalicelib.calendar import outside_reading
from chalicelib.database import JOB, transaction
from tests.coaching.practice import AT, NOW, Practice, book, move
from tests.people import Browser

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ("ada", "bob", "cem")
COACHES = ("carla", "conrad")
ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata")
DAYS = st.integers(0, 9)
HOURS = st.one_of(st.integers(7, 18), st.integers(0, 23))
LONG = bool(os.environ.get("LONG"))
RUNS = int(os.environ.get("RUNS", "2000" if LONG else "6"))
STEPS = int(os.environ.get("STEPS", "50" if LONG else "25"))
HOUR = timedelta(hours=1)
LIMIT = timedelta(hours=24.1)
"""A little more than notice and limit of changes: no time of this grid lies between."""


def hour(day: int, of_day: int) -> datetime:
    """That hour in Berlin, days after Monday, 23 November 2026."""
    return datetime(2026, 11, 23, of_day, tzinfo=BERLIN) + timedelta(days=day)


class Call(NamedTuple):
    who: str
    coach: str
    by: str
    at: datetime
    version: int = 1
    moves: int = 0


class Away(NamedTuple):
    coach: str
    starts: datetime
    ends: datetime


class Calls(RuleBasedStateMachine):
    practice: Practice
    admin: Browser
    clock: Any

    @initialize()
    def begin(self) -> None:
        self.clock.set(NOW)
        sql = self.practice.sql
        for table in (
            "appointment",
            "block",
            "outbox",
            "rule",
            "availability",
            "day_away",
            "outside_calendar",
            "ban",
            "relationship",
            "audit",
        ):
            sql(f"DELETE FROM {table}")
        sql("UPDATE person SET timezone = 'Europe/Berlin'")
        for coach in COACHES:
            for day in range(5):
                self.practice.hours(coach, f"2026-11-{16 + day}T09:00", f"2026-11-{16 + day}T17:00")
            self.practice.hours(coach, "2026-11-20T22:00", "2026-11-21T02:00")
        for who in PEOPLE:
            self.practice.relate(who, "carla")
        self.calls: dict[str, Call] = {}
        self.coach_of: dict[str, str] = dict.fromkeys(PEOPLE, "carla")
        self.zone = dict.fromkeys(COACHES, BERLIN)
        self.blocked: set[tuple[str, datetime]] = set()
        self.away: dict[str, Away] = {}
        self.banned: set[str] = set()
        self.elsewhere: dict[str, datetime] = {}
        for who in (*PEOPLE, *COACHES):
            sql(
                "INSERT INTO outside_calendar (id, person_id, number, url, host, added, due)"
                " SELECT person_id, person_id, 1, 'https://x.org/', 'x.org', %s, 'infinity' FROM account WHERE username = %s",
                AT,
                who,
            )
        self.per_month, self.moves = 1, 3

    def browser(self, who: str) -> Browser:
        return self.practice.browsers[who]

    def free(self, coach: str, who: str, start: datetime, besides: str = "") -> bool:
        """Whether the hour is one of the coach's, they are there, and neither of the two has something else."""
        local = start.astimezone(BERLIN)
        friday_night = (local.weekday(), local.hour) in {(4, 22), (4, 23), (5, 0), (5, 1)}
        return (
            (friday_night or (local.weekday() < 5 and 9 <= local.hour <= 16))
            and not any(
                one.coach == coach and one.starts < start + HOUR and start < one.ends for one in self.away.values()
            )
            and (coach, start) not in self.blocked
            and start not in (self.elsewhere.get(coach), self.elsewhere.get(who))
            and all(
                call.at != start or (call.coach != coach and call.who != who)
                for id, call in self.calls.items()
                if id != besides
            )
            and start > AT
        )

    def month_is_free(self, coach: str, who: str, start: datetime, besides: str = "") -> bool:
        """Calls count in the month of the coach with whom one more is wanted, whoever the others are with."""
        zone = self.zone[coach]
        month = start.astimezone(zone).month
        counted = [
            call for id, call in self.calls.items()
            if id != besides and call.who == call.by == who and call.at.astimezone(zone).month == month
        ]  # fmt: skip
        return len(counted) < self.per_month

    def have_calls(self, coach: str, who: str) -> bool:
        return self.coach_of.get(who) == coach and not self.banned & {coach, who}

    def may_book(self, coach: str, who: str, start: datetime) -> bool:
        return (
            self.have_calls(coach, who)
            and self.free(coach, who, start)
            and self.month_is_free(coach, who, start)
            and start - AT > LIMIT
        )

    def may_move(self, id: str, start: datetime, by_coach: bool) -> bool:
        call = self.calls[id]
        return (
            self.have_calls(call.coach, call.who)
            and self.free(call.coach, call.who, start, id)
            and start != call.at
            and (
                by_coach
                or (
                    call.moves < self.moves
                    and start - AT > LIMIT
                    and call.at - AT > LIMIT
                    and (call.by != call.who or self.month_is_free(call.coach, call.who, start, id))
                )
            )
        )

    def forget(self, gone: list[str]) -> None:
        for id in gone:
            del self.calls[id]

    @rule(who=st.sampled_from(PEOPLE), coach=st.sampled_from(COACHES), day=DAYS, of_day=HOURS)
    def a_client_books(self, who: str, coach: str, day: int, of_day: int) -> None:
        coach = self.coach_of.get(who, coach) if day % 3 else coach
        start = hour(day, of_day)
        allowed = self.may_book(coach, who, start)
        answer = book(self.browser(who), coach, start.isoformat())
        assert (answer.status == 201) == allowed, (answer.text, start)
        if allowed:
            self.calls[answer.json["id"]] = Call(who, coach, who, start)

    @rule(who=st.sampled_from(PEOPLE), coach=st.sampled_from(COACHES), day=DAYS, of_day=HOURS)
    def a_coach_books(self, who: str, coach: str, day: int, of_day: int) -> None:
        start = hour(day, of_day)
        answer = book(self.browser(coach), coach, start.isoformat(), client=who)
        allowed = self.have_calls(coach, who) and self.free(coach, who, start)
        assert (answer.status == 201) == allowed, (answer.text, start)
        if allowed:
            self.calls[answer.json["id"]] = Call(who, coach, coach, start)

    @rule(data=st.data(), by_coach=st.booleans(), day=DAYS, of_day=HOURS, stale=st.integers(0, 9))
    def somebody_moves(self, data: st.DataObject, by_coach: bool, day: int, of_day: int, stale: int) -> None:
        if not self.calls:
            return
        id = data.draw(st.sampled_from(list(self.calls)))
        call, start = self.calls[id], hour(day, of_day)
        mover = call.coach if by_coach else call.who
        shown = self.browser(mover).get(
            f"/api/coaches/{call.coach}/slots?weeks=2&moving={id}" + (f"&client={call.who}" if by_coach else "")
        )
        version = call.version - (stale == 0)
        allowed = version == call.version and self.may_move(id, start, by_coach)
        answer = move(self.browser(mover), {"id": id, "version": version}, start.isoformat())
        assert (answer.status == 200) == allowed, (answer.text, call, start)
        if shown.status == 200:
            offered = {datetime.fromisoformat(slot["start"]) for slot in shown.json["slots"]}
            assert allowed <= (start in offered), "what can be taken is shown"
        if allowed:
            self.calls[id] = call._replace(at=start, version=call.version + 1, moves=call.moves + (not by_coach))

    @rule(data=st.data(), by_coach=st.booleans())
    def somebody_cancels(self, data: st.DataObject, by_coach: bool) -> None:
        if not self.calls:
            return
        id = data.draw(st.sampled_from(list(self.calls)))
        call = self.calls[id]
        who = call.coach if by_coach else call.who
        # A client may also take back what they booked within the last minute; no time passes here.
        undone = call.by == call.who and call.version == 1
        allowed = who not in self.banned and (by_coach or call.at - AT > LIMIT or undone)
        assert (self.browser(who).ask("DELETE", f"/api/appointments/{id}").status == 204) == allowed
        if allowed:
            del self.calls[id]

    @rule(coach=st.sampled_from(COACHES), day=DAYS, of_day=HOURS)
    def a_coach_blocks(self, coach: str, day: int, of_day: int) -> None:
        start = hour(day, of_day)
        taken = (coach, start) in self.blocked or any(
            call.at == start and call.coach == coach for call in self.calls.values()
        )
        answer = self.browser(coach).post(
            "/api/blocks", {"start": start.isoformat(), "end": (start + HOUR).isoformat()}
        )
        allowed = not taken and start + HOUR > AT + timedelta(minutes=6) and coach not in self.banned
        assert (answer.status == 201) == allowed, answer.text
        if allowed:
            self.blocked.add((coach, start))

    @rule(
        coach=st.sampled_from(COACHES), day=st.integers(1, 9), more=st.integers(0, 2), part=st.one_of(st.none(), HOURS),
        calls=st.sampled_from((None, "keep", "cancel")),
    )  # fmt: skip
    def a_coach_is_away(self, coach: str, day: int, more: int, part: int | None, calls: str | None) -> None:
        zone = self.zone[coach]
        on = date(2026, 11, 24) + timedelta(days=day)
        last = on + timedelta(days=0 if part is not None else more)
        starts = datetime.combine(on, time(part or 0), zone)
        ends = datetime.combine(last + timedelta(days=1), time(), zone)
        touched = [
            id for id, call in self.calls.items()
            if call.coach == coach and call.at < ends and starts < call.at + HOUR and call.at > AT
        ]  # fmt: skip
        body: dict[str, Any] = {"day": on.isoformat(), "last": last.isoformat()}
        body |= {"start": f"{part:02}:00"} if part is not None else {}
        answer = self.browser(coach).post("/api/days-away", body | ({"calls": calls} if calls else {}))
        if coach in self.banned:
            assert answer.status == 403
        elif touched and calls is None:
            assert answer.status == 409 and len(answer.json["errors"]) == len(touched)
        else:
            gone = touched if calls == "cancel" else []
            said = answer.json
            assert (said["cancelled"], said["kept"]) == (len(gone), len(touched) - len(gone)), answer.text
            self.away[said["id"]] = Away(coach, starts, ends)
            self.forget(gone)

    @rule(data=st.data())
    def a_coach_takes_it_back(self, data: st.DataObject) -> None:
        if not self.away:
            return
        id = data.draw(st.sampled_from(list(self.away)))
        coach = self.away[id].coach
        answer = self.browser(coach).ask("DELETE", f"/api/days-away/{id}")
        assert (answer.status == 204) == (coach not in self.banned)
        if answer.status == 204:
            del self.away[id]

    @rule(who=st.sampled_from(PEOPLE), coach=st.sampled_from(COACHES), calls=st.sampled_from((None, "keep", "cancel")))
    def an_admin_hands_over(self, who: str, coach: str, calls: str | None) -> None:
        former = self.coach_of.get(who)
        body = {"coach": coach} | ({"calls": calls} if calls else {})
        answer = self.admin.ask("PATCH", f"/api/admin/relationships/{who}", body)
        self._ended(who, calls, answer.status, answer.text)
        if former and answer.status == 200:
            self.coach_of[who] = coach

    @rule(who=st.sampled_from(PEOPLE), calls=st.sampled_from((None, "keep", "cancel")))
    def an_admin_ends(self, who: str, calls: str | None) -> None:
        answer = self.admin.ask("DELETE", f"/api/admin/relationships/{who}" + (f"?calls={calls}" if calls else ""))
        self._ended(who, calls, answer.status, answer.text)
        if answer.status == 204:
            self.coach_of.pop(who)

    def _ended(self, who: str, calls: str | None, status: int, text: str) -> None:
        former = self.coach_of.get(who)
        coming = [id for id, call in self.calls.items() if call.who == who and call.coach == former and call.at > AT]
        assert status == (404 if former is None else 409 if coming and calls is None else status), text
        assert status < 300 or former is None or (coming and calls is None), text
        if status < 300 and calls == "cancel":
            self.forget(coming)

    @rule(who=st.sampled_from(PEOPLE), coach=st.sampled_from(COACHES))
    def an_admin_begins_again(self, who: str, coach: str) -> None:
        answer = self.admin.post("/api/admin/relationships", {"coach": coach, "client": who})
        assert (answer.status == 201) == (who not in self.coach_of), answer.text
        self.coach_of.setdefault(who, coach)

    @rule(who=st.sampled_from((*PEOPLE, *COACHES)))
    def an_admin_bans_or_unbans(self, who: str) -> None:
        path = f"/api/admin/people/{self.practice.ids[who]}/ban"
        if who in self.banned:
            assert self.admin.ask("DELETE", f"{path}?why=random").status == 204
            self.banned.remove(who)
        else:
            answer = self.admin.ask("PUT", path, {"why": "at random"})
            assert answer.status == 200, answer.text
            self.banned.add(who)
            self.forget([id for id, call in self.calls.items() if who in (call.who, call.coach) and call.at > AT])

    @rule(who=st.sampled_from((*PEOPLE, *COACHES)), day=DAYS, of_day=HOURS)
    def somebody_is_busy_elsewhere(self, who: str, day: int, of_day: int) -> None:
        start, id = hour(day, of_day), self.practice.ids[who]
        news = outside_reading.News("", [(start, start + HOUR)])
        transaction(lambda db: outside_reading.note(db, id, news, AT), JOB)
        self.elsewhere[who] = start

    @rule(coach=st.sampled_from(COACHES), zone=st.sampled_from(ZONES))
    def a_coach_moves_house(self, coach: str, zone: str) -> None:
        answer = self.browser(coach).ask("PATCH", "/api/me", {"timezone": zone})
        assert (answer.status == 200) == (coach not in self.banned), answer.text
        if answer.status == 200:
            self.zone[coach] = ZoneInfo(zone)

    @rule(per_month=st.integers(1, 3), moves=st.integers(0, 4))
    def an_admin_changes_rules(self, per_month: int, moves: int) -> None:
        self.per_month, self.moves = per_month, moves
        self.practice.rule("calls_per_month", per_month)
        self.practice.rule("moves_per_appointment", moves)

    @invariant()
    def the_practice_holds_what_the_model_holds(self) -> None:
        kept = {str(row.id): (row.starts, row.version) for row in self.practice.calls()}
        assert kept == {id: (call.at, call.version) for id, call in self.calls.items()}
        [row] = self.practice.sql("SELECT count(*) FROM commitment")
        assert row.count == 2 * len(self.calls) + len(self.blocked)

    @invariant()
    def what_is_shown_is_what_can_be_booked(self) -> None:
        coach = self.coach_of.get("ada", "carla")
        answer = self.browser("ada").get(f"/api/coaches/{coach}/slots?weeks=2")
        if "ada" in self.banned or "ada" not in self.coach_of:
            assert answer.status == (403 if "ada" in self.banned else 404)
            return
        hours = (hour(day, of_day) for day in range(14) for of_day in range(24))
        free = [at for at in hours if self.may_book(coach, "ada", at)]
        assert [slot["start"] for slot in answer.json["slots"]] == [at.isoformat() for at in free]


@pytest.mark.timeout(36_000 if LONG else 3600)
def test_a_practice_at_random(community: Any, clock: Any, sql: Any) -> None:
    clock.set(NOW)
    practice = Practice(community, sql)
    for name in COACHES:
        practice.coach(name, hours=None)
    for name in PEOPLE:
        practice.client(name, None)
    root = community.admin()

    class OfThisPractice(Calls):
        pass

    OfThisPractice.practice, OfThisPractice.admin, OfThisPractice.clock = practice, root, clock
    run_state_machine_as_test(
        OfThisPractice,
        settings=settings(
            max_examples=RUNS, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
