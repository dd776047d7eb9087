"""Every kind of text by which something is called: it can be seen, and is not another's by a trick of letters."""

import sys
import unicodedata
from typing import Any

import msgspec
import pytest

from chalicelib.web.field_types import FoodName, Name, Reason, convert
from tests.people import PASSWORD, Browser, Community

FILLERS = "\u115f\u1160\u3164\uffa0\u2800"
"""Letters and a symbol that show nothing."""
UNSEEN = [
    chr(point)
    for point in range(sys.maxunicode + 1)
    if unicodedata.category(chr(point)) in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me")
    or chr(point) in FILLERS
    or (
        unicodedata.category(chr(point)) == "Co" and (point % 997 == 0 or point & 0xFFFE in (0xFFFC, 0, 0xE000, 0xF8FE))
    )
]
"""Every code point that shows nothing by itself; of the 137,000 that are nobody's, the edges and each 997th."""


def taken(text: str, kind: Any) -> bool:
    try:
        convert(text, kind)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False
    return True


@pytest.mark.parametrize("kind", [Name, FoodName, Reason])
def test_nothing_is_called_by_what_cannot_be_seen(kind: Any) -> None:
    assert len(UNSEEN) > 2000
    assert [hex(ord(one)) for one in UNSEEN if taken(one, kind) or taken(one * 3, kind)] == []


@pytest.mark.parametrize("kind", [Name, FoodName, Reason])
@pytest.mark.parametrize("text", ["-", "...", "!?", "\u2764\ufe0f", "_", "- -", " ", ""])
def test_a_name_has_a_letter_or_a_digit(kind: Any, text: str) -> None:
    assert not taken(text, kind)


@pytest.mark.parametrize("kind", [Name, FoodName, Reason])
@pytest.mark.parametrize(
    "text",
    [
        "Ada",
        "7",
        "\u674e",
        "\u0663",
        "\u00c9lodie",
        "O'Neil-Smith (Jr.)",
        "\u2764\ufe0f soup",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "e\u0301",
    ],
)
def test_names_of_every_script_are_taken(kind: Any, text: str) -> None:
    assert taken(text, kind)


@pytest.mark.parametrize("unseen", ["\u200b", "\u3164", "\u2800", "\u00ad", "\u2060", "\u034f", "\u200e", "\U000e0041"])
def test_what_cannot_be_seen_makes_no_other_name_of_one(unseen: str) -> None:
    assert not taken(f"A{unseen}da", Name)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("P\u0430ypal", 422), ("\u0391da", 422), ("A\u200dda", 422), ("Ada\u200c", 422),
        ("\u0410\u0434\u0430 Lovelace", 200), ("\u674e Ada", 200), ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", 200),
    ],
)  # fmt: skip
def test_a_word_is_of_one_alphabet(community: Community, name: str, status: int) -> None:
    ada = community.member("ada")
    answer = ada.ask("PATCH", "/api/me", {"name": name})
    assert answer.status == status, answer.text
    code = ada.post("/InvitationCode/Create/").json["invitation_code"]
    body = {"username": "new", "password": PASSWORD, "name": name, "email": "new@example.org", "timezone": "UTC"}
    assert Browser().post("/Enrollment/Create/", body | {"invitation_code": code}).status == status


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/api/me", {"name": "\u3164"}, "name"),
        ("POST", "/api/me/tokens", {"name": "\u2800", "password": PASSWORD}, "name"),
        ("POST", "/api/admin/locations", {"name": "\u200b", "timezone": "UTC"}, "name"),
        ("POST", "/api/admin/food-types", {"name": "\u00ad"}, "name"),
        ("PUT", "/api/admin/people/{person}/ban", {"why": "\u3164"}, "why"),
    ],
)
def test_each_is_refused_with_its_field(community: Community, method: str, path: str, body: Any, field: str) -> None:
    person = community.person("ada")
    answer = community.admin("root").ask(method, path.format(person=person), body)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field), answer.text
