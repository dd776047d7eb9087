"""After every act of an admin the next page says what was done, to whom, from what to what; and how to undo it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from chalicelib.web import formats
from tests.admin.test_pages import Forms, id_of, send
from tests.lunches import lunch
from tests.pages.documents import Document
from tests.people import Answer, Browser, Community


@pytest.fixture
def admin(community: Community, clock: Any) -> Browser:
    clock.set("2026-11-23T09:00Z")
    for name, roles in (("ada", ("member", "client")), ("bob", ("member",)), ("carla", ("coach",))):
        community.person(name, roles=roles)
    found: Browser = community.browser_of(community.person("admin", roles=("admin",), location=None))
    return found


def says(browser: Browser, answer: Answer) -> str:
    """What the page says of the act that led to it, in its polite live region."""
    assert answer.status == 303, answer.text
    page = browser.get(answer.header("location"))
    [said] = re.findall(r'<p class="notice" role="status">(.*?)</p>', page.text)
    return str(said)


def undo_form(browser: Browser, answer: Answer) -> Any:
    """What the first form below the notice sends: the press that undoes."""
    page = browser.get(answer.header("location")).text
    return Forms(page[page.index('role="status"') :]).found[0]["fields"]


def test_a_rule_that_is_set_is_told_from_what_to_what_and_undone_by_one_press(admin: Browser) -> None:
    answer = send(admin, "/admin/rules/lunch.minutes", value="45")
    assert says(admin, answer) == "Changed “Length of a lunch in minutes” from 60 to 45."
    undo = undo_form(admin, answer)
    undone = admin.post("/admin/rules/lunch.minutes", undo, kind="form")
    assert says(admin, undone) == "Changed “Length of a lunch in minutes” from 45 to 60."
    assert admin.get("/api/admin/rules/lunch.minutes").json["rule"]["value"] == 60


def test_setting_what_stands_already_says_so_and_offers_no_undo(admin: Browser, clock: Any) -> None:
    send(admin, "/admin/rules/lunch.minutes", value="45")
    clock.set("2026-11-23T09:01Z")
    answer = send(admin, "/admin/rules/lunch.minutes", value="45")
    assert says(admin, answer) == "Nothing was changed: it was so already."
    assert "Undo" not in admin.get(answer.header("location")).text


def undone_by(browser: Browser, path: str) -> list[str]:
    """Where the page's Undo goes, if it has one."""
    page = Document(browser.get(path).text)
    buttons = [e for e in page.all("button") if e.text == "Undo"]
    return [outer["action"] for e in buttons for outer in e.inside if outer.tag == "form"]


def test_a_rule_is_set_where_it_stands(admin: Browser) -> None:
    page = admin.get("/admin/rules")
    [form] = [one for one in Forms(page.text).found if one["action"] == "/admin/rules/lunch.minutes"]
    assert form["fields"]["value"] == "60"
    answer = admin.post(form["action"], form["fields"] | {"value": "50"}, kind="form")
    assert says(admin, answer) == "Changed “Length of a lunch in minutes” from 60 to 50."


def test_every_rule_stands_once_under_a_heading_by_what_it_means(admin: Browser) -> None:
    from chalicelib.rules import RULES

    page = Document(admin.get("/admin/rules").text)
    labels = [e.text for e in page.all("label")]
    assert sorted(labels) == sorted(rule.help for rule in RULES.values())
    assert labels[0] == "Length of a lunch in minutes", "what is set most comes first"
    refused = send(admin, "/admin/rules/lunch.min_attendees", value="4")
    said = Document(refused.text).alert
    assert refused.status == 422 and "“Most people at a lunch”" in said and "lunch." not in said


def test_a_page_that_was_left_open_offers_no_undo_of_what_came_later(admin: Browser) -> None:
    first = send(admin, "/admin/rules/lunch.minutes", value="45").header("location")
    other = send(admin, "/admin/rules/lunch.repeat_days", value="20").header("location")
    assert undone_by(admin, first) == ["/admin/rules/lunch.minutes"]
    send(admin, "/admin/rules/lunch.minutes", value="50")
    assert undone_by(admin, first) == []
    assert undone_by(admin, other) == ["/admin/rules/lunch.repeat_days"]


def test_a_rule_of_yes_and_no_is_undone_too(admin: Browser) -> None:
    answer = send(admin, "/admin/rules/lunch.auto_approve", value="no")
    undo = undo_form(admin, answer)
    assert says(admin, admin.post("/admin/rules/lunch.auto_approve", undo, kind="form")).startswith(
        "Changed “Whoever is matched has approved” from no to yes"
    )


def test_what_is_done_to_people_names_them(admin: Browser, sql: Any) -> None:
    ada = f"/admin/people/{id_of(sql, 'ada')}"
    acts = [
        ("roles/coach", {"why": "asked", "hold": "yes"}, "Granted the role coach to Ada."),
        ("roles/coach", {"why": "left", "hold": "no"}, "Took the role coach from Ada."),
        ("ban", {"why": "sells things"}, "Banned: Ada."),
        ("unban", {"why": "sorry"}, "Unbanned: Ada."),
        ("sessions", {"why": "stolen"}, "Ended the sessions of Ada."),
    ]
    for path, typed, said in acts:
        assert says(admin, send(admin, f"{ada}/{path}", **typed)) == said


def test_what_is_done_to_places_and_foods_names_them(admin: Browser, community: Community, sql: Any) -> None:
    assert says(admin, send(admin, "/admin/food-types", name="Bread")) == "Added the food type: Bread."
    [bread] = sql("SELECT id FROM food_type WHERE name = 'Bread'")
    one = f"/admin/food-types/{bread.id}"
    assert says(admin, send(admin, one, name="Toast")) == "Renamed the food type to Toast: Bread."
    assert says(admin, send(admin, one, f"{one}/remove")) == "Removed the food type: Toast."
    harbour = f"/admin/locations/{community.locations['Harbour']}"
    assert says(admin, send(admin, f"{harbour}/close", why="flood")).startswith("Closed")
    assert says(admin, send(admin, harbour, f"{harbour}/open")).startswith("Opened")
    assert says(admin, send(admin, harbour, meeting_point="By the crane")).endswith(": Harbour.")
    assert says(admin, send(admin, "/admin/locations/new", name="Mill")) == "Opened the location: Mill."


def test_a_coach_who_is_given_or_taken_is_named_with_the_client(admin: Browser, sql: Any) -> None:
    given = send(admin, "/admin/relationships/new", coach="carla", client="ada", why="wants to")
    assert says(admin, given) == "Gave the coach Carla to Ada."
    ended = send(admin, "/admin/relationships/ada", "/admin/relationships/ada/end", why="done")
    assert says(admin, ended) == "Took the coach Carla from Ada."


def test_a_lunch_that_is_called_off_and_a_round_that_is_asked_for_are_told(
    admin: Browser, community: Community, sql: Any
) -> None:
    people = [id_of(sql, name) for name in ("ada", "bob")]
    event = lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=people, confirmed=True)
    assert says(admin, send(admin, f"/admin/events/{event}/cancel", why="flood")) == "Called off the lunch: Soup."
    asked = send(admin, "/admin/rounds/new", location=community.locations["Harbour"], week="2026-W49")
    assert says(admin, asked) == "Asked for a round of 2026-W49 at Harbour."
    assert says(admin, send(admin, "/admin/invitations", addresses="new@example.org, x")) == "Invited 1 of 2 addresses."


def test_a_round_that_was_asked_for_waits_in_the_list_until_it_has_run(
    admin: Browser, community: Community, sql: Any
) -> None:
    from chalicelib.lunch import rounds

    harbour = community.locations["Harbour"]
    send(admin, "/admin/rounds/new", location=harbour, week="2026-W49")
    page = Document(admin.get("/admin/rounds").text)
    assert (
        " ".join(formats.days_of_week("2026-W49").split()) in page.main
        and "data-until-gone" in admin.get("/admin/rounds").text
    )
    rounds.run(datetime(2026, 11, 30, tzinfo=UTC).date(), harbour, datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    assert "data-until-gone" not in admin.get("/admin/rounds").text


@pytest.mark.parametrize("done", ["", "x", "0", "-1", "9" * 40, "²", "<b>", "1 OR 1=1"])
def test_a_number_of_no_act_says_nothing(admin: Browser, done: str) -> None:
    page = admin.get(f"/admin/rules?done={done}")
    assert page.status == 200 and 'role="status"' not in page.text


def test_nobody_is_told_another_admins_act_as_their_own(admin: Browser, community: Community) -> None:
    answer = send(admin, "/admin/rules/lunch.minutes", value="45")
    other = community.browser_of(community.person("eva", roles=("admin",), location=None))
    page = other.get(answer.header("location"))
    assert page.status == 200 and 'role="status"' not in page.text and "Undo" not in page.text


def test_the_weeks_of_a_round_are_those_of_the_place_where_it_is_monday_already_or_not_yet() -> None:
    from chalicelib.admin import round_results

    auckland, new_york = Mock(timezone="Pacific/Auckland"), Mock(timezone="America/New_York")
    sunday_evening = datetime.fromisoformat("2026-11-22T20:00:00+00:00")
    assert round_results.weeks([auckland], sunday_evening)[0] == "2026-W48"
    assert round_results.weeks([new_york], sunday_evening + timedelta(hours=6))[0] == "2026-W47"
    assert round_results.weeks([new_york, auckland], sunday_evening)[:2] == ["2026-W47", "2026-W48"]
