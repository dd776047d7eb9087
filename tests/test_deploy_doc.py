"""What docs/deploy.md and the runbooks have people type is there: targets, functions, acts, variables, files, tests."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra import keys

ROOT = Path(__file__).parent.parent
DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
TEXTS = {
    name: (ROOT / name).read_text()
    for name in ("README.md", "docs/deploy.md", "docs/localstack.md", "docs/runbooks.md")
}
TERRAFORM = ROOT / "infra" / "terraform"


@pytest.fixture(scope="module")
def functions() -> set[str]:
    """The functions that Terraform makes of app.py."""
    program = "import json; from infra import settings; print(json.dumps([*settings.functions()]))"
    environment = {"STAGE": "live", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", TEXTS)
def test_every_target_of_make_is_one(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    typed = re.findall(r"(?:^|`|&& )make ((?:[a-z][a-z-]* ?)+)", TEXTS[name], re.MULTILINE)
    wanted = {target for line in typed for target in line.split() if "`" not in line}
    assert wanted and wanted - {"fails"} <= targets


@pytest.mark.parametrize("name", ["docs/deploy.md", "docs/runbooks.md"])
def test_every_function_that_is_called_is_one(name: str, functions: set[str]) -> None:
    called = set(re.findall(r"--function-name rendezvous-production-(\w+)", TEXTS[name]))
    assert called and called <= functions


def test_every_act_on_keys_is_one_and_every_one_is_told() -> None:
    typed = set(re.findall(r"python -m infra\.keys ([a-z-]+) production", DEPLOY))
    assert typed == set(keys.ACTS)


def test_every_variable_and_module_that_terraform_is_told_is_one() -> None:
    known = "".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    known += (TERRAFORM / "account" / "main.tf").read_text()
    for variable in [*re.findall(r"-var ([a-z_]+)=", DEPLOY), "secrets_generation", "provisioned"]:
        assert f'variable "{variable}"' in known, variable
    for module in re.findall(r"-target=module\.([a-z_]+)", DEPLOY):
        assert f'module "{module}"' in known, module
    for file in re.findall(r"-var-file=(\S+?)[\s)`]", DEPLOY):
        assert (TERRAFORM / file).exists(), file


def test_what_the_table_of_services_names_is_there() -> None:
    table = DEPLOY[DEPLOY.index("## What stands behind each service") : DEPLOY.index("## Every later time")]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) > 12 and {len(row) for row in rows} == {6}
    for row in rows[1:]:
        assert "`make terraform`" in row[-1] or "every test" in row[-1] or "tests/" in row[-1], row
    folder = ""
    for path in re.findall(r"(?:tests/)?(?:[\w/]*/)?test_\w+\.py", table):
        folder = path.rpartition("/")[0] or folder
        assert (ROOT / folder / path.rpartition("/")[2]).exists(), path
    for path in re.findall(r"tests/\w+(?=[,\s])", table):
        assert (ROOT / path).is_dir(), path
