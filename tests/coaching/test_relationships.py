"""An admin gives clients coaches; what becomes of booked calls is asked and said."""

from typing import Any

from tests.coaching.practice import Practice, book

WEDNESDAY = "2026-11-25T10:00:00+01:00"


def test_an_admin_gives_a_client_a_coach(practice: Practice) -> None:
    practice.coach("carla")
    ada = practice.client("ada", None)
    admin = practice.community.admin()
    path = "/api/admin/relationships"
    assert book(ada, "carla", WEDNESDAY).status == 422
    assert admin.post(path, {"coach": "carla", "client": "ada"}).status == 201
    assert book(ada, "carla", WEDNESDAY).status == 201
    [row] = admin.get(path).json["relationships"]
    assert (row["coach"], row["client"], row["calls"]) == ("carla", "ada", 1)
    assert "id" not in row
    again = admin.post(path, {"coach": "carla", "client": "ada"})
    assert (again.status, again.json["detail"]) == (409, "This client has a coach already")


def test_only_active_coaches_and_clients_are_brought_together(practice: Practice) -> None:
    practice.coach("carla")
    practice.client("ada", None)
    practice.community.person("eve")
    admin = practice.community.admin()
    for coach, client, field in (("ada", "carla", "coach"), ("carla", "eve", "client"), ("nobody", "ada", "coach")):
        answer = admin.post("/api/admin/relationships", {"coach": coach, "client": client})
        assert answer.status == 422 and answer.json["errors"][0]["field"] == field


def test_whoever_is_no_coach_or_client_any_more_is_brought_together_with_nobody(practice: Practice, sql: Any) -> None:
    practice.coach("carla")
    practice.client("ada", None)
    admin = practice.community.admin()
    for name, role in (("carla", "coach"), ("ada", "client")):
        sql("UPDATE person_role SET active = false WHERE person_id = %s AND role = %s", practice.ids[name], role)
        answer = admin.post("/api/admin/relationships", {"coach": "carla", "client": "ada"})
        assert answer.status == 422 and answer.json["errors"][0]["field"] == role, answer.text
        sql("UPDATE person_role SET active = true WHERE person_id = %s", practice.ids[name])


def test_nobody_coaches_themselves(practice: Practice, sql: Any) -> None:
    practice.coach("carla")
    sql("INSERT INTO person_role (person_id, role) VALUES (%s, 'client')", practice.ids["carla"])
    answer = practice.community.admin().post("/api/admin/relationships", {"coach": "carla", "client": "carla"})
    assert answer.status == 422 and answer.json["errors"][0]["field"] == "client", answer.text


def test_an_end_cancels_what_is_to_come_of_these_two_alone(practice: Practice, clock: Any) -> None:
    practice.coach("carla")
    practice.rule("calls_per_month", 4)
    ada, bob = (practice.client(name, "carla") for name in ("ada", "bob"))
    begun = book(ada, "carla", WEDNESDAY).json["id"]
    coming = book(ada, "carla", "2026-11-27T10:00:00+01:00").json["id"]
    of_bob = book(bob, "carla", "2026-11-27T12:00:00+01:00").json["id"]
    clock.set("2026-11-25T09:00Z")  # in the very moment in which the first begins
    assert practice.community.admin().ask("DELETE", "/api/admin/relationships/ada?calls=cancel").status == 204
    assert {str(call.id) for call in practice.calls()} == {begun, of_bob}, coming


def test_ending_asks_what_becomes_of_the_calls(practice: Practice) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    admin = practice.community.admin()
    asked = admin.ask("DELETE", "/api/admin/relationships/ada")
    assert asked.status == 409 and asked.json["errors"][0]["field"] == "2026-11-25T09:00:00+00:00"
    assert admin.ask("DELETE", "/api/admin/relationships/ada?calls=cancel").status == 204
    assert practice.calls() == []
    assert [m.type for m in practice.messages()] == ["appointment.booked", "appointment.cancelled"]
    assert admin.ask("DELETE", "/api/admin/relationships/ada").status == 404


def test_a_client_moves_to_another_coach_and_keeps_his_calls(practice: Practice, sql: Any) -> None:
    practice.coach("carla")
    conrad = practice.coach("conrad")
    ada = practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    admin = practice.community.admin()
    answer = admin.ask("PATCH", "/api/admin/relationships/ada", {"coach": "conrad", "calls": "keep"})
    assert answer.status == 200, answer.text
    assert len(practice.calls()) == 1 and len(sql("SELECT id FROM relationship")) == 2
    assert ada.get("/api/coaches/conrad/slots").status == 200
    assert ada.get("/api/coaches/carla/slots").status == 404
    assert conrad.get("/api/appointments").json["appointments"] == []


def test_a_role_is_not_taken_from_who_has_clients(practice: Practice) -> None:
    practice.coach("carla")
    practice.client("ada", "carla")
    admin = practice.community.admin()
    answer = admin.ask("DELETE", f"/api/admin/people/{practice.ids['carla']}/roles/coach?why=x")
    assert (answer.status, "clients" in answer.json["detail"]) == (409, True)
    assert admin.ask("DELETE", "/api/admin/relationships/ada").status == 204
    assert admin.ask("DELETE", f"/api/admin/people/{practice.ids['carla']}/roles/coach?why=x").status == 204


def test_who_is_banned_has_no_coming_calls(practice: Practice) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    admin = practice.community.admin()
    assert admin.ask("PUT", f"/api/admin/people/{practice.ids['carla']}/ban", {"why": "x"}).status in (200, 204)
    assert practice.calls() == []
    assert practice.messages()[-1].type == "appointment.cancelled"


def test_who_erases_himself_has_no_coming_calls_and_no_coach(practice: Practice, sql: Any) -> None:
    from tests.people import PASSWORD

    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    answer = ada.ask("DELETE", "/api/me", {"password": PASSWORD})
    assert answer.status in (200, 204), answer.text
    assert practice.calls() == []
    shown = carla.get(f"/api/appointments/{call['id']}").json
    assert shown["client"]["name"] == "a former member" and shown["status"] == "cancelled"
    assert sql("SELECT id FROM relationship WHERE is_current") == []
    assert carla.ask("DELETE", "/api/me", {"password": PASSWORD}).status in (200, 204)
