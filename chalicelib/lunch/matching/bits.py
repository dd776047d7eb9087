"""Two questions about masks; compiled modules take the same from bits.pxd as single instructions."""

from __future__ import annotations


def lowest(mask: int) -> int:
    """The number of the lowest bit set (the mask is not 0)."""
    return (mask & -mask).bit_length() - 1


def count(mask: int) -> int:
    """How many bits are set."""
    return mask.bit_count()
