"""Who coaches whom, on the admin's pages: assigned, another coach, ended; booked calls are spoken of first."""

import uuid
from typing import Any

import pytest

from tests.admin.test_pages import send, went_to
from tests.coaching.practice import NOW, Practice, book
from tests.pages.documents import Document
from tests.people import Browser

WEDNESDAY = "2026-11-25T10:00:00+01:00"


@pytest.fixture
def practice(community: Any, clock: Any, sql: Any) -> Practice:
    clock.set(NOW)
    return Practice(community, sql)


@pytest.fixture
def admin(practice: Practice) -> Browser:
    admin: Browser = practice.community.admin()
    return admin


def test_a_client_is_given_a_coach(practice: Practice, admin: Browser) -> None:
    practice.coach("carla")
    ada = practice.client("ada", None)
    practice.client("bob", "carla")
    page = Document(admin.get("/admin/relationships/new").text)
    offered = [option["value"] for option in page.all("option")]
    assert offered == ["", "ada", "", "carla"], "bob has a coach"
    done = send(admin, "/admin/relationships/new", client="ada", coach="carla", why="asked for it")
    assert went_to(done, "/admin/relationships")
    listed = Document(admin.get(done.header("location")).text).main
    assert "Gave the coach Carla to Ada." in listed and "Ada Carla 23 Nov 2026" in listed
    assert book(ada, "carla", WEDNESDAY).status == 201
    nobody = Document(admin.get("/admin/relationships/new").text).main
    assert "There is no client without a coach" in nobody


def test_what_is_missing_is_said_and_nothing_typed_is_lost(practice: Practice, admin: Browser, sql: Any) -> None:
    practice.coach("carla")
    practice.client("ada", None)
    refused = send(admin, "/admin/relationships/new", client="ada", coach="", why="asked for it")
    page = Document(refused.text)
    assert refused.status == 422 and "Coach" in page.alert
    assert (page.value("client"), page.value("why")) == ("ada", "asked for it")
    unknown = send(admin, "/admin/relationships/new", client="ada", coach="nobody", why="asked for it")
    assert unknown.status == 422 and "is no active coach" in unknown.text
    assert sql("SELECT id FROM relationship") == []


def test_another_coach_is_given_once_it_is_said_what_becomes_of_the_calls(
    practice: Practice, admin: Browser, sql: Any
) -> None:
    practice.coach("carla")
    practice.coach("conrad")
    ada = practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    path = "/admin/relationships/ada"
    page = Document(admin.get(path).text)
    assert page.ticked("calls") == ["", ""], "Lynx would take the first"
    assert len(page.ids) == len(set(page.ids)), "two forms ask for a reason"
    assert "Wednesday, 25 November 2026, 10:00 to 11:00" in page.main
    assert [option["value"] for option in page.all("option")] == ["", "conrad"]
    asked = send(admin, path, f"{path}/move", coach="conrad", why="moved house")
    alert = Document(asked.text).alert
    assert asked.status == 422 and "say whether to keep or to cancel them" in alert
    assert "Wednesday, 25 November 2026, 10:00 is booked" in alert
    assert Document(asked.text).value("coach") == "conrad", "what was chosen is kept"
    done = send(admin, path, f"{path}/move", coach="conrad", why="moved house", calls="keep")
    assert went_to(done, "/admin/relationships")
    assert len(practice.calls()) == 1
    assert "conrad has coached ada" in Document(admin.get(path).text).main.lower()
    assert ada.get("/api/coaches/conrad/slots").status == 200
    assert "moved house" in admin.get("/admin/audit").text


def test_it_is_ended_and_the_calls_with_it(practice: Practice, admin: Browser) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    path = "/admin/relationships/ada"
    assert send(admin, path, f"{path}/end", why="", calls="cancel").status == 422
    assert send(admin, path, f"{path}/end", why="is done").status == 422
    assert len(practice.calls()) == 1
    done = send(admin, path, f"{path}/end", why="is done", calls="cancel")
    assert went_to(done, "/admin/relationships")
    assert practice.calls() == []
    assert [one.type for one in practice.messages()] == ["appointment.booked", "appointment.cancelled"]
    assert admin.get(path).status == 404
    assert "You have no coach" in ada.get("/book").text


def test_a_call_booked_while_the_admin_reads_is_asked_about(practice: Practice, admin: Browser) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    path = "/admin/relationships/ada"
    page = admin.get(path)
    assert "None, so nothing has to be decided" in page.text
    book(ada, "carla", WEDNESDAY)
    late = admin.post(
        f"{path}/end", {"csrf": Document(page.text).form(f"{path}/end")["csrf"], "why": "done"}, kind="form"
    )
    assert late.status == 422 and "They are cancelled, and both are told" in late.text
    assert len(practice.calls()) == 1


def test_there_are_pages_of_them_and_they_are_found_by_either_name(
    practice: Practice, admin: Browser, sql: Any
) -> None:
    practice.coach("carla")
    for number in range(51):
        id = practice.ids[f"client{number:02}"] = practice.community.person(f"client{number:02}", roles=("client",))
        assert isinstance(id, uuid.UUID)
        practice.relate(f"client{number:02}", "carla")
    first = admin.get("/admin/relationships")
    assert first.text.count("Change or end it</a>") == 50 and "Next page" in first.text
    assert admin.get("/admin/relationships?page=2").text.count("Change or end it</a>") == 1
    assert admin.get("/admin/relationships?q=CLIENT07").text.count("Change or end it</a>") == 1
    assert admin.get("/admin/relationships?q=carla").text.count("Change or end it</a>") == 50
