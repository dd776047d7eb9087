"""Terraform on this machine: which program, and where its providers come from."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "terraform"
OLDEST = (1, 11)
MIRRORS = ("/opt/*/registry.terraform.io", "/usr/*/share/terraform/*/registry.terraform.io")
"""Where a machine may keep providers; without one they come from Terraform's registry."""


class NoTerraform(Exception):
    """There is none that is new enough; the message says what to do."""


def program() -> str:
    """The program's path. Raises NoTerraform."""
    found = shutil.which("terraform")
    if found is None:
        raise NoTerraform(f"Terraform is not installed: version {'.'.join(map(str, OLDEST))} or later is needed.")
    said = subprocess.check_output([found, "version"], env=os.environ | settings(), text=True)
    version = re.search(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        here = version[0] if version else "another"
        raise NoTerraform(f"Terraform {'.'.join(map(str, OLDEST))} or later is needed, here is {here}.")
    return found


def settings() -> dict[str, str]:
    """What its environment says beside this machine's."""
    return {"TF_CLI_CONFIG_FILE": str(configuration()), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}


def configuration() -> Path:
    """A configuration of Terraform's command line: a mirror of providers where this machine has one."""
    given = Path(os.environ.get("TF_CLI_CONFIG_FILE", ""))
    if given.is_file():
        return given
    mirrors = [path.parent for pattern in MIRRORS for path in Path("/").glob(pattern.removeprefix("/"))]
    lines = [f'  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n' for mirror in mirrors] or ["  direct {}\n"]
    BUILD.mkdir(parents=True, exist_ok=True)
    written = BUILD / "terraform.rc"
    written.write_text(f"provider_installation {{\n{''.join(lines)}}}\n")
    return written
