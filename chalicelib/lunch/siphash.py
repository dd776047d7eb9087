"""SipHash-2-4 (Aumasson and Bernstein 2012): a pseudo-random function for short messages."""

from collections.abc import Sequence

_WORD = (1 << 64) - 1


def siphash(key: int, other_key: int, words: Sequence[int]) -> int:
    """SipHash-2-4 of whole words of 8 bytes, little-endian, under a key of two such words."""
    a, b = key ^ 0x736F6D6570736575, other_key ^ 0x646F72616E646F6D
    c, d = key ^ 0x6C7967656E657261, other_key ^ 0x7465646279746573
    for word in (*words, len(words) * 8 % 256 << 56):
        a, b, c, d = _rounds(2, a, b, c, d ^ word)
        a ^= word
    a, b, c, d = _rounds(4, a, b, c ^ 0xFF, d)
    return a ^ b ^ c ^ d


def _rounds(many: int, a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
    for _ in range(many):
        a = a + b & _WORD
        b = (b << 13 & _WORD | b >> 51) ^ a
        a = a << 32 & _WORD | a >> 32
        c = c + d & _WORD
        d = (d << 16 & _WORD | d >> 48) ^ c
        a = a + d & _WORD
        d = (d << 21 & _WORD | d >> 43) ^ a
        c = c + b & _WORD
        b = (b << 17 & _WORD | b >> 47) ^ c
        c = c << 32 & _WORD | c >> 32
    return a, b, c, d
