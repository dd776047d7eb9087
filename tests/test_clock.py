"""The product's clock: moved by a file, which is read when it has changed and not at every look."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib import clock


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLOCK_FILE", str(tmp_path / "clock"))
    return tmp_path / "clock"


def write(file: Path, seconds: float) -> None:
    """As ``make clock`` does it: a new file in the old one's place."""
    draft = file.with_suffix(".new")
    draft.write_text(f"{seconds}\n")
    draft.rename(file)


def test_without_a_file_it_shows_the_machines_time(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clock.offset() == timedelta()
    monkeypatch.delenv("CLOCK_FILE")
    assert clock.offset() == timedelta()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_each_time_it_is_set_it_shows_another_time(file: Path) -> None:
    for seconds in (3600.0, -3600.0, 7200.5, 0.0):
        write(file, seconds)
        assert clock.offset() == timedelta(seconds=seconds)
        assert clock.offset() == timedelta(seconds=seconds)
    file.unlink()
    assert clock.offset() == timedelta()
    write(file, 60)
    assert clock.offset() == timedelta(minutes=1)


def test_another_file_is_another_clock(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, 60)
    assert clock.offset() == timedelta(minutes=1)
    write(tmp_path / "other", 90)
    monkeypatch.setenv("CLOCK_FILE", str(tmp_path / "other"))
    assert clock.offset() == timedelta(seconds=90)


def test_the_file_is_read_once_until_it_changes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    read_text = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path: reads.append(path) or read_text(path))
    write(file, 60)
    for _ in range(5):
        clock.now()
    assert reads == [file]
    os.utime(file, ns=(1, 1))
    clock.now()
    assert len(reads) == 2
