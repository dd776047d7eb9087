"""What the commands say where they cannot do what they are asked; this needs no LocalStack."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from infra import fresh_package
from infra.localstack import deploy
from infra.localstack.system import Account

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]


def told(folder: Path, *words: str, **variables: str) -> tuple[int, str]:
    """The status of a command, and the last line that it printed."""
    given = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "infra.localstack", *words]
    ended = subprocess.run(
        command, cwd=ROOT, env=given | {"DATA": str(folder)} | variables, capture_output=True, text=True
    )
    return ended.returncode, (ended.stdout + ended.stderr).strip().splitlines()[-1]


def test_an_admin_is_invited_only_to_what_is_deployed(tmp_path: Path) -> None:
    assert told(tmp_path, "admin", "ada@example.org") == (1, "Nothing is deployed: make deploy-local")


@pytest.mark.parametrize("port", ["http", "70000", "-1"])
def test_a_port_that_is_none_is_named(tmp_path: Path, port: str) -> None:
    status, said = told(tmp_path, "start", LOCALSTACK_PORT=port)
    assert status == 1 and said.startswith(f"LOCALSTACK_PORT={port} is no port")


def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, said = told(tmp_path, "deploy", LOCALSTACK_PORT=str(port))
    assert status == 1 and said.startswith(f"Port {port} is taken")


def test_an_unknown_command_is_answered_by_those_that_there_are(tmp_path: Path) -> None:
    status, said = told(tmp_path, "begin")
    assert status == 2 and "admin EMAIL" in said


def test_the_package_is_built_anew_when_anything_that_goes_into_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("app.py", "chalicelib/lunch.py", "sql/migrations/1.sql", ".chalice/config.json", "infra/package.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(fresh_package, "ROOT", tmp_path)
    before = fresh_package.digest(fresh_package.sources())
    (tmp_path / "chalicelib" / "lunch.cpython-313-x86_64-linux-gnu.so").write_text("built")
    assert fresh_package.digest(fresh_package.sources()) == before
    (tmp_path / "chalicelib" / "lunch.py").write_text("changed")
    changed = fresh_package.digest(fresh_package.sources())
    assert changed != before
    (tmp_path / "chalicelib" / "lunch.py").rename(tmp_path / "chalicelib" / "dinner.py")
    assert fresh_package.digest(fresh_package.sources()) not in (before, changed)
    (tmp_path / "chalicelib" / "dinner.py").unlink()
    assert fresh_package.digest(fresh_package.sources()) not in (before, changed)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """An account that moto pretends, at the address of Secrets Manager."""
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "eu-central-1"}
    endpoint = {"AWS_ENDPOINT_URL": "https://secretsmanager.eu-central-1.amazonaws.com"}
    (tmp_path / "secrets.json").write_text('{"links": ["ab"]}')
    with mock_aws():
        yield Account(str(tmp_path), 4566, keys | endpoint, "postgresql://127.0.0.1/none", "127.0.0.1:9092", 0)


def test_without_terraform_the_places_of_secrets_are_made_all_the_same_and_that_is_said(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    for _ in range(2):
        deploy.apply_terraform(account, {})
    assert capsys.readouterr().out.count("Terraform is not installed: version 1.11 or later is needed.") == 2
    names = [one["Name"] for one in account.client("secretsmanager").list_secrets()["SecretList"]]
    assert sorted(names) == sorted(deploy.SECRETS)


def test_keys_that_were_rotated_stay_when_it_is_deployed_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    deploy.apply_terraform(account, {})
    client = account.client("secretsmanager")
    deploy.fill_secrets(account)
    assert client.get_secret_value(SecretId=deploy.SECRET)["SecretString"] == account.secrets_file.read_text()
    client.put_secret_value(SecretId=deploy.SECRET, SecretString="rotated")
    deploy.fill_secrets(account)
    assert client.get_secret_value(SecretId=deploy.SECRET)["SecretString"] == "rotated"
