"""Doing the same thing at the same moment from many threads, each with a connection of its own, as many Lambdas would."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(many: int, do: Callable[[int], T]) -> list[T]:
    """What ``do(0)`` ... ``do(many - 1)`` return, all begun together; raises what any of them raises."""
    from chalicelib.database import disconnect

    start = threading.Barrier(many, timeout=30)

    def one(number: int) -> T:
        start.wait()
        try:
            return do(number)
        finally:
            disconnect()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))
