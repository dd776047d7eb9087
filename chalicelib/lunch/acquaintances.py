"""Who met whom, and who may not meet: the pairs of a round, by the numbers of their rows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.lunch.weeks import Week

WEEKS_REMEMBERED = 53
"""Beyond this, a meeting counts as none (objective 3 of the matcher)."""
Pairs = np.ndarray[Any, np.dtype[np.int32]]

AT_LUNCH = """({who}.response = 'approved' OR {who}.response = 'invited' AND {who}.event_id IN (
    SELECT o.id FROM event o WHERE o.status IN ('Proposed', 'Confirmed') AND (o.creator IS NULL OR o.max_attendees >
        (SELECT count(*) FROM attendance x WHERE x.event_id = o.id AND x.response = 'approved'))))"""
"""Who is at a lunch, or may still come to it: not who never answered until it was over, nor whom a member asked to seats
that are taken. Whom a round asked keep theirs."""

_MET = f"""
SELECT one.person_id AS one, other.person_id AS other, max(e.starts) AS last
FROM person_location l
JOIN attendance one ON one.person_id = l.person_id AND {AT_LUNCH.format(who="one")}
JOIN event e ON e.id = one.event_id AND e.starts > %(since)s AND e.status NOT IN ('Rejected', 'Canceled')
JOIN attendance other ON other.event_id = one.event_id AND other.person_id > one.person_id
     AND {AT_LUNCH.format(who="other")}
WHERE l.location_id = %(location)s
GROUP BY 1, 2
"""

# Who was asked to a lunch of that week with somebody who would not come, or never answered: a round repeats nothing.
_REFUSED = """
SELECT DISTINCT one.person_id AS one, other.person_id AS other
FROM event e JOIN attendance one ON one.event_id = e.id
JOIN attendance other ON other.event_id = e.id AND other.person_id > one.person_id
WHERE e.starts >= %(begins)s AND e.starts < %(ends)s
  AND ('rejected' IN (one.response, other.response)
       OR e.status = 'Rejected' AND 'invited' IN (one.response, other.response))
"""


def read(db: Database, number: dict[UUID, int], week: Week, location: int, values: rules.Rules) -> tuple[Pairs, Pairs]:
    """Who may not have lunch together in that week, and who met how many weeks before, by the numbers of their rows."""
    met = db.rows(_MET, location=location, since=week.begins - timedelta(weeks=WEEKS_REMEMBERED))
    met = [pair for pair in met if pair.one in number and pair.other in number]
    refused = db.rows(_REFUSED, begins=week.begins, ends=week.ends)
    refused = [pair for pair in refused if pair.one in number and pair.other in number]
    recently = week.begins - timedelta(days=values.lunch.repeat_days)
    apart = {(number[p.one], number[p.other]) for p in [*(p for p in met if p.last > recently), *refused]}
    weeks = [(number[p.one], number[p.other], max(0, (week.begins - p.last).days // 7)) for p in met]
    return _pairs(sorted(apart), 2), _pairs(weeks, 3)


def _pairs(found: Sequence[tuple[int, ...]], width: int) -> Pairs:
    return np.array(found, np.int32).reshape(-1, width)
