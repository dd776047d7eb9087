"""An admin keeps the locations and the food types."""

from typing import Any

import pytest


def foods(admin: Any) -> dict[str, Any]:
    return {one["name"]: one for one in admin.get("/api/admin/food-types").json["found"]}


def test_a_location_is_opened_changed_closed_and_opened_again(community: Any, sql: Any) -> None:
    admin, ada = community.admin(), community.member("ada")
    given = {
        "name": "Station",
        "timezone": "Europe/Paris",
        "address": "1 rue de la Gare",
        "meeting_point": "the clock",
        "foods": ["soup", "Thai"],
        "near": [],
    }
    answer = admin.post("/api/admin/locations", given)
    assert answer.status == 201, answer.text
    assert answer.json == given | {
        "id": answer.json["id"],
        "foods": ["Soup", "Thai"],
        "open": True,
        "members": 0,
        "lunches": 0,
    }
    path = f"/api/admin/locations/{answer.json['id']}"
    assert "Station" in ada.get("/ValidLocations").json["locations"]
    changed = admin.ask("PATCH", path, {"name": "Gare", "foods": ["Pizza"]}).json
    assert changed == answer.json | {"name": "Gare", "foods": ["Pizza"]}
    assert admin.ask("PATCH", path, {"open": False, "why": "the café closed"}).json["open"] is False
    assert "Gare" not in ada.get("/ValidLocations").json["locations"]
    assert admin.ask("PATCH", path, {"open": True}).json["open"] is True
    assert [row.what for row in sql("SELECT what FROM audit ORDER BY id")] == [
        "opened the location",
        "changed the location (name: Station to Gare; foods: Soup, Thai to Pizza)",
        "closed the location",
        "opened the location",
    ]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"timezone": "Mars/Olympus"}, 422, "timezone"),
        ({"foods": ["Gravel"]}, 422, "foods"),
        ({"name": ""}, 422, "name"),
        ({"name": "ferry building"}, 409, None),
        ({"near": ["Ferry Building"]}, 422, "near"),
        ({"near": ["Harbour"]}, 422, "near"),
        ({"near": ["Atlantis"]}, 422, "near"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_a_location_that_cannot_be_is_refused_and_stays(
    community: Any, change: dict[str, Any], status: int, field: str | None
) -> None:
    admin = community.admin()
    [before] = admin.get("/api/admin/locations?q=harbour").json["found"]
    answer = admin.ask("PATCH", f"/api/admin/locations/{before['id']}", change)
    assert answer.status == status, answer.text
    assert field is None or [one["field"] for one in answer.json["errors"]] == [field]
    assert admin.get("/api/admin/locations?q=harbour").json["found"] == [before]


def test_what_is_near_is_near_from_both_sides_and_in_one_zone(community: Any) -> None:
    admin = community.admin()
    paths = {}
    for name, near in (("Station", ["harbour"]), ("Market", ["Station"])):
        answer = admin.post("/api/admin/locations", {"name": name, "timezone": "Europe/Berlin", "near": near})
        assert answer.status == 201, answer.text
        paths[name] = f"/api/admin/locations/{answer.json['id']}"

    def near() -> dict[str, list[str]]:
        return {one["name"]: one["near"] for one in admin.get("/api/admin/locations").json["found"]}

    told = {"Harbour": ["Station"], "Station": ["Harbour", "Market"], "Market": ["Station"], "Ferry Building": []}
    assert near() == told
    shown = admin.get(f"/admin/locations/{community.locations['Harbour']}").text
    assert "Near enough to have lunch at" in shown and "Ferry Building" not in shown
    assert admin.ask("PATCH", paths["Station"], {"timezone": "Europe/Paris"}).json["near"] == []
    assert near() == {name: [] for name in told}
    assert admin.ask("PATCH", paths["Station"], {"timezone": "Europe/Berlin", "near": ["Market"]}).status == 200
    assert near() == told | {"Harbour": [], "Station": ["Market"]}


def test_a_location_there_is_not_is_not_found(community: Any) -> None:
    admin = community.admin()
    for id in ("999999", "99999999999999999999", "-1", "harbour", "1.5"):
        assert admin.ask("PATCH", f"/api/admin/locations/{id}", {"open": False}).status == 404, id


def test_a_food_type_is_added_renamed_and_removed(community: Any) -> None:
    admin = community.admin()
    added = admin.post("/api/admin/food-types", {"name": "Curry"})
    assert (added.status, added.json["name"]) == (201, "Curry")
    path = f"/api/admin/food-types/{added.json['id']}"
    assert admin.ask("PATCH", path, {"name": "Curries"}).json["name"] == "Curries"
    assert admin.ask("DELETE", path).status == 204
    assert set(foods(admin)) == {"Thai", "Soup", "Pizza"}
    assert admin.ask("DELETE", path).status == 404


def test_a_food_type_that_is_used_stays(community: Any) -> None:
    admin, ada = community.admin(), community.member("ada")
    id = admin.post("/api/admin/food-types", {"name": "Curry"}).json["id"]
    assert ada.ask("PATCH", "/api/me", {"refuses": ["Curry"]}).status == 200
    answer = admin.ask("DELETE", f"/api/admin/food-types/{id}")
    assert (answer.status, "in use" in answer.json["detail"]) == (409, True)
    assert ada.get("/api/me").json["refuses"] == ["Curry"]
    assert foods(admin)["Curry"]["refusals"] == 1
    assert admin.ask("DELETE", f"/api/admin/food-types/{foods(admin)['Thai']['id']}").status == 409


def test_there_can_be_64_food_types_and_a_freed_place_is_used_again(community: Any) -> None:
    admin = community.admin()
    for n in range(61):
        assert admin.post("/api/admin/food-types", {"name": f"Food {n}"}).status == 201
    answer = admin.post("/api/admin/food-types", {"name": "One too many"})
    assert (answer.status, answer.json["detail"]) == (409, "There can be no more than 64 food types")
    free = foods(admin)["Food 7"]["id"]
    admin.ask("DELETE", f"/api/admin/food-types/{free}")
    assert admin.post("/api/admin/food-types", {"name": "Now it fits"}).json["id"] == free


def test_two_food_types_of_one_name_are_refused(community: Any) -> None:
    admin = community.admin()
    assert admin.post("/api/admin/food-types", {"name": "sOuP"}).status == 409
