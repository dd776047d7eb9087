"""The files that pages need besides themselves: style, script, pictures. Text and SVG only, each under a name that
holds a hash of its content, so that a browser may keep it for ever."""

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file: its text and its media type."""

    text: str
    type: str


@cache
def _assets() -> dict[str, tuple[str, Asset]]:
    """By its plain name: the name it is served under, and what it is."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in TYPES:
            text = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()[:12]
            found[path.name] = (f"{path.stem}.{digest}{path.suffix}", Asset(text, TYPES[path.suffix]))
    return found


def path(name: str) -> str:
    """Where the file of that name is served: ``/static/style.4f3a9c1b0d2e.css``. Raises KeyError for none there is."""
    return "/static/" + _assets()[name][0]


def served(name: str) -> Asset | None:
    """What is served under a name that holds a hash; None for any other."""
    return next((asset for served_as, asset in _assets().values() if served_as == name), None)
