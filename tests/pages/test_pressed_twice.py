"""A button pressed twice is one press; pressed again after what it did was undone, it is another."""

import re
from typing import Any

import pytest

from tests.coaching.practice import Practice, book
from tests.people import PASSWORD, Browser, Community


@pytest.fixture
def practice(community: Community, sql: Any) -> Practice:
    return Practice(community, sql)


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00:00Z")


def filled(browser: Browser, page: str, fields: dict[str, str]) -> dict[str, str]:
    """The form as the page shows it, with what was typed into it."""
    return dict(re.findall(r'name="(csrf|once)" value="([^"]*)"', browser.get(page).text)) | fields


def pause(browser: Browser) -> dict[str, str]:
    return filled(browser, "/availability/pauses", {"first": "2026-W50", "last": "2026-W51"})


def press(browser: Browser, form: dict[str, str], path: str = "/availability/pauses") -> Any:
    return browser.post(path, form, kind="form")


def pauses(sql: Any) -> int:
    count: int = sql("SELECT count(*) AS n FROM pause")[0].n
    return count


def test_the_same_press_leads_where_the_first_led(community: Community, sql: Any) -> None:
    ada = community.member("ada")
    form = pause(ada)
    answers = [press(ada, form) for _ in range(2)]
    assert {(one.status, one.header("Location")) for one in answers} == {(303, answers[0].header("Location"))}
    assert pauses(sql) == 1


@pytest.mark.parametrize("how", ["page", "api"])
def test_pressed_again_after_it_was_undone_it_is_done_again(community: Community, sql: Any, how: str) -> None:
    ada = community.member("ada")
    form = pause(ada)
    assert press(ada, form).status == 303
    [one] = sql("SELECT id FROM pause")
    if how == "api":
        assert ada.ask("DELETE", f"/api/pauses/{one.id}").status == 204
    else:
        assert press(ada, filled(ada, "/availability/pauses", {}), f"/availability/pauses/{one.id}").status == 303
    assert pauses(sql) == 0
    assert press(ada, form).status == 303
    assert pauses(sql) == 1


def test_undone_by_a_program_it_is_done_again_too(community: Community, sql: Any) -> None:
    ada = community.member("ada")
    made = ada.post("/api/me/tokens", {"name": "phone", "scope": "write", "password": PASSWORD})
    form = pause(ada)
    assert press(ada, form).status == 303
    [one] = sql("SELECT id FROM pause")
    program = Browser(headers={"Authorization": f"Bearer {made.json['token']}"})
    assert program.ask("DELETE", f"/api/pauses/{one.id}").status == 204
    assert press(ada, form).status == 303
    assert pauses(sql) == 1


def booked_by_a_form(practice: Practice) -> tuple[Browser, dict[str, str]]:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    form = filled(ada, "/book", {"start": "2026-11-25T09:00:00+00:00", "minutes": "60"})
    assert press(ada, form, "/book").status == 303
    return ada, form


def cancel(browser: Browser, call: Any) -> None:
    answer = browser.ask("DELETE", f"/api/appointments/{call.id}?version={call.version}")
    assert answer.status == 204, answer.text


def test_undone_by_somebody_else_it_is_done_again(practice: Practice) -> None:
    """The coach cancels the call at once, and the client presses again what still stands on their page."""
    ada, form = booked_by_a_form(practice)
    [call] = practice.calls()
    cancel(practice.browsers["carla"], call)
    assert press(ada, form, "/book").status == 303
    [again] = practice.calls()
    assert again.id != call.id


def test_while_nobody_undid_it_what_others_do_changes_nothing(practice: Practice) -> None:
    ada, form = booked_by_a_form(practice)
    practice.client("bob", "carla")
    assert book(practice.browsers["bob"], "carla", "2026-11-25T12:00:00+01:00").status == 201
    first, second = practice.calls()
    cancel(practice.browsers["bob"], second)
    assert press(ada, form, "/book").status == 303
    assert [call.id for call in practice.calls()] == [first.id]


def test_a_quarter_of_a_minute_later_it_is_another_press(community: Community, sql: Any, clock: Any) -> None:
    ada = community.member("ada")
    form = pause(ada)
    assert press(ada, form).status == 303
    clock.set("2026-11-23T09:00:15Z")
    assert press(ada, form).status == 422  # it is carried out, and refused: there is that pause already
    assert pauses(sql) == 1


def test_another_form_of_the_same_content_is_another_press(community: Community) -> None:
    ada = community.member("ada")
    forms = [filled(ada, "/invitations", {"to": ""}) for _ in range(2)]
    places = {press(ada, form, "/invitations").header("Location") for form in forms}
    assert len(places) == 2


def test_nothing_of_an_answer_is_kept_but_where_it_led(community: Community, sql: Any) -> None:
    ada = community.member("ada")
    form = filled(ada, "/account", {"name": "phone", "password": PASSWORD})
    answer = press(ada, form, "/account/tokens")
    token = re.search(r"rendezvous_[\w-]+", answer.header("Set-Cookie"))
    assert token
    press(ada, filled(ada, "/account", {"password": PASSWORD}), "/account/feed")
    press(ada, pause(ada))
    tables = [
        row.name
        for row in sql(
            "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    ]
    kept = "\n".join(row.text for table in tables for row in sql(f"SELECT t::text AS text FROM {table} t"))
    assert token[0] not in kept and "Set-Cookie" not in kept and ada.cookie not in kept
    assert [row.location for row in sql("SELECT location FROM pressed_form")] == ["/availability/pauses?done=begun"]


def test_where_a_form_led_is_forgotten_within_minutes(community: Community, sql: Any, clock: Any) -> None:
    from chalicelib import clock as present
    from chalicelib import retention

    ada = community.member("ada")
    press(ada, pause(ada))
    clock.set("2026-11-23T09:05:00Z")
    retention.forget(present.now())
    assert sql("SELECT 1 FROM pressed_form") == []
