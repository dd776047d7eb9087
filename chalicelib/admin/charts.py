"""Charts as rectangles that templates draw as SVG: no text in them, for the numbers stand in the table beneath. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 320, 120
GAP = 6


class Bar(NamedTuple):
    """A rectangle of a chart of 320 by 120; ``series`` says which of its colours it has."""

    x: float
    y: float
    width: float
    height: float
    series: int


def stacked(columns: Sequence[Sequence[int]], gap: float = GAP) -> list[Bar]:
    """Columns side by side, the parts of each on top of each other, the first at the bottom; as high as the highest. A column
    without parts leaves room."""
    most = max((sum(parts) for parts in columns), default=0)
    if not most:
        return []
    wide = (WIDTH - gap * (len(columns) - 1)) / len(columns)
    bars = []
    for number, parts in enumerate(columns):
        bottom = float(HEIGHT)
        for series, count in enumerate(parts):
            height = round(count / most * HEIGHT, 2)
            bottom = round(bottom - height, 2)
            if count:
                bars.append(Bar(round(number * (wide + gap), 2), bottom, round(wide, 2), height, series))
    return bars


def share(part: float, whole: float) -> float:
    """How many of 100 a part is; 0 of nothing, and never more than all."""
    return round(min(100.0, 100 * part / whole), 1) if whole else 0.0
