"""After an erasure nothing of the person is left, wherever it was: what they typed, and what others typed of them."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.lunches import lunch
from tests.mailbox import deliver
from tests.people import PASSWORD, Browser, Community

NAME = "Zyxwvuta Quuxfoo"
MARKS = (
    "zyxwvuta",
    "quuxfoo",
    "zq-login",
    "zq-mail",
    "zq-new",
    "zq-friend",
    "zq-token",
    "zq-link",
    "zq-why",
    "zq-ill",
    "zq-key",
    "zq-title",
)
"""Each stands in one thing that the person typed, or that others typed of them."""


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")


def everything_stored(sql: Any) -> dict[str, str]:
    """Every row of every table as text."""
    tables = [
        row.name
        for row in sql(
            "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    ]
    assert "outbox" in tables and "mail" in tables
    return {table: "\n".join(row.text for row in sql(f"SELECT t::text AS text FROM {table} t")) for table in tables}


def found(sql: Any) -> list[tuple[str, str]]:
    stored = everything_stored(sql)
    return [(table, mark) for table, text in stored.items() for mark in MARKS if mark in text.lower()]


class Life:
    """A person who does everything once, among others who speak of them."""

    def __init__(self, community: Community, sql: Any) -> None:
        self.community, self.sql = community, sql
        self.root, self.bob = community.admin("root"), community.member("bob")
        self.join()
        self.of_the_account()
        self.of_coaching()
        self.of_lunches()
        self.by_others()

    def join(self) -> None:
        """By an invitation to an address that is theirs no more, one of many, beside one that is still open."""
        addresses = ["zq-mail@example.org", "ZQ-MAIL <zq-mail@example.org>"]
        assert self.root.post("/api/admin/invitations", {"addresses": addresses}).status == 201
        assert self.bob.post("/InvitationCode/Create/", {"to": "zq-mail@example.org"}).status == 200
        code = re.findall(
            r"[a-z2-7]{16}", next(mail for mail in deliver(self.sql) if mail.to == "zq-mail@example.org").text
        )[0]
        body = {
            "invitation_code": code,
            "username": "zq-login",
            "password": PASSWORD,
            "name": NAME,
            "timezone": "Europe/Berlin",
        }
        assert (
            Browser().post("/Enrollment/Create/", body | {"email": "zq-mail@example.org", "location": "Harbour"}).status
            == 200
        )
        self.me = Browser()
        assert self.me.post("/Login/", {"username": "zq-login", "password": PASSWORD}).status == 200
        [row] = self.sql("SELECT person_id AS id FROM account WHERE username = 'zq-login'")
        self.id = row.id
        for role in ("coach", "client"):
            assert (
                self.root.ask(
                    "PUT", f"/api/admin/people/{self.id}/roles/{role}", {"why": f"{NAME} zq-why asked"}
                ).status
                == 200
            )

    def of_the_account(self) -> None:
        assert self.me.post("/api/me/tokens", {"name": "zq-token", "password": PASSWORD}).status == 201
        self.me.ask("PUT", "/api/me/feed", {"password": PASSWORD})
        assert self.me.post("/api/outside-calendars", {"url": "https://zq-link.example.org/zq-key.ics"}).status == 201
        assert self.me.ask("PUT", "/api/me/email", {"email": "zq-new@example.org", "password": PASSWORD}).status == 202
        self.me.post("/InvitationCode/Create/", {"to": "zq-friend@example.org"})
        self.me.ask("PATCH", "/api/me", {"refuses": ["Thai"], "mails": {"event_evaluate": False}})
        hours = {
            "purpose": "lunch",
            "start": "2026-11-24T12:00",
            "end": "2026-11-24T14:00",
            "timezone": "Europe/Berlin",
        }
        self.me.post("/api/availability", hours, headers={"Idempotency-Key": "zq-key"})
        self.me.post("/api/pauses", {"first": "2026-W51", "last": "2026-W52"}, headers={"Idempotency-Key": "zq-key-2"})
        Browser().post("/forgotten", {"email": "zq-mail@example.org"}, kind="form")
        token = dict(re.findall(r'name="(csrf|once)" value="([^"]*)"', self.me.get("/account/profile").text))
        form = token | {"name": NAME, "timezone": "Europe/Berlin", "location": "Harbour"}
        assert self.me.post("/account/profile", form, kind="form").status == 303

    def of_coaching(self) -> None:
        clive = self.community.person("clive", roles=("member", "client"))
        self.clive = self.community.browser_of(clive)
        self.sql("INSERT INTO relationship (coach_id, client_id, begun) VALUES (%s, %s, '2026-01-01Z')", self.id, clive)
        [row] = self.sql("SELECT slug FROM person WHERE id = %s", self.id)
        assert self.me.post("/api/days-away", {"day": str(clock.now().date() + timedelta(days=40))}).status == 201
        link = self.me.ask("PUT", "/api/call-link", {"url": "https://calls.example.org/zq-link"})
        if link.status == 404:
            self.sql("INSERT INTO call_link VALUES (%s, 'https://calls.example.org/zq-link')", self.id)
        for day in range(5):
            hours = {
                "start": f"2026-12-0{day + 1}T09:00",
                "end": f"2026-12-0{day + 1}T17:00",
                "timezone": "Europe/Berlin",
            }
            assert self.me.post("/api/office-hours", hours | {"weekly": True}).status == 201
        for hour in ("10", "12"):
            span = {"start": f"2026-12-02T{hour}:00:00+01:00", "end": f"2026-12-02T{int(hour) + 1}:00:00+01:00"}
            self.community.rule("coaching.calls_per_month", 9)
            booked = self.clive.post("/api/appointments", span | {"coach": row.slug}, headers={"Idempotency-Key": hour})
            assert booked.status == 201, booked.text
            self.call = booked.json["id"]
        cancelled = self.me.ask("DELETE", f"/api/appointments/{self.call}", {"reason": "zq-ill"})
        assert cancelled.status in (204, 422), cancelled.text
        if cancelled.status == 422:
            assert self.me.ask("DELETE", f"/api/appointments/{self.call}").status == 204
            self.sql("UPDATE cancellation SET reason = 'zq-ill'")

    def of_lunches(self) -> None:
        bob = self.sql("SELECT person_id AS id FROM account WHERE username = 'bob'")[0].id
        place = self.community.locations["Harbour"]
        self.past = lunch(self.sql, place, "2026-11-20T12:00+00:00", approved=[self.id, bob], confirmed=True)
        lunch(self.sql, place, "2026-11-25T12:00+00:00", approved=[self.id, bob], confirmed=True)
        own = lunch(self.sql, place, "2026-11-26T12:00+00:00", approved=[bob])
        self.sql("UPDATE event SET creator = %s, title = %s WHERE id = %s", self.id, f"zq-title with {NAME}", own)

    def by_others(self) -> None:
        """What bob and the admin wrote of them, in small letters and in an answer that is kept."""
        self.sql(
            "INSERT INTO review (id, event_id, description) VALUES (gen_random_uuid(), %s, %s)",
            self.past,
            f"It was lovely, {NAME.upper()}! ({NAME})",
        )
        self.sql(
            "INSERT INTO audit (at, admin_id, what, whom, why) VALUES (%s, %s, 'closed', 'Harbour', %s)",
            datetime(2026, 11, 23).astimezone(),
            self.id,
            f"{NAME} and zq-login (zq-mail@example.org) said so",
        )


def test_nothing_of_a_person_who_did_everything_is_left(community: Community, sql: Any) -> None:
    life = Life(community, sql)
    deliver(sql)  # mails that wait are written, and those of the erasure after it
    assert {mark for _, mark in found(sql)} == set(MARKS), "the test plants less than it searches for"
    assert life.me.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert found(sql) == []
    left = [str(mail.text) + mail.to for mail in deliver(sql)]
    assert [mark for mark in MARKS for mail in left if mark in mail.lower()] == []
    for browser in (life.root, life.bob, life.clive):
        for path in ("/api/invitations", "/api/admin/audit", "/api/appointments", "/api/events", "/invitations"):
            text = browser.get(path).text.lower()
            assert [mark for mark in MARKS if mark in text] == [], path


def test_what_others_wrote_is_left_but_for_the_name(community: Community, sql: Any) -> None:
    life = Life(community, sql)
    assert life.me.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    [review] = sql("SELECT description FROM review")
    assert review.description == "It was lovely, a former member! (a former member)"
    whys = {row.what: row.why for row in sql("SELECT what, why FROM audit")}
    assert whys["closed"] == "a former member and a former member (a former member) said so"
    assert whys["granted the role coach to"] == ""


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("Al and Alice", ["Al"], "a former member and Alice"),
        ("AL, al; (Al)", ["Al"], "a former member, a former member; (a former member)"),
        ("a.b+c@x.org a-b+c@x.org", ["a.b+c@x.org"], "a former member a-b+c@x.org"),
        ("\u00c9lodie et \u00e9lodie", ["\u00c9lodie"], "a former member et a former member"),
        ("Ada Lovelace, Ada", ["Ada Lovelace", "Ada"], "a former member, a former member"),
        (
            "100% of (x) [y] \\ $1",
            ["(x)", "[y]", "\\", "$1"],
            "100% of a former member a former member a former member a former member",
        ),
        ("nobody", ["", "bod"], "nobody"),
    ],
)
def test_a_name_is_found_as_a_word_of_its_own(sql: Any, text: str, names: list[str], left: str) -> None:
    assert sql("SELECT without_names(%s, %s) AS left", text, names)[0].left == left


def test_an_open_invitation_to_the_address_is_ended_and_not_opened_to_all(community: Community, sql: Any) -> None:
    ada, bob = community.member("ada"), community.member("bob")
    code = bob.post("/InvitationCode/Create/", {"to": "ada@example.org"}).json["invitation_code"]
    assert ada.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    body = {"invitation_code": code, "username": "eve", "password": PASSWORD, "name": "Eve", "timezone": "UTC"}
    assert Browser().post("/Enrollment/Create/", body | {"email": "eve@example.org"}).status == 403
    [mine] = bob.get("/api/invitations").json["invitations"]
    assert (mine["to"], mine["state"]) == ("", "revoked")


def test_addresses_of_invitations_that_nobody_can_use_are_not_kept(community: Community, sql: Any, clock: Any) -> None:
    from chalicelib import clock as present
    from chalicelib import retention

    ada = community.member("ada")
    for name in ("open", "revoked"):
        assert ada.post("/InvitationCode/Create/", {"to": f"{name}@example.org"}).status == 200
    [last] = [
        one["id"] for one in ada.get("/api/invitations").json["invitations"] if one["to"] == "revoked@example.org"
    ]
    assert ada.ask("DELETE", f"/api/invitations/{last}").status == 204
    assert [row.email for row in sql("SELECT email FROM invitation_address")] == ["open@example.org"]
    clock.set("2026-12-07T08:59Z")
    retention.forget(present.now())
    assert len(sql("SELECT 1 FROM invitation_address")) == 1
    clock.set("2026-12-07T09:01Z")
    retention.forget(present.now())
    assert sql("SELECT 1 FROM invitation_address") == []
    assert {
        one["state"] for one in community.sql and ada_again(community).get("/api/invitations").json["invitations"]
    } == {"expired", "revoked"}


def ada_again(community: Community) -> Browser:
    return community.browser_of(community.sql("SELECT person_id AS id FROM account WHERE username = 'ada'")[0].id)


def test_a_changed_name_is_in_no_kept_answer(community: Community, sql: Any) -> None:
    ada = community.member("ada")
    sql(
        "INSERT INTO idempotency VALUES (gen_random_uuid(), 'k', '', 200, '{}', %s, '2026-11-23Z')",
        json.dumps({"people": ["Ada", 'O"Neil']}),
    )
    assert ada.ask("PATCH", "/api/me", {"name": "Eve"}).status == 200
    assert sql("SELECT 1 FROM idempotency WHERE key = 'k'") == []


# --- every column -----------------------------------------------------------------------------------------------------

BLANKED = frozenset(
    ["person.name", "person.slug", "person.timezone", "person.enrolled", "batch_report.lines", "idempotency.body"]
)
"""Blanked, or deleted where it names the person."""
DELETED = frozenset(
    [
        "account",
        "address_change",
        "api_token",
        "availability",
        "availability_exception",
        "ban",
        "call_link",
        "block",
        "commitment",
        "day_away",
        "feed",
        "former_address",
        "idempotency",
        "invitation_address",
        "left_over",
        "mail",
        "mail_refusal",
        "outside_busy",
        "outside_calendar",
        "password_reset",
        "pause",
        "person_location",
        "person_role",
        "pressed_form",
        "recovery_code",
        "refusal",
        "second_factor",
        "session",
        "silence",
        "socket",
        "socket_location",
        "ticket",
        "waiting",
    ]
)
"""Tables whose rows about a person go with the account."""
OF_THE_INSTALLATION = frozenset(
    [
        "location",
        "food_type",
        "location_food",
        "event_food",
        "rule",
        "rule_change",
        "round",
        "round_hour",
        "asked_round",
        "last_match",
        "filter_chunk",
        "live_frame",
        "live_update",
        "rate",
        "delivered",
        "outbox",
    ]
)
"""Tables that hold nothing of a person but counts, digests and ids, or what admins call the installation's own things."""


def columns(sql: Any) -> list[tuple[str, str]]:
    rows = sql(
        "SELECT c.relname AS in_table, a.attname AS in_column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped"
        " AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype) AND c.relname !~ 'yoyo' ORDER BY 1, 2"
    )
    return [(row.in_table, row.in_column) for row in rows]


LISTED = {
    "attendance.response": "approved or rejected",
    "audit.what": "an act in our own words, with people's ids",
    "audit.whom": "an id, or the name of a place, food or rule",
    "event.status": "a state",
    "invitation.role": "a role",
    "relationship.coach_role": "a role",
    "relationship.client_role": "a role",
}
"""Columns of text that stay as they are, and why."""


def test_every_column_of_text_is_blanked_deleted_searched_or_listed(sql: Any) -> None:
    free = {f"{row.in_table}.{row.in_column}" for row in sql("SELECT * FROM free_texts()")}
    known = free | BLANKED | LISTED.keys()
    unknown = [
        f"{table}.{column}"
        for table, column in columns(sql)
        if table not in DELETED | OF_THE_INSTALLATION and f"{table}.{column}" not in known
    ]
    assert unknown == [], "erase it (free_texts() in the schema, or erase()), or list it here with the reason"
