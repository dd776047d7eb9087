"""The pages of a lunch's life: approving, not coming, joining, calling off, proposing; each says what came of it."""

from datetime import date, datetime
from typing import Any

import pytest

from chalicelib.lunch import rounds
from tests.lunches import lunch
from tests.pages.documents import Document
from tests.pages.test_every_page import check
from tests.people import Browser

WEDNESDAY, OVERLAPS, THURSDAY = "2026-11-25T11:00+00:00", "2026-11-25T11:30+00:00", "2026-11-26T11:00+00:00"


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T08:00Z")


def opened(browser: Browser, path: str) -> Document:
    answer = browser.get(path)
    assert answer.status == 200, (path, answer.text)
    page = Document(answer.text)
    check(page)
    return page


def send(browser: Browser, page: Document, action: str, **fields: Any) -> Document:
    """Press a button: the page that comes next, which says what happened."""
    form = next(
        form
        for form in page.all("form")
        if form["action"] == action and page.sent_with(form).items() >= {k: str(v) for k, v in fields.items()}.items()
    )
    answer = browser.post(action, page.sent_with(form), kind="form")
    assert answer.status == 303, answer.text
    return opened(browser, answer.header("location"))


@pytest.fixture
def people(community: Any) -> Any:
    ids = [community.person(name) for name in ("ada", "bob", "cem")]
    return ids, [community.browser_of(id) for id in ids]


def test_one_press_approves_and_rejects_what_overlaps(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, cem), (of_ada, *_) = people
    harbour = community.locations["Harbour"]
    wanted = lunch(sql, harbour, WEDNESDAY, approved=[bob], invited=[ada])
    other = lunch(sql, harbour, OVERLAPS, invited=[ada, cem])
    sql("UPDATE event SET title = 'Curry' WHERE id = %s", other)
    page = opened(of_ada, "/Validate")
    assert [text for level, text in page.headings if level == 2] == ["Soup", "Curry"], "with Ada it takes place"
    assert "with you it takes place" in page.main and "Answer by Tuesday, 24 November 2026, 12:00" in page.main
    assert "you have not had lunch with Bob yet" in page.main and "asked as well: Cem" in page.main
    after = send(of_ada, page, "/Validate", event=wanted, response="approved")
    assert "You come to Soup on Wednesday, 25 November, 12:00 (Europe/Berlin) with Bob." in after.main
    assert "You do not come to Curry, at the same time." in after.main
    assert "Nothing waits for you" in after.main
    assert [
        r.response for r in sql("SELECT response FROM attendance WHERE event_id = %s AND person_id = %s", other, ada)
    ] == ["rejected"]


def test_what_fits_better_comes_first_and_says_why(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, cem), (of_ada, *_) = people
    harbour = community.locations["Harbour"]
    sql("INSERT INTO refusal VALUES (%s, 2)", ada)
    sql(
        "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until) VALUES"
        " (gen_random_uuid(), %s, 'lunch', '2026-11-26T12:00', '2026-11-26T13:00', 'Europe/Berlin', false, '2026-11-26')",
        ada,
    )
    pizza = lunch(sql, harbour, WEDNESDAY, invited=[ada, bob])
    thai = lunch(sql, harbour, THURSDAY, invited=[ada, cem])
    open_to_all = lunch(sql, harbour, "2026-11-27T11:00+00:00", approved=[bob], public=True)
    for event, food, title in ((pizza, 2, "Pizza"), (thai, 0, "Thai"), (open_to_all, 1, "Open")):
        sql("INSERT INTO event_food VALUES (%s, %s)", event, food)
        sql("UPDATE event SET title = %s WHERE id = %s", title, event)
    page = opened(of_ada, "/Validate")
    assert [text for level, text in page.headings if level == 2] == ["Thai", "Pizza", "Open"]
    for said in (
        "it lies within your hours; you eat Thai",
        "it is about Pizza, which you refuse",
        "it lies outside the hours",
    ):
        assert said in page.main


def test_before_leaving_one_reads_what_becomes_of_the_others_and_after_it_too(
    community: Any, sql: Any, people: Any, clock: Any
) -> None:
    (ada, bob, cem), (of_ada, of_bob, of_cem) = people
    harbour = community.locations["Harbour"]
    event = lunch(sql, harbour, WEDNESDAY, approved=[ada, bob, cem], confirmed=True)
    page = opened(of_ada, f"/events/{event}")
    assert "You come" in page.main and page.one("a", href=f"/events/{event}/lunch.ics")
    asked = opened(of_ada, f"/events/{event}/leave")
    assert "It takes place without you: Bob and Cem still come, and are told." in asked.main
    left = send(of_ada, asked, f"/events/{event}/leave")
    assert (
        "You do not come to Soup on Wednesday, 25 November, 12:00 (Europe/Berlin); that hour is yours again. It takes place with Bob and Cem."
        in left.main
    )
    assert any(e.text.strip() == "I can come after all" for e in left.all("button"))
    asked = opened(of_bob, f"/events/{event}/leave")
    assert "Without you it is one too few: Cem is told. We look for other company for Cem at once." in asked.main
    clock.set("2026-11-25T09:00Z")
    asked = opened(of_cem, f"/events/{event}/leave")
    assert "so it does not take place: Bob is told at once" in asked.main
    assert "The lunch does not take place: Bob is told." in send(of_cem, asked, f"/events/{event}/leave").main
    assert "Called off" in opened(of_bob, "/").main and "too few could come" in opened(of_bob, "/").main


@pytest.mark.parametrize("own", ["", "invited", "rejected"])
@pytest.mark.parametrize(
    ("other", "is_taken"), [(OVERLAPS, True), ("2026-11-25T12:00+00:00", False), (THURSDAY, False)]
)
def test_no_button_is_offered_for_a_lunch_at_which_one_is_taken(
    community: Any, sql: Any, people: Any, own: str, other: str, is_taken: bool
) -> None:
    """It would only be refused: the page says so first, until what one has then is left."""
    (ada, bob, cem), (of_ada, *_) = people
    harbour = community.locations["Harbour"]
    mine = lunch(sql, harbour, other, approved=[ada, cem], confirmed=True)
    event = lunch(sql, harbour, WEDNESDAY, approved=[bob], invited=[ada] if own == "invited" else [], public=True)
    if own == "rejected":
        sql("INSERT INTO attendance VALUES (%s, %s, 'rejected')", event, ada)
    words = {"": "Join", "invited": "I come", "rejected": "I can come after all"}[own]

    def is_offered(path: str) -> bool:
        page = opened(of_ada, path)
        found = any(button.text.strip() == words for button in page.all("button"))
        assert ("You are already taken at that time" in page.main) is not found
        return found

    for path in (f"/events/{event}", "/public"):
        assert is_offered(path) is not is_taken
    approves = [one for one in opened(of_ada, "/Validate").all("button") if one.text.strip() in ("Approve", "Join")]
    assert bool(approves) is (not is_taken and own != "rejected")
    assert of_ada.ask("PUT", f"/api/events/{mine}/attendance", {"response": "rejected"}).status == 200
    assert is_offered(f"/events/{event}") and is_offered("/public")


WHAT_THEN = {
    "nobody could fill it": "We look for other company for Bob at once.",
    "its week has no hours left": "It takes place only if you come after all, by Thursday, 26 November, 12:00",
    "its place is closed": "It takes place only if you come after all, by Tuesday, 24 November, 12:00",
    "anybody may join": "It takes place if somebody comes by Tuesday, 24 November, 12:00",
    "somebody has not answered": "It takes place if somebody comes by Tuesday, 24 November, 12:00",
}


@pytest.mark.parametrize("case", WHAT_THEN)
def test_what_is_said_of_those_who_are_left_is_what_becomes_of_them(
    community: Any, sql: Any, people: Any, clock: Any, case: str
) -> None:
    (ada, bob, cem), (of_ada, *_) = people
    harbour = community.locations["Harbour"]
    late = case == "its week has no hours left"
    if late:
        clock.set("2026-11-26T10:59Z")
    event = lunch(
        sql,
        harbour,
        "2026-11-27T11:00+00:00" if late else WEDNESDAY,
        approved=[ada, bob],
        invited=[cem] if case == "somebody has not answered" else [],
        public=case == "anybody may join",
        confirmed=True,
    )
    if late:
        community.rule("lunch.weekdays", "Mon-Thu")
    if case == "its place is closed":
        sql("UPDATE location SET open = false")
    asked = opened(of_ada, f"/events/{event}/leave")
    assert f"Bob is told. {WHAT_THEN[case]}" in asked.main
    send(of_ada, asked, f"/events/{event}/leave")
    asked_for = [row.location_id for row in sql("SELECT location_id FROM asked_round")]
    assert asked_for == ([] if late or case == "its place is closed" else [harbour])
    if asked_for:
        rounds.run(date(2026, 11, 23), harbour, datetime.fromisoformat("2026-11-23T08:00:00+00:00"))
    given_up = sql("SELECT status FROM event")[0].status == "Rejected"
    assert given_up == (case == "nobody could fill it")


def test_my_week_shows_the_same_acts_and_a_map(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    sql("UPDATE location SET address = 'Am Sandtorkai 30, Hamburg', meeting_point = 'by the clock'")
    event = lunch(sql, community.locations["Harbour"], WEDNESDAY, approved=[ada, bob], confirmed=True)
    for path in ("/", f"/events/{event}"):
        page = opened(of_ada, path)
        links = {e["href"] for e in page.all("a")}
        assert {f"/events/{event}/leave", f"/events/{event}/lunch.ics"} <= links
        assert "https://www.openstreetmap.org/search?query=Am%20Sandtorkai%2030%2C%20Hamburg" in links
        assert "Meet by the clock" in page.main


def test_the_file_for_a_calendar_is_the_lunch(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, community.locations["Harbour"], WEDNESDAY, approved=[ada, bob], confirmed=True)
    answer = of_ada.get(f"/events/{event}/lunch.ics")
    assert answer.header("content-type") == "text/calendar; charset=utf-8"
    assert "DTSTART:20261125T110000Z" in answer.text and f"UID:event-{event}" in answer.text


def test_a_visitor_reads_of_a_public_lunch_what_where_and_on_which_day(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    public = lunch(sql, community.locations["Harbour"], WEDNESDAY, approved=[ada], public=True)
    page = Document(Browser().get(f"/events/{public}").text)
    assert "Wednesday, 25 November 2026" in page.main and "Harbour" in page.main and "Soup" in page.main
    assert "Ada" not in page.source and "12:00" not in page.source
    assert page.one("a", class_="button")["href"] == f"/login?next=/events/{public}"
    own = opened(of_ada, f"/events/{public}")
    assert f"Harbour: http://rendezvous.test/events/{public}" in own.one("span", class_="code").text
    private = lunch(sql, community.locations["Harbour"], THURSDAY, approved=[bob])
    for hidden in (private, "00000000-0000-0000-0000-000000000000"):
        assert Browser().get(f"/events/{hidden}").header("location") == f"/login?next=/events/{hidden}"
    sql("UPDATE event SET status = 'Canceled'")
    assert Browser().get(f"/events/{public}").status == 303


def test_public_lunches_begin_with_my_place_by_day_with_seats(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, cem), (of_ada, *_) = people
    here, there = community.locations["Harbour"], community.locations["Ferry Building"]
    lunch(sql, there, "2026-11-24T20:00+00:00", approved=[bob], public=True)
    own = lunch(sql, here, THURSDAY, approved=[bob, cem], confirmed=True, public=True)
    page = opened(of_ada, "/public")
    assert [text for level, text in page.headings if level == 2] == [
        "Thursday, 26 November 2026, at Harbour", "Tuesday, 24 November 2026, elsewhere",
    ]  # fmt: skip
    assert "Bob, Cem (1 seat free)" in page.main and "Bob (2 seats free)" in page.main
    joined = send(of_ada, page, f"/events/{own}", response="approved")
    assert "You come to Soup on Thursday, 26 November, 12:00 (Europe/Berlin) with Bob and Cem." in joined.main
    assert "(no seat free)" in joined.main


def test_a_proposal_is_made_by_form_called_off_and_loses_nothing_when_refused(
    community: Any, sql: Any, people: Any
) -> None:
    community.rule("lunch.members_may_propose", True)
    _, (of_ada, of_bob, _) = people
    page = opened(of_ada, "/events/new")
    typed = page.form("/events/new") | {
        "title": "Soup & talk",
        "location": "Harbour",
        "day": "2026-11-28",
        "public": "true",
    }
    refused = of_ada.post("/events/new", typed | {"time": "12:00"}, kind="form")
    again = Document(refused.text)
    check(again)
    assert refused.status == 422 and "must be an hour of lunch there" in again.alert
    assert (again.value("title"), again.value("day"), again.ticked("public")) == ("Soup & talk", "2026-11-28", ["true"])
    typed = again.form("/events/new") | {
        "title": "Soup & talk",
        "location": "Harbour",
        "day": "2026-11-26",
        "public": "true",
    }
    made = of_ada.post("/events/new", typed | {"time": "12:00"}, kind="form")
    assert made.status == 303, made.text
    path = made.header("location").partition("?")[0]
    page = opened(of_ada, made.header("location"))
    assert "You proposed Soup & talk on Thursday, 26 November, 12:00 (Europe/Berlin)." in page.main
    send(of_bob, opened(of_bob, path), path, response="approved")
    ask = opened(of_ada, f"{path}/cancel")
    off = of_ada.post(f"{path}/cancel", ask.form(f"{path}/cancel") | {"reason": "I am ill"}, kind="form")
    assert "is called off. Bob is told. It cannot be put on again." in opened(of_ada, off.header("location")).main
    assert "Why: I am ill" in opened(of_bob, path).main


def test_a_closed_location_is_told_on_my_week_and_saving_the_profile_keeps_it(
    community: Any, sql: Any, people: Any
) -> None:
    (ada, *_), (of_ada, *_) = people
    sql("UPDATE location SET open = false WHERE name = 'Harbour'")
    assert "Harbour is closed" in opened(of_ada, "/").main
    page = opened(of_ada, "/account/profile")
    assert page.value("location") == "Harbour"
    body = page.form("/account/profile") | {"name": "Ada B", "timezone": "Europe/Berlin", "location": "Harbour"}
    assert of_ada.post("/account/profile", body, kind="form").status == 303
    assert len(sql("SELECT 1 FROM person_location WHERE person_id = %s", ada)) == 1
    other = community.member("zoe", location="Ferry Building")
    assert other.ask("PATCH", "/api/me", {"location": "Harbour"}).status == 422
    assert of_ada.ask("PATCH", "/api/me", {"location": "Ferry Building"}).status == 200
    assert "is closed" not in opened(of_ada, "/").main


def test_an_admin_reads_what_closing_does(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), _ = people
    harbour = community.locations["Harbour"]
    lunch(sql, harbour, WEDNESDAY, approved=[ada, bob], confirmed=True)
    admin = community.admin()
    page = opened(admin, f"/admin/locations/{harbour}/close")
    assert "1 lunch is to come here: it stays as it is, unless you call it off." in page.main
    listed = opened(admin, f"/admin/events?location={harbour}&week=2026-W48&status=Confirmed")
    assert "Soup" in listed.main and listed.value("location") == str(harbour)
    assert "Soup" not in opened(admin, f"/admin/events?location={community.locations['Ferry Building']}").main
