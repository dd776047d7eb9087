"""The days on which the tests run. Whatever asks what day it is must hold on each of them, and in each zone of a machine.

``DAY=friday TZ=Pacific/Auckland make test`` runs them on one of them, ``make days`` on all, and CI takes turns.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS = {
    "monday": "2026-11-30T00:30+01:00",
    "wednesday": "2026-11-25T12:00+01:00",
    "friday": "2026-11-27T23:30+01:00",
    "forward": "2027-03-28T03:30+02:00",
    "back": "2027-10-31T02:30+01:00",
    "leap-day": "2028-02-29T12:00+01:00",
    "week-53": "2026-12-31T23:00+01:00",
}
"""By name: a week that has just begun, one half over, one whose lunches are over; the Sundays on which clocks go forward
(half an hour after) and back (the second half past two); a leap day; New Year's Eve of a year with 53 weeks. The offsets
are Berlin's, where most people of the tests live."""
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles")


def offset(name: str | None = None) -> timedelta:
    """How far the product's clock is set from the machine's: zero unless DAY, or the caller, names one of the days."""
    name = name or os.environ.get("DAY")
    return datetime.fromisoformat(DAYS[name]) - _began if name else timedelta()


def set_clock(file: Path, name: str | None = None) -> None:
    """Sets the clock that ``file`` moves to the day of this run, or to that of a name."""
    draft = file.with_suffix(".new")
    draft.write_text(f"{offset(name).total_seconds()}\n")
    draft.rename(file)


_began = datetime.now(UTC)


def turn(number: int) -> tuple[str, str]:
    """Day and zone of the run with that number: each with each, in twenty-one runs."""
    return list(DAYS)[number % len(DAYS)], ZONES[number % len(ZONES)]


def main(arguments: list[str]) -> int:
    """Runs pytest once for each day in each zone, and says which runs failed."""
    if arguments[:1] == ["--turn"]:
        print("DAY={} TZ={}".format(*turn(int(arguments[1]))))
        return 0
    failed = []
    for day in DAYS:
        for zone in ZONES:
            print(f"== DAY={day} TZ={zone}", flush=True)
            command = [sys.executable, "-m", "pytest", "-q", *arguments]
            if subprocess.run(command, env=os.environ | {"DAY": day, "TZ": zone}, check=False).returncode:
                failed.append(f"DAY={day} TZ={zone}")
    print("\n".join(["Failed:", *failed]) if failed else f"Green on {len(DAYS)} days in {len(ZONES)} zones.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
