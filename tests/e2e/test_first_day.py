"""A newcomer's first day: what `make run` shows, and the way from an invitation to a lunch with curl alone."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from chalicelib import clock
from chalicelib.calendar import zones
from tests.e2e.conftest import Running, eventually

PASSWORD = "correct horse battery"


def log_in(running: Running, username: str, password: str = "table-for-three") -> str:
    status, body, cookie = running.curl("POST", "/Login/", {"username": username, "password": password}, form=True)
    assert (status, body) == (200, {"success": True})
    return cookie


def messages(running: Running, topic: str) -> Iterator[dict[str, Any]]:
    consumer = KafkaConsumer(
        bootstrap_servers=running.variable("KAFKA_BOOTSTRAP"), auto_offset_reset="earliest", consumer_timeout_ms=1500
    )
    parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    try:
        for record in consumer:
            yield json.loads(record.value)
    finally:
        consumer.close()


def test_a_newcomer_reads_who_has_lunch_with_whom_and_why_somebody_is_left_over(running: Running) -> None:
    assert re.search(r"\w{3} \d\d \w{3} \d\d:\d\d  Ada Brandt", running.said) or "Ada Brandt" in running.said
    assert "left over: Otto Klein: nobody else was free then" in running.said
    assert "left over" in running.said and "no method could leave fewer" in running.said


def test_the_demo_accounts_show_a_matched_and_a_left_over_member(running: Running) -> None:
    for username, lunches in (("ada.brandt", 1), ("otto.klein", 0)):
        status, body, _ = running.curl("GET", "/MyEvents/", cookie=log_in(running, username))
        assert status == 200 and len(body["appointments"]) == lunches


def test_with_curl_alone_from_an_invitation_to_a_lunch(running: Running) -> None:
    admin = log_in(running, "grace.admin")
    cookies = []
    day = next_week_monday() + timedelta(days=2)
    for name in ("mia", "noah"):
        email = f"{name}@example.net"
        status, body, _ = running.curl("POST", "/InvitationCode/Create/", {"to": email}, cookie=admin)
        assert status == 200
        [mail] = eventually(lambda email=email: running.mails_to(email))
        mailed = re.search(r"invitation_code=3?D?([a-z0-9]+)", mail) or re.search(r"\b([a-z0-9]{16})\b", mail)
        assert mailed and mailed[1] != body["invitation_code"], "the inviter does not read the mailed code"
        enrol = {
            "invitation_code": mailed[1],
            "username": name,
            "password": PASSWORD,
            "name": name.capitalize(),
            "email": email,
            "timezone": "Europe/Berlin",
        }
        status, body, cookie = running.curl("POST", "/Enrollment/Create/", enrol)
        assert (status, body, cookie) == (200, {"success": True, "message": "Please log in"}, "")
        cookies.append(log_in(running, name, PASSWORD))
        assert running.curl("PATCH", "/api/me", {"location": "Speicherstadt"}, cookie=cookies[-1])[0] == 200
        hours = {"start": f"{day}T11:00", "end": f"{day}T14:00", "timezone": "Europe/Berlin", "purpose": "lunch"}
        assert running.curl("POST", "/api/availability", hours, cookie=cookies[-1])[0] == 201
    week = f"{day.isocalendar().year}-W{day.isocalendar().week:02}"
    printed = running.command("match", week)
    assert "Mia" in printed and "no method could leave fewer" in printed
    _, body, _ = running.curl("GET", "/MyEvents/", cookie=cookies[0])
    [lunch] = body["appointments"]
    assert "Mia" in lunch["people"] and len(lunch["people"]) >= 2 and lunch["date"].startswith(str(day))
    eventually(lambda: [mail for mail in running.mails_to("mia@example.net") if "Subject: Lunch on" in mail])
    told = {
        topic: {message["type"] for message in messages(running, topic)}
        for topic in ("NewUser", "InvitedUser", f"Event_{day.isocalendar().week}", "Events_All", "Event_Approved")
    }
    assert told == {
        "NewUser": {"person.enrolled"},
        "InvitedUser": {"invitation.created"},
        f"Event_{day.isocalendar().week}": {"event.proposed"}
        | ({"availability.given"} & told[f"Event_{day.isocalendar().week}"]),
        "Events_All": told["Events_All"],
        "Event_Approved": {"event.approved"},
    }
    assert {"event.proposed", "event.approved"} <= told["Events_All"]


def test_a_round_run_again_makes_nothing_twice(running: Running) -> None:
    week = f"{next_week_monday().isocalendar().year}-W{next_week_monday().isocalendar().week:02}"
    running.command("match", week)
    again = running.command("match", week)
    assert again.count("0 lunches") == 3


def test_no_message_and_no_log_holds_a_name_an_address_or_a_code(running: Running) -> None:
    for topic in ("NewUser", "InvitedUser", "Events_All"):
        for message in messages(running, topic):
            assert "@" not in json.dumps(message) and "Brandt" not in json.dumps(message)
    for log in (running.data / "log").glob("*.log"):
        text = log.read_text(errors="replace")
        assert "@example.net" not in text and PASSWORD not in text, log.name


def test_what_was_stored_is_there_at_the_next_start(running: Running) -> None:
    assert running.stop() in (0, 130, -2)
    running.start()
    status, _, _ = running.curl("POST", "/Login/", {"username": "mia", "password": PASSWORD})
    assert status == 200
    # The embedded broker came back empty: every kept message comes again, and nobody is mailed twice.
    eventually(lambda: any(True for _ in messages(running, "NewUser")))
    ids = [re.search(r"Message-ID: (.*)", mail) for mail in running.mails_to("mia@example.net")]
    assert ids and len({found[1] for found in ids if found}) == len(ids)


def next_week_monday() -> Any:
    today = zones.day_of(clock.now(), "Europe/Berlin")
    return today - timedelta(days=today.weekday()) + timedelta(days=14)
