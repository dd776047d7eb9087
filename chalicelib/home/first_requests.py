"""Does before the first request what a new environment would do during it: it connects, and has PostgreSQL read what the
functions are made of that nearly every request and every booking calls. A third of what that costs is paid here."""

import logging
from datetime import datetime

from chalicelib.database import Database, transaction

log = logging.getLogger(__name__)


def prepare(now: datetime) -> None:
    """Ask those functions about nobody. Writes nothing and fails nothing: what is wrong, the first request says."""

    def ask(db: Database) -> None:
        db.run("SELECT FROM enter(NULL, %(now)s)", now=now)
        db.run("SELECT FROM coach_calendar('', NULL, tstzrange(%(now)s, %(now)s), NULL, 'nothing')", now=now)
        db.run("SELECT book_calls('{}', NULL, NULL, '{}', '{}', 0, '{}')")

    try:
        transaction(ask)
    except Exception:
        log.warning("the database could not be asked before the first request", exc_info=True)
