"""django-appointment with the same calls, as a program of its own: run by peers_coaching.py in an environment that has it.

``python peer_django_appointment.py fill|list|race URL ARGUMENT`` prints JSON.
"""

import json
import logging
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import cache
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

FIRST = date(2029, 12, 31)
DAYS = 28
RACES = 10


def configure(url: str) -> None:
    """Django as its own documentation sets the package up, with connections that stay open."""
    import django
    from django.conf import settings
    from django.urls import include, path

    where = urlsplit(url)
    routes = ModuleType("routes")
    sys.modules["routes"] = routes
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="routes",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                        "django.contrib.messages", "appointment"],
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware",
                    "django.contrib.messages.middleware.MessageMiddleware"],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": where.path[1:], "HOST": where.hostname,
                               "PORT": where.port, "USER": where.username, "PASSWORD": unquote(where.password or ""),
                               "CONN_MAX_AGE": None}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        TIME_ZONE="Europe/Berlin",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        LOGGING_CONFIG=None,
    )  # fmt: skip
    django.setup()
    routes.urlpatterns = [path("", include("appointment.urls"))]  # type: ignore[attr-defined]


def fill(count: int) -> dict[str, Any]:
    """One coach, Monday to Friday 9 to 17, calls of an hour; ``count`` of them at every other hour, until mid-February 2030."""
    from appointment.models import Appointment, Config, Service, StaffMember, WorkingHours
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the package brings no migrations
    if not Service.objects.exists():
        coach = User.objects.create_user("coach", "coach@bench.test")
        for n in range(200):
            User.objects.create_user(f"client{n}", f"client{n}@bench.test")
        service = Service.objects.create(name="Call", duration=timedelta(hours=1), price=0)
        staff = StaffMember.objects.create(user=coach, slot_duration=60)
        staff.services_offered.add(service)
        for day in range(1, 6):
            WorkingHours.objects.create(staff_member=staff, day_of_week=day, start_time="09:00", end_time="17:00")
        Config.objects.create(slot_duration=60, lead_time="09:00", finish_time="17:00")
    staff, service, client = StaffMember.objects.get(), Service.objects.get(), User.objects.get(username="client7")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE appointment_appointment, appointment_appointmentrequest CASCADE")
        cursor.execute(
            "INSERT INTO appointment_appointmentrequest (id, date, start_time, end_time, service_id, staff_member_id,"
            " payment_type, id_request, reschedule_attempts, created_at, updated_at)"
            " SELECT n, t::date, t::time, (t + interval '1 hour')::time, %s, %s, 'full', 'r' || n, 0, now(), now()"
            " FROM generate_series(1, %s) n,"
            " LATERAL (SELECT (timestamptz '2030-02-15 00:00Z' - n * interval '2 hours') AT TIME ZONE 'Europe/Berlin' AS t) x",
            [service.pk, staff.pk, count],
        )
        cursor.execute(
            "INSERT INTO appointment_appointment (client_id, appointment_request_id, phone, address, want_reminder,"
            " additional_info, paid, amount_to_pay, id_request, created_at, updated_at)"
            " SELECT %s, id, '', '', false, '', false, 0, id_request, now(), now() FROM appointment_appointmentrequest",
            [client.pk],
        )
        for table in ("appointment_appointment", "appointment_appointmentrequest"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("VACUUM ANALYZE")
    return {"calls": Appointment.objects.count()}


def days() -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(DAYS)]


def listing(times: int) -> dict[str, Any]:
    """Milliseconds and queries for the free slots of four weeks: by its function, and by the view that its page asks."""
    from appointment.models import Service, StaffMember
    from appointment.services import get_available_slots_for_staff
    from appointment.utils.db_helpers import get_weekday_num_from_date
    from django.db import connection
    from django.test import Client

    staff, service = StaffMember.objects.get(), Service.objects.get()
    browser = logged_in(0, Client)

    def by_function() -> list[Any]:
        return [
            slot
            for day in days()
            for slot in get_available_slots_for_staff(day, staff, get_weekday_num_from_date(day), service=service)
        ]

    def by_view() -> list[Any]:
        return [slot for day in days() for slot, _ in slots_of(browser, day)]

    found: dict[str, Any] = {}
    for name, work in (("function", by_function), ("view", by_view)):
        asked: list[str] = []
        with connection.execute_wrapper(lambda execute, sql, *more: asked.append(sql) or execute(sql, *more)):  # type: ignore[func-returns-value]
            slots = work()
        taken = []
        for _ in range(times):
            started = time.perf_counter()
            work()
            taken.append((time.perf_counter() - started) * 1000)
        found[name] = {"ms": statistics.median(taken), "queries": len(asked), "slots": len(slots)}
    return found


def logged_in(number: int, kind: Any) -> Any:
    from django.contrib.auth.models import User

    browser = kind()
    browser.force_login(User.objects.get(username=f"client{number}"))
    return browser


@cache
def coach_and_service() -> tuple[int, int]:
    from appointment.models import Service, StaffMember

    return StaffMember.objects.get().pk, Service.objects.get().pk


def slots_of(browser: Any, day: date) -> list[Any]:
    """What the page is given for that day."""
    staff, service = coach_and_service()
    asked = {"selected_date": day.isoformat(), "staff_member": staff, "service_id": service}
    answer = browser.get("/ajax/available_slots/", asked, headers={"X-Requested-With": "XMLHttpRequest"})
    return list(answer.json()["available_slots"])


def race(times: int) -> dict[str, Any]:
    """Two clients who both see one slot, and book it at the same time through the views: how often both have it."""
    from appointment.models import Appointment
    from django.db import connection
    from django.test import Client

    doubles, booked = 0, []
    barrier = threading.Barrier(2)
    browsers = [logged_in(n, Client) for n in range(2)]

    def book(browser: Any, slot: str) -> int:
        day, _, start = slot.partition("T")
        seen = [one for one, _ in slots_of(browser, date.fromisoformat(day))]
        assert slot in seen
        barrier.wait(30)
        wanted = {"date": day, "start_time": start, "end_time": f"{int(start[:2]) + 1:02}:00:00",
                  "staff_member": coach_and_service()[0], "service": coach_and_service()[1]}  # fmt: skip
        answer = browser.post("/request-submit/", wanted)
        assert answer.status_code == 302, answer.status_code
        answer = browser.post(answer["Location"], {"name": "A Client", "email": "x@bench.test", "phone_0": "DE", "phone_1": "30 123456",
                                                   "payment_type": "full"})  # fmt: skip
        connection.close()
        return int(answer.status_code)

    free = [slot for day in days() for slot, _ in slots_of(browsers[0], day)][:times]
    with ThreadPoolExecutor(2) as threads:
        for slot in free:
            statuses = list(threads.map(book, browsers, [slot, slot]))
            day, _, start = slot.partition("T")
            number = Appointment.objects.filter(
                appointment_request__date=day, appointment_request__start_time=start
            ).count()
            booked.append([number, statuses])
            doubles += number > 1
    return {"races": len(free), "doubles": doubles, "booked": booked}


if __name__ == "__main__":
    logging.disable()
    configure(sys.argv[2])
    print(json.dumps({"fill": fill, "list": listing, "race": race}[sys.argv[1]](int(sys.argv[3]))))
