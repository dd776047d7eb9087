"""An admin pastes addresses to invite."""

import threading
import uuid
from typing import Any

PATH = "/api/admin/invitations"


def outcomes(answer: Any) -> dict[str, str]:
    return {line["address"]: line["outcome"] for line in answer.json["lines"]}


def test_what_became_of_each_address_is_told(community: Any, sql: Any) -> None:
    admin = community.admin()
    community.person("ada")
    admin.post("/InvitationCode/Create/", {"to": "waiting@example.org"})
    given = ["New@Example.org", " ada@example.org ", "waiting@example.org", "no address", "new@example.org", ""]
    answer = admin.post(PATH, {"addresses": given})
    assert answer.status == 201, answer.text
    assert outcomes(answer) == {
        "new@example.org": "invited",
        "ada@example.org": "is a member already",
        "waiting@example.org": "has an open invitation already",
        "no address": "is not an address",
    }
    assert [row.email for row in sql("SELECT email FROM invitation_address ORDER BY email")] == [
        "new@example.org",
        "waiting@example.org",
    ]


def test_each_invitation_is_told_to_the_outbox_without_its_address(community: Any, sql: Any) -> None:
    admin = community.admin()
    admin.post(PATH, {"addresses": ["new@example.org", "other@example.org"]})
    rows = sql("SELECT topic, key, event::text FROM outbox")
    assert {row.topic for row in rows} == {"InvitedUser"}
    assert {row.key for row in rows} == {str(row.id) for row in sql("SELECT id::text FROM invitation")}
    assert not any("example.org" in row.event for row in rows)


def test_who_is_invited_this_way_can_join(community: Any, visitor: Any, sql: Any) -> None:
    from chalicelib.accounts import links
    from tests.people import PASSWORD

    admin = community.admin()
    admin.post(PATH, {"addresses": ["new@example.org"]})
    [row] = sql("SELECT id FROM invitation")
    fields = {
        "invitation_code": links.code("invitation", row.id),
        "username": "newcomer",
        "password": PASSWORD,
        "name": "Newcomer",
        "email": "new@example.org",
        "timezone": "Europe/Berlin",
    }
    assert visitor.post("/Enrollment/Create/", fields).json["success"] is True


def test_a_batch_leaves_the_admin_his_own_invitations(community: Any) -> None:
    admin = community.admin()
    community.rule("invitation.per_day", 1)
    admin.post(PATH, {"addresses": ["one@example.org", "two@example.org"]})
    assert admin.post("/InvitationCode/Create/").status == 200
    assert admin.post("/InvitationCode/Create/").status == 429


def test_the_same_batch_sent_twice_at_once_invites_once(community: Any, sql: Any) -> None:
    from chalicelib.admin import invitations
    from chalicelib.clock import now
    from chalicelib.database import disconnect, transaction
    from chalicelib.web.request import Caller

    community.admin()
    [me] = sql("SELECT person_id FROM account")
    caller = Caller(me.person_id, uuid.uuid4(), "Admin", "UTC", ("admin",), False)
    batch = uuid.uuid4()
    answers: list[Any] = []

    def press() -> None:
        def work(db: Any) -> Any:
            db.run(
                "SELECT set_config('rendezvous.person', %(me)s, true), set_config('rendezvous.roles', 'admin', true)",
                me=str(me.person_id),
            )
            return invitations.invite(db, caller, batch, ["new@example.org", "other@example.org"], now())

        answers.append(transaction(work))
        disconnect()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4 and all(answer == answers[0] for answer in answers)
    assert sql("SELECT count(*) FROM invitation")[0].count == 2
    assert sql("SELECT count(*) FROM audit")[0].count == 1


def test_an_address_invited_yesterday_is_not_written_to_again(community: Any, sql: Any) -> None:
    admin = community.admin()
    for _ in range(2):
        answer = admin.post(PATH, {"addresses": ["new@example.org"]})
    assert outcomes(answer) == {"new@example.org": "has an open invitation already"}
    assert sql("SELECT count(*) FROM invitation")[0].count == 1


def test_500_addresses_are_the_most(community: Any, sql: Any) -> None:
    admin = community.admin()
    many = [f"person{n}@example.org" for n in range(501)]
    assert admin.post(PATH, {"addresses": many}).status == 422
    assert admin.post(PATH, {"addresses": []}).status == 422
    assert sql("SELECT count(*) FROM invitation")[0].count == 0
    assert len(admin.post(PATH, {"addresses": many[:500]}).json["lines"]) == 500
    assert sql("SELECT count(*) FROM invitation")[0].count == 500


def test_the_report_is_forgotten_after_a_week(community: Any, sql: Any) -> None:
    from datetime import timedelta

    from chalicelib import retention
    from chalicelib.clock import now

    admin = community.admin()
    admin.post(PATH, {"addresses": ["new@example.org"]})
    retention.forget(now() + timedelta(days=6))
    assert sql("SELECT count(*) FROM batch_report")[0].count == 1
    retention.forget(now() + timedelta(days=8))
    assert sql("SELECT count(*) FROM batch_report")[0].count == 0
    assert sql("SELECT count(*) FROM invitation")[0].count == 1


def test_who_invited_and_has_left_since_is_a_former_member(community: Any, sql: Any) -> None:
    batch = community.admin().post(PATH, {"addresses": ["new@example.org"]}).json
    sql("UPDATE person SET name = '' WHERE id = (SELECT by_person FROM invitation_batch)")
    reader = community.admin("grace")
    assert reader.get("/admin/invitations").text.count("a former member") == 1
    assert "a former member" in reader.get(f"/admin/invitations/{batch['id']}").text
