"""An admin sets the business rules; and reads what waits in the outbox."""

import threading
from typing import Any

import pytest


def test_every_rule_is_shown_with_its_default_and_bounds(community: Any) -> None:
    from chalicelib.rules import RULES

    found = {one["name"]: one for one in community.admin().get("/api/admin/rules").json["found"]}
    assert set(found) == set(RULES)
    assert found["lunch.minutes"] == {
        "name": "lunch.minutes",
        "help": "Length of a lunch in minutes",
        "value": 60,
        "default": 60,
        "low": 15,
        "high": 180,
        "choices": [],
        "last_change": None,
    }
    assert found["lunch.match_day"]["choices"][0] == "Monday"


def test_a_rule_is_in_force_at_once_and_its_history_is_kept(community: Any) -> None:
    admin = community.admin()
    path = "/api/admin/rules/invitation.per_day"
    assert admin.ask("PUT", path, {"value": 0, "why": "a quiet week"}).json["value"] == 0
    assert admin.post("/InvitationCode/Create/").status == 429
    assert admin.ask("PUT", path, {"value": 1}).status == 200
    assert admin.post("/InvitationCode/Create/").status == 200
    assert admin.ask("DELETE", path).status == 204
    whole = admin.get(path).json
    assert whole["rule"]["value"] == 5
    assert [(one["before"], one["after"], one["by"]) for one in whole["history"]] == [
        (1, 5, "Admin"),
        (0, 1, "Admin"),
        (5, 0, "Admin"),
    ]
    assert whole["rule"]["last_change"] == whole["history"][0]


def test_only_what_differs_from_the_default_is_stored(community: Any, sql: Any) -> None:
    admin = community.admin()
    admin.ask("PUT", "/api/admin/rules/lunch.minutes", {"value": 45})
    assert [row.value for row in sql("SELECT value FROM rule")] == [45]
    admin.ask("PUT", "/api/admin/rules/lunch.minutes", {"value": 60})
    assert sql("SELECT 1 FROM rule") == []


def test_a_rule_set_to_what_it_is_leaves_no_trace(community: Any, sql: Any) -> None:
    admin = community.admin()
    assert admin.ask("PUT", "/api/admin/rules/lunch.minutes", {"value": 60}).status == 200
    assert sql("SELECT 1 FROM rule_change") == sql("SELECT 1 FROM audit") == []


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("lunch.minutes", 14),
        ("lunch.minutes", 181),
        ("lunch.minutes", "60"),
        ("lunch.minutes", 60.5),
        ("lunch.minutes", True),
        ("lunch.auto_approve", 1),
        ("lunch.auto_approve", "yes"),
        ("lunch.match_day", "Caturday"),
        ("lunch.first_start", "11:01"),
        ("lunch.weekdays", "Mon"),
        ("bloom.false_positive_rate", 0.9),
        ("lunch.max_attendees", None),
        # Two rules that contradict each other.
        ("lunch.min_attendees", 4),
        ("lunch.first_start", "14:00"),
        ("lunch.weekdays", "Mon-Sun"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_changes(community: Any, sql: Any, rule: str, value: Any) -> None:
    admin = community.admin()
    answer = admin.ask("PUT", f"/api/admin/rules/{rule}", {"value": value})
    assert answer.status == 422 and answer.json["errors"], answer.text
    assert sql("SELECT 1 FROM rule") == sql("SELECT 1 FROM rule_change") == []


def test_a_reset_that_would_contradict_another_rule_is_refused(community: Any) -> None:
    admin = community.admin()
    for rule, value in (("lunch.max_attendees", 5), ("lunch.min_attendees", 4)):
        assert admin.ask("PUT", f"/api/admin/rules/{rule}", {"value": value}).status == 200
    assert admin.ask("DELETE", "/api/admin/rules/lunch.max_attendees").status == 422
    assert admin.get("/api/admin/rules/lunch.max_attendees").json["rule"]["value"] == 5


def test_a_rule_there_is_not_is_not_found(community: Any) -> None:
    admin = community.admin()
    assert admin.get("/api/admin/rules/lunch.music").status == 404
    assert admin.ask("PUT", "/api/admin/rules/lunch.music", {"value": 1}).status == 404


def test_two_admins_at_once_cannot_make_rules_contradict_each_other(community: Any) -> None:
    from chalicelib import rules
    from chalicelib.database import transaction

    one, other = community.admin("one"), community.admin("other")
    for _ in range(5):
        together = threading.Barrier(2)
        statuses: list[int] = []

        def put(browser: Any, rule: str, value: int, together: Any = together, statuses: list[int] = statuses) -> None:
            together.wait()
            statuses.append(browser.ask("PUT", f"/api/admin/rules/{rule}", {"value": value}).status)

        threads = [
            threading.Thread(target=put, args=args)
            for args in ((one, "lunch.max_attendees", 2), (other, "lunch.min_attendees", 3))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200, 422]
        rules.check_together(transaction(rules.read))
        for rule in ("lunch.max_attendees", "lunch.min_attendees"):
            one.ask("DELETE", f"/api/admin/rules/{rule}")


def test_what_waits_in_the_outbox_is_counted_and_not_shown(community: Any, clock: Any) -> None:
    from chalicelib.clock import now

    clock.set("2026-11-19T16:00Z")
    admin = community.admin()
    assert admin.get("/api/admin/outbox").json == {"count": 0, "oldest": None, "last_published": None, "topics": []}
    for _ in range(2):
        admin.post("/InvitationCode/Create/")
    waiting = admin.get("/api/admin/outbox").json
    assert waiting["count"] == 2 and waiting["oldest"].startswith("2026-11-19T16:00:0")
    assert waiting["topics"] == [{"topic": "InvitedUser", "count": 2, "oldest": waiting["oldest"]}]
    from chalicelib.messaging import relay

    relay.publish_batch(lambda messages: {0}, now())
    waiting = admin.get("/api/admin/outbox").json
    assert waiting["count"] == 1 and waiting["last_published"].startswith("2026-11-19T16:00:0")


def test_a_member_cannot_read_the_outbox_even_in_the_database(community: Any) -> None:
    import psycopg2

    from chalicelib.database import transaction

    admin = community.admin()
    admin.post("/InvitationCode/Create/")

    def count_as(role: str) -> int:
        def work(db: Any) -> int:
            db.run("SELECT set_config('rendezvous.roles', %(role)s, true)", role=role)
            return len(db.rows("SELECT * FROM waiting_messages()"))

        return transaction(work)

    assert (count_as("admin"), count_as("member")) == (1, 0)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        transaction(lambda db: db.rows("SELECT * FROM outbox"))
