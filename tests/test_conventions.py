"""The house's rules that a program can check. Each says in its message what to do instead."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

from infra import compile_matcher

ROOT = Path(__file__).parent.parent
PRODUCT = sorted((ROOT / "chalicelib").rglob("*.py")) + [path for path in [ROOT / "app.py"] if path.exists()]
SQL_FILES = sorted((ROOT / "sql").rglob("*.sql"))
TEMPLATES = sorted((ROOT / "chalicelib").glob("*/templates/*.html"))
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

CLOCK_IN_SQL = re.compile(
    r"\b(now\(\)|(clock|statement|transaction)_timestamp\(\)|current_(timestamp|date|time)\b|local(time|timestamp)\b)",
    re.IGNORECASE,
)
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|VALUES|CALL)\b")
HANDLERS_OF_APP = {
    "authorizer",
    "lambda_function",
    "on_cw_event",
    "on_dynamodb_record",
    "on_kinesis_record",
    "on_s3_event",
    "on_sns_message",
    "on_sqs_message",
    "on_ws_connect",
    "on_ws_disconnect",
    "on_ws_message",
    "schedule",
}


def place(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}{f':{line}' if line else ''}"


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(), str(path)))


def sql_texts(path: Path) -> Iterator[tuple[int, str]]:
    """The line and text of every SQL string of a module; a docstring, a statement by itself, is none."""
    tree = ast.parse(path.read_text(), str(path))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in docstrings:
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "?".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            if SQL.search(text):
                yield node.lineno, text


# --- SQL and the clock ---


def test_no_query_asks_the_database_for_the_time() -> None:
    found = [place(path, line) for path in PRODUCT for line, text in sql_texts(path) if CLOCK_IN_SQL.search(text)]
    assert not found, "pass `now` as a parameter, `make clock` moves it: " + ", ".join(found)


def test_no_migration_asks_the_database_for_the_time() -> None:
    found = [
        place(path, number)
        for path in SQL_FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if CLOCK_IN_SQL.search(line.partition("--")[0]) and "rendezvous.now" not in line
    ]
    assert not found, "read the transaction's rendezvous.now: " + ", ".join(found)


def test_only_database_py_commits() -> None:
    ends = {"commit", "rollback", "autocommit", "set_session"}
    found = [
        place(path, node.lineno)
        for path in PRODUCT
        if path != ROOT / "chalicelib" / "database.py"
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in ends
    ]
    assert not found, "one request, one transaction, ended by database.py alone: " + ", ".join(found)


# --- routes and handlers ---


def two_names_for_one_position(paths: Iterable[str]) -> list[str]:
    """What API Gateway refuses and Chalice does not: /events/{id} beside /events/{event}/attendance."""
    variables = {(path[: match.start()], match.group()) for path in paths for match in re.finditer(r"\{[^}]+\}", path)}
    by_position = groupby(sorted(variables), key=lambda variable: variable[0])
    names = ((prefix, [name for _, name in same]) for prefix, same in by_position)
    return [f"{prefix}{' | '.join(same)}" for prefix, same in names if len(same) > 1]


def test_two_names_for_one_url_position_are_noticed() -> None:
    assert two_names_for_one_position(["/events/{id}", "/events/{event}/x"]) == ["/events/{event} | {id}"]
    assert two_names_for_one_position(["/events/{id}", "/events/{id}/x", "/people/{name}"]) == []


def test_lambdas_are_declared_in_app_py_alone() -> None:
    found = [
        place(path, node.lineno)
        for path in PRODUCT
        if path != ROOT / "app.py"
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
        if isinstance(part, ast.Attribute) and part.attr in HANDLERS_OF_APP
    ]
    assert not found, "deployed from elsewhere, a handler never runs app.py: " + ", ".join(found)


def test_every_module_with_routes_is_served() -> None:
    """One that app.py does not name would have pages that nobody can open, and that no other test asks for."""
    import app

    found = {
        ".".join(path.relative_to(ROOT / "chalicelib").with_suffix("").parts)
        for path in PRODUCT
        if "routes = Routes(__name__)" in path.read_text()
    }
    assert found == {*app.ROUTES, "web.fallbacks"}


if (ROOT / "app.py").exists():

    def after_import_of_app(expression: str) -> list[str]:
        """The value of a list expression in a fresh process that imported app.py and nothing else."""
        program = f"import json, sys, app; print(json.dumps(list({expression})))"
        ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        answer: list[str] = json.loads(ended.stdout.splitlines()[-1])
        return answer

    def test_a_url_position_has_one_variable_name() -> None:
        assert two_names_for_one_position(after_import_of_app("app.app.routes")) == []

    @pytest.mark.parametrize("package", ["boto3", "botocore", "cryptography", "icalendar", "jinja2", "kafka", "numpy"])
    def test_a_cold_start_of_the_http_lambda_does_not_import(package: str) -> None:
        assert package not in after_import_of_app("sys.modules"), "import it in the function that uses it"


# --- pages ---


def test_links_and_forms_in_templates_carry_the_stage_prefix() -> None:
    bare = re.compile(r"""\b(href|src|action|formaction)=["']?/(?!/)""")
    found = [
        place(path, number)
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line)
    ]
    assert not found, "write url('/path'): " + ", ".join(found)


# --- files ---


def test_modules_are_named_for_what_they_hold() -> None:
    empty = re.compile(r"(^|_)(base|common|helpers?|managers?|misc|repositor(y|ies)|services?|utils?)(_|$)")
    found = [place(path) for path in PRODUCT if empty.search(path.stem)]
    assert not found, "name the thing itself: " + ", ".join(found)


MOST_LINES, MOST_LINES_OF_A_FUNCTION = 250, 30
COMPILED = {ROOT / "chalicelib" / "lunch" / "matching" / f"{name}.py" for name in compile_matcher.MODULES}
"""A compiled class of the matcher is one module, and says what each of its arrays is: a line for each."""


def lines_of_functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function, and its lines without its docstring."""
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            lines = (node.end_lineno or 0) - node.lineno + 1
            yield node.name, lines - ((first.end_lineno or 0) - first.lineno + 1 if documented else 0)


def test_no_module_outgrows_a_reader() -> None:
    most = {path: 360 if path in COMPILED else MOST_LINES for path in PRODUCT}
    found = [place(path) for path in PRODUCT if len(path.read_text().splitlines()) > most[path]]
    assert not found, f"split by noun, at {MOST_LINES} lines: " + ", ".join(found)


def test_no_function_outgrows_a_reader() -> None:
    found = [
        f"{place(path)} {name}"
        for path in PRODUCT
        if path not in COMPILED
        for name, lines in lines_of_functions(path)
        if lines > MOST_LINES_OF_A_FUNCTION
    ]
    assert not found, f"say what its parts do, in {MOST_LINES_OF_A_FUNCTION} lines at most: " + ", ".join(found)


def test_a_newcomer_sees_the_whole_house_at_once() -> None:
    entries = [one for one in (ROOT / "chalicelib").iterdir() if not one.name.startswith(("__", "."))]
    packages = [one for one in entries if one.is_dir()]
    assert len(entries) <= 20 and len(packages) * 2 >= len(entries), sorted(one.name for one in entries)


def test_days_are_written_in_one_way_on_pages_and_in_mails() -> None:
    """``3 December``, by the filter ``day``, never ``03 December``."""
    written = [*TEMPLATES, *(ROOT / "chalicelib").glob("*/templates/*.txt")]
    assert [place(path) for path in written if "%d" in path.read_text()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


@pytest.mark.parametrize("path", DOCS, ids=place)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-check"])
def test_every_requirement_is_locked_with_a_hash(name: str) -> None:
    canonical = re.compile(r"^([A-Za-z0-9._-]+)", re.MULTILINE)
    wanted = {found.lower() for found in canonical.findall((ROOT / f"{name}.in").read_text()) if found[0] != "-"}
    locked = re.split(r"\n(?=[a-z])", (ROOT / f"{name}.txt").read_text().rstrip())
    unhashed = [entry.split()[0] for entry in locked if "--hash=sha256:" not in entry]
    assert unhashed == []
    assert wanted <= {entry.split("==")[0].split("[")[0] for entry in locked}, "make lock"


def test_what_is_tested_is_what_is_deployed() -> None:
    pinned = re.compile(r"^[a-z].*?==\S+", re.MULTILINE)
    deployed, tested = (
        set(pinned.findall((ROOT / name).read_text())) for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert deployed <= tested, "make lock"


def test_people_are_they() -> None:
    """In what is read of them: code, pages, mails, the schema and the docs."""
    one = re.compile(r"\b(he|she|him|his|hers?|himself|herself)\b", re.IGNORECASE)
    kinds = (".py", ".pxd", ".html", ".txt", ".js", ".css")
    read = [path for path in (ROOT / "chalicelib").rglob("*") if path.suffix in kinds and path.is_file()]
    read += [ROOT / "app.py", ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "sql" / "schema.sql"]
    read += [*(ROOT / "infra").rglob("*.py"), *(ROOT / "docs").rglob("*.md")]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in read
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if one.search(line)
    ]
    assert not found, "\n".join(found)
