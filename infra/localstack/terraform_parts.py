"""Applies to the emulated account what of Terraform it can have: queues with their dead letters, the secrets' places."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra import settings, terraform_program
from infra.local.errors import LocalError
from infra.local.processes import ROOT
from infra.localstack import queues
from infra.localstack.server import inherited
from infra.localstack.system import Account

FOLDER = Path(__file__).parent / "terraform"
DATA = terraform_program.BUILD / "emulation"
"""Keeps the provider, so that it is looked for once."""


def application() -> dict[str, Any]:
    """What app.py declares, as Terraform is told it."""
    # By a process of its own: what app.py declares depends on the stage that it is imported for.
    line = [sys.executable, "-m", "infra.settings"]
    subprocess.run(line, cwd=ROOT, env=inherited() | {"STAGE": "live"}, stdout=subprocess.DEVNULL, check=True)
    declared: dict[str, Any] = json.loads(settings.TERRAFORM.read_text())["application"]
    return declared


def apply(to: Account, urls: queues.Urls) -> None:
    """Makes what is missing, and changes what is otherwise. Raises NoTerraform; LocalError where it fails.

    :param urls: of the queues that are there
    """
    program = terraform_program.program()
    if not (DATA / "providers").exists() or not (DATA / "modules").exists():
        _run(to, program, "init", "-backend=false")
    _run(to, program, "apply", "-auto-approve", *_what(to, urls))


def changes(to: Account, urls: queues.Urls) -> bool:
    """Whether the account differs from what Terraform would make. Raises NoTerraform, LocalError."""
    return _run(to, terraform_program.program(), "plan", "-detailed-exitcode", *_what(to, urls)) == 2


def _what(to: Account, urls: queues.Urls) -> list[str]:
    state = to.path / "terraform.tfstate"
    return ["-compact-warnings", f"-var-file={settings.TERRAFORM}", f"-var=urls={json.dumps(urls)}", f"-state={state}"]


def _run(to: Account, program: str, command: str, *options: str) -> int:
    environment = inherited() | terraform_program.settings() | to.variables | {"TF_DATA_DIR": str(DATA)}
    line = [program, f"-chdir={FOLDER}", command, "-input=false", "-no-color", *options]
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    log = to.path / "log" / "terraform.log"
    with log.open("a") as file:
        file.write(f"{ended.stdout}{ended.stderr}{os.linesep}")
    if ended.returncode not in (0, 2) or (ended.returncode == 2 and "-detailed-exitcode" not in options):
        said = [text for text in ended.stderr.splitlines() if "Error" in text] or ["it said nothing"]
        raise LocalError(f"terraform {command} failed: {said[0].strip(' │╷')} (the whole is in {log}).")
    return ended.returncode
