"""Sets the running local system's clock: ``make clock NOW=2026-11-30T12:00Z``."""

import os
from datetime import UTC, datetime, timedelta

from infra.local.errors import LocalError
from infra.local.installation import CLOCK, data_folder, environment

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def set_clock(now: str) -> str:
    """Moves the clock so that it shows ``now`` (ISO 8601 with an offset; ``real``: as the machine's); says so.

    Raises:
        LocalError: nothing runs here, this is not the local stage, or ``now`` is nonsense.
    """
    if os.environ.get("STAGE", "local") != "local":
        raise LocalError("Only a local system's clock can be set: unset STAGE.")
    file = data_folder() / CLOCK
    environment(data_folder())
    offset = timedelta() if now == "real" else _parse(now) - datetime.now(UTC)
    draft = file.with_suffix(".new")
    draft.write_text(f"{offset.total_seconds()}\n")
    draft.rename(file)
    shown = datetime.now(UTC) + offset
    return f"The clock shows {shown:%A, %Y-%m-%d %H:%M} UTC; what was due in between happens now."


def _parse(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LocalError(f"NOW={text} is no time: write it like NOW=2026-11-30T12:00Z.") from None
    if moment.tzinfo is None:
        raise LocalError(f"NOW={text} does not say in which zone: end it with Z or an offset, like {text}Z.")
    if not EARLIEST <= moment <= LATEST:
        raise LocalError(f"NOW={text} is too far away: choose a time from {EARLIEST:%Y} to {LATEST:%Y}.")
    return moment
