"""Every page there is, and who opens it: found by following links, as people find them, and held against the routes."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from chalicelib import clock
from chalicelib.calendar import zones
from infra.local import mails
from tests import days
from tests.e2e.conftest import Running, eventually

VISITOR, MEMBER, ADMIN, COACH, CLIENT = "visitor", "member", "admin", "coach", "client"
CAST = (VISITOR, MEMBER, ADMIN, COACH, CLIENT)
USERNAMES = {MEMBER: "ada.brandt", ADMIN: "grace.admin", COACH: "frieda.vogt", CLIENT: "jonas.weber"}
SEARCHED = {
    ADMIN: [
        "/admin/people?who=banned",
        "/admin/people?q=carla.stein",
        "/admin/events?status=Confirmed",
        "/admin/rules/lunch.open_seats",
    ]
}
"""What somebody looks for, because it is not among the first of its list."""
BY_MAIL = frozenset({"/forgotten/reset", "/account/confirm", "/unsubscribe/{token}"})
"""Pages to which only a mail leads."""
LATER = frozenset(
    {"/account/second-factor/key", "/admin/people/{person}/second-factor", "/admin/people/{person}/sessions"}
)
"""Pages that are there only where something is under way or on, which it is for none of the people who are looked at."""
SAME = 2
"""So many pages of one route are looked at: the third person's page is like the second's."""


class Links(HTMLParser):
    """The addresses in a page as they are written, the places of its own it leads to, and the ids there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: list[str] = []
        self.ids: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        address = given.get("href" if tag in ("a", "link") else "src")
        if address and address.startswith("#"):
            self.places.append(address)
        elif address:
            self.links.append(address)


@dataclass
class Walk:
    """Where a person came by following every link."""

    pages: dict[str, str] = field(default_factory=dict)
    """Address -> HTML, in the order they were found."""
    files: set[str] = field(default_factory=set)
    """Addresses of what is no page: calendar files."""
    broken: list[str] = field(default_factory=list)


@dataclass
class Site:
    """The running system and the people who look at it."""

    running: Running
    cookies: dict[str, str]
    walks: dict[str, Walk] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    """Who of the cast was sent which address."""

    @cached_property
    def routes(self) -> list[Any]:
        """The endpoints that are pages, those without a variable part first."""
        import app  # noqa: F401
        from chalicelib.web import ENDPOINTS

        return sorted((one for one in ENDPOINTS if one.html and one.method == "GET"), key=lambda one: "{" in one.path)

    def route_of(self, address: str) -> Any | None:
        """The endpoint that answers an address, None where it is not a page."""
        path = urlsplit(address).path
        return next((one for one in self.routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), path)), None)

    def walk(self, who: str) -> Walk:
        if who not in self.walks:
            self.walks[who] = _walk(self, who)
        return self.walks[who]

    def pages_of(self, who: str) -> Iterator[tuple[str, str]]:
        """Route and address of every page that concerns this person, each route once."""
        seen = set()
        for address in self.walk(who).pages:
            route = self.route_of(address)
            if route and route.path not in seen and concerns(route, who):
                seen.add(route.path)
                yield route.path, address


def concerns(route: Any, who: str) -> bool:
    """Whether a page shows this person what it shows nobody else of the cast."""
    coaching = route.handler.__module__.startswith("chalicelib.coaching")
    if route.path == "/":
        return True
    if route.path == "/events/{id}":  # of a public one a visitor reads less than a member
        return who in (VISITOR, MEMBER)
    return {
        VISITOR: route.who == "anybody",
        MEMBER: route.who == "any person" and not coaching,
        ADMIN: route.who == "admin",
        COACH: coaching and route.who in (COACH, "any person"),
        CLIENT: coaching and route.who in (CLIENT, "any person"),
    }[who]


def _walk(site: Site, who: str) -> Walk:
    walk = Walk()
    cookie = site.cookies.get(who, "")
    visited: Counter[tuple[str, tuple[str, ...]]] = Counter()
    starts = [one.path for one in site.routes if "{" not in one.path and one.path not in LATER and concerns(one, who)]
    sent = [site.sent[who]] if who in site.sent else []
    waiting = deque(("the start", path) for path in SEARCHED.get(who, []) + starts + sent + by_mail(site.running, who))
    known = set(starts)
    while waiting:
        page, address = waiting.popleft()
        route = site.route_of(address)
        alike = (route.path if route else address, tuple(sorted(re.findall(r"[?&](\w+)=", address))))
        visited[alike] += 1
        if visited[alike] > SAME:
            continue
        status, text, _ = site.running.curl("GET", address, cookie=cookie)
        if status >= 400:
            walk.broken.append(f"{page} leads to {address}: {status}")
        if not (isinstance(text, str) and text.lstrip().startswith("<!doctype")):
            walk.files |= {address} if status < 300 else set()
            continue
        if status < 300:
            walk.pages[address] = text
        found = Links(text)
        walk.broken += [f"{address} has no {name}" for name in found.places if name[1:] not in found.ids]
        led_to = {whole for link in found.links if (whole := _on_this_site(site.running, address, link))} - known
        known |= led_to
        waiting.extend((address, whole) for whole in sorted(led_to))
    return walk


def _on_this_site(running: Running, page: str, link: str) -> str:
    """Path and query of a link as it stands in a page, "" where it leads elsewhere."""
    target = urlsplit(urljoin(running.address + page, link))
    if f"{target.scheme}://{target.netloc}" != running.address:
        return ""
    return target.path + (f"?{target.query}" if target.query else "")


def by_mail(running: Running, who: str) -> list[str]:
    """The addresses that mails carry: to one of the cast, as they open them; to a visitor, how to end a kind of mail."""
    found: list[str] = []
    for path in sorted((running.data / "mail").glob("[!.]*.eml")):
        mail = mails.read(path)
        text = "".join(mails.content(part) for part in mail.walk() if part.get_content_type() == "text/plain")
        text += str(mail["List-Unsubscribe"] or "")
        if who == VISITOR:
            found += re.findall(rf"{re.escape(running.address)}(/unsubscribe/[\w.=-]+)", text)[:1]
        elif f"{USERNAMES[who]}@" in str(mail["to"]):
            found += re.findall(rf"{re.escape(running.address)}(/[^\s<>\"]*)", text)
    return list(dict.fromkeys(found))[: 1 if who == VISITOR else None]


def settle(running: Running) -> Site:
    """A community in which every page has something to show: a coach with a client, somebody banned, a pause."""
    site = Site(running, {who: running.log_in(name) for who, name in USERNAMES.items()})

    def does(who: str, method: str, path: str, body: Any = None, form: bool = False) -> Any:
        status, answer, _ = running.curl(method, path, body, cookie=site.cookies[who], form=form)
        assert status < 300, (method, path, answer)
        return answer

    def person(username: str) -> Any:
        return does(ADMIN, "GET", f"/api/admin/people?q={username}")["found"][0]

    does(ADMIN, "PUT", "/api/admin/rules/invitation.per_day", {"value": 50, "why": "many tests"})
    coach, client = person(USERNAMES[COACH]), person(USERNAMES[CLIENT])
    does(ADMIN, "PUT", f"/api/admin/people/{coach['id']}/roles/coach", {"why": "coaches us"})
    does(ADMIN, "PUT", f"/api/admin/people/{client['id']}/roles/client", {"why": "is coached"})
    slugs = {"coach": coach["slug"], "client": client["slug"]}
    does(ADMIN, "POST", "/api/admin/relationships", slugs | {"why": "asked for it"})
    hours = {"start": "T09:00", "end": "T17:00", "timezone": "Europe/Berlin", "weekly": True}
    does(ADMIN, "PUT", "/api/admin/rules/lunch.members_may_propose", {"value": True, "why": "let us see"})
    monday = next_monday(running.day)
    lunch = {"title": "Soup for all", "location": "Speicherstadt", "start": f"{monday + timedelta(days=8)}T11:00"}
    proposed = does(MEMBER, "POST", "/api/events", lunch | {"public": True})
    site.sent = dict.fromkeys((VISITOR, MEMBER), f"/events/{proposed['id']}")
    for day in range(5):
        on = str(monday + timedelta(days=day))
        does(COACH, "POST", "/api/office-hours", hours | {"start": on + "T09:00", "end": on + "T17:00"})
    [slot] = does(CLIENT, "GET", f"/api/coaches/{coach['slug']}/first")["slots"]
    does(CLIENT, "POST", "/api/appointments", slot | {"coach": coach["slug"]})
    later = (date.fromisoformat(slot["start"][:10]) + timedelta(weeks=6)).isocalendar()
    ahead = f"/api/coaches/{coach['slug']}/slots?from={later.year}-W{later.week:02}&weeks=2"
    start = does(CLIENT, "GET", ahead)["slots"][0]["start"]
    series = does(CLIENT, "POST", "/api/series", {"coach": coach["slug"], "start": start, "months": 2})
    site.sent[CLIENT] = f"/appointments/{series['appointments'][0]['id']}/series"
    does(CLIENT, "POST", "/api/waiting", {"coach": coach["slug"]})
    site.sent[ADMIN] = f"/admin/relationships/{client['slug']}/hand-over?coach={person('carla.stein')['slug']}"
    does(ADMIN, "PUT", f"/api/admin/people/{person('yara.saleh')['id']}/ban", {"why": "sells things"})
    does(ADMIN, "POST", "/api/admin/invitations", {"addresses": ["kim@example.net", "no address"]})
    does(MEMBER, "POST", "/InvitationCode/Create/", {"to": "lou@example.net"})
    weeks = [f"{day.isocalendar().year}-W{day.isocalendar().week:02}" for day in (monday + timedelta(weeks=8),)]
    does(MEMBER, "POST", "/api/pauses", {"first": weeks[0], "last": weeks[0]})
    does(MEMBER, "POST", "/api/me/tokens", {"name": "my calendar", "scope": "read", "password": "table-for-three"})
    eventually(lambda: running.mails_to("ada.brandt@example.org"))
    return site


def next_monday(day: str | None = None) -> date:
    """The Monday after today, or after that one of the days of tests/days.py."""
    now = datetime.fromisoformat(days.DAYS[day]) if day else clock.now()
    today = zones.day_of(now, "Europe/Berlin")
    return today + timedelta(days=7 - today.weekday())
