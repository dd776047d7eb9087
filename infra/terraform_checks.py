"""`make terraform`: everything about infra/terraform that can be checked without an account.

Its form and its sense (fmt, validate), the tests beside it against a provider that only pretends (terraform test), and
checkov's rules, of which each one that is passed over has its reason beside it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra import settings, terraform_program

ROOT = Path(__file__).resolve().parent.parent
TERRAFORM = ROOT / "infra" / "terraform"
EMULATED = ROOT / "infra" / "localstack" / "terraform"


def main() -> str | None:
    """Runs the checks one by one; what is wrong, for people to read, or None."""
    settings.main()
    try:
        program = terraform_program.program()
    except terraform_program.NoTerraform as missing:
        return str(missing)
    environment = os.environ | terraform_program.settings()
    for folder, command in commands():
        print(f"terraform {' '.join(command)}", flush=True)
        if subprocess.run([program, f"-chdir={folder}", *command], env=environment, check=False).returncode:
            return f"terraform {command[0]} is not content with {folder.relative_to(ROOT)}."
    if subprocess.run(checkov(), cwd=ROOT, check=False).returncode:
        return "checkov found what is neither mended nor explained."
    return None


def commands() -> Iterator[tuple[Path, list[str]]]:
    """What Terraform is asked, and where."""
    for folder in (TERRAFORM, EMULATED):
        yield folder, ["fmt", "-check", "-diff", "-recursive"]
    for folder in (TERRAFORM / "account", TERRAFORM, EMULATED):
        yield folder, ["init", "-backend=false", "-input=false", "-no-color"]
        yield folder, ["validate", "-no-color"]
    yield TERRAFORM, ["test", "-no-color", "-var-file=staging.tfvars"]
    # What differs in production are values alone: the modules were tried above.
    installation = "-filter=tests/installation.tftest.hcl"
    yield TERRAFORM, ["test", "-no-color", "-var-file=production.tfvars", installation]


def checkov() -> list[str]:
    """checkov's command, in an environment of its own: it pins too much to live with ours."""
    program = ROOT / "build" / "checkov" / "bin" / "checkov"
    values = str(TERRAFORM / "production.tfvars")
    known = ["--framework", "terraform", "--skip-download", "--compact", "--quiet", "--var-file", values]
    return [str(program), "--directory", str(TERRAFORM), *known]


if __name__ == "__main__":
    sys.exit(main())
