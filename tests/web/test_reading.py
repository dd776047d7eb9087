"""What a request carries is read as it was sent, or refused by the name of its field, in words that help."""

import re
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
import pytest

from chalicelib.errors import BadRequest, Invalid, TooLarge, UnsupportedMediaType, UserError
from chalicelib.web import field_types, parsing, validation_messages

KINDS = (parsing.JSON, parsing.FORM)


class Given(field_types.Body):
    name: field_types.Name
    many: list[field_types.Line] = []
    number: int | None = None
    day: date | None = None
    some: list[int] | None = None
    renamed: str = msgspec.field(default="", name="other")


class AtMost(field_types.Body):
    few: Annotated[list[int], msgspec.Meta(min_length=2, max_length=3)]
    text: Annotated[str, msgspec.Meta(min_length=2, max_length=3)] = "ab"
    size: Annotated[int, msgspec.Meta(ge=2, le=5)] = 2
    flag: bool = False
    id: Any = None
    choice: Any = None


def refused(kind: type[UserError], work: Any, *given: Any, **named: Any) -> Any:
    """What is told, and by which fields."""
    with pytest.raises(kind) as told:
        work(*given, **named)
    assert type(told.value) is kind
    return told.value.fields or told.value.message


# --- bodies ---


def test_a_body_is_read_by_its_kind_and_json_where_none_is_named() -> None:
    for kind, raw in [
        (parsing.JSON, '{"name": "Ada", "many": ["x", "y"]}'),
        ("", '{"name": "Ada", "many": ["x", "y"]}'),
        (" Application/JSON ; charset=utf-8; a=b", '{"name": "Ada", "many": ["x", "y"]}'),
        (parsing.FORM, "name=Ada&many=x&many=y"),
    ]:
        assert parsing.read(raw, kind, KINDS, Given) == Given(name="Ada", many=["x", "y"])
    assert parsing.read("name=Ada", "", KINDS[::-1], Given) == Given(name="Ada"), "the first that is accepted"


def test_another_kind_is_refused_with_those_that_are_not() -> None:
    told = refused(UnsupportedMediaType, parsing.read, "{}", "multipart/form-data", KINDS, Given)
    assert told == "send application/json or application/x-www-form-urlencoded"
    assert refused(UnsupportedMediaType, parsing.kind_of, parsing.FORM, (parsing.JSON,)) == "send application/json"


def test_an_empty_body_has_no_field_whatever_its_kind() -> None:
    assert refused(Invalid, parsing.read, "", "multipart/form-data", KINDS, Given) == {"name": "is missing"}
    assert parsing.read("", "", KINDS, field_types.Empty) == field_types.Empty()


def test_numbers_are_texts_in_forms_and_not_in_json() -> None:
    assert parsing.read("name=Ada&number=3&some=1&some=2", parsing.FORM, KINDS, Given).some == [1, 2]
    told = refused(Invalid, parsing.read, '{"name": "Ada", "number": "3"}', parsing.JSON, KINDS, Given)
    assert told == {"number": "is no number"}


def test_a_body_of_the_most_bytes_is_read_and_one_more_is_too_large() -> None:
    most = parsing.MAX_BYTES
    assert parsing.read_json('"' + "a" * (most - 2) + '"') == "a" * (most - 2)
    sentence = "a body has at most 65536 bytes"
    assert refused(TooLarge, parsing.read_json, '"' + "a" * (most - 1) + '"') == sentence
    half = (most - 2) // 2
    assert parsing.read_json('"' + "ä" * half + '"') == "ä" * half
    assert refused(TooLarge, parsing.read_json, '"' + "ä" * (half + 1) + '"') == sentence, "bytes, not characters"
    assert refused(TooLarge, parsing.read_json, '"' + "\ud800" * (most // 3) + '"') == sentence
    assert refused(TooLarge, parsing.read_pairs, "a=" + "b" * (most - 1)) == sentence
    assert parsing.read_pairs("a=" + "b" * (most - 2)) == [("a", "b" * (most - 2))]


# --- JSON ---


@pytest.mark.parametrize("raw", ["{", "", "nul", "{'a': 1}", "[" * 30_000, '{"a": 1} x'])
def test_what_is_no_json_is_refused(raw: str) -> None:
    assert refused(BadRequest, parsing.read_json, raw) == "this is not JSON"


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_has_not_is_named(constant: str) -> None:
    assert refused(BadRequest, parsing.read_json, f'{{"a": {constant}}}') == f"{constant} is not JSON"


def test_a_key_given_twice_is_refused_at_any_depth() -> None:
    assert refused(Invalid, parsing.read_json, '{"a": 1, "b": 2, "a": 1}') == {"a": "is given twice"}
    assert refused(Invalid, parsing.read_json, '[{"x": {"b\\n": 1, "b\\n": 2}}]') == {"b\\n": "is given twice"}
    assert parsing.read_json('{"a": {"b": 1}, "b": {"b": 2}}') == {"a": {"b": 1}, "b": {"b": 2}}


@pytest.mark.parametrize("half", ["\\ud800", "\\uD83D"])
def test_half_a_character_is_refused_by_the_field_that_has_it(half: str) -> None:
    told = "has half a character"
    assert refused(Invalid, parsing.read_json, f'{{"good": "x", "bad": "{half}"}}') == {"bad": told}
    assert refused(Invalid, parsing.read_json, f'{{"deep": ["x", {{"y": "{half}"}}]}}') == {"deep": told}
    assert refused(Invalid, parsing.read_json, f'["{half}"]') == {"body": told}
    assert list(refused(Invalid, parsing.read_json, f'{{"{half}": 1}}').values()) == [told]


def test_a_whole_pair_of_halves_is_a_character() -> None:
    assert parsing.read_json('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
    assert parsing.read_json('"\\uD83D\\uDE00"') == "\U0001f600"


# --- forms ---


def test_pairs_are_read_empty_ones_too_and_bad_utf_8_is_replaced() -> None:
    assert parsing.read_pairs("a=1&b=&c=%C3%A4&d=%ff+x") == [("a", "1"), ("b", ""), ("c", "ä"), ("d", "\ufffd x")]


@pytest.mark.parametrize("raw", ["a", "a=1&b", "&".join(["a=1"] * 201)])
def test_what_is_no_form_is_refused(raw: str) -> None:
    assert refused(BadRequest, parsing.read_pairs, raw) == "this is not a form"


def test_a_form_has_two_hundred_fields_at_most() -> None:
    assert len(parsing.read_pairs("&".join(["a=1"] * 200))) == 200


def test_a_field_given_twice_is_a_list_or_refused() -> None:
    pairs = [("many", "x"), ("name", "Ada"), ("many", "y"), ("some", "1"), ("some", "2")]
    assert parsing.form_values(pairs, Given) == {"many": ["x", "y"], "name": "Ada", "some": ["1", "2"]}
    twice = [("name", "Ada"), ("name", "Bea")]
    assert refused(Invalid, parsing.form_values, twice, Given) == {"name": "is given twice"}
    assert refused(Invalid, parsing.form_values, [("\x00", "")] * 2, Given) == {"\\x00": "is given twice"}
    assert parsing.typed([*pairs, ("name", "Bea")], Given) == {"many": ["x", "y"], "name": "Bea", "some": ["1", "2"]}


def test_what_a_browser_leaves_empty_is_absent_where_it_may_be() -> None:
    assert parsing.read_form([("name", "Ada"), ("number", ""), ("day", "")], Given) == Given(name="Ada")
    assert list(refused(Invalid, parsing.read_form, [("name", "")], Given)) == ["name"]
    assert parsing.read_form([("name", "Ada"), ("number", "0")], Given).number == 0
    assert parsing.read_form([("name", "Ada"), ("many", "x"), ("many", "y")], Given).many == ["x", "y"]


def test_every_wrong_field_of_a_form_is_named_not_only_the_first() -> None:
    pairs = [("name", ""), ("number", "x"), ("day", "yesterday"), ("other", "fine")]
    assert refused(Invalid, parsing.read_form, pairs, Given) == {
        "name": "is missing",
        "number": "is no number",
        "day": "is no date we can read, such as 2026-11-24",
    }
    assert refused(Invalid, parsing.read_form, [("number", "3")], Given) == {"name": "is missing"}
    assert refused(Invalid, parsing.read_form, [("name", "Ada"), ("nonsense", "1")], Given) == {
        "nonsense": "is not known here"
    }
    with pytest.raises(Invalid) as told:
        parsing.read_form([("name", "")], Given)
    assert told.value.message == "name: is missing"


class Two(field_types.Body):
    one: field_types.Name
    other: field_types.Name


def test_every_missing_field_of_a_form_is_named() -> None:
    assert refused(Invalid, parsing.read_form, [], Two) == {"one": "is missing", "other": "is missing"}


def test_lists_are_told_from_other_fields() -> None:
    assert parsing.list_fields(Given) == {"many", "some"}


# --- in words ---


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"few": [1]}, {"few": "needs at least 2 entries"}),
        ({"few": [1] * 4}, {"few": "can have at most 3 entries"}),
        ({"few": 1}, {"few": "must be a list"}),
        ({"few": [1, "x"]}, {"few[1]": "is no number"}),
        ({"few": [1, 2], "text": "a"}, {"text": "needs at least 2 characters"}),
        ({"few": [1, 2], "text": "abcd"}, {"text": "can have at most 3 characters"}),
        ({"few": [1, 2], "text": 1}, {"text": "must be a text"}),
        ({"few": [1, 2], "size": 1}, {"size": "must be at least 2"}),
        ({"few": [1, 2], "size": 6}, {"size": "must be at most 5"}),
        ({"few": [1, 2], "flag": 1}, {"flag": "must be true or false"}),
        ({"few": [1, 2], "b\nad": 1}, {"b\\nad": "is not known here"}),
        ([], {"body": "must be an object"}),
        ({}, {"few": "is missing"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words_by_the_fields_name(given: Any, told: dict[str, str]) -> None:
    assert refused(Invalid, parsing.checked, given, AtMost) == told


def test_an_unknown_sentence_is_passed_on_with_the_path_of_its_field() -> None:
    assert validation_messages.invalid("Odd - at `$.few[0].x`").fields == {"few[0].x": "Odd"}
    assert validation_messages.invalid("Odd - at `$[...]`").fields == {"body": "Odd"}
    assert validation_messages.invalid("Odd").fields == {"body": "Odd"}
    assert validation_messages.invalid("Object missing required field `b` - at `$.a`").fields == {"a.b": "is missing"}
    assert validation_messages.invalid("Two\nlines - at `$.a`").fields == {"a": "Two\\nlines"}


def test_a_pattern_has_its_own_words_or_the_general_ones() -> None:
    def said(pattern: str) -> dict[str, str]:
        return validation_messages.invalid(f"Expected `str` matching regex {pattern!r} - at `$.a`").fields

    pattern = r"^[0-9]{4}-W[0-9]{2}\Z"
    assert said(pattern) == {"a": "is no week we can read, such as 2026-W48"}
    assert said("^unknown$") == {"a": "has characters that cannot be used here"}


def test_what_is_said_back_is_printable_and_short() -> None:
    assert validation_messages.printable("Zoë") == "Zoë"
    assert validation_messages.printable("it's \\ fine") == "it's \\ fine"
    assert validation_messages.printable("a\nb\x00'") == "a\\nb\\x00'"
    assert validation_messages.printable("x" * 201) == "x" * 200
    assert validation_messages.printable("x" * 200) == "x" * 200


# --- field types ---


def test_words_for_a_pattern_are_kept_with_its_lengths() -> None:
    meta = field_types.matching(r"^tested\Z", "is none", min_length=2, max_length=9)
    assert (meta.pattern, meta.min_length, meta.max_length) == (r"^tested\Z", 2, 9)
    assert field_types.SENTENCES.pop(r"^tested\Z") == "is none"
    assert field_types.matching(r"^tested\Z", "").max_length is None
    del field_types.SENTENCES[r"^tested\Z"]


def test_wall_times_are_read_to_the_minute() -> None:
    assert field_types.wall_time("2026-11-24T11:30", "start") == datetime(2026, 11, 24, 11, 30)
    assert refused(Invalid, field_types.wall_time, "2026-02-30T11:30", "start") == {"start": "is no time there is"}
    assert field_types.wall_time_of(date(2026, 11, 24), "9:05") == datetime(2026, 11, 24, 9, 5)
    assert field_types.wall_time_of(date(2026, 11, 24), "23:59:00") == datetime(2026, 11, 24, 23, 59)


def test_keys_of_forms_are_texts_and_those_of_json_what_they_are() -> None:
    assert field_types.convert({"1": "2"}, dict[int, int], texts=True) == {1: 2}
    with pytest.raises(msgspec.ValidationError):
        field_types.convert({"1": "2"}, dict[int, int])


def test_every_sentence_is_about_a_pattern_that_can_be_read() -> None:
    for pattern, words in field_types.SENTENCES.items():
        assert re.compile(pattern) and words and words[0].islower()
