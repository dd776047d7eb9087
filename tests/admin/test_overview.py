"""The overview draws what happened, in counts; a person's page says why somebody is left over; lists are files too."""

import csv
import io
from datetime import date
from typing import Any

import pytest

from chalicelib.admin import charts, csv_files
from tests.admin.test_pages import id_of
from tests.coaching.practice import Practice, book
from tests.pages.documents import Document
from tests.people import Browser, Community

HOURS = {"purpose": "lunch", "start": "2026-11-17T12:00", "end": "2026-11-17T14:00", "timezone": "Europe/Berlin"}


@pytest.fixture
def admin(community: Community, clock: Any, sql: Any) -> Browser:
    """Of two weeks: Ada and Bob had lunch in the second, Eve gave no hours in either."""
    from chalicelib.clock import now
    from chalicelib.lunch import rounds

    clock.set("2026-11-12T16:00Z")
    browsers = {name: community.member(name) for name in ("ada", "bob", "eve")}
    rounds.run(date(2026, 11, 16), community.locations["Harbour"], now())
    clock.set("2026-11-19T16:00Z")
    for name in ("ada", "bob"):
        hours = HOURS | {"start": "2026-11-24T12:00", "end": "2026-11-24T14:00", "weekly": True}
        assert browsers[name].post("/api/availability", hours).status == 201
    rounds.run(date(2026, 11, 23), community.locations["Harbour"], now())
    found: Browser = community.browser_of(community.person("admin", roles=("admin",), location=None))
    return found


def rows_of(page: Document, caption: str) -> list[list[str]]:
    """The rows of the table of that caption."""
    [table] = [e for c in page.all("caption") if c.text == caption for e in c.inside if e.tag == "table"]
    rows = [e for e in page.all("tr") if table in e.inside]
    return [[" ".join(c.text.split()) for c in page.all("th", "td") if row in c.inside] for row in rows[1:]]


def plain(text: str) -> str:
    return text.replace("\u2060", "").replace("\u00a0", " ")


def test_the_weeks_are_drawn_and_their_numbers_stand_beneath(admin: Browser) -> None:
    page = Document(admin.get("/admin").text)
    rows = rows_of(page, "Matched and left over, by weeks")
    assert [[plain(row[0]), *row[1:]] for row in rows] == [
        ["16–20 Nov", "0", "3", "0", "0", "0"],
        ["23–27 Nov", "2", "1", "0", "0", "0"],
    ]
    [drawing] = [e for e in page.all("svg") if e["role"] == "img"]
    bars = [e for e in page.all("rect") if drawing in e.inside]
    assert [(bar["class"], float(bar["height"])) for bar in bars] == [("s1", 120), ("s0", 80), ("s1", 40)]
    assert not [e for e in page.elements if e.tag in ("text", "title") and any(o.tag == "svg" for o in e.inside)]


def test_who_waits_longer_is_told_apart(admin: Browser) -> None:
    page = Document(admin.get("/admin").text)
    rows = rows_of(page, "People left over by the last matched week, by how long they wait")
    assert [row[:2] for row in rows] == [["for 2 weeks", "1"]]


def test_coaches_hours_are_counted_with_the_calls_in_them(community: Community, clock: Any, sql: Any) -> None:
    clock.set("2026-11-23T07:30Z")
    practice = Practice(community, sql)
    practice.coach("carla")
    client = practice.client("ada", "carla")
    booked = book(client, "carla", "2026-11-25T10:00:00+01:00")
    assert booked.status == 201, booked.text
    clock.set("2026-12-13T12:00Z")
    admin = community.browser_of(community.person("admin", roles=("admin",), location=None))
    page = Document(admin.get("/admin").text)
    caption = "Coaches' office hours of the last four weeks, and how much of them was booked"
    assert rows_of(page, caption) == [["Carla", "160 h", "1 h", "1%"]], "five days of eight hours, four times"
    sql(
        "INSERT INTO availability_exception SELECT id, '2026-11-30' FROM availability WHERE starts::date = '2026-11-16'"
    )
    assert rows_of(Document(admin.get("/admin").text), caption)[0][1] == "152 h"


def test_mails_that_did_not_arrive_and_invitations_that_did_are_counted(
    admin: Browser, sql: Any, community: Any
) -> None:
    sql(
        "INSERT INTO mail (message, recipient, kind, about, urgent, written, due, state) SELECT gen_random_uuid(),"
        " person_id, 'reset', '{}', true, now(), now(), 'refused' FROM account WHERE username IN ('ada', 'bob')"
    )
    first, second = (admin.post("/InvitationCode/Create/").status for _ in range(2))
    sql("INSERT INTO invitation_use SELECT id, %s FROM invitation LIMIT 1", id_of(sql, "eve"))
    said = Document(admin.get("/admin").text).main
    assert first == second == 200
    assert (
        "Mails 2 did not arrive in 30 days" in said
        and "Invitations 1 of 2 of eight weeks became members; 1 are open" in said
    )


def test_a_persons_page_says_when_they_are_free_and_what_the_rounds_came_to(admin: Browser, sql: Any) -> None:
    ada = plain(Document(admin.get(f"/admin/people/{id_of(sql, 'ada')}").text).main)
    assert "Hours for lunch Every Tuesday, 12:00 to 14:00" in ada
    assert "23–27 Nov: lunch" in ada and "16–20 Nov: left over gave no hours in that week" in ada
    eve = Document(admin.get(f"/admin/people/{id_of(sql, 'eve')}").text).main
    assert "None, so there is nothing to match." in eve and eve.count("left over") == 2


def test_a_round_draws_who_was_free_and_who_has_lunch_then(admin: Browser, sql: Any) -> None:
    [round] = sql("SELECT id FROM round WHERE week = '2026-11-23'")
    page = Document(admin.get(f"/admin/rounds/{round.id}").text)
    rows = rows_of(page, "People free by start and day, and in brackets who have lunch then")
    assert len(rows) == 12 and [row for row in rows if any(row[1:])] == [
        ["12:00", "", "2 (2)", "", "", ""],
        *[[start, "", "2", "", "", ""] for start in ("12:15", "12:30", "12:45", "13:00")],
    ]
    [drawing] = [e for e in page.all("svg") if e["role"] == "img"]
    bars = [e for e in page.all("rect") if drawing in e.inside]
    assert [(bar["class"], float(bar["height"])) for bar in bars] == [("s0", 120)] + [("s1", 120)] * 4
    assert "Ada" not in page.main and "Bob" not in page.main, "only who is left over is named"
    told = admin.get(f"/api/admin/rounds/{round.id}").json["hours"]
    assert {(hour["starts"], hour["free"], hour["matched"]) for hour in told if hour["matched"]} == {
        ("2026-11-24T11:00:00Z", 2, 2)
    }
    assert len(told) == 60 and sum(hour["free"] for hour in told) == 10


def test_a_round_of_which_nobody_was_free_and_one_before_hours_were_kept_say_so(admin: Browser, sql: Any) -> None:
    [round] = sql("SELECT id FROM round WHERE week = '2026-11-16'")
    assert "None of its people was free" in Document(admin.get(f"/admin/rounds/{round.id}").text).main
    sql("DELETE FROM round_hour")
    page = Document(admin.get(f"/admin/rounds/{round.id}").text)
    assert "was not kept when this round ran" in page.main and not page.all("rect")[2:]


def test_rounds_say_how_good_they_are(admin: Browser) -> None:
    assert "1 left over, the fewest possible" in plain(Document(admin.get("/admin/rounds").text).main)


def test_nobody_but_admins_reads_the_hours_and_calls_of_others_even_in_the_database(admin: Browser, sql: Any) -> None:
    from chalicelib.database import transaction

    ada = id_of(sql, "ada")

    def asked(role: str) -> int:
        def work(db: Any) -> int:
            db.run("SELECT set_config('rendezvous.roles', %(role)s, true)", role=role)
            return len(db.rows("SELECT * FROM hours_of_person(%(ada)s)", ada=ada)) + len(
                db.rows("SELECT * FROM use_of_office_hours('2026-11-01', '2026-11-30')")
            )

        return int(transaction(work))

    assert (asked("admin"), asked("member"), asked("coach")) == (1, 0, 0)


def table_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status == 200 and answer.header("content-type") == "text/csv; charset=utf-8", answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_every_list_is_a_file_too_with_all_that_is_found(admin: Browser, community: Community) -> None:
    for number in range(60):
        community.person(f"somebody.{number}")
    everybody = table_of(admin.get("/admin/lists/people"))
    assert len(everybody) == 64 and everybody[0]["username"] == "ada" and everybody[0]["second_factor"] == "no"
    assert [row["username"] for row in table_of(admin.get("/admin/lists/people?q=eve"))] == ["eve"]
    assert len(table_of(admin.get("/admin/lists/people?who=admin"))) == 1
    [lunch] = table_of(admin.get("/admin/lists/lunches?week=2026-W48"))
    assert lunch["attendees"] == "Ada approved no; Bob approved no" and lunch["starts"].endswith("+00:00")
    assert {row["left_over"] for row in table_of(admin.get("/admin/lists/rounds"))} == {"3", "1"}
    for name in csv_files.FIND:
        assert admin.get(f"/admin/lists/{name}").status == 200
        page = {"lunches": "events"}.get(name, name)
        links = [e["href"] for e in Document(admin.get(f"/admin/{page}").text).all("a")]
        found = admin.get(f"/admin/lists/{name}").text != ""
        assert any(link.startswith(f"/admin/lists/{name}?") for link in links) == found, name
    assert admin.get("/admin/lists/outbox").status == 404


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_what_somebody_typed_is_no_formula_in_a_file(name: str) -> None:
    assert csv_files.cell(name) == f"'{name}"


def test_columns_are_as_high_as_their_share_of_the_highest() -> None:
    assert charts.stacked([]) == charts.stacked([[0, 0]]) == []
    bars = charts.stacked([[2, 2], [1, 0]])
    assert [(bar.x, bar.y, bar.height, bar.series) for bar in bars] == [(0, 60, 60, 0), (0, 0, 60, 1), (163, 90, 30, 0)]
    assert (charts.share(1, 3), charts.share(5, 4), charts.share(0, 0)) == (33.3, 100.0, 0.0)
