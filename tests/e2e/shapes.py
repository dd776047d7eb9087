"""The shape of a page: its parts in the order they are read, each with the columns it spans and how high it is, in coarse steps.

A line a page, role and width stands in shapes.txt; what differs is told in words. A part that is gone, new, elsewhere or much
higher is noticed; a font that runs a little wider, another name and one more row are not.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page

KEPT = Path(__file__).with_name("shapes.txt")
COLUMNS = 12
"""Across a page, whatever its width."""
STEP = 20
"""Pixels of height that make no difference by themselves."""
AS_LONG_AS_IT_IS = {"ul.cards"}
"""How many stand there depends on what people did since the system began: only the first card has a height."""
MEASURE = """() => {
  const PARTS = "header, nav, main, footer, h1, h2, h3, form, table, figure, svg[role=img], dl, .card, .notice, .summary, .empty,"
    + " .tiles, .cards, .todo, .days, .month, .strip, .pager, .actions, .lead, .crumbs, .sample, .skip, button.menu";
  const named = (e) => [e.localName, ...e.classList].filter((name) => !/^(h\\d|first|wide|off)$/.test(name) || name === e.localName)
    .slice(0, 2).join(".");
  const told = (e) => e.checkVisibility() && !e.closest(".hidden") && !e.parentElement.closest(".card + .card");
  return [...document.querySelectorAll(PARTS)].filter(told).map((e) => {
    const box = e.getBoundingClientRect();
    return { name: named(e), left: box.left + scrollX, right: box.right + scrollX, height: box.height };
  });
}"""
LAID = """() => {
  const found = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways");
  const shown = (e) => e.checkVisibility({ checkVisibilityCSS: true }) && !e.closest(".hidden, .skip, svg, [popover]:popover-open");
  const named = (e) => `${e.localName}${e.className ? "." + e.className : ""} ${e.textContent.trim().slice(0, 30)}`;
  for (const one of document.querySelectorAll("body *")) {
    if (!shown(one) || !one.nextElementSibling) continue;
    const box = one.getBoundingClientRect();
    if (box.width && box.right > wide + 1 && !one.closest(".table")) found.push(`${named(one)} ends outside the page`);
    for (let next = one.nextElementSibling, far = 0; next && far < 3; next = next.nextElementSibling, far++) {
      if (!shown(next) || getComputedStyle(next).position === "absolute" || getComputedStyle(one).position === "absolute") continue;
      const other = next.getBoundingClientRect();
      const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
      if (across > 4 && down > 6 && getComputedStyle(one).display !== "inline" && getComputedStyle(next).display !== "inline")
        found.push(`${named(one)} lies on ${named(next)}`);
    }
  }
  return found;
}"""
"""What no page may do, whatever it shows: scroll sideways, end outside the page, lie on what follows."""


class Part(NamedTuple):
    """A part, or the first of several of a kind one after another."""

    name: str
    left: int
    right: int
    height: int

    def __str__(self) -> str:
        return f"{self.name}@{self.left}-{self.right}x{self.height}"

    @classmethod
    def read(cls, text: str) -> "Part":
        found = re.fullmatch(r"(.+)@(-?\d+)-(\d+)x(\d+)", text)
        assert found, text
        return cls(found[1], int(found[2]), int(found[3]), int(found[4]))


Shape = list[Part]


def of(page: Page, width: int) -> Shape:
    """The shape of the page as it stands at that width."""
    found: list[Any] = page.evaluate(MEASURE)
    shape: Shape = []
    for one in found:
        left, right = (round(one[side] / width * COLUMNS) for side in ("left", "right"))
        if not shape or shape[-1].name != one["name"]:
            height = 0 if one["name"] in AS_LONG_AS_IT_IS else round(one["height"] / STEP) * STEP
            shape.append(Part(one["name"], left, right, height))
    return shape


def differences(kept: Shape, now: Shape) -> list[str]:
    """How a page looks other than it did, in words; nothing where it looks alike."""
    names, has = ([part.name for part in shape] for shape in (kept, now))
    if names != has:
        return [f"was {' '.join(names)}; is {' '.join(has)}"]
    return [
        f"{part} is {other}"
        for part, other in zip(kept, now, strict=True)
        if max(abs(part.left - other.left), abs(part.right - other.right)) > 1 or not alike(part.height, other.height)
    ]


def alike(one: int, other: int) -> bool:
    """Whether heights are the same for a person who remembers a page: less than half as high again, or by three lines."""
    low, high = sorted((one, other))
    return high < 1.5 * low or high - low <= 3 * STEP


def read() -> dict[str, Shape]:
    """The shapes that are kept, by page, role and width."""
    kept = {}
    for line in KEPT.read_text().splitlines():
        name, _, shape = line.partition(": ")
        kept[name] = [Part.read(part) for part in shape.split()]
    return kept


def write(shapes: dict[str, Shape]) -> None:
    KEPT.write_text("".join(f"{name}: {' '.join(map(str, shape))}\n" for name, shape in sorted(shapes.items())))
