"""Attendance x state x time x act: every cell does what docs/reference/states.md draws, or is refused with a sentence."""

import itertools
import re
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from tests import replays
from tests.lunches import lunch

STARTS = "2026-11-25T11:00:00+00:00"
START = datetime.fromisoformat(STARTS)
TIMES = {
    "in time": START - timedelta(hours=24, minutes=1),
    "late": START - timedelta(hours=23),
    "begun": START + timedelta(minutes=1),
    "over": START + timedelta(hours=2),
}
STATES = ("Proposed", "Confirmed", "Rejected", "Canceled", "Awaiting Evaluation", "Done")
WAYS = {
    "Proposed": (),
    "Confirmed": ("Confirmed",),
    "Rejected": ("Rejected",),
    "Canceled": ("Canceled",),
    "Awaiting Evaluation": ("Confirmed", "Awaiting Evaluation"),
    "Done": ("Confirmed", "Awaiting Evaluation", "Done"),
}
ATTENDANCES = ("nothing", "invited", "approved", "rejected")


class World:
    def __init__(self, community: Any) -> None:
        self.community, self.sql = community, community.sql
        self.me, *self.others = (community.person(name) for name in ("ada", "bob", "cem"))
        self.browser = community.browser_of(self.me)

    def make(self, attendance: str, state: str, public: bool, full: bool = False) -> Any:
        """One other approves a proposal; of a lunch that takes place or did there are two, the caller included."""
        self.sql("DELETE FROM event")
        self.sql("DELETE FROM outbox")
        two = state in ("Confirmed", "Awaiting Evaluation", "Done") and attendance != "approved"
        approved = self.others[: 2 if two else 1] + ([self.me] if attendance == "approved" else [])
        event = lunch(
            self.sql,
            self.community.locations["Harbour"],
            STARTS,
            approved=approved,
            invited=[self.me] if attendance in ("invited", "rejected") else [],
            public=public,
            seats=max(2, len(approved)) if full else 3,
        )
        if attendance == "rejected":
            self.sql("UPDATE attendance SET response = 'rejected' WHERE person_id = %s", self.me)
        for status in WAYS[state]:
            self.sql("UPDATE event SET status = %s", status)
        return event

    def stored(self) -> tuple[str, str]:
        [row] = self.sql(
            "SELECT e.status, coalesce(a.response, 'nothing') AS response FROM event e"
            " LEFT JOIN attendance a ON a.event_id = e.id AND a.person_id = %s",
            self.me,
        )
        return row.status, row.response


def drawn(attendance: str, state: str, time: str, public: bool, response: str) -> tuple[int, str, str]:
    """What comes of it: the status of the answer, the lunch's state and one's attendance after it."""
    stays = (state, attendance)
    if attendance == "nothing" and not (public and response == "approved"):
        return 404, *stays
    if attendance == response:
        return 200, *stays
    if state not in ("Proposed", "Confirmed") or time in ("begun", "over"):
        return 409, *stays
    if response == "approved":
        if state == "Proposed" and time == "late":
            return 409, *stays
        return 200, "Confirmed", "approved"
    if attendance == "approved" and state == "Confirmed":  # one is left of two
        return 200, "Proposed" if time == "in time" else "Rejected", "rejected"
    return 200, state, "rejected"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("time", TIMES)
def test_every_answer_does_what_is_drawn_or_says_why_not(community: Any, clock: Any, time: str) -> None:
    world = World(community)
    clock.set(TIMES[time].isoformat())
    for attendance, state, public, response in itertools.product(
        ATTENDANCES, STATES, (False, True), ("approved", "rejected")
    ):
        cell = (attendance, state, time, public, response)
        status, after, then = drawn(*cell)
        event = world.make(attendance, state, public)
        answer = world.browser.ask("PUT", f"/api/events/{event}/attendance", {"response": response})
        assert (answer.status, *world.stored()) == (status, after, then), cell
        if status != 200:
            assert answer.json["detail"].strip(), cell
        told = world.sql("SELECT count(*) AS n FROM outbox WHERE topic = 'Events_All'")[0].n
        assert (told > 0) == ((state, attendance) != (after, then)), cell


@pytest.mark.parametrize("attendance", ["nothing", "invited", "rejected"])
def test_a_lunch_without_a_seat_is_joined_by_nobody(community: Any, clock: Any, attendance: str) -> None:
    world = World(community)
    clock.set(TIMES["in time"].isoformat())
    event = world.make(attendance, "Confirmed", public=True, full=True)
    answer = world.browser.ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"})
    assert (answer.status, answer.json["detail"]) == (409, "All seats of this lunch are taken")
    assert world.stored() == ("Confirmed", attendance)
    assert "All seats of this lunch are taken." in world.browser.get(f"/events/{event}").text


@pytest.mark.timeout(900)
@pytest.mark.parametrize("role", ["creator", "admin", "guest", "stranger", "visitor", "banned"])
def test_who_may_call_a_lunch_off_and_until_when(community: Any, clock: Any, visitor: Any, role: str) -> None:
    world = World(community)
    browsers = {
        "creator": world.browser,
        "admin": community.admin(),
        "guest": community.browser_of(world.others[0]),
        "stranger": community.member("zoe"),
        "visitor": visitor,
        "banned": community.member("ben"),
    }
    community.ban("ben")
    for state, (time, now) in itertools.product(STATES, TIMES.items()):
        clock.set(now.isoformat())
        event = world.make("approved", state, public=False)
        world.sql("UPDATE event SET creator = %s", world.me)
        answer = browsers[role].ask("DELETE", f"/api/events/{event}", {"reason": "no soup"})
        until = {"creator": ("in time", "late"), "admin": ("in time", "late", "begun")}.get(role)
        refused = {"visitor": 401, "banned": 403, "guest": 404, "stranger": 404}.get(role)
        can = until is not None and time in until and state in ("Proposed", "Confirmed")
        assert answer.status == (refused or (204 if can else 409)), (role, state, time, answer.text)
        assert world.stored()[0] == ("Canceled" if can else state)
        assert bool(world.sql("SELECT 1 FROM commitment")) == (world.stored()[0] not in ("Rejected", "Canceled"))


def allowed(sql: Any, constraint: str) -> set[str]:
    """The words that a CHECK takes."""
    [row] = sql("SELECT pg_get_constraintdef(oid) AS said FROM pg_constraint WHERE conname = %s", constraint)
    return set(re.findall(r"'([^']+)'", row.said))


def test_python_and_postgresql_know_the_same_words(sql: Any) -> None:
    from chalicelib.admin.round_results import WHY
    from chalicelib.lunch import left_overs, states

    assert set(get_args(states.Status)) == allowed(sql, "event_status_is_known") == set(STATES)
    assert set(get_args(states.Response)) == allowed(sql, "attendance_response_is_known")
    assert set(left_overs.REASONS) == set(WHY) == allowed(sql, "left_over_reason_is_known")


def test_what_happened_is_told_so_that_it_can_be_rebuilt(community: Any, sql: Any, clock: Any) -> None:
    """A round, an answer, a proposal, a withdrawal, a sweep: Events_All alone tells the events and attendances."""
    from datetime import date

    from chalicelib.lunch import jobs, rounds

    clock.set("2026-11-23T08:00Z")
    community.rule("lunch.members_may_propose", True)
    community.rule("lunch.open_seats", True)
    ada, bob = community.person("ada"), community.person("bob")
    for person in (ada, bob):
        sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (gen_random_uuid(), %s, 'lunch', '2026-11-25T12:00', '2026-11-25T13:00', 'Europe/Berlin', false,"
            " '2026-11-25')",
            person,
        )
    [made] = rounds.run(
        date(2026, 11, 23), community.locations["Harbour"], datetime.fromisoformat("2026-11-23T08:00Z")
    ).lunches
    of_ada, zoe = community.browser_of(ada), community.member("zoe")
    assert zoe.ask("PUT", f"/api/events/{made.id}/attendance", {"response": "approved"}).status == 200
    of_ada.ask("PUT", f"/api/events/{made.id}/attendance", {"response": "rejected"})
    body = {"title": "Ada's own soup", "location": "Harbour", "start": "2026-11-26T12:00", "public": True}
    assert of_ada.post("/api/events", body).status == 201
    replays.holds(sql)
    jobs.sweep(datetime.fromisoformat("2026-11-26T14:00:00+00:00"))
    replays.holds(sql)
    assert "Ada" not in str(sql("SELECT event FROM outbox")), "what members write is told to nobody"


REVIEW_TIMES = TIMES | {"over long": START + timedelta(days=7, hours=1, minutes=1)}


def drawn_review(attendance: str, state: str, time: str) -> int:
    """Who was there reviews what took place, from its end until its days are over; nobody else, and nothing else."""
    if attendance != "approved":
        return 404
    took_place = state in ("Confirmed", "Awaiting Evaluation")
    return 204 if took_place and time == "over" else 409


@pytest.mark.timeout(900)
def test_a_review_is_taken_where_it_is_drawn_or_says_why_not(community: Any, clock: Any) -> None:
    world = World(community)
    for attendance, state, (time, now) in itertools.product(ATTENDANCES, STATES, REVIEW_TIMES.items()):
        clock.set(now.isoformat())
        event = world.make(attendance, state, public=True)
        there = world.sql("SELECT person_id FROM attendance WHERE response = 'approved' AND person_id <> %s", world.me)
        slugs = [
            row.slug
            for row in world.sql("SELECT slug FROM person WHERE id = ANY(%s)", [one.person_id for one in there])
        ]
        answer = world.browser.ask("PUT", f"/api/events/{event}/review", {"enjoyed": dict.fromkeys(slugs, True)})
        cell = (attendance, state, time)
        assert answer.status == drawn_review(*cell), (cell, answer.text)
        assert (state, attendance) == world.stored(), cell
        reviewed = world.sql("SELECT 1 FROM attendance WHERE reviewed")
        told = world.sql("SELECT 1 FROM outbox WHERE event->>'type' = 'attendance.reviewed'")
        assert len(reviewed) == len(told) == (answer.status == 204), cell
        if answer.status != 204:
            assert answer.json["detail"].strip(), cell


@pytest.mark.parametrize("response", ["approved", "rejected"])
@pytest.mark.parametrize("role", ["admin", "coach", "client", "visitor", "banned", "stranger"])
def test_what_one_is_besides_makes_no_difference_to_whether_one_comes(
    community: Any, clock: Any, visitor: Any, sql: Any, role: str, response: str
) -> None:
    """Nobody answers for another, and no role opens a lunch that one was not asked to."""
    world = World(community)
    clock.set(TIMES["in time"].isoformat())
    roles = {"stranger": ("member",), "banned": ("member",)}.get(role, ("member", role))
    browser = visitor if role == "visitor" else community.browser_of(community.person("zoe", roles=roles))
    if role == "banned":
        community.ban("zoe")
    for attendance, state in itertools.product(ATTENDANCES, STATES):
        event = world.make(attendance, state, public=False)
        before = sql("SELECT * FROM attendance ORDER BY person_id")
        for method, path, body in (
            ("PUT", "attendance", {"response": response}),
            ("PUT", "review", {"enjoyed": {}}),
            ("GET", "review", None),
        ):
            answer = browser.ask(method, f"/api/events/{event}/{path}", body)
            assert answer.status == {"visitor": 401, "banned": 403}.get(role, 404), (state, path, answer.text)
        assert sql("SELECT * FROM attendance ORDER BY person_id") == before
        assert world.stored() == (state, attendance)
