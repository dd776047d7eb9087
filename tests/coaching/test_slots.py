"""The slot finder against a model that knows nothing of it: every minute is asked whether a call could start then."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calendar.occurrences import Hours, Span
from chalicelib.coaching.slots import Calendar, Terms, free, nearest, why_not

ZONES = (
    "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
    "America/St_Johns", "Africa/Casablanca", "Pacific/Chatham", "UTC", "Antarctica/Troll", "Asia/Beirut",
)  # fmt: skip
MINUTE = timedelta(minutes=1)
CHANGES = (date(2026, 3, 27), date(2026, 10, 22), date(2026, 4, 3), date(2026, 11, 25), date(2011, 12, 28))
"""A few days before something happens somewhere: daylight saving time, a calendar day that Samoa skipped."""


def wall_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The model's own conversion: the first instant whose wall time is that; a skipped one by the offset before."""
    for fold in (0, 1):
        instant = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local:
            return instant
    before = (local.replace(tzinfo=zone) - timedelta(days=1)).utcoffset()
    assert before is not None
    return (local - before).replace(tzinfo=UTC)


def model_ranges(hours: tuple[Hours, ...]) -> list[Span]:
    found = []
    for one in hours:
        zone = ZoneInfo(one.timezone)
        for n in range(9) if one.weekly else range(1):
            start = one.starts + timedelta(days=7 * n)
            if start.date() <= one.until and start.date() not in one.exceptions:
                end = start + (one.ends - one.starts)
                found.append((wall_instant(start, zone), wall_instant(end, zone)))
    return found


def model(calendar: Calendar, begin: datetime, end: datetime, now: datetime) -> list[Span]:
    """Every minute from begin to end, and every rule in the words of the contract."""
    terms, found = calendar.terms, []
    ranges = model_ranges(calendar.hours)
    minute = begin
    while minute < end:
        stop = minute + terms.length
        month = minute.astimezone(calendar.zone).strftime("%Y-%m")
        calls = [call for call in calendar.calls if call.astimezone(calendar.zone).strftime("%Y-%m") == month]
        if (
            minute > now
            and minute <= now + terms.horizon
            and (not calendar.limited or minute - now >= terms.notice)
            and (not calendar.limited or len(calls) < terms.per_month)
            and any(a <= minute and stop <= b and (minute - a) % terms.interval == timedelta() for a, b in ranges)
            and not any(a - terms.buffer < stop and minute < b + terms.buffer for a, b in calendar.taken)
            and not any(a < stop and minute < b for a, b in calendar.client_taken)
        ):
            found.append((minute, stop))
        minute += MINUTE
    return found


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    day = draw(st.sampled_from(CHANGES))
    now = datetime.combine(day, time(draw(st.integers(0, 23)), draw(st.integers(0, 59))), UTC)
    whole = st.integers(0, 5 * 24 * 4).map(lambda quarters: now + timedelta(minutes=15 * quarters))
    spans = st.tuples(whole, st.integers(1, 16)).map(lambda s: (s[0], s[0] + timedelta(minutes=15 * s[1])))
    hours = []
    for _ in range(draw(st.integers(1, 3))):
        starts = datetime.combine(
            day + timedelta(days=draw(st.integers(-2, 4))),
            time(draw(st.integers(0, 23)), draw(st.sampled_from((0, 15, 30, 45)))),
        )
        weekly = draw(st.booleans())
        hours.append(
            Hours(
                starts,
                starts + timedelta(minutes=15 * draw(st.integers(1, 40))),
                draw(st.sampled_from(ZONES)),
                weekly,
                draw(st.sampled_from((date.max, day + timedelta(days=3)))) if weekly else starts.date(),
                frozenset(draw(st.sets(st.integers(0, 4).map(lambda n: day + timedelta(days=n)), max_size=1))),
            )
        )  # fmt: skip
    terms = Terms(
        length=timedelta(minutes=draw(st.sampled_from((15, 45, 60, 90)))),
        interval=timedelta(minutes=draw(st.sampled_from((5, 20, 30, 60)))),
        notice=timedelta(hours=draw(st.sampled_from((0, 1, 24)))),
        horizon=timedelta(weeks=draw(st.sampled_from((1, 12)))),
        buffer=timedelta(minutes=draw(st.sampled_from((0, 10, 30)))),
        per_month=draw(st.integers(1, 2)),
    )
    taken, client = (sorted(draw(st.lists(spans, max_size=4))) for _ in range(2))
    calls = draw(st.lists(st.sampled_from((now, now - timedelta(days=40))), max_size=2))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return Calendar(zone, tuple(hours), taken, client, calls, terms, draw(st.booleans())), now


@settings(max_examples=60, deadline=None)
@given(calendars())
def test_free_slots_are_those_of_the_model(given_calendar: tuple[Calendar, datetime]) -> None:
    calendar, now = given_calendar
    begin, end = now - timedelta(hours=6), now + timedelta(days=4)
    assert free(calendar, begin, end, now) == model(calendar, begin, end, now)


@settings(max_examples=150, deadline=None)
@given(calendars(), st.integers(-60, 4 * 24 * 12), st.sampled_from((0, 0, 0, 5, -5)))
def test_what_is_shown_can_be_booked_and_what_is_not_cannot(
    given_calendar: tuple[Calendar, datetime], fives: int, longer: int
) -> None:
    calendar, now = given_calendar
    begin, end = now - timedelta(hours=6), now + timedelta(days=5)
    slots = free(calendar, begin, end, now)
    for slot in slots:
        assert why_not(calendar, slot, now) == []
    start = now + timedelta(minutes=5 * fives)
    span = (start, start + calendar.terms.length + timedelta(minutes=longer))
    assert (why_not(calendar, span, now) == []) == (span in slots)


@given(calendars(), st.integers(-100, 1000))
def test_the_nearest_slots_are_the_nearest(given_calendar: tuple[Calendar, datetime], quarters: int) -> None:
    calendar, now = given_calendar
    slots = free(calendar, now, now + timedelta(days=5), now)
    wanted = now + timedelta(minutes=15 * quarters)
    found = nearest(slots, wanted)
    assert len(found) == min(3, len(slots)) and found == sorted(found)
    left = [slot for slot in slots if slot not in found]
    farthest = max((abs(slot[0] - wanted) for slot in found), default=timedelta())
    assert all(abs(slot[0] - wanted) >= farthest for slot in left)


# --- one example each, to be read ---

TERMS = Terms(timedelta(hours=1), timedelta(hours=1), timedelta(), timedelta(weeks=12), timedelta(), 1)


def night(zone: str, day: str, start: str = "00:00", hours: float = 6) -> list[str]:
    """The starts, in UTC, of one night of office hours."""
    starts = datetime.fromisoformat(f"{day}T{start}")
    once = Hours(starts, starts + timedelta(hours=hours), zone, False, starts.date(), frozenset())
    calendar = Calendar(ZoneInfo(zone), (once,), [], [], [], TERMS, True)
    begin = datetime.combine(starts.date() - timedelta(days=2), time(), UTC)
    return [f"{slot[0]:%d %H:%M}" for slot in free(calendar, begin, begin + timedelta(days=5), begin)]


def test_a_night_that_skips_an_hour_has_a_slot_less() -> None:
    assert night("Europe/Berlin", "2026-03-29") == ["28 23:00", "29 00:00", "29 01:00", "29 02:00", "29 03:00"]


def test_a_night_that_repeats_an_hour_has_a_slot_more() -> None:
    assert night("Europe/Berlin", "2026-10-25") == [
        "24 22:00", "24 23:00", "25 00:00", "25 01:00", "25 02:00", "25 03:00", "25 04:00",
    ]  # fmt: skip


def test_hours_that_begin_within_the_skipped_hour_begin_by_the_offset_before_it() -> None:
    # 02:30 does not exist in Berlin that night: read with +01:00 it is 01:30Z, which the wall calls 03:30.
    assert night("Europe/Berlin", "2026-03-29", "02:30", 3.5) == ["29 01:30", "29 02:30"]


def test_half_an_hour_of_daylight_saving_time() -> None:
    assert night("Australia/Lord_Howe", "2026-04-05") == [
        "04 13:00", "04 14:00", "04 15:00", "04 16:00", "04 17:00", "04 18:00",
    ]  # fmt: skip
    assert night("Australia/Lord_Howe", "2026-10-04") == ["03 13:30", "03 14:30", "03 15:30", "03 16:30", "03 17:30"]


def test_zones_with_half_and_quarter_hours() -> None:
    assert night("Asia/Kolkata", "2026-06-01", "09:00", 2) == ["01 03:30", "01 04:30"]
    assert night("Asia/Kathmandu", "2026-06-01", "09:00", 2) == ["01 03:15", "01 04:15"]
    assert night("Pacific/Chatham", "2026-06-01", "09:00", 2) == ["31 20:15", "31 21:15"]


def test_a_day_that_was_skipped_altogether_has_no_slots() -> None:
    assert night("Pacific/Apia", "2011-12-30", "09:00", 3) == night("Pacific/Apia", "2011-12-31", "09:00", 3)
