"""`make package`: builds the Lambda zip in build/lambda/, and refuses it if it would not run as it should.

It is built from a copy in build/project, so that what was compiled here for another Python stays out of it, and
packed again: without the tests and C sources of the packages, and with the same bytes for the same content, so that
a plan sees a change only where there is one.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from infra import fresh_package, lambda_zip

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "build" / "project"
OUT = ROOT / "build" / "lambda"
COMPILER = ROOT / "infra" / "compile_matcher.py"
COMPILED = Path("chalicelib/lunch/matching/compiled")
MIB = 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)


def main() -> str | None:
    """Builds and verifies; what is wrong, for people to read, or None."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running != lambda_zip.PYTHON:
        return f"The zip is built on Python {lambda_zip.PYTHON}, which Lambda runs, not on {running}: make package"
    if not (ROOT / "app.py").exists():
        return "There is no app.py to package."
    built_of = fresh_package.digest(fresh_package.sources())
    fresh_package.STAMP.unlink(missing_ok=True)
    sources = stage()
    if COMPILER.exists():
        sources |= compile_matcher()
    package()
    archive = OUT / "deployment.zip"
    pack_again(archive)
    found = lambda_zip.faults(archive, ROOT / "requirements.txt", sources, compiled_matcher=COMPILER.exists())
    if found := found or import_faults(archive):
        archive.rename(archive.with_name("refused.zip"))
        return "\n".join(["The zip is refused:", *found])
    fresh_package.note(built_of)
    with zipfile.ZipFile(archive) as checked:
        unzipped = sum(info.file_size for info in checked.infolist()) / MIB
        print(
            f"{archive.relative_to(ROOT)}: {archive.stat().st_size / MIB:.1f} MiB, {unzipped:.1f} MiB unzipped", end=""
        )
        print(f" of {lambda_zip.UNZIPPED_LIMIT // MIB}, {len(checked.namelist())} files, all as they should be.")
    return None


def stage() -> set[str]:
    """Copies what is deployed to build/project; the names that its files will have in the zip."""
    for directory in (PROJECT, OUT):
        shutil.rmtree(directory, ignore_errors=True)
    built = shutil.ignore_patterns(
        "__pycache__", "*.so", "compiled", "*.c", "*.html.c", "deployed", "deployments", "venv"
    )
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / name, PROJECT / name, ignore=built)
    if (ROOT / "vendor").exists():
        # The link to sql/ is followed: its files stand beside app.py in the zip, as they do here.
        shutil.copytree(ROOT / "vendor", PROJECT / "vendor", ignore=built)
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, PROJECT / name)
    files = (path.relative_to(PROJECT) for path in PROJECT.rglob("*") if path.is_file())
    # Declarations for the C compiler end with it: Chalice leaves them out.
    names = {path.as_posix() for path in files if path.parts[0] != ".chalice" and path.suffix != ".pxd"}
    return {name.removeprefix("vendor/") for name in names} - {"requirements.txt"}


def compile_matcher() -> set[str]:
    """Lays the compiled matcher beside its sources in the copy; the names of what was laid there."""
    subprocess.run(
        [sys.executable, "-m", "infra.compile_matcher", "--require", "--project", str(PROJECT)], cwd=ROOT, check=True
    )
    folder = PROJECT / COMPILED
    modules = folder.resolve()
    folder.unlink()  # a link, which no zip holds
    shutil.copytree(modules, folder)
    return {(COMPILED / module.name).as_posix() for module in folder.iterdir()}


def package() -> None:
    """Lets Chalice collect the packages and write the zip. Its template is thrown away: infra/terraform deploys."""
    chalice = Path(sys.executable).parent / "chalice"
    command = [str(chalice), "package", "--stage", "live", str(OUT)]
    region = {"AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "eu-central-1")}
    subprocess.run(command, cwd=PROJECT, env=os.environ | region, check=True)
    (OUT / "sam.json").unlink()


def pack_again(archive: Path) -> None:
    """Leaves out what a Lambda never runs; order, times and permissions are the same every time."""
    slim = archive.with_suffix(".slim")
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(slim, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(name for name in source.namelist() if not lambda_zip.never_run(name)):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(name))
    slim.replace(archive)


def import_faults(archive: Path) -> list[str]:
    """Imports, from the unzipped package alone, every package and the application."""
    if sys.platform != "linux":
        return []
    unzipped = OUT / "unzipped"
    with zipfile.ZipFile(archive) as checked:
        checked.extractall(unzipped)
    packages = sorted(path.parent.name for path in unzipped.glob("*/__init__.py"))
    try:
        return [fault for program in (cold_start(), all_of(packages)) for fault in run(program, unzipped)]
    finally:
        shutil.rmtree(unzipped)


def cold_start() -> str:
    """A program that does what an HTTP function does before its first answer."""
    return f"""
import time
started = time.process_time()
import app
spent = (time.process_time() - started) * 1000
early = sorted(set({lambda_zip.HEAVY!r}) & set(sys.modules))
assert not early, f"app.py imports {{', '.join(early)}}, which only some functions need"
print(f"A cold start of the HTTP function imports {{len(sys.modules)}} modules in {{spent:.0f}} ms of CPU time.")
"""


def all_of(packages: list[str]) -> str:
    """A program that imports everything, with the matcher as machine code."""
    return f"""
import importlib, pkgutil
[importlib.import_module(name) for name in {packages!r} + ["app"]]
import chalicelib.lunch.matching as matching
names = [module.name for module in pkgutil.iter_modules(matching.__path__) if module.name != "__main__"]
parts = [importlib.import_module(f"chalicelib.lunch.matching.{{name}}") for name in names]
told = [part.COMPILED for part in parts if hasattr(part, "COMPILED")]
assert told and all(told), "the matcher runs as plain Python"
"""


def run(program: str, folder: Path) -> list[str]:
    """Why a program failed in an interpreter that knows nothing but `folder`."""
    command = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, '.'){program}"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    print(ended.stdout, end="", flush=True)
    return [] if ended.returncode == 0 else [f"Unzipped, it cannot be imported: {ended.stderr.splitlines()[-1]}"]


if __name__ == "__main__":
    sys.exit(main())
