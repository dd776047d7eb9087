"""Calls by curl: what the documentation shows, against the running system."""

from tests.e2e.conftest import Running


def test_a_client_books_moves_and_cancels_a_call_by_curl(running: Running) -> None:
    cookie = running.log_in("ina.wolf")

    def curl(method: str, path: str, body: object = None) -> tuple[int, dict]:  # type: ignore[type-arg]
        status, answer, _ = running.curl(method, path, body, cookie=cookie)
        return status, answer

    coach = curl("GET", "/api/me")[1]["coach"]["slug"]
    _, listed = curl("GET", f"/api/coaches/{coach}/first")
    [slot] = listed["slots"]
    status, call = curl("POST", "/api/appointments", slot | {"coach": coach})
    assert (status, call["start"], call["coach"]["name"]) == (201, slot["start"], "Carla Stein")
    status, refused = curl("POST", "/api/appointments", slot | {"coach": coach})
    assert status == 409 and refused["title"] == "Refused"

    _, near = curl("GET", f"/api/coaches/{coach}/nearest?start={slot['end'].replace('+', '%2B')}&moving={call['id']}")
    other = next(one for one in near["slots"] if one["start"] != slot["start"])
    status, moved = curl("PATCH", f"/api/appointments/{call['id']}", other | {"version": call["version"]})
    assert (status, moved["start"], moved["version"]) == (200, other["start"], call["version"] + 1)

    assert curl("DELETE", f"/api/appointments/{call['id']}")[0] == 204
    assert curl("GET", f"/api/appointments/{call['id']}")[1]["status"] == "cancelled"
