# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Lots to draw: the same ones for the same seed, on every machine."""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

COMPILED: bool = cython.compiled

# SplitMix64's numbers; without a declared type they would be Python's, and slow.
GOLDEN = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
ONE_FACTOR = cython.declare(cython.ulonglong, 0xBF58476D1CE4E5B9)
OTHER_FACTOR = cython.declare(cython.ulonglong, 0x94D049BB133111EB)
WORD = cython.declare(cython.ulonglong, (1 << 64) - 1)


@cython.final
@cython.cclass
class Lots:
    """A row of numbers that begins anew where `state` is set (SplitMix64, Steele et al. 2014)."""

    state: cython.ulonglong

    def __init__(self) -> None:
        self.state = 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def draw(self, below: cython.int) -> cython.int:
        """A number from 0 to below - 1."""
        x: cython.ulonglong
        self.state = (self.state + GOLDEN) & WORD
        x = self.state
        x = ((x ^ (x >> 30)) * ONE_FACTOR) & WORD
        x = ((x ^ (x >> 27)) * OTHER_FACTOR) & WORD
        return ((x ^ (x >> 31)) >> 33) % below
