"""docs/architecture.md leads somewhere: its files are there, and its functions are in the files it names before them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "architecture.md").read_text().partition("## The tables")[0]
FILES = sorted(set(re.findall(r"`([\w/]+(?:\.py|/))`", TEXT)) - {"templates/"})
PLACES = sorted(set(re.findall(r"`([\w/]+/\w+\.py)`\s+`(\w+)`", TEXT)))
LAMBDAS = sorted(set(re.findall(r"`(\w+)`(?:\s+and\s+`\w+`)?\s+in\s+`app\.py`", TEXT)) - {"app"})


def test_there_are_files_and_functions_to_look_for() -> None:
    assert len(FILES) > 30 and len(PLACES) > 15 and len(LAMBDAS) >= 4


@pytest.mark.parametrize("name", FILES)
def test_a_file_it_names_is_there(name: str) -> None:
    whole = "/" in name.rstrip("/") or name.endswith("/") or name == "app.py"
    assert (ROOT / name).exists() if whole else list((ROOT / "chalicelib").rglob(name)), name


@pytest.mark.parametrize(("file", "function"), PLACES)
def test_a_function_it_names_is_in_that_file(file: str, function: str) -> None:
    assert re.search(rf"^def {function}\(", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", LAMBDAS)
def test_a_lambda_it_names_is_declared(name: str) -> None:
    assert re.search(rf"^def {name}\(", (ROOT / "app.py").read_text(), re.MULTILINE)


def test_every_package_of_the_product_is_described() -> None:
    packages = {f"chalicelib/{path.parent.name}/" for path in (ROOT / "chalicelib").glob("*/__init__.py")}
    assert packages <= set(FILES)
