"""Names that people give themselves: none that looks like another's by a trick of letters."""

import unicodedata
from itertools import pairwise

from chalicelib.errors import Invalid

LOOK_ALIKES = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC"})
"""Alphabets with letters that look the same (Unicode Technical Standard 39)."""
JOINERS = "\u200c\u200d"
"""Seen in Persian or Hindi by what they do to their neighbours; between Latin letters they are not seen at all."""


def refuse_look_alikes(name: str, field: str = "name") -> None:
    """Refuse a word of several alphabets that look alike, and a joiner beside a plain letter. Raises Invalid."""
    for word in name.split():
        if len({_alphabet(letter) for letter in word if letter.isalpha()} & LOOK_ALIKES) > 1:
            raise Invalid.field(field, "has a word of several alphabets, which can look like another name")
    for one, two in pairwise(name):
        if (one in JOINERS and two.isascii()) or (two in JOINERS and one.isascii()):
            raise Invalid.field(field, "has a character that cannot be seen")


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
