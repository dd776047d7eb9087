"""What the matcher's source asks of Cython when it runs uncompiled and Cython is not installed: nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

compiled = False
int = uchar = longlong = ulonglong = None


def cclass(thing: T) -> T:
    """Compiled, the class becomes a C structure; here it stays as it is."""
    return thing


cfunc = final = cclass


def exceptval(*_: object, **__: object) -> Callable[[T], T]:
    """Compiled, it says how a C function tells of an exception; here exceptions need no help."""
    return cclass


def declare(_: object, value: T) -> T:
    """Compiled, the value is a C variable; here it is what it is."""
    return value
