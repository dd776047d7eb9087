"""Passwords: hashed with argon2id (19 MiB, two passes, one lane: OWASP's first choice), outside every transaction."""

from functools import cache

import argon2

from chalicelib.errors import Invalid

MOST_USED = 3000
"""How many of the most used passwords, of those long enough to be taken at all, are refused (NIST SP 800-63B, 3.1.1.2)."""
SHORTEST = 8

_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$SRQCKYMuZYKtxcEuxepJFw$nzye/C3itK8TBi9VdGOMK+ax7cB8dFDwmLsuL0dzyAQ"
"""Checked in place of an account that does not exist, so that the time it takes tells nothing."""


def hash(password: str) -> str:
    """The hash to keep; 26 ms and 19 MiB on purpose."""
    return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


def verify(kept: str | None, password: str) -> bool:
    """Whether the password is the one kept; takes as long where there is none."""
    try:
        _HASHER.verify(kept or _NOBODY, password.encode("utf-8", "surrogatepass"))
    except argon2.exceptions.VerificationError:
        return False
    return kept is not None


def refuse_guessable(password: str, username: str, email: str) -> None:
    """Refuse what is tried first: the owner's own names, and the most used passwords, in capitals or not.

    Raises Invalid naming ``password``.
    """
    plain = password.strip().lower()
    if plain in (username.lower(), email.lower()):
        raise Invalid.field("password", "must not be your username or e-mail address")
    if plain in _most_used():
        raise Invalid.field("password", "is one of the most used ones, which are tried first")


@cache
def _most_used() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # a tenth of a second, for whoever chooses a password alone

    long_enough = (one for one in FREQUENCY_LISTS["passwords"] if len(one) >= SHORTEST)
    return frozenset(one for one, _ in zip(long_enough, range(MOST_USED), strict=False))
