"""What holds for every form: nothing typed is lost, what is wrong is said where it is, nothing is done twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.pages.documents import Document
from tests.people import PASSWORD, Answer, Browser


def send(browser: Browser, path: str, typed: dict[str, Any], *, page: str = "") -> Answer:
    """Fill in the form that stands on the page and posts to the path."""
    given = Document(browser.get(page or path).text).form(path)
    return browser.post(path, given | typed, kind="form")


FORMS = {
    "/availability/weekly": {"days": "Monday", "start": "11:00", "end": "13:00"},
    "/availability/once": {"day": "2026-11-24", "start": "11:00", "end": "13:00"},
    "/invitations": {"to": "bob@example.org"},
}


def test_a_form_without_its_token_changes_nothing_and_keeps_what_was_typed(
    community: Any, sql: Any, clock: Any
) -> None:
    clock.set("2026-11-19T12:00Z")
    ada = community.member("ada")
    for path, typed in FORMS.items():
        for token in ({}, {"csrf": "0" * 32}):
            answer = ada.post(path, typed | token, kind="form")
            assert answer.status == 403
            page = Document(answer.text)
            assert "send it again" in page.alert
            for name, value in typed.items():
                assert value in (page.value(name), *page.ticked(name))
    assert sql("SELECT (SELECT count(*) FROM availability) + (SELECT count(*) FROM invitation) AS n")[0].n == 0


def test_a_form_is_answered_by_a_redirect(community: Any, clock: Any) -> None:
    clock.set("2026-11-19T12:00Z")
    ada = community.member("ada")
    for path, typed in FORMS.items():
        answer = send(ada, path, typed)
        assert answer.status == 303, answer.text
        assert answer.header("location").startswith("/")


def test_a_session_that_ended_meanwhile_leads_to_the_login(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    sql("DELETE FROM session")
    answer = ada.post("/invitations", {"csrf": "x"}, kind="form")
    assert (answer.status, answer.header("location")) == (303, "/login?next=/invitations")


def test_everything_that_is_wrong_is_said_at_once_at_its_field_and_in_the_summary(visitor: Browser) -> None:
    typed = {
        "invitation_code": "abcd-efgh",
        "username": "a b",
        "password": "short",
        "name": "Ada <Lovelace>",
        "email": "ada",
        "timezone": "Europe/Berlin",
    }
    answer = send(visitor, "/Register", typed)
    page = Document(answer.text)
    assert answer.status == 422
    for name, words in {
        "username": "Username has other characters than letters, digits, . _ and -",
        "password": "Password needs at least 8 characters",
        "email": "E-mail is no e-mail address",
    }.items():
        element = page.one("div", id=f"{name}-error")
        assert element.text == words + "."
        input = page.one("input", id=name)
        assert input["aria-invalid"] == "true" and f"{name}-error" in input["aria-describedby"]
        assert page.one("a", href=f"#{name}").text == words
        assert page.value(name) == ("" if name == "password" else typed[name])
    assert page.value("name") == "Ada <Lovelace>"
    assert page.value("timezone") == "Europe/Berlin"
    assert page.one("title").text.startswith("Error: ")


def test_several_ticks_are_kept_and_so_is_an_answer_that_is_too_long(visitor: Browser, community: Any) -> None:
    typed = {"name": "x" * 101, "refuses": ["Thai", "Soup"], "location": "Harbour"}
    page = Document(send(visitor, "/Register", typed).text)
    assert page.value("name") == "x" * 101
    assert sorted(page.ticked("refuses")) == ["Soup", "Thai"]
    assert page.value("location") == "Harbour"
    assert "Your name can have at most 100 characters" in page.alert
    assert "Username is missing" in page.alert


def test_a_password_is_never_shown_again(visitor: Browser) -> None:
    for path in ("/login", "/Register", "/forgotten/reset"):
        answer = send(visitor, path, {"password": "secret horse", "username": "ada"})
        assert answer.status in (401, 422)
        assert "secret horse" not in answer.text


def test_a_button_pressed_twice_does_it_once(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    given = Document(ada.get("/invitations").text).form("/invitations")
    first, second = (ada.post("/invitations", given | {"to": ""}, kind="form") for _ in range(2))
    assert first.status == second.status == 303
    assert first.header("location") == second.header("location")
    assert sql("SELECT count(*) AS n FROM invitation")[0].n == 1


def test_a_button_pressed_twice_at_once_does_it_once(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    given = Document(ada.get("/invitations").text).form("/invitations")

    def press(_: int) -> Answer:
        from chalicelib.database import disconnect

        try:
            return Browser(ada.cookie).post("/invitations", given, kind="form")
        finally:
            disconnect()

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(press, range(4)))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.header("location") for answer in answers}) == 1
    assert sql("SELECT count(*) AS n FROM invitation")[0].n == 1


def test_the_same_form_opened_twice_is_two(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    for _ in range(2):
        assert send(ada, "/invitations", {"to": ""}).status == 303
    assert sql("SELECT count(*) AS n FROM invitation")[0].n == 2


def test_a_form_corrected_after_it_was_refused_is_carried_out(community: Any, clock: Any) -> None:
    clock.set("2026-11-19T12:00Z")
    ada = community.member("ada")
    typed = {"day": "2026-11-24", "start": "13:00", "end": "13:00"}
    refused = send(ada, "/availability/once", typed)
    page = Document(refused.text)
    assert refused.status == 422 and "End must not be the start" in page.alert
    again = ada.post("/availability/once", page.form("/availability/once") | typed | {"end": "14:00"}, kind="form")
    assert again.status == 303


def test_an_unknown_field_is_refused_by_its_name(community: Any) -> None:
    answer = send(community.member("ada"), "/invitations", {"role": "admin"})
    assert answer.status == 422 and "role is not known here" in Document(answer.text).alert


def test_a_time_that_is_none_is_shown_as_it_was_typed(community: Any) -> None:
    ada = community.member("ada")
    for end in ("25:00", "12", "noon", "24:00"):
        answer = send(ada, "/availability/once", {"day": "24.11.2026", "start": "9:30", "end": end})
        page = Document(answer.text)
        assert answer.status == 422
        assert (page.value("day"), page.value("start"), page.value("end")) == ("24.11.2026", "9:30", end)
        # A browser would not show it in a field of its own for dates and times.
        assert {page.one("input", id=id)["type"] for id in ("day", "start", "end")} == {"text"}


def test_what_was_typed_cannot_break_out_of_the_page(visitor: Browser) -> None:
    nasty = "\"><script>alert(1)</script>'&amp;"
    answer = send(visitor, "/login", {"username": nasty, "password": PASSWORD, "next": nasty})
    assert Document(answer.text).value("username") == nasty
    assert "<script>alert" not in answer.text
