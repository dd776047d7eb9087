"""Calls in Lynx: a client books, moves and cancels one; their coach gives hours, blocks time and is away."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.calls import asks, calls_of, pair
from tests.e2e.pages import Site, next_monday
from tests.e2e.terminal import Lynx

pytestmark = [pytest.mark.lynx, pytest.mark.timeout(600)]


@pytest.fixture
def lynx(site: Site, tmp_path: Path) -> Iterator[Lynx]:
    """Lynx on the front page."""
    assert shutil.which("lynx"), "install Lynx (Debian: apt install lynx)"
    with Lynx(site.running.address, tmp_path) as found:
        yield found


def log_in(lynx: Lynx, username: str) -> None:
    lynx.follow("Log in", "I have forgotten my password")
    lynx.fill("Username", username)
    lynx.fill("Password", "table-for-three")
    lynx.press("Log in", "My week")


def words(day: object) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"  # type: ignore[attr-defined]


def test_a_client_books_moves_and_cancels_a_call(lynx: Lynx, site: Site) -> None:
    _, client, _ = pair(site, "nora.fuchs", "paul.richter")
    day = words(next_monday() + timedelta(weeks=2))
    log_in(lynx, client)
    lynx.reads("Next call", "No call is booked")
    lynx.follow("Book a call", "With Nora Fuchs", "First free time", "Press a time to book it.")
    while day not in lynx.shown:
        before = lynx.shown
        lynx.follow("The week after", "The week before")
        assert lynx.shown != before
    lynx.press("10:00", f"Your call is booked. {day}, 10:00 to 11:00, with Nora Fuchs.")
    lynx.reads(f"{day}, 10:00 to 11:00 Coach Nora Fuchs")
    [call] = calls_of(site, client)
    assert call["start"][11:16] == "10:00"

    lynx.follow("Move", "Press a time to move the call there.")
    lynx.press("15:00", f"The call is moved. {day}, 15:00 to 16:00")
    [call] = calls_of(site, client)
    assert (call["start"][11:16], call["version"]) == ("15:00", 2)
    lynx.follow("My week", "Next call", "Call with Nora Fuchs", "15:00 to 16:00")
    lynx.follow("Call with Nora Fuchs", f"{day}, 15:00 to 16:00")

    lynx.follow("Cancel", "Nora Fuchs reads it.")
    lynx.fill("Why", "I am on a journey")
    lynx.press("Cancel the call", "The call is cancelled.", "cancelled (I am on a journey)")
    assert calls_of(site, client) == []


def test_a_time_typed_outside_the_office_hours_is_refused_with_three_others(lynx: Lynx, site: Site) -> None:
    _, client, _ = pair(site, "nora.fuchs", "otto.klein", hours=False)
    day = next_monday() + timedelta(weeks=1)
    log_in(lynx, client)
    lynx.follow("Book a call", "Press a time to book it.")
    lynx.follow("Type a day and a time instead", "How many months")
    lynx.fill("Date", str(day))
    lynx.fill("Time", "20:00")
    lynx.press("Book it", "is outside the office hours of Nora Fuchs", "The nearest free times")
    lynx.reads(str(day), "20:00")  # what was typed is not lost
    lynx.press("16:00", f"Your call is booked. {words(day)}, 16:00 to 17:00")
    [call] = calls_of(site, client)
    assert call["start"][:16] == f"{day}T16:00"


def test_a_coach_gives_hours_keeps_time_to_himself_and_is_away(lynx: Lynx, site: Site) -> None:
    coach, client, slug = pair(site, "ruth.adler", "sami.haddad", hours=False)
    day = next_monday() + timedelta(weeks=1)
    log_in(lynx, coach)
    lynx.follow("Coaching", "Week of", "Block a time")
    lynx.follow("Hours", "None, so nobody can book you.", "Every week on")
    lynx.fill("Start", "09:00")
    lynx.fill("End", "17:00")
    lynx.press("Give them", "Please look at this again", "needs at least one, or a single day below")
    lynx.reads("09:00", "17:00")
    lynx.tick("Monday")
    lynx.press("Give them", "Your office hours are added.", "Every Monday, 09:00 to 17:00")
    [hours] = asks(site, coach, "GET", "/api/office-hours")["office_hours"]
    assert (hours["start"][11:], hours["end"][11:], hours["weekly"]) == ("09:00", "17:00", True)

    lynx.follow("Coaching", "Block a time")
    lynx.fill("Day you block time on", str(day))
    lynx.fill("Start", "09:00")
    lynx.fill("End", "10:00")
    lynx.press("Block this time", "That time is yours.", words(day), "09:00 to 10:00: blocked")
    assert len(asks(site, coach, "GET", "/api/blocks")["blocks"]) == 1

    [free] = asks(site, client, "GET", f"/api/coaches/{slug}/nearest?start={day}T09:00:00Z")["slots"][:1]
    asks(site, client, "POST", "/api/appointments", free | {"coach": slug})
    lynx.follow("Away", "Be away")
    lynx.fill("Day you are away", free["start"][:10])
    lynx.press("I am away then", "Calls are booked in that time", "is booked", "Cancel it and offer other times")
    assert len(calls_of(site, client)) == 1
    lynx.press("I am away then", "You are away:", "is cancelled. They are told, and offered other times.")
    assert calls_of(site, client) == []
    [away] = asks(site, coach, "GET", "/api/days-away")["days_away"]
    assert away["day"] == free["start"][:10]
    lynx.press("Take it back", "You are there again at that time.")
    assert asks(site, coach, "GET", "/api/days-away")["days_away"] == []

    lynx.follow("Clients", "Last call")
    lynx.follow("Book a call", "Book for Sami Haddad")
    lynx.press("16:00", "The call is booked.", "16:00 to 17:00: call with Sami Haddad")  # after any lunch of theirs
    assert len(calls_of(site, client)) == 1


def test_an_admin_gives_a_client_a_coach_then_another_and_ends_it(lynx: Lynx, site: Site) -> None:
    client, coach = person(site, "edward.kim"), person(site, "fiona.walsh")
    for one, role in ((client, "client"), (coach, "coach")):
        asks(site, "grace.admin", "PUT", f"/api/admin/people/{one['id']}/roles/{role}", {"why": "asked for it"})

    log_in(lynx, "grace.admin")
    lynx.follow("Admin", "Relationships")
    lynx.follow("Relationships", "Who coaches whom")
    lynx.follow("Give a client a coach", "Bring them together")
    lynx.choose("Client", "Edward Kim")
    lynx.choose("Coach", "Fiona Walsh")
    lynx.press("Bring them together", "Please look at this again", "Reason")
    lynx.reads("Edward Kim", "Fiona Walsh")  # what was chosen is not lost
    lynx.fill("Reason", "asked for it")
    lynx.press("Bring them together", "Gave the coach Fiona Walsh to Edward Kim.")
    assert asks(site, "edward.kim", "GET", "/api/me")["coach"]["name"] == "Fiona Walsh"
    for day in range(5):
        on = str(next_monday() + timedelta(days=day))
        hours = {"start": f"{on}T09:00", "end": f"{on}T17:00", "timezone": "Europe/Berlin", "weekly": True}
        asks(site, "fiona.walsh", "POST", "/api/office-hours", hours)
    [free] = asks(site, "edward.kim", "GET", f"/api/coaches/{coach['slug']}/first")["slots"]
    asks(site, "edward.kim", "POST", "/api/appointments", free | {"coach": coach["slug"]})

    lynx.fill("Name of a coach or client", "edward")
    lynx.press("Show", "Edward Kim")
    lynx.follow(
        "Change or end it", "Fiona Walsh has coached Edward Kim", "Booked calls", "What becomes of the booked calls"
    )
    lynx.choose("Coach", "Carla Stein")
    lynx.fill("Reason", "moved house")
    lynx.press("Give this coach instead", "say whether to keep or to cancel them", "is booked", "moved house")
    lynx.choose_one("They are cancelled")
    lynx.press("Give this coach instead", "Gave the coach Carla Stein instead to Edward Kim.")
    assert asks(site, "edward.kim", "GET", "/api/me")["coach"]["name"] == "Carla Stein"
    assert calls_of(site, "edward.kim") == []

    lynx.follow("Audit", "gave the coach Carla Stein instead to", "Edward Kim")


def person(site: Site, username: str) -> dict[str, str]:
    found: dict[str, str] = asks(site, "grace.admin", "GET", f"/api/admin/people?q={username}")["found"][0]
    return found
