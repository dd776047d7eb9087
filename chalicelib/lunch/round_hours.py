"""What a round looked like: how many of its people were free at each hour, and how many of them have lunch then."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import numpy as np

from chalicelib.database import Database
from chalicelib.lunch.candidates import Round


def keep(db: Database, round: UUID, given: Round, lunches: Iterable[tuple[datetime, int]]) -> None:
    """Keep the counts of every hour of the week. ``lunches``: when each that was made begins, and how many are at it."""
    matched: Counter[datetime] = Counter()
    for starts, people in lunches:
        matched[starts] += people
    db.each(
        "INSERT INTO round_hour (round_id, starts, free, matched) SELECT %(round)s, starts, free, matched"
        " FROM json_to_recordset(%(given)s) AS x (starts timestamptz, free integer, matched integer)",
        [
            {
                "starts": starts,
                "free": int(np.count_nonzero(given.columns.free >> np.uint64(bit) & np.uint64(1))),
                "matched": matched[starts],
            }
            for bit, (starts, _) in enumerate(given.week.lunches)
        ],
        round=round,
    )
