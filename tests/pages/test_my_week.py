"""My week: the next lunch, what waits for me, my hours, why I was not matched last time."""

from typing import Any

from tests.coaching import practice as coaching
from tests.lunches import lunch
from tests.pages.documents import Document
from tests.people import Browser

NOW = "2026-11-19T12:00Z"


def front(browser: Browser) -> str:
    return Document(browser.get("/").text).main


def test_the_next_lunch_says_when_where_and_with_whom(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada, bob = community.person("ada", zone="Asia/Tokyo"), community.person("bob")
    id = lunch(sql, community.locations["Harbour"], "2026-11-24T11:30+00:00", approved=[ada, bob], confirmed=True)
    page = Document(community.browser_of(ada).get("/").text)
    assert "When Tuesday, 24 November 2026, 12:30 to 13:30 (Europe/Berlin)" in page.main
    assert "For you: 20:30 to 21:30 (Asia/Tokyo)" in page.main
    assert "Where Harbour" in page.main and "With Bob" in page.main
    assert f"/events/{id}" in {e["href"] for e in page.all("a")}
    own = front(community.browser_of(bob))
    assert "With Ada" in own and "For you" not in own


def test_a_namesake_is_company_too(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada, other = community.person("ada"), community.person("ada2")
    sql("UPDATE person SET name = 'Ada' WHERE id = %s", other)
    lunch(sql, community.locations["Harbour"], "2026-11-24T11:30+00:00", approved=[ada, other], confirmed=True)
    assert "With Ada" in front(community.browser_of(ada))


def test_what_waits_for_me_is_counted(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada")
    browser = community.browser_of(ada)
    assert "What waits for me" not in front(browser)
    lunch(sql, community.locations["Harbour"], "2026-11-24T11:30+00:00", invited=[ada])
    eaten = lunch(sql, community.locations["Harbour"], "2026-11-17T11:30+00:00", approved=[ada], confirmed=True)
    sql("UPDATE event SET status = 'Awaiting Evaluation' WHERE id = %s", eaten)
    page = Document(browser.get("/").text)
    assert "1 lunch to approve or reject" in page.main and "1 lunch to review" in page.main
    assert {"/Validate", "/Review"} <= {e["href"] for e in page.all("a")}


def test_why_i_was_not_matched_is_one_of_four_sentences(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada")
    browser = community.browser_of(ada)
    assert "Why I was not matched" not in front(browser)
    [round] = sql(
        "INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest)"
        " VALUES (gen_random_uuid(), '2026-11-23', %s, '2026-11-19', 1, 0, 1, 1, true, 1, '') RETURNING id",
        community.locations["Harbour"],
    )
    sentences = set()
    for reason in ("no_hours", "nobody_free", "nobody_suitable", "more_people_than_partners"):
        sql("DELETE FROM left_over")
        sql("INSERT INTO left_over VALUES (%s, '2026-11-23', %s, %s)", ada, round.id, reason)
        said = front(browser)
        assert "For the week of Monday, 23 November 2026: " in said
        sentences.add(said)
    assert len(sentences) == 4
    clock.set("2026-12-10T12:00Z")
    assert "Why I was not matched" not in front(browser)


def test_nobody_reads_why_others_were_not_matched(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    bob = community.person("bob")
    [round] = sql(
        "INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest)"
        " VALUES (gen_random_uuid(), '2026-11-23', %s, '2026-11-19', 1, 0, 1, 1, true, 1, '') RETURNING id",
        community.locations["Harbour"],
    )
    sql("INSERT INTO left_over VALUES (%s, '2026-11-23', %s, 'no_hours')", bob, round.id)
    assert "Why I was not matched" not in front(community.member("ada"))


HOURS = {"purpose": "lunch", "start": "2026-11-24T11:00", "end": "2026-11-24T14:00", "timezone": "Europe/Berlin"}


def test_a_new_member_reads_what_is_still_to_do_and_when_they_are_matched(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada", location=None)
    sql("UPDATE account SET email_confirmed = false WHERE person_id = %s", ada)
    browser = community.browser_of(ada)
    said = front(browser)
    assert "Confirm your address to do" in said and "Send it again" in said
    assert "Choose where you have lunch to do" in said and "Say when you are free to do" in said
    assert "Be matched on Thursday at 15:00 For the week after, by the clock of the place." in said
    assert "No lunch yet" not in said, "one list, and not two empty boxes beside it"
    browser.ask("PATCH", "/api/me", {"location": "Harbour"})
    assert "Choose where you have lunch done Harbour" in (said := front(browser))
    assert "Be matched on Thursday, 19 November at 15:00 For the week of Monday, 23 November." in said
    sql("UPDATE account SET email_confirmed = true WHERE person_id = %s", ada)
    assert "Confirm your address done Choose" in front(browser)
    assert browser.post("/api/availability", HOURS).status == 201
    said = front(browser)
    assert "Before your first lunch" not in said
    assert "No lunch yet The week of Monday, 23 November is matched on Thursday, 19 November at 15:00." in said


def test_the_link_is_sent_again_from_the_list(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada")
    sql("UPDATE account SET email_confirmed = false WHERE person_id = %s", ada)
    browser = community.browser_of(ada)
    form = Document(browser.get("/").text).form("/account/email/confirmation")
    answer = browser.post("/account/email/confirmation", form, kind="form")
    assert "on its way" in front_of(browser, answer.header("location"))


def front_of(browser: Browser, path: str) -> str:
    return Document(browser.get(path).text).main


def test_the_next_match_is_said_by_ones_own_clock_and_is_the_next_one(community: Any, clock: Any) -> None:
    clock.set("2026-11-19T13:59Z")
    kim = community.member("kim", zone="Asia/Tokyo")
    assert "on Thursday, 19 November at 23:00 For the week of Monday, 23 November" in front(kim)
    clock.set("2026-11-19T14:00Z")  # that hour has come
    assert "on Thursday, 26 November at 23:00 For the week of Monday, 30 November" in front(kim)


def test_a_coach_reads_of_calls_first_and_of_lunches_only_who_takes_part(community: Any, sql: Any, clock: Any) -> None:
    clock.set(coaching.NOW)
    practice = coaching.Practice(community, sql)
    coach, client = practice.coach("carla"), practice.client("ina", "carla")
    said = front(coach)
    assert -1 < said.index("My next calls") < said.index("Before your first lunch"), (
        "she chose a place, so she takes part"
    )
    sql("DELETE FROM person_location")
    booked = coaching.book(client, "carla", "2026-11-25T10:00:00+01:00")
    assert booked.status == 201, booked.text
    said = front(coach)
    assert "My next calls Call with Ina When Wednesday, 25 November 2026, 10:00 to 11:00" in said
    assert "Next call Call with Carla" in front(client)
    for word in ("Before your first lunch", "No lunch yet", "My hours", "My location"):
        assert word not in said
        assert word not in front(client)
    assert "You can have lunch with somebody new, too: choose where" in said
    sql("UPDATE person_role SET active = false WHERE role = 'member'")
    assert "lunch" not in front(coach) + front(client)
