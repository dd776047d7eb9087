"""What may be deployed, and what is refused before it is: a zip that is short of something or holds too much."""

import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from infra import lambda_zip, package

ROOT = Path(__file__).parent.parent
X86_64, AARCH64 = 62, 183
Files = dict[str, bytes]


def shared_object(machine: int) -> bytes:
    """The header of an ELF file without sections."""
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    return identity + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0)


def right_files() -> Files:
    """A package with a compiled module, the product's own files and Chalice's runtime."""
    lunchbox = {
        "lunchbox/__init__.py": b"from lunchbox import _lid\n",
        f"lunchbox/_lid.{lambda_zip.TAG}.so": shared_object(X86_64),
        "lunchbox_tools.libs/libtray-1a2b.so.3": shared_object(X86_64),
        "lunchbox_tools-1.2.dist-info/METADATA": b"Name: lunchbox-tools\n",
    }
    listed = [f"{name},{lambda_zip.digest(content)},{len(content)}\n" for name, content in lunchbox.items()]
    left_out = ["lunchbox/tests/test_lid.py,sha256=x,1\n", "lunchbox/_lid.c,sha256=x,1\n"]
    own = ["lunchbox_tools-1.2.dist-info/RECORD,,\n", "lunchbox_tools-1.2.data/scripts/lunchbox,sha256=x,1\n"]
    return {
        **lunchbox,
        "lunchbox_tools-1.2.dist-info/RECORD": "".join(listed + left_out + own).encode(),
        "chalice/__init__.py": b"",
        "chalice/app.py": b"",
        "app.py": b"import chalicelib\n",
        "chalicelib/__init__.py": b"",
        "sql/schema.sql": b"CREATE TABLE person ();\n",
    }


SOURCES = {"app.py", "chalicelib/__init__.py", "sql/schema.sql"}
LOCK = """\
lunchbox-tools==1.2 ; python_full_version < '3.14' \\
    --hash=sha256:00
    # via -r requirements.in
plate==1.0 ; python_full_version < '3.12' \\
    --hash=sha256:00
"""


def faults(folder: Path, files: Files, *, compiled_matcher: bool = False) -> list[str]:
    (folder / "requirements.txt").write_text(LOCK)
    with zipfile.ZipFile(folder / "deployment.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return lambda_zip.faults(
        folder / "deployment.zip", folder / "requirements.txt", SOURCES, compiled_matcher=compiled_matcher
    )


def test_a_complete_zip_may_be_deployed(tmp_path: Path) -> None:
    assert faults(tmp_path, right_files()) == []


def without(*names: str) -> Callable[[Files], Files]:
    return lambda files: {name: content for name, content in files.items() if name not in names}


def with_file(name: str, content: bytes = b"") -> Callable[[Files], Files]:
    return lambda files: {**files, name: content}


LID = f"lunchbox/_lid.{lambda_zip.TAG}.so"
RECORD = "lunchbox_tools-1.2.dist-info/RECORD"
OTHER_PYTHON = "chalicelib/lunch/search.cpython-311-x86_64-linux-gnu.so"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without(RECORD), "lunchbox-tools 1.2 is missing."),
        (without(LID), f"{LID} is missing."),
        (without("lunchbox_tools.libs/libtray-1a2b.so.3"), "lunchbox_tools.libs/libtray-1a2b.so.3 is missing."),
        (without("app.py"), "app.py is missing."),
        (without("sql/schema.sql"), "sql/schema.sql is missing."),
        (without("chalice/app.py"), "chalice/app.py is missing."),
        (with_file("plate/__init__.py"), "plate/__init__.py is superfluous."),
        (with_file("tests/test_lunch.py"), "tests/test_lunch.py is superfluous."),
        (with_file("lunchbox/tests/test_lid.py"), "lunchbox/tests/test_lid.py is superfluous."),
        (with_file("lunchbox/_lid.c"), "lunchbox/_lid.c is superfluous."),
        (with_file("chalicelib/lunch/search.c"), "chalicelib/lunch/search.c is superfluous."),
        (with_file(OTHER_PYTHON, shared_object(X86_64)), f"{OTHER_PYTHON} is superfluous."),
        (with_file("lunchbox/__init__.py", b"changed"), "lunchbox/__init__.py is not the file that its package lists."),
        (with_file(LID, shared_object(AARCH64)), f"{LID} is compiled for EM_AARCH64, not for x86_64."),
        (with_file(LID, b"MZ"), f"{LID} is no shared object of Linux."),
    ],
)
def test_a_zip_is_refused(tmp_path: Path, change: Callable[[Files], Files], told: str) -> None:
    assert told in faults(tmp_path, change(right_files()))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (f"a/b.{lambda_zip.TAG}.so", []),
        ("a/b.abi3.so", []),
        ("a.libs/libb.so.1.2", []),
        ("a/b.cpython-311-x86_64-linux-gnu.so", ["is compiled for another Python or machine"]),
        ("a/b.cpython-313-darwin.so", ["is compiled for another Python or machine"]),
        ("a/b.so", ["does not say for which Python"]),
    ],
)
def test_a_shared_object_says_for_which_python_it_is(name: str, told: list[str]) -> None:
    found = list(lambda_zip.machine_code_faults(name, shared_object(X86_64)))
    assert len(found) == len(told)
    assert all(part in sentence for part, sentence in zip(told, found, strict=True))


if sys.platform == "linux":

    def test_a_shared_object_that_needs_a_newer_c_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
        files = metadata.files("markupsafe") or []
        content = next(Path(file.locate()) for file in files if file.suffix == ".so").read_bytes()

        def about_the_library() -> list[str]:
            found = lambda_zip.machine_code_faults(f"markupsafe/_speedups.{lambda_zip.TAG}.so", content)
            return [sentence for sentence in found if "GLIBC" in sentence]

        assert about_the_library() == []
        monkeypatch.setattr(lambda_zip, "GLIBC", (2, 2))
        assert len(about_the_library()) == 1


def test_the_matcher_must_be_compiled_for_lambda(tmp_path: Path) -> None:
    compiled = f"chalicelib/lunch/matching/search.{lambda_zip.TAG}.so"
    told = [sentence for sentence in faults(tmp_path, right_files(), compiled_matcher=True) if "matcher" in sentence]
    assert len(told) == 1
    files = with_file(compiled, shared_object(X86_64))(right_files())
    assert f"{compiled} is superfluous." in faults(tmp_path, files, compiled_matcher=True)
    assert not [sentence for sentence in faults(tmp_path, files, compiled_matcher=True) if "matcher" in sentence]


def test_a_zip_above_lambdas_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_zip, "UNZIPPED_LIMIT", 100)
    assert any("It unzips to" in sentence for sentence in faults(tmp_path, right_files()))


def test_the_same_content_gives_the_same_zip(tmp_path: Path) -> None:
    manual = "lunchbox_tools-1.2.data/data/share/man/man1/lunchbox.1"
    names = ["app.py", "chalicelib/__init__.py", "lunchbox/_lid.c", manual]
    zips = []
    for number, order in enumerate([names, names[::-1]]):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in order:
                archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1 + number, 0, 0, 0)), b"content")
        package.pack_again(path)
        zips.append(path.read_bytes())
    assert zips[0] == zips[1]
    assert zipfile.ZipFile(path).namelist() == ["app.py", "chalicelib/__init__.py"]


def test_only_sources_are_staged_and_sql_lands_beside_app_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        "app.py",
        "requirements.txt",
        "sql/schema.sql",
        "chalicelib/lunch/search.py",
        "chalicelib/lunch/search.cpython-311-x86_64-linux-gnu.so",
        "chalicelib/lunch/search.c",
        "chalicelib/__pycache__/x.pyc",
        ".chalice/config.json",
        ".chalice/deployed/live.json",
    ]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "sql").symlink_to("../sql")
    for name, path in {"ROOT": tmp_path, "PROJECT": tmp_path / "build/project", "OUT": tmp_path / "build/out"}.items():
        monkeypatch.setattr(package, name, path)
    assert package.stage() == {"app.py", "chalicelib/lunch/search.py", "sql/schema.sql"}
    assert (tmp_path / "build/project/.chalice/config.json").exists()
    assert not (tmp_path / "build/project/.chalice/deployed").exists()


def test_the_compiled_matcher_lies_in_the_copy_as_files_for_no_zip_holds_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project" / package.COMPILED
    module = f"greedy.{lambda_zip.TAG}.so"
    folder.parent.mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / module).write_text("machine code")
    monkeypatch.setattr(package, "PROJECT", tmp_path / "project")
    monkeypatch.setattr(package.subprocess, "run", lambda *_, **__: folder.symlink_to(tmp_path / "kept"))
    assert package.compile_matcher() == {f"chalicelib/lunch/matching/compiled/{module}"}
    assert not folder.is_symlink()
    assert (folder / module).read_text() == "machine code"
    assert (tmp_path / "kept" / module).exists()


def test_another_python_than_lambdas_builds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_zip, "PYTHON", "3.10")
    assert "is built on Python 3.10" in str(package.main())


if (ROOT / "app.py").exists():

    @pytest.mark.package
    @pytest.mark.timeout(600)
    def test_the_zip_of_this_checkout_may_be_deployed() -> None:
        make = shutil.which("make")
        assert make
        ended = subprocess.run([make, "package"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "all as they should be" in ended.stdout


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import kafka", "app.py imports kafka, which only some functions need"),
        ("raise ImportError('no such package')", "no such package"),
    ],
)
def test_an_app_that_starts_badly_is_refused(tmp_path: Path, program: str, told: str) -> None:
    (tmp_path / "kafka.py").write_text("")
    (tmp_path / "app.py").write_text(program)
    (fault,) = package.run(package.cold_start(), tmp_path)
    assert told in fault


def test_an_app_that_starts_light_is_taken(tmp_path: Path) -> None:
    (tmp_path / "kafka.py").write_text("")
    (tmp_path / "app.py").write_text("def mailer():\n    import kafka\n")
    assert package.run(package.cold_start(), tmp_path) == []


def test_a_matcher_that_runs_as_plain_python_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "chalicelib" / "lunch" / "matching"
    folder.mkdir(parents=True)
    for name, compiled in {"greedy": True, "rescue": False}.items():
        (folder / f"{name}.py").write_text(f"COMPILED = {compiled}\n")
    (folder / "__init__.py").write_text("")
    (tmp_path / "app.py").write_text("")
    (fault,) = package.run(package.all_of([]), tmp_path)
    assert "the matcher runs as plain Python" in fault
    (folder / "rescue.py").write_text("COMPILED = True\n")
    assert package.run(package.all_of([]), tmp_path) == []
