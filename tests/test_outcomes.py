"""What SQL functions answer in words is what Python waits for: a word that one side alone knows is a KeyError to who books."""

import re
from typing import Any, get_args

from chalicelib.accounts import joining
from chalicelib.coaching import outcomes
from tests.test_schema import OURS, catalog_of

KNOWN = {
    "book_calls": outcomes.Outcome,
    "move_call": outcomes.Outcome,
    "cancel_call": outcomes.Outcome,
    "hand_over_call": outcomes.Outcome,
    "enrol": joining.Outcome,
}
"""SQL function -> the words of its answer in Python."""
ANSWERED = re.compile(r"RETURN '(\w+)'|outcome := '(\w+)'|outcome := CASE (.*?) END", re.S)


def answered(server: Any) -> dict[str, set[str]]:
    """The words that each function answers, by its source."""
    sources = (
        f"SELECT proname, prosrc FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND {OURS.format('p.oid')}"
    )
    found: dict[str, set[str]] = {}
    connection = server.url_of("template_of_tests")
    for name, source in catalog_of(connection, sources):
        for one, other, cases in ANSWERED.findall(source):
            found.setdefault(name, set()).update(re.findall(r"THEN '(\w+)'", cases) if cases else {one or other})
    return found


def test_the_database_and_python_know_the_same_outcomes(server: Any) -> None:
    there = answered(server)
    assert set(there) == set(KNOWN), "give its words a Literal, and name it here"
    for words in set(KNOWN.values()):
        of_these = set().union(*(there[name] for name, known in KNOWN.items() if known == words))
        assert of_these == set(get_args(words))


def test_every_outcome_that_refuses_a_call_has_its_sentence() -> None:
    done = {"booked", "moved", "cancelled_now", "handed_over"}
    assert set(outcomes.SENTENCES) == set(get_args(outcomes.Outcome)) - done - {"not_there"}
    assert len(set(outcomes.SENTENCES.values())) == len(outcomes.SENTENCES)
