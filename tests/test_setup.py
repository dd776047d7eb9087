"""Set-up on machines that are not as ours: what a newcomer reads when there is no Python to work with."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with what every system has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("cksum", "date", "dirname", "grep", "head", "rm", "sed"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def set_up(tools: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    shell = shutil.which("sh")
    assert shell
    environment = {"PATH": str(tools), "HOME": str(tools.parent), "VENV": str(tools.parent / "venv"), **variables}
    command = [shell, "infra/setup.sh", "requirements-dev.txt"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def installed_before(tools: Path) -> None:
    """A virtual environment that holds what the lock file asks for."""
    (tools.parent / "venv" / "bin").mkdir(parents=True)
    (tools.parent / "venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = subprocess.check_output(["cksum", "requirements-dev.txt"], cwd=ROOT, text=True)
    (tools.parent / "venv" / "installed").write_text(stamp)


def test_without_any_python_one_sentence_says_what_to_do(tools: Path) -> None:
    ended = set_up(tools)
    assert ended.returncode == 1
    assert ended.stderr.startswith("No working Python 3.11, 3.12 or 3.13 was found: install one")
    assert len(ended.stderr.splitlines()) == 1


def test_a_python_that_only_prints_an_error_is_no_python(tools: Path) -> None:
    executable(tools / "python3", "#!/bin/sh\necho 'pyenv: python3: command not found' >&2\nexit 127\n")
    assert set_up(tools).stderr.startswith("No working Python")


def test_a_python_that_was_named_and_does_not_work_is_not_replaced_by_another(tools: Path) -> None:
    (tools / "python3").symlink_to(sys.executable)
    ended = set_up(tools, PYTHON="/nowhere/python3")
    assert ended.returncode == 1
    assert ended.stderr.startswith("/nowhere/python3 is not a working Python 3.11, 3.12 or 3.13")


def test_lambdas_python_is_not_replaced_by_another(tools: Path) -> None:
    (tools / "python3").symlink_to(sys.executable)
    assert set_up(tools, WANTED="3.10").stderr.startswith("No working Python 3.10 was found")


def test_a_python_without_venv_is_told_what_it_lacks(tools: Path) -> None:
    bare = tools.parent / "bare"
    bare.mkdir()
    (bare / "ensurepip.py").write_text("raise ImportError")
    (tools / "python3").symlink_to(sys.executable)
    ended = set_up(tools, PYTHONPATH=str(bare))
    assert ended.returncode == 1
    assert "cannot make virtual environments: install its venv module" in ended.stderr


def test_what_is_installed_is_left_alone(tools: Path) -> None:
    installed_before(tools)
    ended = set_up(tools)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_an_environment_whose_python_has_gone_is_made_anew(tools: Path) -> None:
    installed_before(tools)
    (tools.parent / "venv" / "bin" / "python").unlink()
    (tools.parent / "venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert set_up(tools).stderr.startswith("No working Python")
    assert not (tools.parent / "venv").exists()
