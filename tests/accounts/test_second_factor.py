"""A second factor: codes of an app, recovery codes, and admins who show it again before they act."""

import re
from typing import Any

import pytest

from tests.mailbox import deliver
from tests.people import PASSWORD, Browser, Community
from tests.second_factor import code_of, switch_on


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00:05Z")


def log_in(code: str | None = None, username: str = "ada", browser: Browser | None = None) -> int:
    body = {"username": username, "password": PASSWORD} | ({} if code is None else {"code": code})
    status: int = (browser or Browser()).post("/Login/", body).status
    return status


def test_who_switched_it_on_logs_in_with_a_code_and_not_without(community: Community, clock: Any) -> None:
    key, _ = switch_on(community.member("ada"))
    clock.set("2026-11-23T09:01:05Z")
    assert [log_in(), log_in(""), log_in("000000"), log_in("no code")] == [401] * 4
    assert log_in(code_of(key)) == 200


def test_a_code_is_taken_once(community: Community, clock: Any) -> None:
    key, _ = switch_on(community.member("ada"))
    assert log_in(code_of(key)) == 401  # it switched the factor on
    clock.set("2026-11-23T09:01:05Z")
    assert [log_in(code_of(key)), log_in(code_of(key))] == [200, 401]


@pytest.mark.parametrize(("seconds", "status"), [(-60, 401), (-30, 200), (0, 200), (30, 200), (60, 401)])
def test_an_app_s_clock_may_be_half_a_minute_off(community: Community, clock: Any, seconds: int, status: int) -> None:
    from chalicelib import clock as present

    key, _ = switch_on(community.member("ada"))
    clock.set("2026-11-23T10:00:15Z")
    assert log_in(code_of(key, present.now().timestamp() + seconds)) == status


def test_a_recovery_code_is_taken_once_however_it_is_typed(community: Community) -> None:
    ada = community.member("ada")
    _, codes = switch_on(ada)
    assert len(set(codes)) == 10
    typed = codes[0].upper()
    typed = f" {typed[:4]}-{typed[4:]} "
    assert [log_in(typed), log_in(codes[0]), log_in(codes[1])] == [200, 401, 200]
    assert ada.get("/api/me/second-factor").json["recovery_codes"] == 8


def test_codes_are_not_guessed_for_long(community: Community, clock: Any) -> None:
    community.rule("login.failures_per_15_minutes", 3)
    key, _ = switch_on(community.member("ada"))
    clock.set("2026-11-23T09:20:05Z")
    assert [log_in(f"00000{n}") for n in range(3)] == [401] * 3
    assert log_in(code_of(key)) == 429


def test_the_code_of_another_is_not_mine(community: Community, clock: Any) -> None:
    switch_on(community.member("ada"))
    key, codes = switch_on(community.member("bob"))
    clock.set("2026-11-23T09:01:05Z")
    assert [log_in(code_of(key)), log_in(codes[0])] == [401, 401]


def test_until_its_first_code_was_shown_it_is_off(community: Community) -> None:
    ada = community.member("ada")
    offer = ada.post("/api/me/second-factor", {"password": PASSWORD}).json
    assert re.fullmatch(r"otpauth://totp/Rendezvous:ada\?secret=[A-Z2-7]{32}&issuer=Rendezvous", offer["uri"])
    assert log_in() == 200
    wrong = ada.ask("PUT", "/api/me/second-factor", {"code": "000000"})
    assert (wrong.status, wrong.json["errors"][0]["field"]) == (422, "code")
    assert ada.get("/api/me/second-factor").json == {"on": False, "since": None, "recovery_codes": 0}


def test_a_key_waits_for_an_hour(community: Community, clock: Any) -> None:
    ada = community.member("ada")
    key = ada.post("/api/me/second-factor", {"password": PASSWORD}).json["key"]
    clock.set("2026-11-23T10:01:00Z")
    assert ada.ask("PUT", "/api/me/second-factor", {"code": code_of(key)}).status == 409


def test_once_it_is_on_its_key_is_shown_to_nobody_and_not_replaced(community: Community) -> None:
    ada = community.member("ada")
    switch_on(ada)
    assert ada.post("/api/me/second-factor", {"password": PASSWORD}).status == 409
    assert ada.get("/account/second-factor/key").status == 404


@pytest.mark.parametrize("body", [{"password": "wrong"}, {"password": PASSWORD, "code": "000000"}])
def test_it_is_switched_off_by_password_and_code_alone(community: Community, body: dict[str, str]) -> None:
    ada = community.member("ada")
    _, codes = switch_on(ada)
    assert ada.ask("DELETE", "/api/me/second-factor", {"code": codes[0]} | body).status == 422
    assert ada.ask("DELETE", "/api/me/second-factor", {"password": PASSWORD, "code": codes[0]}).status == 204
    assert log_in() == 200


def test_no_table_holds_the_key_or_a_recovery_code(community: Community, sql: Any) -> None:
    import base64

    key, codes = switch_on(community.member("ada"))
    secrets = [key, base64.b32decode(key).hex(), *codes]
    tables = [
        row.name
        for row in sql(
            "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    ]
    kept = "\n".join(row.text for table in tables for row in sql(f"SELECT t::text AS text FROM {table} t"))
    assert [one for one in secrets if one in kept] == []


def test_the_app_role_neither_reads_recovery_codes_nor_ends_what_is_another_s(community: Community) -> None:
    import psycopg2

    from chalicelib.database import transaction

    switch_on(community.member("ada"))
    for statement in (
        "SELECT digest FROM recovery_code",
        "SELECT end_sessions(gen_random_uuid(), NULL)",
        "SELECT end_access(gen_random_uuid(), NULL, false)",
        "SELECT end_sessions_of(gen_random_uuid())",
        "SELECT remove_second_factor_of(gen_random_uuid())",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            transaction(lambda db, s=statement: db.run(s))


# --- pages ---


def submit(browser: Browser, page: str, action: str, fields: dict[str, str]) -> Any:
    text = browser.get(page).text
    hidden = dict(re.findall(r'name="(csrf|once)" value="([^"]*)"', text))
    return browser.post(action, hidden | fields, kind="form")


def test_the_pages_show_the_key_as_picture_and_text_and_the_recovery_codes_once(community: Community) -> None:
    ada = community.member("ada")
    assert submit(ada, "/account/second-factor", "/account/second-factor", {"password": PASSWORD}).status == 303
    page = ada.get("/account/second-factor/key")
    assert "<svg" in page.text and 'style="' not in page.text
    [key] = re.findall(r"data-copy>([A-Z2-7]{32})<", page.text)
    answer = submit(ada, "/account/second-factor/key", "/account/second-factor/key", {"code": code_of(key)})
    assert (answer.status, answer.header("Location")) == (303, "/account/second-factor?done=on")
    shown_once = answer.header("Set-Cookie").partition(";")[0]
    shown = ada.get("/account/second-factor?done=on", headers={"Cookie": f"session={ada.cookie}; {shown_once}"})
    codes = re.findall(r'class="code">([a-z2-7]{16})<', shown.text)
    assert len(codes) == 10 and "Max-Age=0" in shown.header("Set-Cookie")
    assert log_in(codes[3]) == 200
    assert "on since" in ada.get("/account").text


def test_the_login_page_takes_a_code(community: Community) -> None:
    _, codes = switch_on(community.member("ada"))
    fields = {"username": "ada", "password": PASSWORD}
    refused = Browser().post("/login", fields, kind="form")
    assert refused.status == 401 and 'name="code"' in refused.text
    assert Browser().post("/login", fields | {"code": codes[0]}, kind="form").status == 303


# --- admins ---


def act(browser: Browser) -> Any:
    return browser.ask("PUT", "/api/admin/rules/lunch.repeat_days", {"value": 20})


def test_where_the_rule_is_on_an_admin_without_one_does_nothing_as_an_admin(community: Community) -> None:
    community.rule("admin.second_factor", True)
    root = community.admin("root")
    assert [root.get("/api/admin/people").status, act(root).status] == [403, 403]
    answer = root.get("/admin/people")
    assert (answer.status, answer.header("Location")) == (303, "/account/second-factor?done=needed")
    assert root.get("/account/second-factor?done=needed").status == 200
    assert root.get("/api/me").status == 200
    switch_on(root)
    assert [root.get("/api/admin/people").status, act(root).status] == [200, 200]


def test_where_the_rule_is_off_an_admin_without_one_acts(community: Community) -> None:
    assert act(community.admin("root")).status == 200


@pytest.mark.parametrize(("time", "status"), [("09:14:50", 200), ("09:15:59", 403)])
def test_acts_ask_for_it_again_after_a_quarter_of_an_hour(
    community: Community, clock: Any, time: str, status: int
) -> None:
    root = community.admin("root")
    key, _ = switch_on(root)
    clock.set(f"2026-11-23T{time}Z")
    assert act(root).status == status
    assert root.get("/api/admin/people").status == 200
    assert root.post("/api/me/second-factor/proof", {"code": code_of(key)}).status == 204
    assert act(root).status == 200


def test_another_session_s_proof_is_not_mine(community: Community, clock: Any) -> None:
    person = community.person("root", roles=("member", "admin"))
    switch_on(community.browser_of(person))
    assert act(community.browser_of(person)).status == 403


def test_a_form_that_waited_for_the_code_is_offered_again(community: Community, clock: Any, sql: Any) -> None:
    root, bob = community.admin("root"), community.person("bob")
    key, _ = switch_on(root)
    clock.set("2026-11-23T10:00:05Z")
    path = f"/admin/people/{bob}/ban"
    asked = submit(root, path, path, {"why": "sells things"})
    assert asked.status == 403 and "sells things" in asked.text
    [kept] = re.findall(r'name="kept" value="([^"]*)"', asked.text)
    import html

    fields = {"kept": html.unescape(kept), "next": path}
    wrong = submit(root, "/account/second-factor/proof", "/account/second-factor/proof", fields | {"code": "000000"})
    assert wrong.status == 422 and "sells things" in wrong.text
    shown = submit(
        root, "/account/second-factor/proof", "/account/second-factor/proof", fields | {"code": code_of(key)}
    )
    assert shown.status == 200 and "sells things" in shown.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.text))
    assert (
        root.post(path, {"csrf": hidden["csrf"], "once": hidden["once"], "why": hidden["why"]}, kind="form").status
        == 303
    )
    assert sql("SELECT why FROM ban")[0].why == "sells things"


def test_a_token_carries_out_no_act_of_an_admin_who_has_one(community: Community) -> None:
    root = community.admin("root")
    switch_on(root)
    made = root.post("/api/me/tokens", {"name": "robot", "scope": "write", "password": PASSWORD})
    robot = Browser(headers={"Authorization": f"Bearer {made.json['token']}"})
    assert (robot.get("/api/admin/people").status, act(robot).status) == (200, 403)


def test_an_admin_helps_who_lost_the_device(community: Community, sql: Any) -> None:
    root, person = community.admin("root"), community.person("ada")
    ada = community.browser_of(person)
    switch_on(ada)
    path = f"/admin/people/{person}/second-factor"
    assert submit(root, path, path, {"why": "lost the phone"}).status == 303
    assert ada.get("/api/me").status == 401
    assert log_in() == 200
    assert [row.what for row in sql("SELECT what FROM audit")] == ["took the second factor from"]
    assert [mail.to for mail in deliver(sql) if "second factor" in mail.text] == ["ada@example.org"] * 2, "on, and off"
    assert root.ask("DELETE", f"/api{path}?why=again").status == 409


def test_an_admin_logs_somebody_out_everywhere(community: Community, sql: Any) -> None:
    root, person = community.admin("root"), community.person("ada")
    ada = community.browser_of(person)
    path = f"/admin/people/{person}/sessions"
    assert "1 time" in root.get(path).text
    assert submit(root, path, path, {"why": "a laptop was stolen"}).status == 303
    assert (ada.get("/api/me").status, root.get("/api/me").status) == (401, 200)
    assert [row.why for row in sql("SELECT why FROM audit")] == ["a laptop was stolen"]


@pytest.mark.parametrize("form", [True, False])
def test_an_admin_who_calls_off_another_s_lunch_by_everybody_s_route_shows_it_as_well(
    community: Community, clock: Any, sql: Any, form: bool
) -> None:
    from tests.lunches import lunch
    from tests.pages.documents import Document

    ada, bob = community.person("ada"), community.person("bob")
    id = lunch(
        sql, community.locations["Harbour"], "2026-12-01T12:00+01:00", approved=[ada, bob], confirmed=True, public=True
    )
    root = community.admin("root")
    key, _ = switch_on(root)
    clock.set("2026-11-23T10:00:00Z")

    def call_off() -> int:
        if form:
            token = Document(root.get("/").text).form("/logout")["csrf"]  # the page has no such form for an admin
            typed = {"csrf": token, "reason": "The kitchen is closed"}
            return root.post(f"/events/{id}/cancel", typed, kind="form").status
        return root.ask("DELETE", f"/api/events/{id}", {"reason": "The kitchen is closed"}).status

    assert call_off() == 403
    assert sql("SELECT status FROM event")[0].status == "Confirmed"
    assert root.post("/api/me/second-factor/proof", {"code": code_of(key)}).status == 204
    assert call_off() in (204, 303)
    assert sql("SELECT status FROM event")[0].status == "Canceled"
