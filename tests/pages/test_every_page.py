"""What holds for every page: it answers, reads well to programs, is light, and leads nowhere that is not there."""

import re
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.home import week_pages
from chalicelib.web import assets
from tests.pages.documents import Document
from tests.people import Browser

FOR_ANYBODY = ("/login", "/Register", "/forgotten", "/forgotten/reset", "/account/confirm", "/privacy")
FOR_MEMBERS = ("/", "/availability", "/availability/weekly", "/availability/once", "/invitations", "/public")
MOST_BYTES = 61_440


def opened(browser: Browser, path: str, status: int = 200) -> Document:
    answer = browser.get(path, headers={"Accept": "text/html"})
    assert answer.status == status, answer.text
    assert answer.header("content-type") == "text/html; charset=utf-8"
    return Document(answer.text)


def check(page: Document) -> None:
    """What programs that read a page to a person rely on."""
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1 and levels.count(1) == 1, page.headings
    assert all(after <= before + 1 for before, after in pairwise(levels)), page.headings
    assert all(text for _, text in page.headings)
    assert len(page.ids) == len(set(page.ids)), f"an id twice: {sorted(page.ids)}"
    assert page.unlabelled() == []
    named = [id for e in page.elements for id in (e["aria-describedby"] + " " + e["for"]).split()]
    named += [e["href"][1:] for e in page.all("a") if e["href"].startswith("#")]
    assert set(named) <= set(page.ids), set(named) - set(page.ids)
    for landmark in ("header", "main", "footer"):
        page.one(landmark)
    names = [e["aria-label"] for e in page.all("nav")]
    assert all(names) and len(names) == len(set(names))
    assert not [e for e in page.elements if e["style"] or any(name.startswith("on") for name in e.attributes)]
    assert all(e["scope"] for e in page.all("th"))
    assert all(e.text.strip() or e["aria-label"] for e in page.all("a", "button"))
    assert all("csrf" in page.sent_with(e) for e in page.all("form") if e["method"] == "post" and _is_ours(e))
    assert page.one("html")["lang"] == "en"
    assert page.one("title").text.endswith(" · Rendezvous")


def _is_ours(form: Any) -> bool:
    """Whether the form is of somebody who is logged in: only those have a session to guard."""
    return form["action"] not in (*FOR_ANYBODY, "/logout")


def test_a_visitor_can_read_what_is_for_anybody(visitor: Browser, community: Any) -> None:
    for path in ("/", *FOR_ANYBODY):
        check(opened(visitor, path))


def test_a_member_can_read_what_is_for_members(community: Any) -> None:
    ada = community.member("ada")
    for path in (*FOR_MEMBERS, "/privacy"):
        check(opened(ada, path))


def test_a_visitor_is_asked_to_log_in_and_comes_back(visitor: Browser) -> None:
    for path in FOR_MEMBERS[1:]:
        answer = visitor.get(path)
        assert (answer.status, answer.header("location")) == (303, f"/login?next={path}")


def test_who_is_banned_is_told_so(community: Any) -> None:
    ada = community.member("ada")
    community.ban("ada")
    for path in FOR_MEMBERS[1:]:
        page = opened(ada, path, 403)
        check(page)
        assert "You are banned" in page.main


def test_who_is_banned_can_still_read_why_and_about_privacy(community: Any) -> None:
    ada = community.member("ada")
    community.ban("ada")
    assert "You are banned" in opened(ada, "/").main
    check(opened(ada, "/privacy"))


def test_what_is_not_there_says_so_and_leads_back(community: Any) -> None:
    ada = community.member("ada")
    for path in ("/nothing", "/events/7", "/events/00000000-0000-0000-0000-000000000000"):
        page = opened(ada, path, 404)
        check(page)
        assert page.one("a", class_="button quiet")["href"] == "/"


def test_a_page_is_light_with_its_style_and_script(community: Any) -> None:
    ada, visitor = community.member("ada"), Browser()
    extras = sum(len(visitor.get(assets.path(name)).text.encode()) for name in ("style.css", "app.js", "mark.svg"))
    for path in (*FOR_MEMBERS, *FOR_ANYBODY):
        page = (ada if path in FOR_MEMBERS else visitor).get(path).text
        assert len(page.encode()) + extras < MOST_BYTES, path


def test_the_navigation_shows_where_one_is(community: Any) -> None:
    ada = community.member("ada")
    for path in FOR_MEMBERS:
        current = [e for e in opened(ada, path).all("a") if e["aria-current"]]
        assert [e["href"] for e in current] == [path if path.count("/") == 1 else path.rpartition("/")[0]]


def test_the_navigation_shows_only_what_one_may_do(community: Any) -> None:
    def links(browser: Browser) -> set[str]:
        return {e["href"] for e in opened(browser, "/privacy").all("a") if e.is_in("nav")}

    member, admin = links(community.member("ada")), links(community.admin())
    assert "/admin" in admin and "/admin" not in member
    assert not {"/coach", "/book", "/appointments"} & member
    assert {"/coach", "/appointments"} <= links(community.member("carla", roles=("coach",)))
    assert links(Browser()) == {"/login", "/Register", "/privacy"}


def test_files_are_kept_for_ever_by_their_hash(visitor: Browser) -> None:
    answer = visitor.get(assets.path("style.css"))
    assert (answer.status, answer.header("content-type")) == (200, "text/css; charset=utf-8")
    assert answer.header("cache-control") == "public, max-age=31536000, immutable"
    assert re.fullmatch(r"/static/style\.[0-9a-f]{12}\.css", assets.path("style.css"))


def test_no_other_file_is_served(visitor: Browser) -> None:
    for name in ("style.css", "style.000000000000.css", "..%2Fconfig.py", "assets.py"):
        assert visitor.get(f"/static/{name}").status == 404


def test_a_page_is_not_kept_by_the_browser(community: Any) -> None:
    assert community.member("ada").get("/").header("cache-control") == "no-store, no-cache"


def test_the_script_is_small() -> None:
    assert len((assets.FOLDER / "app.js").read_bytes()) < 10_000


def test_the_page_of_all_parts_is_well_made_and_there_on_a_developers_machine_alone(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visitor.get("/styleguide").status == 404
    monkeypatch.setattr(week_pages, "config", lambda: SimpleNamespace(stage="local"))
    page = opened(visitor, "/styleguide")
    check(page)
    style = (assets.FOLDER / "style.css").read_text()
    shown = {name for e in page.elements for name in e["class"].split()}
    assert {"card", "empty", "error", "notice", "summary", "tag", "ticks", "week"} <= shown
    assert {f".{name}" for name in shown if f".{name}" in style} >= {".heat4", ".part", ".past", ".fixed", ".done"}
