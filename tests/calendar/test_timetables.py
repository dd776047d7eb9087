"""A week as a table of hours and days, on ordinary weeks and on those in which the clock is put forward or back."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from chalicelib.calendar.timetables import timetable

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)


def span(begin: str, end: str) -> tuple[datetime, datetime]:
    """A span of Berlin's wall time."""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC) for text in (begin, end))
    return first, last


def table(*free: tuple[datetime, datetime], taken: object = (), shown: object = (), monday: date = MONDAY) -> object:
    rows = timetable(monday, BERLIN, list(free), list(taken), list(shown))  # type: ignore[call-overload]
    return {row.hour.hour: row.cells for row in rows}


def test_a_week_without_anything_has_no_hours() -> None:
    assert table() == {}


def test_an_hour_is_free_in_part_or_whole_or_taken() -> None:
    free = span("2026-11-24T11:30", "2026-11-24T14:00")
    assert table(free, taken=[span("2026-11-24T13:15", "2026-11-24T13:30")]) == {
        11: ["", "part", "", "", "", "", ""],
        12: ["", "free", "", "", "", "", ""],
        13: ["", "taken", "", "", "", "", ""],
    }


def test_what_is_asked_for_is_shown_though_nothing_is_there() -> None:
    assert table(shown=[span("2026-11-25T11:00", "2026-11-25T12:00")]) == {11: [""] * 7}


def test_the_week_is_shown_from_monday_to_sunday() -> None:
    rows = table(span("2026-11-23T00:00", "2026-11-23T01:00"), span("2026-11-29T23:00", "2026-11-30T00:00"))
    assert isinstance(rows, dict) and (rows[0][0], rows[23][6]) == ("free", "free")


def test_a_night_is_shown_on_both_of_its_days() -> None:
    rows = table(span("2026-11-24T22:00", "2026-11-25T02:00"))
    assert isinstance(rows, dict) and list(rows) == list(range(24))
    assert [hour for hour, cells in rows.items() if cells[1]] == [22, 23]
    assert [hour for hour, cells in rows.items() if cells[2]] == [0, 1]


def test_other_weeks_are_not_shown() -> None:
    assert table(span("2026-11-22T11:00", "2026-11-22T12:00"), span("2026-11-30T11:00", "2026-11-30T12:00")) == {}


def test_the_hour_that_is_skipped_is_nobodys_and_the_one_that_comes_twice_is_free_when_both_are() -> None:
    spring = table(span("2027-03-28T01:00", "2027-03-28T04:00"), monday=date(2027, 3, 22))
    assert isinstance(spring, dict) and [spring[hour][6] for hour in (1, 2, 3)] == ["free", "", "free"]
    autumn = table(span("2026-10-25T02:00", "2026-10-25T03:00"), monday=date(2026, 10, 19))
    assert autumn == {2: [*[""] * 6, "free"]}
