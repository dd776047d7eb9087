"""Wall time and instants, weeks and their names: at the ends, and where clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.calendar import zones
from chalicelib.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")


def refused(name: str, **field: str) -> dict[str, str]:
    """What is said of a week that is none."""
    with pytest.raises(Invalid) as told:
        zones.week_of(name, **field)
    return told.value.fields


def test_a_zone_that_nobody_can_choose_is_refused_by_name() -> None:
    assert zones.zone("Europe/Berlin") == BERLIN
    for name in ("Europe/Atlantis", "localtime", "Factory", "posixrules", ""):
        with pytest.raises(Invalid) as told:
            zones.zone(name)
        assert told.value.fields == {"timezone": "is not a time zone we know, such as Europe/Berlin"}
    with pytest.raises(Invalid) as told:
        zones.zone("nowhere", "place")
    assert list(told.value.fields) == ["place"]


def test_an_hour_that_comes_twice_is_the_first_of_the_two_and_a_skipped_one_keeps_the_offset_before() -> None:
    assert zones.instant(datetime(2026, 10, 25, 2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert zones.instant(datetime(2026, 10, 25, 2, 30, fold=1), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert zones.instant(datetime(2026, 3, 29, 2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert zones.instant(datetime(2026, 11, 24, 12), BERLIN).tzinfo is UTC


def test_one_instant_is_another_day_elsewhere() -> None:
    late = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert zones.day_of(late, "Europe/Berlin") == date(2026, 11, 30)
    assert zones.day_of(late, "America/Los_Angeles") == date(2026, 11, 29)
    assert zones.this_monday(late, "Europe/Berlin") == date(2026, 11, 30)
    assert zones.this_monday(late, "America/Los_Angeles") == date(2026, 11, 23)


def test_clock_times_and_midnights_are_those_of_the_place() -> None:
    assert zones.at(date(2026, 11, 24), time(12, 15), BERLIN) == datetime(2026, 11, 24, 11, 15, tzinfo=UTC)
    assert zones.midnight(date(2026, 11, 24), BERLIN) == datetime(2026, 11, 23, 23, tzinfo=UTC)


def test_a_week_is_named_by_its_thursday() -> None:
    names = {date(2026, 12, 31): "2026-W53", date(2027, 1, 3): "2026-W53", date(2027, 1, 4): "2027-W01"}
    assert {day: zones.week_name(day) for day in names} == names
    assert zones.week_name(date(800, 6, 1)).startswith("0800-W")
    assert [zones.monday(date(2026, 11, day)) for day in (22, 23, 29)] == [
        date(2026, 11, 16),
        date(2026, 11, 23),
        date(2026, 11, 23),
    ]


def test_a_week_is_read_by_its_name_and_nothing_else_is_one() -> None:
    assert zones.week_of("2026-W48") == date(2026, 11, 23)
    assert zones.week_of("2026-W53") == date(2026, 12, 28)
    for name in ("2026-W00", "2025-W53", "2026-48", "2026-W48 ", "26-W48", "2026-w48", "x2026-W48", "2026-W488", ""):
        assert refused(name) == {"week": "must be a week such as 2026-W48"}
    assert refused("2026-W54", field="from") == {"from": "must be a week such as 2026-W48"}


def test_weeks_at_the_ends_of_time_are_refused() -> None:
    assert zones.week_of("1970-W02") == date(1970, 1, 5)
    assert zones.week_of("2200-W52") == date(2200, 12, 22)
    assert refused("1970-W01") == {"week": "must be a week of the years 1970 to 2200"}, "it begins in 1969"
    assert refused("2201-W02", field="from") == {"from": "must be a week of the years 1970 to 2200"}


def test_a_time_is_written_as_python_writes_it_in_every_zone_at_both_ends_of_the_year() -> None:
    for name in zones.names():
        for at in (datetime(2026, 1, 5, 9, 30, tzinfo=UTC), datetime(2036, 7, 5, 23, 59, 59, 120, tzinfo=UTC)):
            local = at.astimezone(ZoneInfo(name))
            assert zones.text(local) == local.isoformat(), name


@pytest.mark.parametrize(("zone", "wall", "apart"), [("Europe/Berlin", "2027-10-31T02:30", 60), ("Australia/Lord_Howe", "2027-04-04T01:45", 30)])  # fmt: skip
def test_a_time_that_comes_twice_is_two_instants_and_any_other_one(zone: str, wall: str, apart: int) -> None:
    place = ZoneInfo(zone)
    first, second = zones.both(zones.instant(datetime.fromisoformat(wall), place), place)
    assert second - first == timedelta(minutes=apart) and zones.both(second, place) == [first, second]
    assert zones.both(first - timedelta(hours=3), place) == [first - timedelta(hours=3)]
