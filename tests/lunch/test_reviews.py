"""What people say after a lunch: who may say it when, what is kept of it, and who is kept apart from whom then."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from chalicelib.database import JOB, transaction
from chalicelib.lunch import blocked_pairs, jobs
from tests.lunches import lunch, told
from tests.mailbox import PostOffice, as_records, send
from tests.people import Browser, Community

NOON, LATER, NEXT_WEEK = "2026-11-24T11:30:00Z", "2026-11-24T13:00:00Z", "2026-12-01T12:30:00Z"
STARTS = "2026-11-24T11:30:00+00:00"
Sql = Callable[..., list[Any]]


class Table:
    """A lunch on 24 November 2026, 11:30 to 12:30 UTC, and who was at it."""

    def __init__(self, community: Community, sql: Sql, *names: str, **more: Any) -> None:
        self.ids = {name: community.person(name) for name in names}
        self.browsers = {name: community.browser_of(id) for name, id in self.ids.items()}
        self.sql = sql
        self.event = lunch(
            sql, community.locations["Harbour"], STARTS, approved=tuple(self.ids.values()), confirmed=True, **more
        )
        self.path = f"/api/events/{self.event}/review"

    def put(self, who: str, description: Any = None, **enjoyed: bool) -> Any:
        body = {"enjoyed": enjoyed} | ({"description": description} if description is not None else {})
        return self.browsers[who].ask("PUT", self.path, body)

    def get(self, who: str) -> Any:
        return self.browsers[who].get(self.path)

    @property
    def status(self) -> str:
        found: str = self.sql("SELECT status FROM event WHERE id = %s", self.event)[0].status
        return found

    def reviewed(self) -> set[str]:
        rows = self.sql("SELECT person_id FROM attendance WHERE event_id = %s AND reviewed", self.event)
        names = {id: name for name, id in self.ids.items()}
        return {names[row.person_id] for row in rows}

    def apart(self) -> set[frozenset[str]]:
        """The pairs that the filter keeps apart, asked from both sides."""
        names = {id: name for name, id in self.ids.items()}
        found = set()
        for id, name in names.items():
            for other in transaction(lambda db: blocked_pairs.kept_apart(db, id, names), JOB):
                found.add((name, names[other]))
        assert all((other, one) in found for one, other in found)
        return {frozenset(pair) for pair in found}


@pytest.fixture
def table(community: Community, sql: Sql, clock: Any) -> Table:
    """Ada, Bea and Cem had lunch; it is over, and the sweep has seen it."""
    found = Table(community, sql, "ada", "bea", "cem")
    clock.set(LATER)
    sweep(LATER)
    assert found.status == "Awaiting Evaluation"
    return found


def sweep(now: str) -> None:
    jobs.sweep(datetime.fromisoformat(now))


# --- the whole of it ---


def test_who_dislikes_one_of_two_is_kept_from_that_one_only(table: Table) -> None:
    assert table.get("ada").json == {
        "people": [{"slug": "bea", "name": "Bea"}, {"slug": "cem", "name": "Cem"}],
        "reviewed": False,
        "until": "2026-12-01T13:30:00+01:00",
    }
    answer = table.put("ada", bea=True, cem=False)
    assert (answer.status, answer.text) == (204, "")
    assert table.get("ada").json["reviewed"] is True
    assert table.apart() == {frozenset(("ada", "cem"))}
    assert table.reviewed() == {"ada"}


def test_who_enjoyed_everybody_is_kept_from_nobody(table: Table) -> None:
    assert table.put("ada", bea=True, cem=True).status == 204
    assert table.apart() == set()


def test_a_later_yes_of_the_other_does_not_bring_two_together_again(table: Table) -> None:
    table.put("ada", bea=True, cem=False)
    table.put("cem", ada=True, bea=True)
    assert table.apart() == {frozenset(("ada", "cem"))}


def test_a_lunch_is_done_when_all_have_reviewed_it(table: Table) -> None:
    assert table.put("ada", bea=True, cem=True).status == 204
    assert table.put("bea", ada=True, cem=False).status == 204
    assert table.status == "Awaiting Evaluation"
    assert table.put("cem", ada=True, bea=True).status == 204
    assert table.status == "Done"
    assert told(table.sql, "Events_All")[-4:] == ["attendance.reviewed"] * 3 + ["event.done"]


def test_a_lunch_is_done_when_its_days_for_reviews_have_passed(table: Table) -> None:
    table.put("ada", bea=True, cem=True)
    sweep("2026-12-01T12:29:00Z")
    assert table.status == "Awaiting Evaluation"
    sweep(NEXT_WEEK)
    assert table.status == "Done"


def test_a_review_before_the_sweep_came_counts_and_the_last_one_is_not_waited_for_in_vain(
    community: Community, sql: Sql, clock: Any
) -> None:
    table = Table(community, sql, "ada", "bea")
    clock.set(LATER)
    assert [table.put("ada", bea=True).status, table.put("bea", ada=True).status] == [204, 204]
    assert table.status == "Confirmed"
    sweep(LATER)
    assert table.status == "Done"
    assert told(sql, "Events_All") == ["attendance.reviewed"] * 2 + ["event.evaluate", "event.done"]


def test_what_is_told_of_a_review_is_who_and_never_what(table: Table) -> None:
    table.put("ada", "Noisy, but good", bea=True, cem=False)
    [event] = table.sql("SELECT event FROM outbox WHERE event ->> 'type' = 'attendance.reviewed'")
    assert event.event["data"] == {
        "event": str(table.event),
        "week": "2026-W48",
        "location": table.sql("SELECT location_id FROM event WHERE id = %s", table.event)[0].location_id,
        "person": str(table.ids["ada"]),
    }


# --- again, early, late, by others ---


def test_a_second_review_changes_nothing_whatever_it_says(table: Table) -> None:
    table.put("ada", "First", bea=True, cem=True)
    before = table.sql("SELECT layer, chunk, sealed FROM filter_chunk ORDER BY 1, 2")
    for again in ({"bea": True, "cem": True}, {"bea": False, "cem": False}):
        answer = table.put("ada", "Second", **again)
        assert (answer.status, answer.text) == (204, "")
    assert table.apart() == set()
    assert table.sql("SELECT layer, chunk, sealed FROM filter_chunk ORDER BY 1, 2") == before
    assert [row.description for row in table.sql("SELECT description FROM review")] == ["First"]
    assert told(table.sql, "Events_All").count("attendance.reviewed") == 1


def test_who_reviewed_last_and_never_heard_the_answer_may_ask_again(table: Table) -> None:
    for name, others in (("ada", ("bea", "cem")), ("bea", ("ada", "cem")), ("cem", ("ada", "bea"))):
        table.put(name, **dict.fromkeys(others, True))
    assert table.status == "Done"
    assert table.put("cem", ada=True, bea=True).status == 204


def test_no_review_before_the_lunch_is_over(community: Community, sql: Sql, clock: Any) -> None:
    table = Table(community, sql, "ada", "bea")
    for now in ("2026-11-23T09:00Z", "2026-11-24T12:29:59Z"):
        clock.set(now)
        answer = table.put("ada", bea=False)
        assert (answer.status, answer.json["detail"]) == (409, "This lunch is not over yet")
    clock.set("2026-11-24T12:30:01Z")
    assert table.reviewed() == set()
    assert table.apart() == set()
    assert table.put("ada", bea=False).status == 204


def test_no_review_after_the_days_for_it(table: Table, clock: Any) -> None:
    clock.set(NEXT_WEEK)
    assert table.put("ada", bea=False, cem=False).status == 409
    sweep(NEXT_WEEK)
    assert table.status == "Done"
    assert table.put("ada", bea=False, cem=False).status == 409
    assert table.apart() == set()


@pytest.mark.parametrize("status", ["Rejected", "Canceled"])
def test_no_review_of_a_lunch_that_was_not(status: str, community: Community, sql: Sql, clock: Any) -> None:
    table = Table(community, sql, "ada", "bea")
    if status == "Rejected":
        sql("UPDATE event SET status = 'Proposed' WHERE id = %s", table.event)
    sql("UPDATE event SET status = %s WHERE id = %s", status, table.event)
    clock.set(LATER)
    answer = table.put("ada", bea=True)
    assert (answer.status, answer.json["detail"]) == (409, "This lunch did not take place")


def test_no_review_where_none_is_asked_for(community: Community, sql: Sql, clock: Any) -> None:
    table = Table(community, sql, "ada", "bea")
    sql("UPDATE event SET allow_evaluation = false")
    clock.set(LATER)
    assert table.put("ada", bea=True).status == 409
    sweep(LATER)
    assert table.status == "Done"
    assert table.put("ada", bea=True).status == 409


def test_a_lunch_is_not_there_for_who_was_not(table: Table, community: Community, sql: Sql, clock: Any) -> None:
    stranger = community.member("eve")
    absent = community.person("dan")
    sql("INSERT INTO attendance VALUES (%s, %s, 'rejected')", table.event, absent)
    sql("UPDATE event SET public = true")
    body = {"enjoyed": {"ada": False, "bea": False, "cem": False}}
    for browser in (stranger, community.browser_of(absent), community.admin()):
        assert browser.get(table.path).status == 404
        assert browser.ask("PUT", table.path, body).status == 404
        assert browser.ask("PUT", f"/api/events/{uuid.uuid4()}/review", body).status == 404
    assert Browser().ask("PUT", table.path, body).status == 401
    assert table.apart() == set()


@pytest.mark.parametrize(
    ("enjoyed", "field"),
    [
        ({}, "enjoyed"),
        ({"bea": True}, "enjoyed"),
        ({"bea": True, "cem": True, "eve": False}, "enjoyed"),
        ({"bea": True, "cem": True, "ada": True}, "enjoyed"),
        ({"bea": True, "eve": False}, "enjoyed"),
        ({"bea": True, "cem": None}, "enjoyed"),
        ({"bea": True, "cem": 1}, "enjoyed"),
        ({"bea": True, "cem": "no"}, "enjoyed"),
        (["bea", "cem"], "enjoyed"),
        (None, "enjoyed"),
        ({f"p{n}": True for n in range(50)}, "enjoyed"),
    ],
)
def test_each_of_the_people_is_named_once(enjoyed: Any, field: str, table: Table, community: Community) -> None:
    community.person("eve")
    answer = table.browsers["ada"].ask("PUT", table.path, {"enjoyed": enjoyed})
    assert answer.status == 422
    assert [one["field"].partition(".")[0] for one in answer.json["errors"]] == [field]
    assert (table.reviewed(), table.apart()) == (set(), set())


def test_a_person_named_twice_in_the_body_is_refused(table: Table) -> None:
    body = b'{"enjoyed": {"bea": true, "cem": true, "bea": false}}'
    answer = table.browsers["ada"].ask(
        "PUT", table.path, body, kind="raw", headers={"Content-Type": "application/json"}
    )
    assert answer.status == 422
    assert table.reviewed() == set()


def test_unknown_fields_and_other_bodies_are_refused(table: Table) -> None:
    ada = table.browsers["ada"]
    good = {"enjoyed": {"bea": True, "cem": True}}
    assert ada.ask("PUT", table.path, good | {"stars": 5}).status == 422
    assert ada.ask("PUT", table.path, b"{", kind="raw", headers={"Content-Type": "application/json"}).status == 400
    assert ada.ask("PUT", table.path, {"enjoyed": "x"}, kind="form").status == 415
    assert ada.ask("PUT", table.path, good, headers={"Origin": "https://elsewhere.test"}).status == 403
    assert ada.post(table.path, good).status == 405
    assert table.reviewed() == set()


def test_who_erased_themselves_is_neither_asked_about_nor_waited_for(table: Table) -> None:
    from tests.people import PASSWORD

    assert table.browsers["cem"].ask("DELETE", "/api/me", {"password": PASSWORD}).status in (200, 204)
    assert [one["slug"] for one in table.get("ada").json["people"]] == ["bea"]
    assert table.put("ada", bea=True, cem=True).status == 422
    assert [table.put("ada", bea=True).status, table.put("bea", ada=True).status] == [204, 204]
    assert table.status == "Done"


# --- the description ---


def test_a_description_is_kept_without_its_author_and_read_when_the_reviews_are_over(
    table: Table, community: Community
) -> None:
    admin = community.admin()
    table.put("ada", "  Noisy,\r\nbut good ", bea=True, cem=True)
    columns = table.sql("SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'review'")
    assert {row.name for row in columns} == {"id", "event_id", "description"}
    assert [row.description for row in table.sql("SELECT description FROM review")] == ["Noisy,\nbut good"]
    page = admin.get(f"/admin/events/{table.event}").text
    assert "Noisy" not in page
    assert page.count(">reviewed<") == 1
    assert page.count(">not yet<") == 2
    sweep(NEXT_WEEK)
    assert "Noisy,\nbut good" in admin.get(f"/admin/events/{table.event}").text


@pytest.mark.parametrize("description", [None, "", "   ", "\r\n"])
def test_an_empty_description_is_none(description: Any, table: Table) -> None:
    assert table.put("ada", description, bea=True, cem=True).status == 204
    assert table.sql("SELECT count(*) AS n FROM review")[0].n == 0


def test_a_description_has_at_most_a_thousand_characters(table: Table) -> None:
    answer = table.put("ada", "x" * 1001, bea=True, cem=True)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "description")
    assert table.put("ada", "\x00", bea=True, cem=True).status == 422
    assert table.reviewed() == set()
    assert table.put("ada", "🍲" * 1000, bea=True, cem=True).status == 204


# --- at once, and broken off ---


def test_two_who_review_at_once_are_both_heard_and_the_lunch_is_done(
    community: Community, sql: Sql, clock: Any
) -> None:
    names = [f"p{n}" for n in range(8)]
    tables = [Table(community, sql, f"{a}a", f"{a}b", f"{a}c") for a in names]
    clock.set(LATER)
    sweep(LATER)
    jobs_to_do = [(one, who) for one in tables for who in one.ids]

    def give(job: tuple[Table, str]) -> int:
        one, who = job
        status: int = one.put(who, **{other: other > who for other in one.ids if other != who}).status
        return status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(give, jobs_to_do)) == [204] * 24
    for one in tables:
        a, b, c = one.ids
        assert one.status == "Done"
        assert one.apart() == {frozenset(pair) for pair in ((a, b), (a, c), (b, c))}


@pytest.mark.parametrize("step", ["blocked_pairs.note", "outbox.put_all", "finish"])
def test_a_review_that_breaks_off_leaves_nothing_and_can_be_given_again(
    step: str, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.lunch import reviews

    def fail(*given: Any, **more: Any) -> None:
        raise OSError("broken off")

    with monkeypatch.context() as broken:
        broken.setattr(f"chalicelib.lunch.reviews.{step}", fail)
        assert table.put("ada", "Lost", bea=False, cem=False).status == 500
    assert reviews.blocked_pairs.note is not fail
    assert (table.reviewed(), table.apart()) == (set(), set())
    assert table.sql("SELECT count(*) AS n FROM review")[0].n == 0
    assert told(table.sql, "Events_All").count("attendance.reviewed") == 0
    assert table.put("ada", "Found", bea=False, cem=True).status == 204
    assert table.apart() == {frozenset(("ada", "bea"))}


def test_whoever_ate_is_asked_by_what_stands_on_the_topic_of_evaluations(table: Table) -> None:
    from chalicelib.notifications import mailers

    told = [(row.topic, row.event) for row in table.sql("SELECT topic, event FROM outbox ORDER BY id")]
    for topic, asked in (("Events_All", set[str]()), ("Event_Evaluate", {"ada", "bea", "cem"})):
        mailers.handle(as_records([one for one in told if one[0] == topic]))
        post = PostOffice()
        send(post)
        assert {mail.to.partition("@")[0] for mail in post.sent if "/Review" in mail.text} == asked, topic
