"""What pages, mails and calendars say suits who reads it: their side of a call, their words, their days."""

import pytest

from tests.coaching.practice import Practice, book
from tests.pages.documents import Document
from tests.people import PASSWORD, Answer

PAST = "2026-11-25T10:00:00+01:00"


def said(answer: Answer) -> str:
    """The words of a page."""
    assert answer.status == 200, answer.text
    return Document(answer.text).main


@pytest.mark.parametrize(("gone", "left"), [("ada", "carla"), ("carla", "ada")])
def test_who_has_left_is_a_former_member_in_the_week_of_the_other(
    practice: Practice, clock: object, gone: str, left: str
) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    assert book(ada, "carla", PAST).status == 201
    clock.set("2026-11-25T12:00Z")  # type: ignore[attr-defined]
    assert practice.browsers[gone].ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    for path in ("/appointments?from=2026-W48", "/coach?week=2026-W48")[: 2 if left == "carla" else 1]:
        page = practice.browsers[left].get(path)
        assert page.text.count("call with ") == page.text.count("call with a former member") > 0, path
