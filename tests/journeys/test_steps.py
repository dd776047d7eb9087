"""How many links and buttons it takes from one's week: no more than it took when each was counted first."""

import uuid
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib import clock as present
from chalicelib.lunch import rounds
from chalicelib.rules import RULES
from tests.coaching.practice import NOW, Practice
from tests.journeys.walk import Walk
from tests.lunches import lunch
from tests.people import PASSWORD, Browser


@pytest.fixture
def practice(community: Any, sql: Any, clock: Any) -> Practice:
    clock.set(NOW)
    practice = Practice(community, sql)
    practice.coach("carla")
    practice.client("ada", "carla")
    return practice


def booked(practice: Practice) -> Any:
    Walk(practice.browsers["ada"]).follow("Book a call").press("10:00")
    [call] = practice.calls()
    return call


def test_a_client_books_a_call_in_two_steps(practice: Practice) -> None:
    walk = Walk(practice.browsers["ada"]).follow("Book a call").press("10:00")
    assert "Your call is booked." in walk.said
    assert walk.steps == 2 and len(practice.calls()) == 1


def test_a_client_moves_a_call_in_three_steps(practice: Practice) -> None:
    call = booked(practice)
    walk = Walk(practice.browsers["ada"])
    walk.follow("Call with Carla").follow("Move").press("15:00")
    assert "The call is moved." in walk.said
    [moved] = practice.calls()
    assert walk.steps == 3 and moved.id == call.id and moved.starts != call.starts


def test_a_client_cancels_a_call_in_three_steps(practice: Practice) -> None:
    booked(practice)
    walk = Walk(practice.browsers["ada"])
    walk.follow("Call with Carla").follow("Cancel").press("Cancel the call", reason="I am on a journey")
    assert "The call is cancelled." in walk.said
    assert walk.steps == 3 and practice.calls() == []


def test_a_coach_blocks_an_hour_in_two_steps(practice: Practice) -> None:
    walk = Walk(practice.browsers["carla"])
    walk.follow("Coaching").press("Block this time", day="2026-11-25", start="09:00", end="10:00")
    assert "That time is yours." in walk.said
    assert walk.steps == 2


def members(community: Any, *names: str) -> list[uuid.UUID]:
    return [community.person(name) for name in names]


def test_a_member_approves_a_lunch_in_two_steps(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada, bob = members(community, "ada", "bob")
    lunch(sql, community.locations["Harbour"], "2026-11-26T12:00+01:00", approved=[bob], invited=[ada])
    walk = Walk(community.browser_of(ada)).follow("1 lunch to approve").press("Approve")
    assert "You come to Soup" in walk.said and walk.steps == 2


def test_a_member_who_cannot_come_says_so_in_two_steps(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada, bob = members(community, "ada", "bob")
    lunch(sql, community.locations["Harbour"], "2026-11-26T12:00+01:00", approved=[ada, bob], confirmed=True)
    walk = Walk(community.browser_of(ada)).follow("I can't come").press("I can't come")
    assert "You do not come to Soup" in walk.said and walk.steps == 2


def test_a_member_gives_the_hours_of_a_week_in_two_steps(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada")
    walk = Walk(community.browser_of(ada)).follow("Availability").press("Mon to Fri, 11:30 to 13:30")
    assert "Monday to Friday, 11:30 to 13:30" in walk.said and walk.steps == 2 and (walk.typed, walk.presses) == (0, 1)
    assert len(sql("SELECT 1 FROM availability WHERE person_id = %s", ada)) == 5


def test_a_member_invites_somebody_in_two_steps(community: Any, clock: Any) -> None:
    clock.set(NOW)
    walk = Walk(community.browser_of(community.person("ada"))).follow("Invitations")
    walk.press("Give an invitation", to="eve@example.org")
    assert "/Register" in walk.said and walk.steps == 2 and (walk.typed, walk.presses) == (1, 1)


def test_somebody_new_enrols_with_six_fields(community: Any, clock: Any) -> None:
    clock.set(NOW)
    code = community.browser_of(community.person("ada")).post("/InvitationCode/Create/").json["invitation_code"]
    walk = Walk(Browser(), f"/Register?{urlencode({'invitation_code': code})}")
    walk.press("Register", name="Eve", email="eve@example.org", username="eve", password=PASSWORD, location="Harbour")
    assert "You are registered" in walk.said and walk.page.value("username") == "eve"
    walk.press("Log in", password=PASSWORD)
    assert "My week" in walk.said and (walk.typed, walk.presses) == (6, 2)


def test_a_member_gives_the_hours_of_two_days_by_one_press(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada")
    walk = Walk(community.browser_of(ada)).follow("Availability").follow("Add weekly hours")
    walk.press("Add these hours", days=["Monday", "Thursday"], start="12:00", end="14:00")
    assert "Monday and Thursday, 12:00 to 14:00" in walk.said.replace("\u2060", "")
    assert (walk.typed, walk.presses) == (4, 1)
    assert len(sql("SELECT 1 FROM availability WHERE person_id = %s", ada)) == 2


def test_an_admin_finds_out_why_somebody_is_left_over_in_two_steps(community: Any, clock: Any) -> None:
    clock.set("2026-11-19T16:00Z")
    eve, admin = community.person("eve"), community.admin()
    rounds.run(date(2026, 11, 23), community.locations["Harbour"], present.now())
    walk = Walk(admin).follow("Admin").follow("23")
    assert "Eve gave no hours in that week" in walk.said and (walk.steps, walk.presses) == (2, 0)
    assert "no hours" in Walk(community.browser_of(eve)).said, "and they read it themselves in none"


def test_an_admin_changes_a_rule_in_three_steps(community: Any) -> None:
    walk = Walk(community.admin()).follow("Admin").follow("Rules")
    walk.press(f"Set: {RULES['lunch.repeat_days'].help}", value="45")
    assert "from 30 to 45" in walk.said and walk.steps == 3 and (walk.typed, walk.presses) == (1, 1)


def test_an_admin_adds_a_food_in_three_steps(community: Any) -> None:
    walk = Walk(community.admin()).follow("Admin").follow("Food types").press("Add", name="Ramen")
    assert "Ramen" in walk.said and walk.steps == 3 and (walk.typed, walk.presses) == (1, 1)
