"""Which route a path belongs to, as API Gateway decides it."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple
from urllib.parse import unquote


class Match(NamedTuple):
    """A route's path as it was declared, and the values of its variables, percent-encoded as they came."""

    resource: str
    parameters: dict[str, str]


class Routes:
    """The declared paths: a fixed part goes before a variable, a variable before ``{proxy+}``.

    Upper and lower case differ; one slash at the end makes no difference; a variable takes one segment, and
    never an empty one.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._fixed: dict[tuple[str, ...], str] = {}
        self._variable: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        """By what is fixed of their first two segments: few of a hundred are looked at."""
        for path in paths:
            segments = tuple(_segments(path))
            if any(segment.startswith("{") for segment in segments):
                self._variable[_fixed_part(segments[:2])].append((segments, path))
            else:
                self._fixed[segments] = path
        for alike in self._variable.values():
            alike.sort(key=lambda entry: [_rank(segment) for segment in entry[0]])

    def match(self, path: str) -> Match | None:
        """The route of ``path`` (percent-encoded, without its query); None if there is none."""
        segments = _segments(path)
        plain = tuple(unquote(segment) for segment in segments)
        resource = self._fixed.get(plain)
        if resource is not None:
            return Match(resource, {})
        for fixed in (plain[:2], plain[:1], ()):
            for declared, resource in self._variable.get(fixed, ()):
                parameters = _capture(declared, segments)
                if parameters is not None:
                    return Match(resource, parameters)
        return None


def _fixed_part(segments: tuple[str, ...]) -> tuple[str, ...]:
    """What comes before the first variable."""
    return tuple(takewhile(lambda segment: not segment.startswith("{"), segments))


def _segments(path: str) -> list[str]:
    if len(path) > 1 and path.endswith("/"):
        path = path[:-1]
    return path.split("/")[1:]


def _rank(segment: str) -> tuple[int, str]:
    if segment.endswith("+}"):
        return 2, segment
    return (1, segment) if segment.startswith("{") else (0, segment)


def _capture(declared: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    greedy = declared[-1].endswith("+}")
    if len(segments) < len(declared) or (len(segments) > len(declared) and not greedy):
        return None
    parameters = {}
    for position, name in enumerate(declared):
        value = segments[position]
        if name.endswith("+}"):
            parameters[name[1:-2]] = "/".join(segments[position:])
        elif name.startswith("{"):
            if not value:
                return None
            parameters[name[1:-1]] = value
        elif unquote(value) != name:
            return None
    return parameters
