"""``make match WEEK=2026-W48``: a round now, on the running system; prints who has lunch with whom, and the proof."""

import sys
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import clock
from chalicelib.admin.round_results import WHY, proof
from chalicelib.calendar import zones
from chalicelib.database import JOB, Database, transaction
from chalicelib.errors import UserError
from chalicelib.lunch import rounds


def match(monday: date) -> None:
    """Run that week's round at every open location, and print what came of it."""
    for location in open_locations():
        show(rounds.run(monday, location, clock.now()))


def open_locations() -> list[int]:
    """Where rounds are run."""
    return [row.id for row in transaction(lambda db: db.rows("SELECT id FROM location WHERE open ORDER BY id"), JOB)]


def show(outcome: rounds.Outcome) -> None:
    """Print a round: the lunches by day, who is left over and why, and what is proven."""
    people = [person for lunch in outcome.lunches for person in lunch.people] + list(outcome.left)
    names = transaction(lambda db: _names(db, people), JOB)
    print(f"\n  {outcome.location}: {_count(len(outcome.lunches), 'lunch', 'lunches')}")
    for lunch in sorted(outcome.lunches, key=lambda lunch: lunch.starts):
        starts = zones.local_time(lunch.starts, ZoneInfo(outcome.timezone))
        who = _listed(sorted(names[person] for person in lunch.people))
        print(f"    {starts:%a %d %b %H:%M}  {who}  ({lunch.title})")
    reasons = Counter(outcome.left.values())
    for reason in reasons:
        who = _listed(sorted(names[person] for person, why in outcome.left.items() if why == reason))
        print(f"    left over: {who}: {WHY[reason]}")
    print(f"    {proof(len(outcome.left), outcome.bound, outcome.proven)}")


def _names(db: Database, people: Iterable[UUID]) -> dict[UUID, str]:
    rows = db.rows("SELECT id, name FROM person WHERE id = ANY(%(people)s)", people=list(people))
    return {row.id: row.name for row in rows}


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _listed(names: list[Any]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


if __name__ == "__main__":
    try:
        match(zones.week_of(sys.argv[1]))
    except UserError as told:
        sys.exit(told.message)
