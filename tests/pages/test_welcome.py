"""The welcome: in ten seconds, what this is for, how one joins, and that nothing is tracked."""

from tests.pages.documents import Document
from tests.people import Browser


def test_a_visitor_reads_first_what_it_is_how_to_join_and_that_nothing_is_tracked(visitor: Browser) -> None:
    page = Document(visitor.get("/").text)
    before_the_rest = page.main.partition("I have an invitation")[0]
    for words in ("Lunch with somebody new", "calls with your coach", "You join by invitation", "Nothing is tracked"):
        assert words in before_the_rest


def test_both_kinds_of_people_see_a_sample_that_does_nothing(visitor: Browser) -> None:
    page = Document(visitor.get("/").text)
    samples = page.all("figure")
    assert ["Mira and Jonas" in sample.text or "10:00, booked" in sample.text for sample in samples] == [True] * 2
    assert [e for e in page.all("a", "button", "form", "input") if e.is_in("figure")] == []


def test_what_the_welcome_says_of_cookies_and_other_sites_is_so(visitor: Browser) -> None:
    answer = visitor.get("/")
    assert answer.header("set-cookie") == ""
    assert not [e for e in Document(answer.text).elements if (e["src"] or e["href"]).startswith(("http", "//"))]
