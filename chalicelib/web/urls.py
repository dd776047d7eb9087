"""Links of this site: with the stage's prefix where API Gateway has put one in front of the path."""

from contextvars import ContextVar

prefix: ContextVar[str] = ContextVar("prefix", default="")
"""What stands before every path of this request; '' locally and on a domain of one's own."""


def url(path: str) -> str:
    """A path of this site as a link."""
    return prefix.get() + path
