"""What the tests of accounts share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.people import Community
from tests.state import serving, shared_community


@pytest.fixture(scope="module")
def _shared(server: Any) -> Iterator[tuple[str, Community]]:
    with shared_community(server, "accounts") as shared:
        yield shared


@pytest.fixture
def one_community(_shared: tuple[str, Community]) -> Iterator[Community]:
    """A community that a whole file shares, for requests that change nothing."""
    url, community = _shared
    with serving(url):
        yield community
