"""A field that cannot be read is told in words for people, and with an example of its own kind."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from chalicelib.web.validation_messages import invalid


def told(kind: Any, given: Any) -> str:
    """What is said of the value ``given`` where ``kind`` was expected."""
    shape = msgspec.defstruct("Shape", [("field", kind)])
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"field": given}, shape)
    return sentence(str(refused.value))


def sentence(refused: str) -> str:
    [(field, said)] = invalid(refused).fields.items()
    assert field in ("field", "field[0]", "field[1]")
    return said


@pytest.mark.parametrize("given", ["tomorrow", "2026-11-25", "2026-11-25T12:00", 7, []])
def test_an_instant_is_asked_for_with_its_offset(given: Any) -> None:
    assert told(datetime, given) == "is no date and time we can read, such as 2026-11-24T12:00:00+01:00"


@pytest.mark.parametrize("given", ["tomorrow", "2026-02-30", "2026-11-25T12:00:00Z", 7, None])
def test_a_day_is_asked_for_as_one(given: Any) -> None:
    assert told(date, given) == "is no date we can read, such as 2026-11-24"


@pytest.mark.parametrize("given", ["noon", "25:00:00", 7])
def test_a_time_of_day_is_asked_for_as_one(given: Any) -> None:
    assert told(time, given) == "is no time of day we can read, such as 12:00:00"


KINDS = {
    "text": str,
    "short text": Annotated[str, Meta(min_length=2, max_length=3)],
    "number": int,
    "small number": Annotated[int, Meta(ge=1, le=3)],
    "truth": bool,
    "id": UUID,
    "list": list[str],
    "few": Annotated[list[int], Meta(min_length=1, max_length=2)],
    "object": dict[str, int],
    "choice": Literal["yes", "no"],
    "day or none": date | None,
    "instant or none": datetime | None,
    "number or none": int | None,
}
VALUES = (None, True, 7, 0.5, "", "x", "xxxx", [], [1, 2, 3], ["x", 7], {}, {"a": "b"})


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_nothing_is_told_in_the_words_of_the_parser(kind: Any) -> None:
    for given in VALUES:
        try:
            msgspec.convert({"field": given}, msgspec.defstruct("Shape", [("field", kind)]))
        except msgspec.ValidationError as refused:
            said = sentence(str(refused))
            assert "`" not in said and "xpected" not in said, (given, str(refused))
