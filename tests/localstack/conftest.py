"""One emulated account for the whole run: everything is started, deployed, driven and ended once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.localstack import deploy
from infra.localstack.system import System
from tests.localstack.community import Community
from tests.localstack.deployed import Deployed

AT = "2026-12-03T08:00+00:00"
"""A Thursday, some hours before the week's match."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for the emulated account needs LocalStack, and the time that starting it takes."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "system" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.localstack)
            item.add_marker(pytest.mark.timeout(1200))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """LocalStack, PostgreSQL and Kafka, with nothing deployed."""
    for name in ("DATABASE_URL", "DATABASE_JOB_URL", "DATABASE_OWNER_URL", "KAFKA_BOOTSTRAP", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)
    with System(tmp_path_factory.mktemp("emulation") / "localstack") as running:
        yield running


@pytest.fixture(scope="session")
def deployed(system: System) -> Deployed:
    """The package, deployed."""
    found = Deployed(system)
    found.set_clock(AT)
    deploy.deploy(found.account)
    return found


@pytest.fixture(scope="session")
def community(deployed: Deployed) -> Community:
    """The first people, who came as people come: by an invitation in a mail."""
    return Community(deployed)
