"""The admin's pages, as somebody uses them who sees only what is on the page: links, forms, buttons."""

import re
import uuid
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.coaching.practice import Practice, book
from tests.lunches import lunch
from tests.pages.documents import Document
from tests.people import Answer, Browser


class Forms(HTMLParser):
    """The forms of a page: where they go, and what they send when nothing is changed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = given.get("name") or ""
        if tag == "form":
            self.found.append({"action": given["action"], "method": given["method"], "fields": {}})
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in given:
                value = given.get("value") or ""
                fields = self.found[-1]["fields"]
                fields[name] = [*fields.get(name, []), value] if kind == "checkbox" else value
        elif tag == "textarea":
            self._area = name
            self.found[-1]["fields"][name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in self.found[-1]["fields"] or "selected" in given):
            self.found[-1]["fields"][self._select] = given.get("value")
            self._text_of = self._select if given.get("value") is None else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[-1]["fields"][self._area] += data.removeprefix("\n")
        elif self._select and getattr(self, "_text_of", ""):
            self.found[-1]["fields"][self._text_of] = data.strip()
            self._text_of = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def form_to(answer: Answer, action: str) -> dict[str, Any]:
    """What the page's form that goes there sends when nothing is changed."""
    [found] = [form for form in Forms(answer.text).found if form["action"] == action]
    fields: dict[str, Any] = found["fields"]
    return fields


def send(browser: Browser, path: str, action: str = "", **typed: Any) -> Answer:
    """Open a page, fill in its form, press its button."""
    page = browser.get(path)
    assert page.status == 200, page.text
    return browser.post(action or path, form_to(page, action or path) | typed, kind="form")


def went_to(answer: Answer, path: str) -> bool:
    """The page that an act leads to; what it says there of the act is tested in test_what_acts_say.py."""
    return (answer.status, answer.header("location").partition("?done=")[0]) == (303, path)


def id_of(sql: Any, username: str) -> uuid.UUID:
    return sql("SELECT person_id FROM account WHERE username = %s", username)[0].person_id


@pytest.fixture
def admin(community: Any, clock: Any) -> Browser:
    """An admin of a community in which Ada and Bob were matched, Eve was left over, and a rule was changed."""
    from chalicelib.clock import now
    from chalicelib.lunch import rounds

    clock.set("2026-11-19T16:00Z")
    hours = {
        "purpose": "lunch",
        "start": "2026-11-17T12:00",
        "end": "2026-11-17T14:00",
        "timezone": "Europe/Berlin",
        "weekly": True,
    }
    for name in ("ada", "bob", "eve"):
        browser = community.member(name)
        if name != "eve":
            assert browser.post("/api/availability", hours).status == 201
    rounds.run(date(2026, 11, 23), community.locations["Harbour"], now())
    admin: Browser = community.browser_of(community.person("admin", roles=("admin",), location=None))
    admin.ask("PUT", "/api/admin/rules/lunch.minutes", {"value": 45, "why": "short"})
    admin.post("/api/admin/invitations", {"addresses": ["new@example.org", "nonsense"]})
    return admin


def links(text: str) -> set[str]:
    return {link.replace("&amp;", "&") for link in re.findall(r'href="(/admin[^"#]*)"', text)}


def test_every_page_is_reached_by_links_from_the_first(admin: Browser, community: Any, sql: Any) -> None:
    from chalicelib.web import ENDPOINTS

    practice = Practice(community, sql)
    practice.coach("carla")
    practice.coach("conrad")
    assert book(practice.client("clive", "carla"), "carla", "2026-11-25T10:00:00+01:00").status == 201
    seen: set[str] = set()
    waiting = {"/admin"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = admin.get(path)
        assert answer.status == 200, (path, answer.text[:2000])
        if answer.header("content-type").startswith("text/csv"):
            continue
        assert len(answer.text) < 40_000, path
        assert answer.text.count("<h1>") == 1
        waiting |= links(answer.text) - seen
    patterns = {
        one.path: re.compile(re.sub(r"\{\w+\}", "[^/?]+", one.path) + r"(\?.*)?\Z")
        for one in ENDPOINTS
        if one.html and one.method == "GET" and one.path.startswith("/admin")
    }
    unreached = {path for path, pattern in patterns.items() if not any(pattern.match(one) for one in seen)}
    assert unreached == {"/admin/people/{person}/unban", "/admin/people/{person}/second-factor"}  # nobody has either


def test_the_pages_say_who_met_who_was_left_over_and_what_is_proven(admin: Browser) -> None:
    start = admin.get("/admin").text
    assert "left over" in start and "changed the rule from 60 to 45" in start
    assert "Ada" in admin.get("/admin/events?q=bob").text
    [round] = re.findall(r'href="(/admin/rounds/[0-9a-f-]{36})"', admin.get("/admin/rounds").text)
    page = admin.get(round).text
    assert "Eve" in page and "gave no hours in that week" in page


def test_a_ban_is_asked_about_and_says_what_will_happen(admin: Browser, sql: Any) -> None:
    ada = id_of(sql, "ada")
    path = f"/admin/people/{ada}/ban"
    page = admin.get(path)
    assert "withdrawn from 1 coming lunch," in page.text
    assert sql("SELECT 1 FROM ban") == []
    assert went_to(send(admin, path, why="sells things"), f"/admin/people/{ada}")
    assert "sells things" in admin.get(f"/admin/people/{ada}").text
    assert went_to(send(admin, f"/admin/people/{ada}/unban", why="sorry"), f"/admin/people/{ada}")
    assert sql("SELECT 1 FROM ban") == []


def test_a_form_that_is_refused_keeps_what_was_typed_and_says_what_is_wrong(admin: Browser, sql: Any) -> None:
    answer = send(admin, f"/admin/people/{id_of(sql, 'ada')}/ban", why="x" * 256)
    assert answer.status == 422 and "x" * 256 in answer.text and 'aria-invalid="true"' in answer.text
    answer = send(admin, "/admin/locations/new", name="Station", timezone="Mars/Olympus", address="Crater 1")
    assert answer.status == 422 and "Crater 1" in answer.text and "is not a time zone we know" in answer.text
    answer = send(admin, "/admin/rules/lunch.minutes", value="7")
    assert answer.status == 422 and 'value="7"' in answer.text and "must be from 15 to 180" in answer.text
    answer = send(admin, "/admin/rules/lunch.min_attendees", value="4")
    assert answer.status == 422 and "does not go with “Most people at a lunch”" in answer.text
    answer = send(admin, "/admin/invitations", addresses=" \n")
    assert answer.status == 422 and "1 to 500 addresses" in answer.text


def test_a_form_of_another_session_changes_nothing(admin: Browser, community: Any, sql: Any) -> None:
    other = community.browser_of(community.person("other", roles=("admin",)))
    path = f"/admin/people/{id_of(sql, 'ada')}/ban"
    fields = form_to(other.get(path), path) | {"why": "a trick"}
    answer = admin.post(path, fields, kind="form")
    assert answer.status == 403 and "a trick" in answer.text
    assert sql("SELECT 1 FROM ban") == []


def test_roles_are_granted_and_taken_on_their_page(admin: Browser, sql: Any) -> None:
    path = f"/admin/people/{id_of(sql, 'ada')}/roles/admin"
    for roles in (["admin", "member"], ["member"]):
        assert send(admin, path, why="so").status == 303
        assert admin.get("/api/admin/people?q=ada").json["found"][0]["roles"] == roles
    own = f"/admin/people/{id_of(sql, 'admin')}/roles/admin"
    answer = send(admin, own, why="tired")
    assert answer.status == 422 and "The last admin cannot be removed" in answer.text


def test_a_role_pressed_twice_is_granted_once(admin: Browser, sql: Any) -> None:
    path = f"/admin/people/{id_of(sql, 'ada')}/roles/coach"
    fields = form_to(admin.get(path), path) | {"why": "so"}
    for _ in range(2):
        assert admin.post(path, fields, kind="form").status == 303
    assert len(sql("SELECT 1 FROM audit WHERE what LIKE '%%the role coach to'")) == 1


def test_pasted_addresses_are_each_accounted_for_and_a_double_press_invites_once(admin: Browser, sql: Any) -> None:
    page = admin.get("/admin/invitations")
    fields = form_to(page, "/admin/invitations") | {
        "addresses": "one@example.org, two@example.org;\r\nADA@example.org\r\n\r\nnot an address\r\nnew@example.org"
    }
    to = f"/admin/invitations/{fields['batch']}"
    for _ in range(2):
        assert went_to(admin.post("/admin/invitations", fields, kind="form"), to)
    report = admin.get(to).text
    for said in ("2 of 5 invited", "1 members already", "1 not an address", "1 with an open invitation already"):
        assert said in report, report
    assert len(sql("SELECT 1 FROM invitation")) == 3


def test_500_long_lines_fit_in_the_form(admin: Browser) -> None:
    many = "\r\n".join(f"{'a' * 60}{n:03}@{'example' * 4}.org" for n in range(500))
    answer = send(admin, "/admin/invitations", addresses=many)
    assert answer.status == 303, answer.text[:3000]
    assert "500 of 500 invited" in admin.get(answer.header("location")).text


def test_a_location_and_a_food_type_are_kept_on_their_pages(admin: Browser, sql: Any) -> None:
    def said(answer: Answer) -> str:
        assert answer.status == 303, answer.text
        return admin.get(answer.header("location")).text

    new = {"name": "Station", "timezone": "Europe/Paris", "foods": ["Soup"]}
    assert "Opened the location: Station." in said(send(admin, "/admin/locations/new", **new))
    [station] = admin.get("/api/admin/locations?q=station").json["found"]
    path = f"/admin/locations/{station['id']}"
    assert form_to(admin.get(path), path)["timezone"] == "Europe/Paris"
    assert ": Station." in said(send(admin, path, meeting_point="the clock"))
    [changed] = admin.get("/api/admin/locations?q=station").json["found"]
    assert changed == station | {"meeting_point": "the clock"}
    assert "Until they choose another" in admin.get(f"{path}/close").text
    closed = said(send(admin, f"{path}/close", why="rebuilt"))
    assert "0 people read so on their week, and 0 lunches to come stay as they are." in closed
    assert admin.get("/api/admin/locations?q=station").json["found"][0]["open"] is False
    assert "Opened the location: Station." in said(send(admin, path, f"{path}/open"))
    assert admin.get("/api/admin/locations?q=station").json["found"][0]["open"] is True
    assert send(admin, "/admin/food-types", name="Curry").status == 303
    [curry] = sql("SELECT id FROM food_type WHERE name = 'Curry'")
    assert send(admin, f"/admin/food-types/{curry.id}", name="Curries").status == 303
    answer = send(admin, f"/admin/food-types/{curry.id}", name="soup")
    assert answer.status == 422 and "There is a food type of that name already" in answer.text
    path = f"/admin/food-types/{curry.id}"
    assert send(admin, path, f"{path}/remove").status == 303
    assert "cannot be removed" in admin.get("/admin/food-types/0").text


def test_a_lunch_is_called_off_on_its_page(admin: Browser, sql: Any) -> None:
    [event] = sql("SELECT id FROM event")
    path = f"/admin/events/{event.id}"
    assert f"{path}/cancel" in admin.get(path).text
    answer = send(admin, f"{path}/cancel", why="fire")
    assert went_to(answer, f"{path}")
    assert "Called off the lunch: " in admin.get(answer.header("location")).text
    assert "Canceled" in admin.get(path).text and f"{path}/cancel" not in admin.get(path).text
    answer = send(admin, f"{path}/cancel", why="again")
    assert answer.status == 422 and "called off already" in answer.text and "again" in answer.text


def test_a_rule_of_every_type_is_set_and_reset(admin: Browser, community: Any) -> None:
    for rule, typed, value in (
        ("lunch.minutes", "90", 90),
        ("bloom.false_positive_rate", "0.05", 0.05),
        ("lunch.auto_approve", "no", False),
        ("lunch.match_day", "Friday", "Friday"),
        ("lunch.first_start", "11:30", "11:30"),
        ("lunch.weekdays", "Tue-Thu", "Tue-Thu"),
    ):
        path = f"/admin/rules/{rule}"
        shown = form_to(admin.get(path), path)["value"]
        assert shown and shown != typed
        assert went_to(send(admin, path, value=typed), "/admin/rules"), rule
        assert admin.get(f"/api/admin{path.removeprefix('/admin')}").json["rule"]["value"] == value
        assert form_to(admin.get(path), path)["value"] == typed
        assert went_to(send(admin, f"{path}/reset"), "/admin/rules")
    assert {
        one["name"] for one in admin.get("/api/admin/rules").json["found"] if one["value"] != one["default"]
    } == set()
    for rule, typed in (("lunch.minutes", "sixty"), ("bloom.false_positive_rate", "nan"), ("lunch.auto_approve", "?")):
        assert send(admin, f"/admin/rules/{rule}", value=typed).status == 422, rule


def test_a_round_is_asked_for_on_its_page(admin: Browser, community: Any, sql: Any) -> None:
    fields = form_to(admin.get("/admin/rounds/new"), "/admin/rounds/new")
    assert fields["week"] == "2026-W48"
    answer = send(admin, "/admin/rounds/new", location=str(community.locations["Harbour"]))
    assert went_to(answer, "/admin/rounds")
    assert "Asked for a round of 20" in admin.get(answer.header("location")).text
    assert send(admin, "/admin/rounds/new", week="2026-W40").status == 422
    [asked] = sql("SELECT location_id, week FROM asked_round")
    assert asked == (community.locations["Harbour"], date(2026, 11, 23))


def test_what_a_member_wrote_is_shown_as_text(admin: Browser, sql: Any) -> None:
    sql("UPDATE person SET name = '<script>alert(1)</script>' WHERE slug = 'ada'")
    for path in ("/admin/people", "/admin/events", f"/admin/people/{id_of(sql, 'ada')}", "/admin/people?q=<script>"):
        text = admin.get(path).text
        assert "<script>alert" not in text and "&lt;script&gt;" in text, path


def test_the_pages_speak_of_who_erased_himself_as_a_former_member(admin: Browser, sql: Any) -> None:
    ada = id_of(sql, "ada")
    sql("UPDATE person SET name = '' WHERE id = %s", ada)
    sql("DELETE FROM account WHERE person_id = %s", ada)
    assert "a former member" in admin.get("/admin/events").text
    assert admin.get(f"/admin/people/{ada}").status == 404


def test_times_are_shown_in_the_zone_of_who_reads(admin: Browser, sql: Any) -> None:
    sql("UPDATE person SET timezone = 'Asia/Tokyo' WHERE slug = 'admin'")
    at = datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert sql("SELECT 1 FROM rule_change WHERE changed >= %s", at)
    text = admin.get("/admin/audit").text
    assert "20 Nov 2026, 01:00" in text and "Asia/Tokyo" in text


def test_the_audit_names_people_and_lunches_and_is_searched_by_them(admin: Browser, community: Any, sql: Any) -> None:
    for name, role in (("carla", "coach"), ("ina", "client")):
        community.person(name, roles=("member", role))
    admin.post("/api/admin/relationships", {"coach": "carla", "client": "ina", "why": "asked for it"})
    event = lunch(sql, community.locations["Harbour"], "2026-12-02T12:00+01:00", approved=[])
    assert went_to(send(admin, f"/admin/events/{event}/cancel", why="flood"), f"/admin/events/{event}")
    page = Document(admin.get("/admin/audit").text)
    [acts] = [table.text for table in page.all("tbody")]
    assert "gave the coach Carla to" in acts and "Ina" in acts
    assert not re.search("[0-9a-f]{8}-[0-9a-f]{4}", acts), acts
    [title] = sql("SELECT title FROM event WHERE id = %s", event)
    assert page.one("a", href=f"/admin/events/{event}").text == title.title
    assert "gave the coach" in Document(admin.get("/admin/audit?q=carla").text).main
    assert "called off" not in Document(admin.get("/admin/audit?q=carla").text).one("table").text


def test_nothing_of_a_search_is_called_optional(admin: Browser) -> None:
    for path in ("/admin/people", "/admin/events", "/admin/audit", "/admin/locations", "/admin/relationships"):
        text = admin.get(path).text
        assert '<form method="get"' in text and "(optional)" not in text, path
