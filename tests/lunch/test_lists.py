"""What the four lists show: which events, in what order, with whom, in whose time; and how often one may ask."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.people import PASSWORD, Browser, Community
from tests.threads import at_once

NOW = "2026-11-23T09:00Z"


def lunch(
    community: Community,
    starts: str,
    *,
    title: str = "Soup at Harbour",
    location: str = "Harbour",
    approved: tuple[UUID, ...] = (),
    invited: tuple[UUID, ...] = (),
    rejected: tuple[UUID, ...] = (),
    status: tuple[str, ...] = (),
    public: bool = False,
    food: int | None = None,
) -> UUID:
    """An event of one hour, led through these states."""
    id = uuid4()
    during = f"[{starts},{(datetime.fromisoformat(starts) + timedelta(hours=1)).isoformat()})"
    community.sql(
        "INSERT INTO event (id, title, location_id, during, public) VALUES (%s, %s, %s, %s, %s)",
        id,
        title,
        community.locations[location],
        during,
        public,
    )
    if food is not None:
        community.sql("INSERT INTO event_food VALUES (%s, %s)", id, food)
    for people, response in ((invited, "invited"), (rejected, "rejected")):
        for person in people:
            community.sql("INSERT INTO attendance VALUES (%s, %s, %s)", id, person, response)
    for person in approved:
        community.sql(
            "WITH a AS (INSERT INTO attendance VALUES (%s, %s, 'approved') RETURNING event_id, person_id)"
            " INSERT INTO commitment (person_id, during, event_id) SELECT person_id, %s::tstzrange, event_id FROM a",
            id,
            person,
            during,
        )
    for state in status:
        community.sql("UPDATE event SET status = %s WHERE id = %s", state, id)
    return id


def titles(answer: Any) -> list[str]:
    assert answer.status == 200, answer.text
    return [appointment["title"] for appointment in answer.json["appointments"]]


# --- my events ---


def test_my_events_are_those_i_approved_that_may_still_be(community: Community, clock: Any) -> None:
    clock.set(NOW)
    ada, bob = community.person("ada"), community.person("bob")
    confirmed, over = ("Confirmed",), ("Confirmed", "Awaiting Evaluation")
    for title, starts, more in (
        ("confirmed", "2026-11-26T11:00+00:00", {"approved": (ada, bob), "status": confirmed}),
        ("proposed", "2026-11-24T11:00+00:00", {"approved": (ada, bob)}),
        ("under way", "2026-11-23T08:30+00:00", {"approved": (ada, bob), "status": confirmed}),
        ("next year", "2027-11-24T11:00+00:00", {"approved": (ada, bob)}),
        ("over", "2026-11-20T10:00+00:00", {"approved": (ada, bob), "status": over}),
        ("over, not swept yet", "2026-11-20T13:00+00:00", {"approved": (ada, bob), "status": confirmed}),
        ("rejected", "2026-11-25T11:00+00:00", {"approved": (ada, bob), "status": ("Rejected",)}),
        ("cancelled", "2026-11-25T13:00+00:00", {"approved": (ada, bob), "status": ("Confirmed", "Canceled")}),
        ("only invited", "2026-11-27T11:00+00:00", {"approved": (bob,), "invited": (ada,)}),
        ("said no", "2026-11-27T13:00+00:00", {"approved": (bob,), "rejected": (ada,)}),
        ("of others", "2026-11-28T11:00+00:00", {"approved": (bob,), "public": True}),
    ):
        lunch(community, starts, title=title, **more)  # type: ignore[arg-type]
    assert titles(community.browser_of(ada).get("/MyEvents/")) == ["under way", "proposed", "confirmed", "next year"]


def test_an_event_is_over_at_its_end_to_the_minute(community: Community, clock: Any) -> None:
    ada = community.person("ada")
    browser = community.browser_of(ada)
    lunch(community, "2026-11-23T11:00+00:00", approved=(ada,))
    clock.set("2026-11-23T11:59:30Z")
    assert len(titles(browser.get("/MyEvents/"))) == 1
    clock.set("2026-11-23T12:00:01Z")
    assert titles(browser.get("/MyEvents/")) == []


def test_an_appointment_says_when_what_and_with_whom_and_no_more(community: Community, clock: Any) -> None:
    clock.set(NOW)
    ada, bob, carl = (community.person(name) for name in ("ada", "bob", "carl"))
    lunch(community, "2026-11-24T11:30+00:00", approved=(bob, ada), invited=(carl,))
    assert community.browser_of(ada).get("/MyEvents/").json["appointments"] == [
        {"date": "2026-11-24T12:30:00+01:00", "title": "Soup at Harbour", "people": ["Ada", "Bob"]}
    ]


def test_the_date_is_in_the_offset_of_the_lunch_s_own_place(community: Community, clock: Any) -> None:
    """Not in the reader's, and not in today's: the clocks change in between."""
    clock.set("2026-10-20T09:00Z")
    ada = community.person("ada", zone="Asia/Tokyo")
    community.sql(
        "INSERT INTO location (name, timezone) VALUES ('Greenwich', 'Europe/London'), ('Kathmandu', 'Asia/Kathmandu')"
    )
    for row in community.sql("SELECT id, name FROM location"):
        community.locations[row.name] = row.id
    for starts, location in (
        ("2026-10-23T10:00+00:00", "Harbour"),
        ("2026-10-26T11:00+00:00", "Harbour"),
        ("2026-10-26T20:00+00:00", "Ferry Building"),
        ("2026-11-02T20:00+00:00", "Ferry Building"),
        ("2026-11-03T12:00+00:00", "Greenwich"),
        ("2026-11-04T06:15+00:00", "Kathmandu"),
    ):
        lunch(community, starts, location=location, approved=(ada,))
    found = [event["date"] for event in community.browser_of(ada).get("/MyEvents/").json["appointments"]]
    assert found == [
        "2026-10-23T12:00:00+02:00",
        "2026-10-26T12:00:00+01:00",
        "2026-10-26T13:00:00-07:00",
        "2026-11-02T12:00:00-08:00",
        "2026-11-03T12:00:00+00:00",
        "2026-11-04T12:00:00+05:45",
    ]


def test_who_erased_himself_is_a_former_member(community: Community, clock: Any) -> None:
    clock.set(NOW)
    ada, bob = community.person("ada"), community.person("bob")
    lunch(community, "2026-11-24T11:00+00:00", approved=(ada, bob))
    community.sql("UPDATE person SET name = '' WHERE id = %s", bob)
    [event] = community.browser_of(ada).get("/MyEvents/").json["appointments"]
    assert sorted(event["people"]) == ["Ada", "a former member"]


def test_a_name_is_shown_as_it_was_typed(community: Community, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada")
    name = 'Zoë <b>"O\'Neill"</b> \\ 北 \U0001f35c'
    community.sql("UPDATE person SET name = %s WHERE id = %s", name, ada)
    lunch(community, "2026-11-24T11:00+00:00", approved=(ada,))
    [event] = community.browser_of(ada).get("/MyEvents/").json["appointments"]
    assert event["people"] == [name]


# --- public events ---


@pytest.fixture
def public(community: Community, clock: Any) -> Community:
    clock.set(NOW)
    ada = community.person("ada")
    for title, starts, more in (
        ("tomorrow", "2026-11-24T11:00+00:00", {"food": 0}),
        ("in four weeks", "2026-12-21T08:59+00:00", {"food": 1}),
        (
            "confirmed, elsewhere",
            "2026-11-25T20:00+00:00",
            {"status": ("Confirmed",), "location": "Ferry Building", "food": 0},
        ),
        ("begun", "2026-11-23T08:59+00:00", {"food": 0}),
        ("too far", "2026-12-21T09:01+00:00", {"food": 0}),
        ("rejected", "2026-11-26T11:00+00:00", {"status": ("Rejected",)}),
        ("cancelled", "2026-11-27T11:00+00:00", {"status": ("Canceled",)}),
        ("private", "2026-11-28T11:00+00:00", {"public": False, "approved": (ada,)}),
    ):
        lunch(community, starts, title=title, **({"public": True} | more))  # type: ignore[arg-type]
    return community


def test_public_events_are_those_of_the_next_four_weeks_by_date(public: Community) -> None:
    bob = public.member("bob")
    assert titles(bob.get("/PublicEvents/")) == ["tomorrow", "confirmed, elsewhere", "in four weeks"]
    assert titles(bob.get("/PublicEvents/?location=Harbour")) == ["tomorrow", "in four weeks"]
    assert titles(bob.get("/PublicEvents?location=ferry+building")) == ["confirmed, elsewhere"]
    assert titles(bob.get("/PublicEvents/?food_type=thai")) == ["tomorrow", "confirmed, elsewhere"]
    assert titles(bob.get("/PublicEvents/?food_type=Soup&location=Harbour")) == ["in four weeks"]
    assert titles(bob.get("/PublicEvents/?food_type=Pizza")) == []


def test_the_people_of_a_public_event_are_named(public: Community) -> None:
    ada, bob = (public.sql("SELECT id FROM person WHERE name = %s", "Ada")[0].id, public.member("bob"))
    lunch(public, "2026-11-24T13:00+00:00", title="open seat", approved=(ada,), public=True)
    [event] = [e for e in bob.get("/PublicEvents/").json["appointments"] if e["title"] == "open seat"]
    assert event == {"date": "2026-11-24T14:00:00+01:00", "title": "open seat", "people": ["Ada"]}


def test_a_filter_that_means_nothing_is_refused_by_name(community: Community) -> None:
    bob = community.member("bob")
    for query, field in (
        ("location=Atlantis", "location"),
        ("food_type=Ambrosia", "food_type"),
        ("location=", "location"),
        ("food_type=", "food_type"),
        ("location=Harbour&location=Harbour", "location"),
        ("place=Harbour", "place"),
        ("food_type=" + "x" * 41, "food_type"),
        ("location=%00", "location"),
        ("location=%FF", "location"),
        ("location=%E2%80%AEruobraH", "location"),
    ):
        answer = bob.get(f"/PublicEvents/?{query}")
        assert (answer.status, answer.header("content-type")) == (422, "application/problem+json"), query
        assert answer.json["errors"][0]["field"] == field


# --- what there is to choose from ---


def test_the_valid_names_are_in_order_and_closed_locations_are_not_among_them(community: Community) -> None:
    ada = community.member("ada")
    community.sql(
        "INSERT INTO location (name, timezone, open) VALUES ('aardvark', 'UTC', true), ('Closed', 'UTC', false)"
    )
    community.sql("INSERT INTO food_type (id, name) VALUES (63, 'äpple'), (40, 'apple')")
    assert ada.get("/ValidLocations/").json["locations"] == ["aardvark", "Ferry Building", "Harbour"]
    assert ada.get("/ValidFoodTypes/").json["food_types"] == ["apple", "Pizza", "Soup", "Thai", "äpple"]
    assert ada.get("/PublicEvents/?location=Closed").status == 422


# --- how often ---


def test_a_minute_s_requests_are_counted_over_all_four_lists_and_sessions(community: Community, clock: Any) -> None:
    community.rule("requests.per_minute", 4)
    clock.set(NOW)
    ada, bob = community.member("ada"), community.member("bob")
    for path in ("/MyEvents/", "/PublicEvents/", "/ValidLocations", "/ValidFoodTypes/"):
        assert ada.get(path).status == 200
    again = Browser(address="198.51.100.4")
    assert again.post("/Login/", {"username": "ada", "password": PASSWORD}).status == 200
    for browser in (ada, again):
        answer = browser.get("/MyEvents/")
        assert answer.status == 429, "a new login from elsewhere lifts nothing"
        assert int(answer.header("retry-after")) <= 61
    assert bob.get("/MyEvents/").status == 200, "one person's haste is not another's"
    assert ada.get("/api/me").status == 200
    clock.set("2026-11-23T09:00:50Z")
    assert 1 <= int(ada.get("/MyEvents/").header("retry-after")) <= 11
    clock.set("2026-11-23T09:01:01Z")
    assert ada.get("/MyEvents/").status == 200


def test_a_list_that_was_asked_for_wrongly_is_not_counted(community: Community, clock: Any) -> None:
    community.rule("requests.per_minute", 1)
    clock.set(NOW)
    ada = community.member("ada")
    for target in ("/MyEvents/?x=1", "/PublicEvents/?place=x", "/PublicEvents/?location="):
        assert ada.get(target).status == 422
    assert ada.get("/MyEvents/").status == 200
    assert ada.get("/MyEvents/").status == 429


def test_requests_at_once_stay_within_the_limit(community: Community, clock: Any) -> None:
    community.rule("requests.per_minute", 6)
    clock.set(NOW)
    ada = community.member("ada")
    answers = at_once(16, lambda n: Browser(ada.cookie).get("/MyEvents/").status)
    assert sorted(answers) == [200] * 6 + [429] * 10
