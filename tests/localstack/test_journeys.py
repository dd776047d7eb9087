"""The whole way through what is deployed: from an invitation to a lunch, from office hours to a call that is moved."""

from typing import Any

from tests.localstack.community import Community
from tests.localstack.deployed import Deployed, eventually, text_of


def test_from_an_invitation_by_mail_to_a_lunch_that_is_reviewed(deployed: Deployed, community: Community) -> None:
    ada, bob = community.member("ada"), community.member("bob", refuses=["Pizza"])
    for who in (ada, bob):
        community.free(who, "2026-12-08")
    deployed.set_clock("2026-12-03T14:05+00:00")  # five past three in Berlin: the hour of the match
    deployed.fires("match_lunches")
    deployed.mail("ada@example.org", "Lunch on Tuesday, 8 December: Soup at Harbour")
    [lunch] = ada.ask("GET", "/MyEvents/").json["appointments"]
    assert lunch["people"] == ["Ada", "Bob"] and lunch["date"].startswith("2026-12-08T12:00:00+01:00")
    assert bob.ask("GET", "/MyEvents").json["appointments"] == [lunch]
    [told] = deployed.mail("bob@example.org", "Lunch on")
    assert "the crane" in text_of(told) and f"{deployed.site}/events/" in text_of(told)

    deployed.set_clock("2026-12-08T12:30+00:00")  # half an hour after it was over
    deployed.fires("sweep")
    for address in ("ada@example.org", "bob@example.org"):
        [asked] = deployed.mail(address, "How was lunch?")
        assert f"{deployed.site}/Review" in text_of(asked)
    assert event_of(deployed, "ada").status == "Awaiting Evaluation"
    address = f"/api/events/{event_of(deployed, 'ada').id}/review"
    for who, other in ((ada, "Bob"), (bob, "Ada")):
        [companion] = who.get(address)["people"]
        assert companion["name"] == other and "Harbour" in who.ask("GET", "/Review").text
        review = {"enjoyed": {companion["slug"]: True}, "description": f"{other} knows every ship."}
        who.does("PUT", address, review)
        assert who.get(address)["reviewed"]
    assert event_of(deployed, "ada").status == "Done"
    assert len(deployed.sql("SELECT FROM review")) == 2
    page = community.admin.ask("GET", f"/admin/events/{event_of(deployed, 'ada').id}").text
    assert "Bob knows every ship." in page and "Ada knows every ship." in page


def event_of(deployed: Deployed, username: str) -> Any:
    """The only lunch of somebody."""
    [event] = deployed.sql(
        "SELECT event.id, status FROM event JOIN attendance ON event_id = event.id JOIN account USING (person_id)"
        " WHERE username = %s",
        username,
    )
    return event


def test_from_office_hours_to_a_call_that_is_booked_and_moved(deployed: Deployed, community: Community) -> None:
    carla, ina = community.member("carla"), community.member("ina")
    slugs = {}
    for name, role in (("carla", "coach"), ("ina", "client")):
        [found] = community.admin.get(f"/api/admin/people?q={name}")["found"]
        community.admin.does("PUT", f"/api/admin/people/{found['id']}/roles/{role}", {"why": "asked for it"})
        slugs[role] = found["slug"]
    community.admin.does("POST", "/api/admin/relationships", slugs | {"why": "asked for it"})
    hours = {"start": "2026-12-14T09:00", "end": "2026-12-14T17:00", "timezone": "Europe/Berlin", "weekly": True}
    carla.does("POST", "/api/office-hours", hours)

    [slot] = ina.get(f"/api/coaches/{slugs['coach']}/first")["slots"]
    call = ina.does("POST", "/api/appointments", slot | {"coach": slugs["coach"]})
    for address in ("carla@example.org", "ina@example.org"):
        [mail] = deployed.mail(address, "Call on Monday, 14 December, 09:00")
        assert calendar_of(mail)["method"] == "REQUEST"
    assert ina.ask("POST", "/api/appointments", slot | {"coach": slugs["coach"]}).status == 409

    near = ina.get(f"/api/coaches/{slugs['coach']}/nearest?start={slot['end'].replace('+', '%2B')}&moving={call['id']}")
    other = next(one for one in near["slots"] if one["start"] != slot["start"])
    moved = ina.does("PATCH", f"/api/appointments/{call['id']}", other | {"version": call["version"]})
    assert (moved["start"], moved["version"]) == (other["start"], call["version"] + 1)
    [mail] = deployed.mail("carla@example.org", "Moved: call on Monday, 14 December")
    assert f"UID:{calendar_of(mail)['uid']}" in calendar_of(deployed.mail("carla@example.org", "Call on")[0])["text"]

    deployed.set_clock("2026-12-13T12:00+00:00")  # less than a day before
    deployed.fires("sweep")
    deployed.mail("ina@example.org", "Reminder: call on Monday, 14 December")


def calendar_of(mail: Any) -> dict[str, str]:
    """The calendar file of a mail: its text, its method and the UID in it."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    text = part.get_payload(decode=True).decode()
    [uid] = [line.removeprefix("UID:").strip() for line in text.splitlines() if line.startswith("UID:")]
    return {"text": text, "method": part.get_param("method"), "uid": uid}


def test_a_lunch_matched_by_an_admins_wish_goes_through_the_queue(deployed: Deployed, community: Community) -> None:
    dora, emil = community.member("dora"), community.member("emil")
    for who in (dora, emil):
        community.free(who, "2026-12-16")
    community.admin.does("POST", "/api/admin/rounds", {"week": "2026-W51", "location": community.place})
    deployed.fires("match_lunches")
    [lunch] = eventually(lambda: dora.ask("GET", "/MyEvents/").json["appointments"])
    assert lunch["people"] == ["Dora", "Emil"]
