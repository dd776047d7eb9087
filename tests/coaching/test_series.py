"""The dates of a series, against dateutil's reading of RFC 5545."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.coaching.months import month_span, monthly

ZONES = st.sampled_from(("Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"))


@settings(deadline=None, max_examples=300)
@given(st.datetimes(datetime(2025, 1, 1), datetime(2037, 1, 1)), st.integers(1, 36), ZONES)
def test_a_series_is_what_dateutil_says(local: datetime, months: int, name: str) -> None:
    zone = ZoneInfo(name)
    start = local.replace(second=0, microsecond=0, tzinfo=zone).astimezone(UTC)
    local = start.astimezone(zone).replace(tzinfo=None)  # as it is, where the hour was skipped
    which = (local.day - 1) // 7 + 1
    weekday = rrule.weekday(local.weekday(), which if which < 5 else -1)
    expected = rrule.rrule(rrule.MONTHLY, dtstart=local, count=months, byweekday=weekday)
    found = monthly(start, months, zone)
    assert [at.astimezone(zone).date() for at in found] == [day.date() for day in expected]
    for at, wanted in zip(found, expected, strict=True):
        wall = at.astimezone(zone).replace(tzinfo=None)
        assert timedelta() <= wall - wanted <= timedelta(hours=1)  # later only where that hour is skipped
        assert wall == wanted or not exists(wanted, zone)


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall


@given(st.datetimes(datetime(2025, 1, 1), datetime(2037, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)), ZONES)
def test_every_instant_lies_in_its_month(at: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    begin, end = month_span(at, zone)
    assert begin <= at < end
    first = begin.astimezone(zone)
    assert (first.day, first.hour, first.minute) == (1, 0, 0)
    assert first.date() <= date(at.year + 1, 1, 1) and month_span(end, zone)[0] == end
