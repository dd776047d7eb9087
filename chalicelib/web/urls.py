"""Links of this site: with the stage's prefix where API Gateway has put one in front of the path."""

import re
from contextvars import ContextVar
from urllib.parse import quote

prefix: ContextVar[str] = ContextVar("prefix", default="")
"""What stands before every path of this request; '' locally and on a domain of one's own."""


def url(path: str) -> str:
    """A path of this site as a link."""
    return prefix.get() + path


OWN_PATH = r"^/(?![/\\])[\x21-\x5b\x5d-\x7e]*\Z"
"""A path of this site, and of no other however a browser reads it: two slashes lead elsewhere, backslashes count as
slashes, and control characters and spaces are passed over (WHATWG URL)."""


def own_path(path: str) -> str:
    """``path`` as a link if it is one of this site, else the front page."""
    quoted = quote(path, safe="/?&=%:+,;@!$'()*~") if "\\" not in path else ""
    return quoted if re.match(OWN_PATH, quoted) else "/"
