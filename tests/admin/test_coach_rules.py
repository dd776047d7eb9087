"""An admin sets a rule for one coach: by the API, on the coach's page; the coach is told, and others are not touched."""

import uuid
from typing import Any

import pytest

from chalicelib.rules import RULES
from tests import mailbox
from tests.admin.test_pages import send
from tests.coaching.practice import NOW, Practice, book
from tests.coaching.test_pages import press
from tests.pages.documents import Document
from tests.people import Browser

NOTICE = "/api/admin/rules/coaching.notice_hours"
WEDNESDAY = "2026-11-25T10:00:00+01:00"


@pytest.fixture
def practice(community: Any, clock: Any, sql: Any) -> Practice:
    clock.set(NOW)
    made = Practice(community, sql)
    made.coach("carla")
    made.coach("dora")
    return made


@pytest.fixture
def admin(practice: Practice) -> Browser:
    admin: Browser = practice.community.admin()
    return admin


def test_a_rule_of_one_coach_binds_their_clients_alone(practice: Practice, admin: Browser) -> None:
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "dora")
    answer = admin.ask("PUT", f"{NOTICE}?coach=carla", {"value": 72, "why": "asked for it"})
    assert answer.status == 200 and (answer.json["value"], answer.json["default"]) == (72, 24)
    refused = book(ada, "carla", WEDNESDAY)
    assert refused.status == 422 and "coaching.notice_hours" in refused.text
    assert not [one for one in ada.get("/api/coaches/carla/slots").json["slots"] if one["start"] < "2026-11-26"]
    assert book(bob, "dora", WEDNESDAY).status == 201
    assert admin.get(NOTICE).json["rule"]["value"] == 24
    found = {one["name"]: one["value"] for one in admin.get("/api/admin/rules?coach=carla").json["found"]}
    assert found["coaching.notice_hours"] == 72 and all(name.startswith("coaching.") for name in found)


def test_its_history_is_its_own_and_a_reset_gives_what_holds_for_everybody(
    practice: Practice, admin: Browser, sql: Any
) -> None:
    admin.ask("PUT", NOTICE, {"value": 12})
    admin.ask("PUT", f"{NOTICE}?coach=carla", {"value": 72})
    admin.ask("PUT", f"{NOTICE}?coach=dora", {"value": 48})
    assert admin.ask("DELETE", f"{NOTICE}?coach=carla").status == 204
    whole = admin.get(f"{NOTICE}?coach=carla").json
    assert whole["rule"]["value"] == whole["rule"]["default"] == 12
    assert [(one["before"], one["after"]) for one in whole["history"]] == [(72, 12), (12, 72)]
    assert [(one["before"], one["after"]) for one in admin.get(NOTICE).json["history"]] == [(24, 12)]
    assert {row.scope for row in sql("SELECT scope FROM rule")} == {"", str(practice.ids["dora"])}


def test_a_value_of_their_own_stays_when_everybodys_changes_and_goes_when_it_is_set_to_that(
    practice: Practice, admin: Browser, sql: Any
) -> None:
    admin.ask("PUT", f"{NOTICE}?coach=carla", {"value": 48})
    admin.ask("PUT", NOTICE, {"value": 48})
    admin.ask("PUT", NOTICE, {"value": 36})
    assert admin.get(f"{NOTICE}?coach=carla").json["rule"]["value"] == 48
    admin.ask("PUT", NOTICE, {"value": 48})
    admin.ask("PUT", f"{NOTICE}?coach=carla", {"value": 48})
    admin.ask("PUT", NOTICE, {"value": 24})
    assert admin.get(f"{NOTICE}?coach=carla").json["rule"]["value"] == 24


@pytest.mark.parametrize(
    ("rule", "coach", "value", "status", "said"),
    [
        ("coaching.notice_hours", "nobody", 3, 404, "coach"),
        ("coaching.notice_hours", "ada", 3, 404, "coach"),
        ("lunch.minutes", "carla", 45, 422, "coach"),
        ("coaching.notice_hours", "carla", -1, 422, "coaching.notice_hours"),
        ("coaching.notice_hours", "carla", "3", 422, "coaching.notice_hours"),
        ("coaching.music", "carla", 3, 404, ""),
    ],
)
def test_what_cannot_be_is_refused(
    practice: Practice, admin: Browser, sql: Any, rule: str, coach: str, value: Any, status: int, said: str
) -> None:
    practice.client("ada", "carla")
    answer = admin.ask("PUT", f"/api/admin/rules/{rule}?coach={coach}", {"value": value})
    assert answer.status == status and said in answer.text
    assert sql("SELECT 1 FROM rule") == sql("SELECT 1 FROM rule_change") == []


def test_it_is_set_undone_and_reset_on_the_coachs_page(practice: Practice, admin: Browser) -> None:
    carla = practice.ids["carla"]
    person = admin.get(f"/admin/people/{carla}")
    assert f"/admin/people/{carla}/rules" in person.text
    rule = f"/admin/people/{carla}/rules/coaching.notice_hours"
    assert send(admin, rule, value="lots", why="").status == 422
    done = send(admin, rule, value="72", why="asked for it")
    page = admin.get(done.header("location"))
    assert (
        "Changed “Hours before a call by which it must be booked” of the coach Carla from 24 to 72."
        in Document(page.text).main
    )
    undone = press(admin, page, "Undo")
    assert "from 72 to 24" in Document(admin.get(undone.header("location")).text).main
    send(admin, rule, value="36", why="")
    back = press(admin, admin.get(rule), "As for everybody")
    assert "from 36 to 24" in Document(admin.get(back.header("location")).text).main
    assert [one["after"] for one in admin.get(f"{NOTICE}?coach=carla").json["history"]] == [24, 36, 24, 72]


def test_a_page_of_rules_is_for_coaches(practice: Practice, admin: Browser) -> None:
    practice.client("ada", "carla")
    for path in ("rules", "rules/coaching.notice_hours"):
        assert admin.get(f"/admin/people/{practice.ids['ada']}/{path}").status == 404
        assert admin.get(f"/admin/people/{uuid.uuid4()}/{path}").status == 404


def test_the_coach_is_told(practice: Practice, admin: Browser, sql: Any) -> None:
    admin.ask("PUT", f"{NOTICE}?coach=carla", {"value": 72})
    admin.ask("PUT", f"{NOTICE}?coach=carla", {"value": 72})
    [mail] = mailbox.deliver(sql)
    assert mail.to == "carla@example.org" and mail.subject.startswith("A rule for your calls was changed: ")
    assert f"{RULES['coaching.notice_hours'].help}: 72 (for others: 24)" in " ".join(mail.text.split())
    assert "coaching.notice_hours" not in mail.subject + mail.text


def test_a_coach_looks_as_far_as_their_own_rules(practice: Practice, admin: Browser) -> None:
    carla = practice.browsers["carla"]
    assert carla.get("/api/appointments?from=2026-W46").status == 422
    admin.ask("PUT", "/api/admin/rules/coaching.past_weeks?coach=carla", {"value": 2})
    assert carla.get("/api/appointments?from=2026-W46").status == 200
    assert practice.browsers["dora"].get("/api/appointments?from=2026-W46").status == 422
    assert practice.client("ada", "carla").get("/api/appointments?from=2026-W46").status == 200


def test_their_rules_are_in_their_file_and_go_with_them(practice: Practice, admin: Browser, sql: Any) -> None:
    from tests.people import PASSWORD

    admin.ask("PUT", f"{NOTICE}?coach=carla", {"value": 72})
    carla = practice.browsers["carla"]
    assert carla.get("/api/me/export").json["rule"] == [{"name": "coaching.notice_hours", "value": 72}]
    assert carla.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert sql("SELECT 1 FROM rule") == []
