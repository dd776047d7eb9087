"""The HTML of every page, as the Nu checker reads it: no error."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.chromium import ROOT
from tests.e2e.pages import CAST, MEMBER, VISITOR, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
CHECKER = ROOT / "build" / "checkers" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def faults(files: list[Path]) -> list[str]:
    """What is wrong with these HTML files, each with its place."""
    java = shutil.which("java")
    assert java, "install Java (Debian: apt install openjdk-17-jre-headless)"
    assert CHECKER.exists(), "make checkers"
    command = [java, "-Xmx512m", "-jar", str(CHECKER), "--errors-only", "--format", "json", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=300)
    messages = json.loads(told.stderr)["messages"]
    return [f"{Path(one['url']).name}:{one.get('lastLine')}: {one['message']}" for one in messages]


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text('<!doctype html><html lang="en"><head><title>x</title></head><body><img><p id="a"><p id="a">')
    assert len(faults([wrong])) == 3


def test_every_page_is_valid_html(site: Site, tmp_path: Path) -> None:
    files = []
    for who in CAST:
        for route, address in site.pages_of(who):
            files.append(tmp_path / f"{who}{route.replace('/', '-')}.html")
            files[-1].write_text(site.walk(who).pages[address])
    for name, (who, path, form) in REFUSED.items():
        status, text, _ = site.running.curl("POST", path, form, cookie=site.cookies.get(who, ""), form=True)
        assert status in (401, 403, 422), path
        files.append(tmp_path / f"{name}.html")
        files[-1].write_text(text)
    assert faults(files) == []


REFUSED = {
    "no-username": (VISITOR, "/login", {"username": "", "password": "x" * 8, "next": ""}),
    "everything-wrong": (VISITOR, "/Register", {"invitation_code": "x", "username": "?", "name": "", "email": "x"}),
    "another-session": (MEMBER, "/invitations", {"to": "not an address", "csrf": "x"}),
}
"""Pages that show what was wrong with a form."""
