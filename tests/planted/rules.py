"""Every business rule has an effect that a test shows: one that stays at its default whatever an admin sets is noticed."""

from tests.planted import Fault

_TESTS = {
    "lunch.min_attendees": "tests/lunch/test_rounds.py",
    "lunch.max_attendees": "tests/lunch/test_rounds.py tests/notifications/test_what_is_told.py",
    "lunch.minutes": "tests/lunch/test_weeks.py",
    "lunch.first_start": "tests/lunch/test_encode.py tests/lunch/test_weeks.py",
    "lunch.last_start": "tests/lunch/test_encode.py tests/lunch/test_weeks.py",
    "lunch.weekdays": "tests/lunch/test_weeks.py",
    "lunch.repeat_days": "tests/lunch/test_candidates.py",
    "lunch.auto_approve": "tests/lunch/test_again_and_late.py tests/lunch/test_rounds.py",
    "lunch.approve_hours_before": "tests/lunch/test_again_and_late.py tests/lunch/test_candidates.py tests/lunch/test_jobs.py",
    "lunch.per_week": "tests/lunch/test_candidates.py",
    "lunch.review_days": "tests/lunch/test_jobs.py",
    "lunch.members_may_propose": "tests/lunch/test_proposals.py",
    "lunch.open_seats": "tests/lunch/test_rounds.py",
    "lunch.ignored_invitations": "tests/lunch/test_what_is_mailed.py",
    "lunch.match_day": "tests/lunch/test_jobs.py",
    "lunch.match_hour": "tests/lunch/test_jobs.py",
    "bloom.false_positive_rate": "tests/lunch/test_blocked_pairs.py",
    "coaching.call_minutes": "tests/coaching/test_office_hours.py tests/coaching/test_bad_input.py",
    "coaching.slot_interval_minutes": "tests/coaching/test_book_move_cancel.py tests/coaching/test_equal_hours.py",
    "coaching.notice_hours": "tests/coaching/test_office_hours.py tests/coaching/test_bad_input.py",
    "coaching.horizon_weeks": "tests/coaching/test_booking_calendar.py",
    "coaching.past_weeks": "tests/coaching/test_bad_input.py",
    "coaching.calls_per_month": "tests/coaching/test_office_hours.py",
    "coaching.series_months": "tests/coaching/test_office_hours.py",
    "coaching.cancel_hours_before": "tests/coaching/test_office_hours.py",
    "coaching.moves_per_appointment": "tests/coaching/test_office_hours.py",
    "coaching.buffer_minutes": "tests/coaching/test_office_hours.py tests/coaching/test_booking_calendar.py",
    "coaching.no_show_counts": "tests/coaching/test_no_shows.py",
    "coaching.reminder_hours": "tests/coaching/test_mails.py",
    "invitation.days_valid": "tests/accounts/test_inviting.py",
    "invitation.per_day": "tests/accounts/test_inviting.py",
    "login.failures_per_15_minutes": "tests/accounts/test_logging_in.py tests/accounts/test_network_addresses.py",
    "enrollment.failures_per_15_minutes": "tests/accounts/test_enrolling.py tests/accounts/test_network_addresses.py",
    "requests.per_minute": "tests/lunch/test_lists.py",
    "session.days": "tests/accounts/test_logging_in.py",
    "outbox.days_kept": "tests/test_retention.py",
    "admin.second_factor": "tests/accounts/test_second_factor.py",
}

_READ_BY_SQL = {"coaching.reminder_hours": "chalicelib/coaching/reminders.py"}


def _passed_over(name: str, tests: str) -> Fault:
    """The rule keeps its default, whatever is set."""
    seen = f"An admin sets {name}, and nothing changes."
    if name in _READ_BY_SQL:
        return Fault(_READ_BY_SQL[name], f"r.name = '{name}'", "r.name = ''", tests, seen)
    text = "            if name in RULES:"
    return Fault("chalicelib/rules.py", text, text.replace(":", f" and name != {name!r}:"), tests, seen)


FAULTS = [_passed_over(name, tests) for name, tests in _TESTS.items()]
