"""The page on which one reviews the lunches one was at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.lunch import reviews
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Lines
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

Answer = Annotated[str, Meta(pattern=r"^([01] [a-z0-9-]{1,100})?\Z")]
"""``1`` for yes, ``0`` for no, and the slug of whom it is about: as long for a "yes" as for a "no"; '' for none."""


class Done(Body):
    done: UUID | None = None


class GiveReview(Body):
    """``company_1`` is the answer about the first of the people, and so on: a lunch has at most eight."""

    company_1: Answer = ""
    company_2: Answer = ""
    company_3: Answer = ""
    company_4: Answer = ""
    company_5: Answer = ""
    company_6: Answer = ""
    company_7: Answer = ""
    description: Lines = ""

    def answers(self) -> list[str]:
        """What was answered, person by person; '' where nothing was."""
        return [getattr(self, f"company_{number}") for number in range(1, 8)]


@routes.page("/Review")
def review(db: Database, caller: Caller, query: Done, form: Form, now: datetime) -> Page:
    """The lunches that wait for one's review, a form each; what is kept of it is said first."""
    awaited = [(lunch, reviews.read(db, caller, lunch.id)["people"]) for lunch in reviews.awaited(db, caller, now)]
    given = reviews.given(db, caller, query.done) if query.done else None
    return page(
        "lunch/review.html",
        awaited=awaited,
        given=given,
        company=reviews.read(db, caller, given.id)["people"] if given else [],
        longest=reviews.LONGEST,
    )


# Nothing is kept of what was sent: a digest of it would tell a "yes" from a "no" to who can guess the rest.
@routes.form("/Review/{id}", shows=review, remembered=False)
def give(db: Database, caller: Caller, id: UUID, body: GiveReview, now: datetime) -> Redirect:
    enjoyed = _answers(reviews.read(db, caller, id)["people"], body.answers())
    reviews.give(db, caller, id, enjoyed, body.description, now)
    return Redirect(f"/Review?done={id}")


def _answers(people: list[reviews.Companion], answers: list[str]) -> Mapping[str, bool]:
    """Slug -> answer. Raises Invalid naming whom nothing was said about."""
    enjoyed = {slug: digit == "1" for digit, _, slug in (answer.partition(" ") for answer in answers if answer)}
    missing = {
        f"company_{number}": "is not answered yet"
        for number, person in enumerate(people, 1)
        if person["slug"] not in enjoyed
    }
    if missing:
        raise Invalid("Say of everybody whether you enjoyed their company", fields=missing)
    return enjoyed
