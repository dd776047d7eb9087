"""If it does not work in Lynx, it does not work: real Lynx, from the invitation to the admin's rule page."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.pages import ADMIN, Site
from tests.e2e.terminal import Lynx

pytestmark = [pytest.mark.lynx, pytest.mark.timeout(600)]
PASSWORD = "correct horse battery"


@pytest.fixture
def lynx(site: Site, tmp_path: Path) -> Iterator[Lynx]:
    """Lynx on the front page."""
    assert shutil.which("lynx"), "install Lynx (Debian: apt install lynx)"
    with Lynx(site.running.address, tmp_path) as found:
        yield found


def log_in(lynx: Lynx, username: str, password: str) -> None:
    lynx.follow("Log in", "I have forgotten my password")
    lynx.fill("Username", username)
    lynx.fill("Password", password)
    lynx.press("Log in", "My week")


def stored(site: Site, username: str, path: str, password: str = PASSWORD) -> Any:
    """What the API says to that person in a session of their own."""
    status, answer, _ = site.running.curl("GET", path, cookie=site.running.log_in(username, password))
    assert status == 200, path
    return answer


def test_a_newcomer_joins_gives_hours_invites_and_logs_out(lynx: Lynx, site: Site) -> None:
    invitation = {"to": "lola@example.net"}
    _, given, _ = site.running.curl("POST", "/InvitationCode/Create/", invitation, cookie=site.cookies[ADMIN])
    lynx.reads("Lunch with somebody new, and calls with your coach")
    lynx.follow("Register", "With the invitation that somebody gave you")
    lynx.fill("Invitation code", "not the code")
    lynx.fill("Your name", "Lynn Example")
    lynx.fill("E-mail", "lola@example.net")
    lynx.fill("Username", "lola")
    lynx.fill("Password", PASSWORD)
    lynx.choose("Where you have lunch", "Speicherstadt")
    lynx.tick("Soup")
    lynx.press("Register", "Invitation code cannot be used")
    lynx.reads("Lynn Example", "[X] Soup", "Speicherstadt")  # what was typed is not lost
    lynx.fill("Invitation code", given["invitation_code"])
    lynx.fill("Password", PASSWORD)
    lynx.press("Register", "You are registered. Please log in.", "lola")
    lynx.fill("Password", PASSWORD)
    lynx.press("Log in", "My week", "Before your first lunch", "Say when you are free to do")
    me = stored(site, "lola", "/api/me")
    assert (me["name"], me["location"], me["refuses"]) == ("Lynn Example", "Speicherstadt", ["Soup"])
    assert me["timezone"] == "Europe/Berlin"

    give_hours(lynx)
    given = stored(site, "lola", "/api/availability")["availability"]
    assert {(one["start"][11:], one["end"][11:], one["weekly"]) for one in given} == {("11:30", "13:30", True)}
    assert len(given) == 2
    lynx.follow("My week", "Tuesday and Thursday, 11:30 to 13:30", "Next week a lunch could start at")

    lynx.follow("Invitations", "Give an invitation")
    lynx.fill("E-mail of whom you invite", "friend@example.net")
    lynx.press("Give an invitation", "Here is the invitation")
    [given] = stored(site, "lola", "/api/invitations")["invitations"]
    assert given["to"] == "friend@example.net"
    lynx.press("Take back", "The invitation is taken back")

    lynx.follow("Account", "Lynn Example", "Log out everywhere else")
    lynx.follow("Change my profile", "Where you have lunch")
    lynx.fill("Your name", "Lynn Sommer")
    lynx.tick("Thai")
    lynx.press("Save", "Lynn Sommer", "Soup, Thai")
    me = stored(site, "lola", "/api/me")
    assert (me["name"], me["refuses"]) == ("Lynn Sommer", ["Soup", "Thai"])

    lynx.press("Log out", "Lunch with somebody new, and calls with your coach")


def give_hours(lynx: Lynx) -> None:
    lynx.follow("Availability", "No hours yet")
    for row in ("11:30", "12:00", "12:30", "13:00"):
        lynx.tick_in_row(row, 4)  # Monday is the first
    lynx.press("Save my weekly hours", "Your weekly hours are saved", "Every Thursday, 11:30 to 13:30")
    lynx.follow("Add weekly hours", "On which days")
    lynx.tick("Tuesday")
    lynx.fill("Start", "11:30")
    lynx.fill("End", "13:99")
    lynx.press("Add these hours", "Please look at this again")
    lynx.reads("[X] Tuesday", "11:30")
    lynx.fill("End", "13:30")
    lynx.press("Add these hours", "Your hours are added", "Every Tuesday and Thursday, 11:30 to 13:30")


def test_a_member_reads_when_where_and_with_whom_he_has_lunch(lynx: Lynx, site: Site) -> None:
    log_in(lynx, "ada.brandt", "table-for-three")
    lunch, *_ = stored(site, "ada.brandt", "/MyEvents/", "table-for-three")["appointments"]
    others = [name for name in lunch["people"] if name != "Ada Brandt"]
    lynx.reads("Next lunch", lunch["title"], "Speicherstadt", *others)
    lynx.follow(lunch["title"], "Am Sandtorkai 30, Hamburg", "You come")
    lynx.follow("I can't come", "You can't come?", "That hour is yours again")
    lynx.follow("No, go back", "You come")
    lynx.follow("Public lunches", "Lunches of the next four weeks")
    lynx.follow("What fits me", "What fits you best comes first")


def test_an_admin_changes_a_rule_opens_a_location_and_adds_a_food_type(lynx: Lynx, site: Site) -> None:
    def rule() -> Any:
        return stored(site, "grace.admin", "/api/admin/rules/lunch.repeat_days", "table-for-three")["rule"]["value"]

    log_in(lynx, "grace.admin", "table-for-three")
    lynx.follow("Admin", "Rules")
    lynx.follow("Rules", "lunch.repeat_days")
    lynx.follow("lunch.repeat_days", "Reason")
    before = rule()
    lynx.fill("Value", str(before + 5))
    lynx.fill("Reason", "we are many now")
    lynx.press("Set", "A change is in force at once, for everybody")
    assert rule() == before + 5

    lynx.follow("lunch.repeat_days", "Back to the default", "Grace Admin", f"{before + 5}")

    lynx.follow("Locations", "Speicherstadt")
    lynx.follow("Open a location", "Meeting point")
    lynx.fill("Name", "Old Station")
    lynx.choose("Time zone", "Europe/Paris")
    lynx.press("Open it", "Old Station")
    places = stored(site, "grace.admin", "/api/admin/locations", "table-for-three")["found"]
    assert "Old Station" in [place["name"] for place in places]

    lynx.follow("Food types", "Thai")
    lynx.fill("Name", "Curry")
    lynx.press("Add", "Curry")
    assert "Curry" in stored(site, "grace.admin", "/ValidFoodTypes/", "table-for-three")["food_types"]
