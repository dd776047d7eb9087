"""/Review: what is asked after a lunch, what is said first, and what the page says afterwards."""

import re
from typing import Any

import pytest

from tests.lunch.test_reviews import LATER, NEXT_WEEK, Table, sweep
from tests.pages.documents import Document
from tests.pages.test_every_page import check, opened
from tests.people import Answer, Browser


@pytest.fixture
def table(community: Any, sql: Any, clock: Any) -> Table:
    found = Table(community, sql, "ada", "bea", "cem")
    clock.set(LATER)
    sweep(LATER)
    return found


def shown(browser: Browser, path: str = "/Review") -> Document:
    page = opened(browser, path)
    check(page)
    return page


def send(browser: Browser, table: Table, **typed: str) -> Answer:
    """Fill in the form of that lunch and press its button."""
    action = f"/Review/{table.event}"
    fields = {e["name"]: e["value"] for e in shown(browser).all("input") if e["type"] == "hidden"}
    return browser.post(action, {"csrf": fields["csrf"], "once": fields["once"]} | typed, kind="form")


def test_the_page_says_first_that_the_answers_are_not_kept(table: Table) -> None:
    page = shown(table.browsers["ada"])
    text = page.main
    assert text.index("not kept, so they cannot be changed") < text.index("Did you enjoy the company?")
    assert text.count("Did you enjoy the company?") == 2
    assert "Bea: Did you" in text and "Cem: Did you" in text and "Ada: Did you" not in text
    assert "Tuesday, 24 November 2026" in text and "Harbour" in text
    choices = [e["value"] for e in page.all("input") if e["type"] == "radio"]
    assert choices == ["", "1 bea", "0 bea", "", "1 cem", "0 cem"]
    assert page.ticked("company_1") == page.ticked("company_2") == [""], "nobody has answered until they do"


def test_a_review_is_sent_and_thanked_for(table: Table) -> None:
    ada = table.browsers["ada"]
    answer = send(ada, table, company_1="1 bea", company_2="0 cem", description="Good soup")
    assert (answer.status, answer.header("location")) == (303, f"/Review?done={table.event}")
    page = shown(ada, answer.header("location"))
    for said in ("Thank you", "Soup on Tuesday, 24 November 2026", "with Bea and Cem", "cannot be taken back"):
        assert said in page.main
    assert "Nothing to review" in page.main
    assert table.apart() == {frozenset(("ada", "cem"))}
    assert "Nothing to review" not in shown(table.browsers["bea"]).main


def test_a_button_pressed_twice_reviews_once(table: Table) -> None:
    ada = table.browsers["ada"]
    typed = {"company_1": "1 bea", "company_2": "0 cem", "description": "Once"}
    action, fields = (
        f"/Review/{table.event}",
        {e["name"]: e["value"] for e in shown(ada).all("input") if e["type"] == "hidden"},
    )
    answers = [ada.post(action, fields | typed, kind="form") for _ in range(2)]
    assert [(one.status, one.header("location")) for one in answers] == [(303, f"/Review?done={table.event}")] * 2
    assert table.sql("SELECT count(*) AS n FROM review")[0].n == 1
    assert table.sql("SELECT count(*) AS n FROM idempotency")[0].n == 0, "a digest of the answers would tell them"


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"company_1": "1 bea"}, "company_2", "is not answered yet"),
        ({}, "company_1", "is not answered yet"),
        ({"company_1": "1 bea", "company_2": ""}, "company_2", "is not answered yet"),
        ({"company_1": "1 bea", "company_2": "0 cem", "description": "x" * 1001}, "description", "1,000 characters"),
        ({"company_1": "1 bea", "company_2": "2 cem"}, "company_2", "cannot be used"),
    ],
)
def test_a_refused_review_loses_nothing(typed: dict[str, str], field: str, said: str, table: Table) -> None:
    answer = send(table.browsers["ada"], table, **({"description": "Kept"} | typed))
    assert answer.status == 422
    page = Document(answer.text)
    assert said in page.main
    assert typed.get("description", "Kept") in page.one("textarea").text
    if typed.get("company_1"):
        [chosen] = [e["value"] for e in page.all("input") if "checked" in e.attributes and e["name"] == "company_1"]
        assert chosen == "1 bea"
    assert re.search(rf'id="review-1-{field}-error"', answer.text)
    assert (table.reviewed(), table.apart()) == (set(), set())


def test_who_is_not_asked_about_is_refused_on_the_page_too(table: Table, community: Any) -> None:
    community.person("eve")
    answer = send(table.browsers["ada"], table, company_1="1 bea", company_2="0 cem", company_3="0 eve")
    assert answer.status == 422
    assert table.reviewed() == set()


def test_two_lunches_are_two_forms_and_a_refusal_is_shown_in_its_own(table: Table, community: Any, sql: Any) -> None:
    from tests.lunches import lunch

    people = [table.ids["ada"], table.ids["bea"]]
    other = lunch(sql, community.locations["Harbour"], "2026-11-23T11:30:00+00:00", approved=people, confirmed=True)
    ada = table.browsers["ada"]
    page = shown(ada)
    assert [e["action"] for e in page.all("form") if "/Review/" in e["action"]] == [
        f"/Review/{other}",
        f"/Review/{table.event}",
    ]
    answer = send(ada, table, company_1="0 bea")
    checked = [e["value"] for e in Document(answer.text).all("input") if "checked" in e.attributes]
    assert checked == ["", "0 bea", ""], "the other lunch is as it was"
    assert 'id="review-2-company_2-error"' in answer.text and 'id="review-1-' in answer.text
    assert "review-1-company_1-error" not in answer.text


def test_nothing_waits_before_a_lunch_and_after_its_days(community: Any, sql: Any, clock: Any) -> None:
    table = Table(community, sql, "ada", "bea")
    for now in ("2026-11-24T12:29Z", NEXT_WEEK):
        clock.set(now)
        assert "Nothing to review" in shown(table.browsers["ada"]).main
        assert "to review" not in Document(table.browsers["ada"].get("/").text).main
    clock.set("2026-11-24T12:31Z")
    assert "Did you enjoy" in shown(table.browsers["ada"]).main
    assert "1 lunch to review" in Document(table.browsers["ada"].get("/").text).main


def test_the_page_of_a_lunch_one_did_not_review_thanks_nobody(table: Table, community: Any) -> None:
    for path in (f"/Review?done={table.event}", "/Review?done=0b0d9f4e-7f3e-4d4e-9f5e-0d0e9f4e7f3e"):
        assert "Thank you" not in shown(table.browsers["ada"], path).main
        assert "Thank you" not in shown(community.browser_of(table.ids["bea"]), path).main
    assert table.browsers["ada"].get("/Review?done=x").status == 422


def test_a_former_member_is_not_asked_about(table: Table) -> None:
    table.sql("UPDATE person SET name = '', slug = id::text WHERE slug = 'cem'")
    assert "Cem" not in shown(table.browsers["ada"]).main
    assert send(table.browsers["ada"], table, company_1="1 bea").status == 303
