"""What an admin does with people: finds, bans, lets in again, appoints."""

import threading
from typing import Any

from tests.people import Browser


def person_id(admin: Browser, q: str) -> str:
    [found] = admin.get(f"/api/admin/people?q={q}").json["found"]
    return found["id"]


def test_people_are_found_by_name_username_email_and_slug(community: Any) -> None:
    admin = community.admin()
    community.person("ada")
    community.sql(
        "UPDATE person SET name = 'Countess Lovelace', slug = 'countess-1' WHERE id ="
        " (SELECT person_id FROM account WHERE username = 'ada')"
    )
    community.sql("UPDATE account SET email = 'byron@example.org' WHERE username = 'ada'")
    community.person("bob")
    for q in ("LOVELACE", "ada", "byron@", "countess-1"):
        answer = admin.get(f"/api/admin/people?q={q}")
        assert [one["username"] for one in answer.json["found"]] == ["ada"], q
    [ada] = admin.get("/api/admin/people?q=ada").json["found"]
    assert ada == admin.get(f"/api/admin/people/{ada['id']}").json
    assert (ada["location"], ada["roles"], ada["ban"]) == ("Harbour", ["member"], None)
    assert admin.get("/api/admin/people?q=50%25").json["found"] == []


def test_a_list_longer_than_a_page_goes_on(community: Any) -> None:
    admin = community.admin()
    for number in range(51):
        community.person(f"member{number:02}")
    first = admin.get("/api/admin/people?who=member").json
    second = admin.get(f"/api/admin/people?who=member&page={first['next']}").json
    assert (len(first["found"]), first["next"], len(second["found"]), second["next"]) == (50, 2, 2, None)
    names = [one["username"] for one in first["found"] + second["found"]]
    assert names == sorted(names) and len(set(names)) == 52


def test_a_banned_person_reads_that_he_is_banned_until_he_is_let_in_again(community: Any) -> None:
    admin, ada = community.admin(), community.member("ada")
    id = person_id(admin, "ada")
    answer = admin.ask("PUT", f"/api/admin/people/{id}/ban", {"why": "sells things"})
    assert (answer.status, answer.json["ban"]["why"]) == (200, "sells things"), answer.text
    assert ada.get("/MyEvents").json["message"] == "You are banned"
    assert ada.get("/api/me").json["banned"] is True
    assert [one["username"] for one in admin.get("/api/admin/people?who=banned").json["found"]] == ["ada"]
    assert admin.ask("DELETE", f"/api/admin/people/{id}/ban?why=apologised").status == 204
    assert ada.get("/MyEvents").status == 200


def test_banned_twice_he_is_banned_once(community: Any, sql: Any) -> None:
    admin = community.admin()
    community.person("ada")
    id = person_id(admin, "ada")
    for why in ("first", "second"):
        assert admin.ask("PUT", f"/api/admin/people/{id}/ban", {"why": why}).json["ban"]["why"] == "first"
    assert [row.why for row in sql("SELECT why FROM audit")] == ["first"]


def test_a_ban_needs_a_reason(community: Any, sql: Any) -> None:
    admin = community.admin()
    community.person("ada")
    for why in ("", "  ", "a\nb", "x" * 256):
        answer = admin.ask("PUT", f"/api/admin/people/{person_id(admin, 'ada')}/ban", {"why": why})
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "why")
    assert sql("SELECT 1 FROM ban") == sql("SELECT 1 FROM audit") == []


def test_nobody_bans_himself_or_who_is_not_there(community: Any) -> None:
    admin = community.admin()
    assert admin.ask("PUT", f"/api/admin/people/{person_id(admin, 'admin')}/ban", {"why": "x"}).status == 409
    nobody = "00000000-0000-4000-8000-000000000000"
    assert admin.ask("PUT", f"/api/admin/people/{nobody}/ban", {"why": "x"}).status == 404
    assert admin.ask("PUT", f"/api/admin/people/{nobody}/roles/coach", {"why": "x"}).status == 404


def test_a_role_is_granted_and_taken(community: Any, sql: Any) -> None:
    admin, ada = community.admin(), community.member("ada")
    id = person_id(admin, "ada")
    assert admin.ask("PUT", f"/api/admin/people/{id}/roles/admin", {"why": "helps"}).json["roles"] == [
        "admin",
        "member",
    ]
    assert ada.get("/api/admin/people").status == 200
    assert admin.ask("DELETE", f"/api/admin/people/{id}/roles/admin?why=left").status == 204
    assert ada.get("/api/admin/people").status == 404
    assert admin.ask("PUT", f"/api/admin/people/{id}/roles/admin", {"why": "back"}).status == 200
    assert [row.what for row in sql("SELECT what FROM audit ORDER BY id")] == [
        "granted the role admin to",
        "took the role admin from",
        "granted the role admin to",
    ]
    assert admin.ask("PUT", f"/api/admin/people/{id}/roles/king", {"why": "x"}).status == 404


def test_the_last_admin_stays_one(community: Any, sql: Any) -> None:
    admin = community.admin()
    answer = admin.ask("DELETE", f"/api/admin/people/{person_id(admin, 'admin')}/roles/admin?why=x")
    assert (answer.status, answer.json["detail"]) == (409, "The last admin cannot be removed")
    assert sql("SELECT 1 FROM audit") == []


def test_the_database_itself_refuses_to_ban_the_last_admin(community: Any, sql: Any) -> None:
    import psycopg2
    import pytest

    community.admin()
    with pytest.raises(psycopg2.errors.CheckViolation, match="the last admin"):
        community.ban("admin")
    other = community.person("other", roles=("admin",))
    community.ban("admin")
    with pytest.raises(psycopg2.errors.CheckViolation, match="the last admin"):
        sql("INSERT INTO ban VALUES (%s, '2026-01-01Z', 'x')", other)


def test_two_admins_banning_each_other_at_once_keep_one(community: Any, sql: Any) -> None:
    one, other = community.admin("one"), community.admin("other")
    ids = {name: person_id(one, name) for name in ("one", "other")}
    for _ in range(5):
        together = threading.Barrier(2)
        statuses: list[int] = []

        def ban(browser: Browser, whom: str, together: Any = together, statuses: list[int] = statuses) -> None:
            together.wait()
            statuses.append(browser.ask("PUT", f"/api/admin/people/{ids[whom]}/ban", {"why": "first"}).status)

        threads = [threading.Thread(target=ban, args=pair) for pair in ((one, "other"), (other, "one"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(sql("SELECT 1 FROM ban")) == 1
        assert statuses.count(200) == 1 and set(statuses) <= {200, 403, 409}, statuses
        sql("DELETE FROM ban")


def test_a_ban_that_waited_for_another_sees_who_is_left(community: Any, database: str, sql: Any) -> None:
    import psycopg2

    ids = [community.person(name, roles=("admin",)) for name in ("one", "other")]
    first, second = (psycopg2.connect(database) for _ in ids)
    refused: list[bool] = []

    def ban(connection: Any, person: Any) -> None:
        connection.cursor().execute("INSERT INTO ban VALUES (%s, '2026-01-01Z', 'x')", (str(person),))

    def ban_second() -> None:
        try:
            ban(second, ids[1])
            second.commit()
            refused.append(False)
        except psycopg2.errors.CheckViolation:
            refused.append(True)

    ban(first, ids[0])
    waiting = threading.Thread(target=ban_second)
    waiting.start()
    while not sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") and waiting.is_alive():
        waiting.join(0.01)
    first.commit()
    waiting.join()
    assert refused == [True]
    first.close()
    second.close()
