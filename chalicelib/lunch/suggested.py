"""Keeps what would have helped those whom a round left over, to be read on their week."""

from chalicelib.database import Database
from chalicelib.lunch import suggestions
from chalicelib.lunch.candidates import Round
from chalicelib.lunch.matching import Reason


def keep(db: Database, given: Round, why: dict[int, Reason]) -> None:
    """Keep what would have helped those who are left over, in place of what an earlier round of that week said."""
    people = [given.people[row] for row in why]
    for table in ("suggested_hour", "suggested_food"):
        db.run(
            f"DELETE FROM {table} WHERE week = %(week)s AND person_id = ANY(%(people)s)",
            week=given.week.monday,
            people=people,
        )
    hours = suggestions.hours(given.columns, list(why), len(given.week.lunches))
    starts = {row: given.week.start(hour.bit).astimezone(given.week.zone) for row, hour in hours.items()}
    db.each(
        "INSERT INTO suggested_hour (person_id, week, weekday, starts, people)"
        " SELECT person, %(week)s, weekday, starts, people"
        " FROM json_to_recordset(%(given)s) AS x (person uuid, weekday smallint, starts time, people integer)",
        [
            {
                "person": given.people[row],
                "weekday": starts[row].weekday(),
                "starts": starts[row].strftime("%H:%M"),
                "people": hour.people,
            }
            for row, hour in hours.items()
        ],
        week=given.week.monday,
    )
    unsuited = [row for row, reason in why.items() if reason == Reason.NOBODY_SUITABLE]
    db.each(
        "INSERT INTO suggested_food (person_id, week, food_type_id, people) SELECT person, %(week)s, food, people"
        " FROM json_to_recordset(%(given)s) AS x (person uuid, food smallint, people integer)",
        [
            {"person": given.people[row], "food": food.food, "people": food.people}
            for row, food in suggestions.foods(given.columns, unsuited).items()
        ],
        week=given.week.monday,
    )
