"""Every change of every clock from 2025 to 2037: the slots of that night, against what zdump reads from the same files,
in all distinct zones."""

import hashlib
import itertools
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Hours
from chalicelib.coaching.slots import Calendar, Terms, free

HOUR = timedelta(hours=1)
TERMS = Terms(HOUR, HOUR, timedelta(), timedelta(weeks=1000), timedelta(), 1)
LINE = re.compile(r"^(\S+)\s+\w{3} (\w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}) UTC? = .* isdst=\d gmtoff=(-?\d+)$")

pytestmark = pytest.mark.skipif(shutil.which("zdump") is None, reason="zdump is the reference")


def distinct_zones() -> dict[str, Path]:
    """One name for every different file of the tzdata package."""
    folder = Path(str(resources.files("tzdata") / "zoneinfo"))
    found: dict[str, str] = {}
    for name in sorted(zones.names()):
        found.setdefault(hashlib.sha256((folder / name).read_bytes()).hexdigest(), name)
    return {name: folder / name for name in found.values()}


def changes(files: dict[str, Path]) -> dict[str, list[tuple[datetime, timedelta]]]:
    """Zone -> (instant, offset from then on), as zdump says."""
    said = subprocess.run(
        ["zdump", "-v", "-c", "2024,2039", *map(str, files.values())], capture_output=True, text=True, check=True
    ).stdout
    name_of = {str(path): name for name, path in files.items()}
    found: dict[str, list[tuple[datetime, timedelta]]] = {name: [] for name in files}
    for line in said.splitlines():
        match = LINE.match(line)
        if match and 2024 <= int(match[2][-4:]) <= 2038:
            at = datetime.strptime(match[2], "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
            found[name_of[match[1]]].append((at, timedelta(seconds=int(match[3]))))
    return found


def reading(steps: list[tuple[datetime, timedelta]]) -> Callable[[datetime], datetime]:
    """Wall time to instant by those steps: the first of two, and by the offset before where there is none."""

    def offset(at: datetime) -> timedelta:
        return [delta for since, delta in steps if since <= at][-1]

    def instant(wall: datetime) -> datetime:
        utc = wall.replace(tzinfo=UTC)
        fitting = [utc - delta for delta in {delta for _, delta in steps} if offset(utc - delta) == delta]
        return min(fitting) if fitting else utc - offset(utc - timedelta(days=1))

    return instant


def test_the_slots_of_every_night_in_which_a_clock_changes() -> None:
    files = distinct_zones()
    assert len(files) > 300
    nights = 0
    for name, steps in changes(files).items():
        zone = ZoneInfo(name)
        for before, after in itertools.pairwise(steps):
            if before[1] == after[1] or not 2025 <= after[0].year <= 2037:
                continue
            nights += 1
            first = datetime.combine((after[0] + min(before[1], after[1])).date(), datetime.min.time())
            instant = reading(steps)
            for wall in (first - timedelta(days=1), first, first + timedelta(days=1)):
                hours = Hours(wall, wall + timedelta(days=1), name, False, wall.date(), frozenset())
                start, end, expected = instant(wall), instant(wall + timedelta(days=1)), []
                while start + HOUR <= end:
                    expected.append((start, start + HOUR))
                    start += HOUR
                begin = after[0] - timedelta(days=4)
                found = free(Calendar(zone, (hours,), [], [], [], TERMS, True), begin, begin + timedelta(days=9), begin)
                assert found == expected, (name, wall)
    assert nights > 2500, nights
