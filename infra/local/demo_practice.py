"""What the demo's practice has beside its calls: rules of one coach, a client who did not come, a series, one who waits, a calendar
kept elsewhere."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5


def fill(cursor: Any, carla: UUID, konrad: UUID, now: datetime) -> None:
    """Make it, for two coaches of the practice."""
    cursor.execute("INSERT INTO rule (name, scope, value) VALUES ('coaching.notice_hours', %s, '48')", (str(konrad),))
    cursor.execute(
        "INSERT INTO no_show (appointment_id, at, counts) SELECT id, %s, true FROM appointment"
        " WHERE coach_id = %s AND ends < %s ORDER BY starts DESC LIMIT 1",
        (now, carla, now),
    )
    cursor.execute(
        "INSERT INTO series_call (appointment_id, series_id, number) SELECT id, %s, row_number() OVER (ORDER BY starts)"
        " FROM appointment WHERE client_id = (SELECT client_id FROM appointment WHERE coach_id = %s AND starts > %s"
        " ORDER BY starts LIMIT 1) AND starts > %s",
        (uuid5(carla, "series"), carla, now, now),
    )
    cursor.execute(
        "INSERT INTO waiting (id, client_id, coach_id, until, asked, looked, known)"
        " SELECT %s, client_id, coach_id, starts, %s, %s, '{}' FROM appointment WHERE coach_id = %s AND starts > %s"
        " ORDER BY starts DESC LIMIT 1",
        (uuid5(carla, "waiting"), now, now, carla, now),
    )
    # Busy tomorrow from twelve to two; nobody reads it, for there is no such address.
    calendar, day = (
        uuid5(carla, "calendar"),
        now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1),
    )
    cursor.execute(
        "INSERT INTO outside_calendar (id, person_id, number, url, host, added, due, read)"
        " VALUES (%s, %s, 1, 'https://calendar.example.org/carla.ics', 'calendar.example.org', %s, %s, %s)",
        (calendar, carla, now, now + timedelta(days=3650), now),
    )
    cursor.execute(
        "INSERT INTO outside_busy (calendar_id, person_id, during) VALUES (%s, %s, tstzrange(%s, %s))",
        (calendar, carla, day, day + timedelta(hours=2)),
    )
