"""`make run` waits for no compiler: it compiles beside what runs, says so, and ends it with everything else."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import compile_matcher
from infra.local import compiling
from tests.local.conftest import ROOT, STANDIN, System, eventually
from tests.test_compile_matcher import COMPILER

pytestmark = pytest.mark.skipif(bool(compile_matcher.what_is_missing()), reason="there is no C compiler here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As it was cloned: nothing is compiled."""
    left_out = shutil.ignore_patterns("__pycache__", ".terraform", "compiled", "node_modules")
    for name in ("infra", "chalicelib", "sql", "vendor"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=left_out)
    return tmp_path


def started(make_system: Callable[..., System], checkout: Path, compiler: str) -> System:
    """The system of that checkout, with a program in the place of Cython and the C compiler."""
    module = checkout / "infra" / "compile_matcher.py"
    text = (ROOT / "infra" / "compile_matcher.py").read_text()
    module.write_text(text.replace(f'"""{compile_matcher.BUILD}"""', repr(compiler)))
    return make_system(PYTHONPATH=os.pathsep.join([str(STANDIN), str(checkout)])).start()


def test_the_system_is_ready_before_the_compiler_and_ends_it(
    make_system: Callable[..., System], checkout: Path
) -> None:
    system = started(make_system, checkout, "import time\ntime.sleep(600)\n")
    assert compiling.BEGUN in system.said
    assert eventually(lambda: [line for line in system.remains() if "build.py" in line], 90)
    assert system.stop(signal.SIGINT) == 0
    assert eventually(lambda: not system.remains())
    assert not (checkout / compile_matcher.PACKAGE / "compiled").is_symlink()


def test_it_says_when_the_matcher_is_compiled_and_nothing_the_next_time(
    make_system: Callable[..., System], checkout: Path
) -> None:
    system = started(make_system, checkout, COMPILER)
    assert eventually(lambda: f"The matcher is compiled ({len(compile_matcher.MODULES)} modules" in system.said, 90)
    assert (checkout / compile_matcher.PACKAGE / "compiled").exists()
    system.stop()
    assert "matcher" not in started(make_system, checkout, COMPILER).said


def test_a_compiler_that_fails_is_said_and_all_goes_on(make_system: Callable[..., System], checkout: Path) -> None:
    system = started(make_system, checkout, "raise SystemExit('error: gcc fell over')")
    log = system.data / "log" / "matcher.log"
    assert eventually(lambda: f"result: error: gcc fell over. (the whole is in {log})" in system.said, 90)
    assert system.get("/")[0] == 200
