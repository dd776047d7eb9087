"""Lunches from the proposal to the review, on a system of their own whose clock moves: in Lynx, and told to open pages.

Otto Klein is free when nobody else is, Clara Stein and David Kraus gave no hours: nothing but what they do here happens
to them.
"""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.chromium import EVERY_LOOK, check_accessibility, context_of, look_at
from tests.e2e.conftest import Running, eventually
from tests.e2e.pages import next_monday
from tests.e2e.terminal import Lynx

pytestmark = pytest.mark.timeout(1200)
OTTO, CLARA, DAVID, ADMIN = "otto.klein", "clara.stein", "david.kraus", "grace.admin"


class Town:
    """The running system, and what people ask of its API."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.week = next_monday() - timedelta(weeks=1)
        """The Monday of the week in which the last lunch is: each test takes the next. Members propose four weeks ahead."""

    def asks(self, username: str, method: str, path: str, body: Any = None) -> Any:
        status, answer, _ = self.running.curl(method, path, body, cookie=self.running.log_in(username))
        assert status < 300, (path, answer)
        return answer

    def rule(self, name: str, value: Any) -> None:
        self.asks(ADMIN, "PUT", f"/api/admin/rules/lunch.{name}", {"value": value, "why": "let us see"})

    def next_week(self) -> date:
        self.week += timedelta(weeks=1)
        return self.week

    def proposed(self, username: str, day: date, title: str) -> str:
        lunch = {"title": title, "location": "Speicherstadt", "start": f"{day}T12:00", "public": True}
        return str(self.asks(username, "POST", "/api/events", lunch)["id"])

    def answers(self, username: str, event: str, response: str = "approved") -> None:
        self.asks(username, "PUT", f"/api/events/{event}/attendance", {"response": response})

    def clock(self, day: date, time: str) -> None:
        self.running.command("clock", f"{day}T{time}Z")


@pytest.fixture(scope="module")
def town(running: Running) -> Town:
    found = Town(running)
    found.rule("members_may_propose", True)
    found.rule("auto_approve", False)
    return found


@pytest.fixture
def lynx(town: Town, tmp_path: Path) -> Iterator[Any]:
    """Lynx as somebody: ``lynx("otto.klein")`` is on their week."""
    assert shutil.which("lynx"), "install Lynx (Debian: apt install lynx)"
    opened: list[Lynx] = []

    def of(username: str) -> Lynx:
        home = tmp_path / username
        home.mkdir(exist_ok=True)
        found = Lynx(town.running.address, home)
        opened.append(found)
        found.follow("Log in", "I have forgotten my password")
        found.fill("Username", username)
        found.fill("Password", "table-for-three")
        found.press("Log in", "My week")
        return found

    yield of
    for one in opened:
        one.process.close(force=True)


def words(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}"


# --- live updates ---


def page_of(chromium: Browser, town: Town, username: str) -> Page:
    """Their week, with a socket that is open."""
    page = context_of(chromium, town.running.address, town.running.log_in(username)).new_page()
    with page.expect_websocket(timeout=60_000) as socket:
        page.goto("/")
    assert not socket.value.is_closed()
    page.wait_for_timeout(1000)  # the server has let it in
    page.evaluate("window.stayed = true")
    return page


def hears(page: Page, said: str) -> None:
    region = page.locator("[aria-live=polite]")
    expect(region).to_contain_text(said, timeout=60_000)
    assert page.evaluate("window.stayed"), "the page was loaded again"


@pytest.mark.browser
def test_an_open_page_says_that_its_lunch_is_on_is_one_too_few_and_is_off(chromium: Browser, town: Town) -> None:
    day = town.next_week() + timedelta(days=1)
    event = town.proposed(OTTO, day, "Live soup")
    page, other = page_of(chromium, town, OTTO), page_of(chromium, town, CLARA)
    town.answers(DAVID, event)
    hears(page, f"Your lunch on {day:%A} is on.")
    page.get_by_role("link", name="See it").click()
    page.get_by_role("heading", level=1, name="Live soup").wait_for()
    assert other.locator("[aria-live=polite]").text_content() == "", "it is no lunch of hers"
    page = page_of(chromium, town, OTTO)
    town.answers(DAVID, event, "rejected")
    hears(page, f"For your lunch on {day:%A}, one is missing now.")
    town.asks(ADMIN, "DELETE", f"/api/events/{event}", {"reason": "no soup"})
    hears(page, f"Your lunch on {day:%A} is called off.")


@pytest.mark.browser
def test_an_open_page_says_so_of_a_lunch_that_a_round_made_since(chromium: Browser, town: Town) -> None:
    monday = town.week = max(town.next_week(), next_monday() + timedelta(weeks=1))  # before it, the demo was matched
    town.rule("auto_approve", True)
    page = page_of(chromium, town, "ada.brandt")
    town.running.command("match", f"{monday.isocalendar().year}-W{monday.isocalendar().week:02}")
    [mine] = [one for one in town.asks("ada.brandt", "GET", "/api/events")["events"] if one["start"] > str(monday)]
    hears(page, f"Your lunch on {date.fromisoformat(mine['start'][:10]):%A} is on.")
    town.rule("auto_approve", False)


# --- from the proposal to the review ---


@pytest.mark.lynx
def test_a_lunch_is_proposed_joined_and_reviewed_in_lynx(town: Town, lynx: Any) -> None:
    day = town.next_week() + timedelta(days=2)
    otto, clara = lynx(OTTO), lynx(CLARA)
    otto.follow("Public lunches", "Propose a lunch")
    otto.follow("Propose a lunch", "Everybody can see and join it")
    otto.fill("What", "Fish soup")
    otto.fill("Day", str(day))
    otto.fill("Time", "12:10")
    otto.tick("Everybody can see and join it")
    otto.press("Propose it", "Please look at this again", "quarter")
    otto.fill("Time", "12:15")
    otto.press("Propose it", f"You proposed Fish soup on {words(day)}, 12:15")
    otto.reads("Pass it on", "Everybody can see and join it", "Answer by")

    clara.follow("Public lunches", "What fits me", "Fish soup")
    clara.follow("What fits me", "Lunches that fit me", "Fish soup")
    clara.follow("Fish soup", "Otto Klein", "(2 seats free)")
    clara.press("Join", f"You come to Fish soup on {words(day)}, 12:15 (Europe/Berlin) with Otto Klein.")
    clara.follow("I can't come", "You can't come?", "Without you it is one too few: Otto Klein is told.")
    clara.press("I can't come", "You do not come to Fish soup", "It takes place if enough approve it in time")
    clara.press("I can come after all", "You come to Fish soup")

    [event] = [one for one in town.asks(CLARA, "GET", "/api/events")["events"] if one["title"] == "Fish soup"]
    town.clock(day, "13:00")
    eventually(lambda: town.running.curl("GET", "/Review", cookie=town.running.log_in(CLARA))[1].count("Fish soup"), 60)
    clara.follow("My week", "1 lunch to review")
    clara.follow("1 lunch to review", "Otto Klein: Did you enjoy the company?", "Your answers are not kept")
    clara.press("Send the review", "Please look at this again", "is not answered yet")
    clara.choose_one("No")
    clara.press("Send the review", "Thank you: your review of Fish soup", "with Otto Klein is in", "Nothing to review")
    otto.follow("My week", "1 lunch to review")
    otto.follow("1 lunch to review", "Clara Stein: Did you enjoy the company?")
    otto.choose_one("Yes")
    otto.press("Send the review", "Thank you: your review of Fish soup")
    eventually(lambda: town.asks(ADMIN, "GET", f"/api/admin/events/{event['id']}")["event"]["status"] == "Done")
    assert any("How was lunch?" in mail for mail in town.running.mails_to("otto.klein@example.org"))
    assert "They equal what the database has." in town.running.command("replay")


@pytest.mark.lynx
def test_an_invitation_is_approved_and_another_rejected_in_lynx(town: Town, lynx: Any) -> None:
    monday = town.next_week()
    for day in range(5):
        on = monday + timedelta(days=day)
        hours = {"purpose": "lunch", "start": f"{on}T11:00", "end": f"{on}T14:00", "timezone": "Europe/Berlin"}
        town.asks(DAVID, "POST", "/api/availability", hours | {"weekly": False})
    town.running.command("match", f"{monday.isocalendar().year}-W{monday.isocalendar().week:02}")
    [mine] = [one for one in town.asks(DAVID, "GET", "/api/events")["events"] if one["start"] > str(monday)]
    david = lynx(DAVID)
    david.follow("1 lunch to approve or reject", "Lunches to approve", mine["title"], "Answer by", "asked as well")
    david.press("Approve", f"You come to {mine['title']} on", "It takes place when 1 more approves it.")
    david.follow("See it, or change your mind", "You come", "I can't come")
    david.follow("I can't come", "Nobody else has approved it yet.")
    david.press("I can't come", "You do not come to", "I can come after all")


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_pages_of_a_lunch_keep_to_wcag_2_2_aa_at_320_px(chromium: Browser, town: Town, script: bool) -> None:
    """With something on each of them: lunches to approve, a form refused, a leave that is asked about, two to review.

    By David: who did not enjoy somebody's company sees no more of their lunches.
    """
    day = town.next_week() + timedelta(days=1)
    first = town.proposed(OTTO, day, "Salad")
    second = town.proposed(OTTO, day + timedelta(days=1), "Stew")
    address = town.running.address

    def looked(username: str, path: str, reads: str, cookie: str = "") -> None:
        context = context_of(chromium, address, cookie or town.running.log_in(username), script=script)
        page = context.new_page()
        look = look_at(page, path, "lunch" + path.partition("?")[0].replace(first, "event"))
        expect(page.locator("main")).to_contain_text(reads)
        if script:
            check_accessibility(page, look, EVERY_LOOK)
        assert (look.complaints, look.overflow, look.violations) == ([], 0, [])
        context.close()

    looked(DAVID, "/Validate", "Salad")
    looked(DAVID, "/public", "Salad")
    looked(OTTO, "/events/new", "Propose a lunch")
    looked(OTTO, f"/events/{first}", "Pass it on")
    for event in (first, second):
        town.answers(DAVID, event)
    looked(DAVID, f"/events/{first}/leave", "You can't come?")
    looked(OTTO, f"/events/{first}/cancel", "Call this lunch off?")
    town.clock(day + timedelta(days=1), "13:00")
    cookie = town.running.log_in(DAVID)
    eventually(lambda: town.running.curl("GET", "/Review", cookie=cookie)[1].count("<h2") >= 2, 60)
    looked(DAVID, "/Review", "Did you enjoy the company?", cookie)
