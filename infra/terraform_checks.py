"""`make terraform`: everything about infra/terraform that can be checked without an account.

Its form and its sense (fmt, validate), the tests beside it against a provider that only pretends (terraform test), and
checkov's rules, of which each one that is passed over has its reason beside it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra import settings

ROOT = Path(__file__).resolve().parent.parent
TERRAFORM = ROOT / "infra" / "terraform"
BUILD = ROOT / "build" / "terraform"
OLDEST = (1, 11)
MIRRORS = ("/opt/*/registry.terraform.io", "/usr/*/share/terraform/*/registry.terraform.io")
"""Where a machine may keep providers; without one they come from Terraform's registry."""


def main() -> str | None:
    """Runs the checks one by one; what is wrong, for people to read, or None."""
    settings.main()
    program = shutil.which("terraform")
    if program is None:
        return "Terraform is not installed: version 1.11 or later is needed to check infra/terraform."
    environment = os.environ | {
        "TF_CLI_CONFIG_FILE": str(configuration()),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }
    found = re.search(r"v(\d+)\.(\d+)", subprocess.check_output([program, "version"], env=environment, text=True))
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        return f"Terraform {'.'.join(map(str, OLDEST))} or later is needed, here is {found[0] if found else 'another'}."
    for folder, command in commands():
        print(f"terraform {' '.join(command)}", flush=True)
        if subprocess.run([program, f"-chdir={folder}", *command], env=environment, check=False).returncode:
            return f"terraform {command[0]} is not content with {folder.relative_to(ROOT)}."
    if subprocess.run(checkov(), cwd=ROOT, check=False).returncode:
        return "checkov found what is neither mended nor explained."
    return None


def commands() -> Iterator[tuple[Path, list[str]]]:
    """What Terraform is asked, and where."""
    yield TERRAFORM, ["fmt", "-check", "-diff", "-recursive"]
    for folder in (TERRAFORM / "account", TERRAFORM):
        yield folder, ["init", "-backend=false", "-input=false", "-no-color"]
        yield folder, ["validate", "-no-color"]
    yield TERRAFORM, ["test", "-no-color", "-var-file=staging.tfvars"]
    # What differs in production are values alone: the modules were tried above.
    installation = "-filter=tests/installation.tftest.hcl"
    yield TERRAFORM, ["test", "-no-color", "-var-file=production.tfvars", installation]


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


def checkov() -> list[str]:
    """checkov's command, in an environment of its own: it pins too much to live with ours."""
    program = ROOT / "build" / "checkov" / "bin" / "checkov"
    values = str(TERRAFORM / "production.tfvars")
    known = ["--framework", "terraform", "--skip-download", "--compact", "--quiet", "--var-file", values]
    return [str(program), "--directory", str(TERRAFORM), *known]


if __name__ == "__main__":
    sys.exit(main())
