"""What pages, mails and calendars say suits who reads it: their side of a call, their words, their days."""

import pytest

from chalicelib.coaching import empty_weeks, slots
from tests.coaching.practice import Practice, book
from tests.pages.documents import Document
from tests.people import PASSWORD, Answer

PAST = "2026-11-25T10:00:00+01:00"
THURSDAY = "2026-12-03T10:00:00+01:00"


def said(answer: Answer) -> str:
    """The words of a page."""
    return Document(answer.text).main


@pytest.mark.parametrize(("gone", "left"), [("ada", "carla"), ("carla", "ada")])
def test_who_has_left_is_a_former_member_in_the_week_of_the_other(
    practice: Practice, clock: object, gone: str, left: str
) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    assert book(ada, "carla", PAST).status == 201
    clock.set("2026-11-25T12:00Z")  # type: ignore[attr-defined]
    assert practice.browsers[gone].ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    for path in ("/appointments?from=2026-W48", "/coach?week=2026-W48")[: 2 if left == "carla" else 1]:
        page = practice.browsers[left].get(path)
        assert page.text.count("call with ") == page.text.count("call with a former member") > 0, path


WEEK = "2026-W49"


def keep(practice: Practice, who: str, begin: str = "2026-12-01", end: str = "2026-12-31") -> None:
    """Something else of theirs, all that time."""
    practice.sql(
        "INSERT INTO block (id, person_id, during) VALUES (gen_random_uuid(), %s, tstzrange(%s, %s))",
        practice.ids[who], begin, end,
    )  # fmt: skip


def away(practice: Practice) -> None:
    practice.browsers["carla"].post("/api/days-away", {"day": "2026-11-30", "last": "2026-12-06"})


def busy_elsewhere(practice: Practice, who: str) -> None:
    practice.sql(
        "WITH kept AS (INSERT INTO outside_calendar (id, person_id, number, url, host, added, due)"
        " VALUES (gen_random_uuid(), %s, 1, 'https://calendar.example.org/x', 'calendar.example.org', now(), now()) RETURNING id, person_id)"
        " INSERT INTO outside_busy SELECT id, person_id, '[2026-12-01,2026-12-31)' FROM kept RETURNING 1",
        practice.ids[who],
    )


@pytest.mark.parametrize(
    ("happens", "to_client", "to_coach"),
    [
        (lambda one: keep(one, "ada"), "you have something else yourself", "Ada has something else"),
        (lambda one: keep(one, "carla"), "The other times of Carla are taken", "you have something else yourself"),
        (lambda one: busy_elsewhere(one, "ada"), "a calendar that you keep", "a calendar that Ada keeps"),
        (lambda one: busy_elsewhere(one, "carla"), "Carla is busy elsewhere", "a calendar that you keep"),
        (away, "Carla is away from Monday, 30 November", "You are away from Monday, 30 November"),
        (
            lambda one: one.sql("DELETE FROM availability"),
            "Carla has no office hours in this week",
            "You have no office hours in this week",
        ),
    ],
)
def test_why_a_week_is_empty_is_said_to_the_client_and_to_the_coach_each_of_their_own(
    practice: Practice, happens: object, to_client: str, to_coach: str
) -> None:
    carla = practice.coach("carla", hours=("10:00", "11:00"), days=(2,))
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", PAST).json
    happens(practice)  # type: ignore[operator]
    for path in (f"/book?week={WEEK}", f"/appointments/{call['id']}/move?week={WEEK}"):
        assert to_client in said(ada.get(path)) and to_coach not in said(ada.get(path))
    for path in (f"/coach/clients/ada?week={WEEK}", f"/appointments/{call['id']}/move?week={WEEK}"):
        assert to_coach in said(carla.get(path)) and to_client not in said(carla.get(path))


def test_every_reason_for_an_empty_week_has_a_sentence_for_either_and_none_calls_its_reader_by_name() -> None:
    of_a_time_alone = {"length", "outside_hours", "off_grid"}
    for words, reader in ((empty_weeks.TO_CLIENT, "{client}"), (empty_weeks.TO_COACH, "{coach}")):
        assert set(words) == set(slots.REASONS) - of_a_time_alone | {empty_weeks.NO_HOURS}
        assert not any(reader in sentence for sentence in words.values())


@pytest.mark.parametrize(
    ("zone", "now", "ago"),
    [
        ("Europe/Berlin", "2026-12-03T22:59Z", "today"),
        ("Europe/Berlin", "2026-12-03T23:01Z", "1 day ago"),
        ("Asia/Tokyo", "2026-12-04T14:59Z", "today"),  # it began at midnight there
        ("Asia/Tokyo", "2026-12-04T15:01Z", "1 day ago"),
        ("America/Los_Angeles", "2026-12-04T07:59Z", "today"),
        ("America/Los_Angeles", "2026-12-04T08:01Z", "1 day ago"),
        ("Europe/Berlin", "2026-12-09T23:01Z", "1 week ago"),
    ],
)
def test_how_long_ago_a_call_was_is_counted_in_days_of_whoever_reads_it(
    practice: Practice, clock: object, zone: str, now: str, ago: str
) -> None:
    carla = practice.coach("carla")
    book(practice.client("ada", "carla"), "carla", "2026-12-03T16:00:00+01:00")
    carla.ask("PATCH", "/api/me", {"timezone": zone})
    clock.set(now)  # type: ignore[attr-defined]
    assert f", {ago}" in said(carla.get("/coach/clients"))


@pytest.mark.parametrize("asked", ["week=2027-W20", "day=2030-01-01", "week=2026-W47"])
def test_a_week_that_cannot_be_shown_is_refused_and_says_nothing_of_the_call(practice: Practice, asked: str) -> None:
    carla = practice.coach("carla")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", THURSDAY).json
    for browser, path in (
        (ada, "/book"), (ada, f"/appointments/{call['id']}/move"),
        (carla, "/coach/clients/ada"), (carla, f"/appointments/{call['id']}/move"),
    ):  # fmt: skip
        answer = browser.get(f"{path}?{asked}")
        assert answer.status == 422 and "must be" in said(answer), path
        assert "cannot be moved" not in answer.text
