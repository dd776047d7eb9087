"""Compiled modules come into use whole or not at all, whoever compiles, changes or begins meanwhile."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra import compile_matcher

ROOT = Path(__file__).parent.parent
COMPILER = """
import pathlib, sys, sysconfig, time
folder, *modules = sys.argv[1:]
with open("../../../compiled", "a") as times:
    times.write("once\\n")
time.sleep(0.3)
for module in modules:
    pathlib.Path(folder, module + sysconfig.get_config_var("EXT_SUFFIX")).write_text("machine code")
"""
"""In the place of Cython and the C compiler, which take a minute. What it writes is no machine code: nothing imports it."""
WHENCE = """
import sys, chalicelib.lunch.matching
for name in sys.argv[1:]:
    print(sys.modules["chalicelib.lunch.matching." + name].__file__)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The matcher's sources, of which nothing is compiled."""
    left_out = shutil.ignore_patterns("__pycache__", "*.so", compile_matcher.LINK)
    shutil.copytree(ROOT / compile_matcher.PACKAGE, tmp_path / compile_matcher.PACKAGE, ignore=left_out)
    for folder in ("chalicelib", "chalicelib/lunch"):
        (tmp_path / folder / "__init__.py").touch()
    monkeypatch.setattr(compile_matcher, "KEPT", tmp_path / "build" / "matcher")
    monkeypatch.setattr(compile_matcher, "BUILD", COMPILER)
    monkeypatch.setattr(compile_matcher, "what_is_missing", lambda python: "")
    return tmp_path


def compile_it(project: Path, *more: str) -> int:
    return compile_matcher.main(["--project", str(project), *more])


def times_compiled(project: Path) -> int:
    return len((project / "compiled").read_text().splitlines())


def kept(project: Path) -> set[str]:
    """The states of the sources that were compiled, and whatever else was left there."""
    return {path.name for path in (project / "build" / "matcher").iterdir()} - {"lock"}


@pytest.mark.parametrize(
    ("began", "meanwhile"),
    [("matching", "link.symlink_to('kept')"), ("kept", "link.unlink()")],
    ids=["laid", "withdrawn"],
)
def test_a_process_keeps_what_it_began_with_whatever_changes_while_it_imports(
    project: Path, began: str, meanwhile: str
) -> None:
    package = project / compile_matcher.PACKAGE
    link = package / compile_matcher.LINK
    (package / "kept").mkdir()
    for module in compile_matcher.MODULES:
        shutil.copy(package / f"{module}.py", package / "kept")
    if began == "kept":
        link.symlink_to("kept")
    # The change comes after some of the modules are imported, and before others are.
    middle = package / "graph.py" if began == "matching" else package / "kept" / "graph.py"
    change = f"import pathlib\nlink = pathlib.Path({str(link)!r})\n{meanwhile}\nimport numpy as np"
    middle.write_text(middle.read_text().replace("import numpy as np", change, 1))
    command = [sys.executable, "-c", WHENCE, *compile_matcher.MODULES]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert {Path(line).parent.name for line in ended.stdout.split()} == {began}
    assert link.is_symlink() == (began == "matching")
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert {Path(line).parent.name for line in ended.stdout.split()} == {"kept", "matching"} - {began}


def test_a_changed_source_is_compiled_again_and_one_that_comes_back_is_not(project: Path) -> None:
    source = project / compile_matcher.PACKAGE / "greedy.py"
    before = source.read_text()
    for text, wanted in ((before, 1), (before, 1), (before + "\n", 2), (before, 2)):
        source.write_text(text)
        assert compile_it(project) == 0
        assert compile_matcher.is_compiled(project)
        assert times_compiled(project) == wanted
    source.write_text(before + "\n\n")
    assert not compile_matcher.is_compiled(project)


def test_modules_of_former_sources_are_used_no_more_and_stay_for_those_who_use_them(project: Path) -> None:
    compile_it(project)
    former = (project / compile_matcher.PACKAGE / "compiled").resolve()
    beside = project / compile_matcher.PACKAGE / "greedy.cpython-311-x86_64-linux-gnu.so"
    beside.write_text("where they stood once")
    compile_matcher.withdraw(project)
    assert not (project / compile_matcher.PACKAGE / "compiled").is_symlink()
    assert not beside.exists()
    assert len(list(former.iterdir())) == len(compile_matcher.MODULES) + 1


def test_only_the_last_states_are_kept(project: Path) -> None:
    source = project / compile_matcher.PACKAGE / "greedy.py"
    for number in range(compile_matcher.STATES + 2):
        source.write_text(source.read_text() + f"# {number}\n")
        compile_it(project)
    assert len(kept(project)) == compile_matcher.STATES
    assert compile_matcher.is_compiled(project)


def test_two_at_once_compile_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(compile_it, [project, project])) == [0, 0]
    assert times_compiled(project) == 1
    assert "waiting for it" in capsys.readouterr().out


def test_what_a_killed_compiler_left_is_not_used_and_is_removed(project: Path) -> None:
    draft = project / "build" / "matcher" / "draft-killed"
    shutil.copytree(project / "chalicelib", draft / "chalicelib")
    assert not compile_matcher.is_compiled(project)
    compile_it(project)
    assert kept(project) == {(project / compile_matcher.PACKAGE / "compiled").resolve().name}


@pytest.mark.parametrize(
    ("compiler", "reason"),
    [
        ("raise SystemExit('many\\nlines\\nerror: gcc fell over')", "error: gcc fell over"),
        ("", "the compiler gave no module"),
        (COMPILER.replace("in modules:", "in modules[1:]:"), "the compiler gave no module"),
    ],
)
def test_a_compiler_that_fails_puts_nothing_in_place_and_is_said_in_a_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], compiler: str, reason: str
) -> None:
    monkeypatch.setattr(compile_matcher, "BUILD", compiler)
    assert compile_it(project) == 0
    *_, last = capsys.readouterr().err.splitlines()
    assert last == f"The matcher runs uncompiled, slower and with the same result: {reason}."
    assert not compile_matcher.is_compiled(project)
    assert kept(project) == set()
    assert compile_it(project, "--require") == 1
