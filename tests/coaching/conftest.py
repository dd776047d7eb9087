"""A practice, at a fixed time."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.coaching.practice import NOW, Practice


@pytest.fixture
def practice(community: Any, clock: Any, sql: Callable[..., list[Any]]) -> Practice:
    clock.set(NOW)
    return Practice(community, sql)
