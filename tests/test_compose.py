"""The services for people with Docker: the file is a Compose file, and opens nothing to the network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

COMPOSE = Path(__file__).parent.parent / "docker-compose.localstack.yml"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """Asks the Compose specification's own schema, which the validator carries with it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_is_a_compose_file() -> None:
    ended = validate(COMPOSE)
    assert ended.returncode == 0, ended.stdout


def test_a_misspelled_setting_is_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "compose.yml"
    broken.write_text(COMPOSE.read_text().replace("healthcheck:", "healtcheck:", 1))
    assert validate(broken).returncode != 0


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_listens_on_loopback_alone(name: str) -> None:
    ports = SERVICES[name]["ports"]
    assert ports
    assert [port for port in ports if not re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+", port)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_and_says_when_it_is_ready(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v?\d+(\.\d+)*", SERVICES[name]["image"])
    assert SERVICES[name]["healthcheck"]["test"]
