"""``python -m infra.local columns 2026-W48 1 IN.npz``: what the matcher would be given for a round, as a file.

``python -m chalicelib.lunch.matching IN.npz OUT.npz`` then matches it as often as one likes, and nothing is written.
"""

import sys
from pathlib import Path

import numpy as np

from chalicelib import clock
from chalicelib.calendar import zones
from chalicelib.database import JOB, transaction
from chalicelib.errors import UserError
from chalicelib.lunch import candidates
from chalicelib.lunch.matching.columns import columns_to_arrays

USAGE = "usage: python -m infra.local columns WEEK LOCATION IN.npz   (2026-W48, the location's number)"


def main(arguments: list[str]) -> None:
    """Write the file, and say how many people are in it."""
    if len(arguments) != 3 or not arguments[1].isdecimal():
        sys.exit(USAGE)
    week, location, path = arguments
    try:
        monday = zones.week_of(week)
        given = transaction(lambda db: candidates.read(db, monday, int(location), clock.now()), JOB)
        with Path(path).open("wb") as file:
            np.savez_compressed(file, **columns_to_arrays(given.columns))  # type: ignore[arg-type]
    except UserError as told:
        sys.exit(told.message)
    except LookupError as absent:
        sys.exit(f"{absent}")
    except OSError as refusal:
        sys.exit(f"{path} cannot be written: {refusal.strerror}")
    print(f"{len(given.people)} people of {given.location.name}, week {week}: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
