"""The first path through everything: invitation, enrolment, login, hours, the weekly match, my events."""

from datetime import date
from typing import Any

from tests.people import PASSWORD, Browser


def enrolled(inviter: Browser, username: str, **more: Any) -> Browser:
    code = inviter.post("/InvitationCode/Create/").json["invitation_code"]
    fields = {
        "invitation_code": code,
        "username": username,
        "password": PASSWORD,
        "name": username.capitalize(),
        "email": f"{username}@example.org",
        "timezone": "Europe/Berlin",
        "location": "Harbour",
    }
    browser = Browser()
    answer = browser.post("/Enrollment/Create/", fields | more)
    assert (answer.status, answer.json) == (200, {"success": True, "message": "Please log in"}), answer.text
    assert browser.post("/Login/", {"username": username, "password": PASSWORD}).json == {"success": True}
    return browser


def test_two_people_who_are_invited_have_lunch_together(community: Any, clock: Any) -> None:
    from chalicelib.clock import now
    from chalicelib.lunch import rounds

    clock.set("2026-11-19T16:00Z")
    admin = community.admin()
    ada, bob = enrolled(admin, "ada"), enrolled(admin, "bob", refuses=["Thai"])
    for browser in (ada, bob):
        hours = {
            "purpose": "lunch",
            "start": "2026-11-17T12:00",
            "end": "2026-11-17T14:00",
            "timezone": "Europe/Berlin",
            "weekly": True,
        }
        answer = browser.post("/api/availability", hours)
        assert answer.status == 201, answer.text
    outcome = rounds.run(date(2026, 11, 23), community.locations["Harbour"], now())
    assert len(outcome.lunches) == 1
    answer = ada.get("/MyEvents/")
    assert answer.status == 200, answer.text
    [appointment] = answer.json["appointments"]
    assert appointment["people"] == ["Ada", "Bob"]
    assert appointment["date"].startswith("2026-11-24T1") and appointment["date"].endswith("+01:00")
    assert bob.get("/MyEvents").json == answer.json
