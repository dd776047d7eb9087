"""Passwords: hashed with argon2id (19 MiB, two passes, one lane: OWASP's first choice), outside every transaction."""

import argon2

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
