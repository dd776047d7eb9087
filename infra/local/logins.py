"""The three log-ins of a database here, as in production: who serves people, who works by itself, and the owner."""

import hashlib
import hmac
import secrets
from urllib.parse import quote, unquote, urlsplit

from chalicelib.migrate import HANDLERS, JOBS


def logins(owner_url: str) -> dict[str, str]:
    """The variables by which processes find the database whose owner's libpq URL is given.

    The passwords of the other two are derived from the owner's, so all that use a server agree on them; where the
    server asks for none, they are new each time. ``chalicelib.migrate`` gives the log-ins those passwords.
    """
    parts = urlsplit(owner_url)
    known = unquote(parts.password or "") or secrets.token_urlsafe(24)
    place = parts.netloc.rpartition("@")[2]

    def url(user: str) -> str:
        password = hmac.new(known.encode(), user.encode(), hashlib.sha256).hexdigest()
        return parts._replace(netloc=f"{user}:{quote(password)}@{place}").geturl()

    return {"DATABASE_URL": url(HANDLERS), "DATABASE_JOB_URL": url(JOBS), "DATABASE_OWNER_URL": owner_url}
