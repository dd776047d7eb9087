"""My week: the next lunch, what waits for me, my hours, why I was not matched last time."""

from typing import Any

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
    assert "What waits for me Nothing." in front(browser)
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


def test_who_has_no_location_or_no_hours_is_told_what_that_means(community: Any, clock: Any) -> None:
    clock.set(NOW)
    assert "None, so you are not matched." in front(community.member("ada", location=None))
    said = front(community.member("bob"))
    assert "You gave no hours, so you cannot be matched." in said and "My location Harbour" in said
