"""A coach and a client for one journey, so that no journey stands in another's way."""

from datetime import timedelta
from typing import Any, NamedTuple

from tests.e2e.pages import ADMIN, Site, next_monday


class Pair(NamedTuple):
    """Their usernames, and the coach's slug."""

    coach: str
    client: str
    slug: str


def pair(site: Site, coach: str, client: str, *, hours: bool = True) -> Pair:
    """Make two members a coach, with office hours on weekdays from 9 to 17, and their client."""

    def as_admin(method: str, path: str, body: Any = None) -> Any:
        status, answer, _ = site.running.curl(method, path, body, cookie=site.cookies[ADMIN])
        assert status < 300, (path, answer)
        return answer

    found = {who: as_admin("GET", f"/api/admin/people?q={who}")["found"][0] for who in (coach, client)}
    as_admin("PUT", f"/api/admin/people/{found[coach]['id']}/roles/coach", {"why": "coaches us"})
    as_admin("PUT", f"/api/admin/people/{found[client]['id']}/roles/client", {"why": "is coached"})
    slugs = {"coach": found[coach]["slug"], "client": found[client]["slug"]}
    as_admin("POST", "/api/admin/relationships", slugs | {"why": "asked for it"})
    for day in range(5) if hours else ():
        on = str(next_monday() + timedelta(days=day))
        given = {"start": f"{on}T09:00", "end": f"{on}T17:00", "timezone": "Europe/Berlin", "weekly": True}
        asks(site, coach, "POST", "/api/office-hours", given)
    return Pair(coach, client, slugs["coach"])


def asks(site: Site, username: str, method: str, path: str, body: Any = None) -> Any:
    """What the API answers somebody, in a session of their own."""
    status, answer, _ = site.running.curl(method, path, body, cookie=site.running.log_in(username))
    assert status < 300, (path, answer)
    return answer


def calls_of(site: Site, username: str) -> list[Any]:
    """The calls that are booked, as the API lists them."""
    return [
        call
        for call in asks(site, username, "GET", "/api/appointments?weeks=8")["appointments"]
        if call["status"] == "booked"
    ]
