"""What is asked of a page as it is printed, shown in colours of the system's own, enlarged, or without motion: JavaScript that
answers with what is wrong, in words."""

PARTS = """
const shown = (e) => e.checkVisibility({ checkVisibilityCSS: true }) && !e.closest(".hidden, .skip, .stacked thead");
const named = (e) => `${e.localName}${e.className && e.className.baseVal === undefined ? "." + e.className : ""} ${e.textContent.trim().slice(0, 40)}`;
const everything = () => [document.body, ...document.body.querySelectorAll("*")].filter(shown);
const speaks = (e) => [...e.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
const numbers = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
  return colour.startsWith("color(") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
};
const light = (colour) => {
  const [r, g, b] = numbers(colour).map((one) => (one / 255 <= 0.04045 ? one / 3294.6 : ((one / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const ground = (e) => {
  for (; e; e = e.parentElement) if (numbers(getComputedStyle(e).backgroundColor)[3] > 0.5) return getComputedStyle(e).backgroundColor;
  return "rgb(255, 255, 255)";
};
const found = [];
"""


def script(body: str) -> str:
    return f"() => {{ {PARTS} {body} return found; }}"


PRINTED = script("""
for (const e of everything()) {
  const style = getComputedStyle(e);
  if (e.matches("nav, input:not(.rules *), select:not(.rules *), textarea, .progress") || (e.localName === "button" && !e.closest(".times")))
    found.push(`${named(e)} is printed`);
  if (numbers(style.backgroundColor)[3] > 0.5 && light(style.backgroundColor) < 0.7) found.push(`${named(e)} has a dark ground`);
  if (speaks(e) && !e.closest("svg") && contrast(style.color, "rgb(255, 255, 255)") < 4.5) found.push(`${named(e)} is pale`);
  if (e.localName === "a" && speaks(e) && !e.closest(".bar") && style.textDecorationLine === "none") found.push(`${named(e)} looks like no link`);
}
for (const e of document.querySelectorAll(".table, table"))
  if (e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1) found.push(`${named(e)} is cut`);
if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the paper");
""")
"""On paper: no ways about and no buttons, nothing dark, nothing pale, links to be seen, tables whole."""

FORCED = script("""
const canvas = ground(document.body);
for (const e of everything()) {
  const style = getComputedStyle(e);
  if (e.matches("button, .button, select, textarea, input:not([type=checkbox], [type=radio], [type=hidden])") && !e.closest(".bar li, .side"))
    if (style.borderTopStyle === "none" || parseFloat(style.borderTopWidth) < 1 || contrast(style.borderTopColor, ground(e.parentElement)) < 3)
      found.push(`${named(e)} has no border`);
  if (speaks(e) && !e.closest("svg, :disabled") && contrast(style.color, ground(e)) < 4.5) found.push(`${named(e)} cannot be read`);
  if (e.localName === "rect" && contrast(style.fill, canvas) < 3 && (style.stroke === "none" || contrast(style.stroke, canvas) < 3))
    found.push(`rect.${e.getAttribute("class")} is not seen: ${style.fill}`);
}
const look = (e, styled = getComputedStyle(e)) => [styled.borderTopStyle, styled.borderTopWidth, styled.borderLeftWidth, styled.outlineStyle,
  styled.textDecorationLine, styled.fontWeight, styled.color, styled.backgroundColor].join();
for (const kinds of STATES) {
  const looks = new Map();
  for (const kind of kinds) {
    const e = [...document.querySelectorAll(kind)].find(shown);
    if (!e) continue;
    const own = look(e);
    if (looks.has(own)) found.push(`${kind} looks like ${looks.get(own)}`);
    looks.set(own, kind);
  }
}
for (const one of ["main a", "main button", "main input:not([type=hidden])", "main select"]) {
  const e = [...document.querySelectorAll(one)].find((e) => shown(e) && !e.disabled);
  if (!e) continue;
  e.focus();
  const style = getComputedStyle(e);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.push(`${named(e)} does not show its focus`);
}
""").replace(
    "STATES",
    """[
  [".week:not(.mine) .free:not(.past)", ".week:not(.mine) .part:not(.past)", ".week .taken:not(.past)", ".week .free.past",
   ".week:not(.mine) td:not([class])"],
  [".ticks .part", ".ticks td:not([class])"],
  [".month td a[aria-current]", ".month td a:not([aria-current])", ".month td > span"],
  [".strip a[aria-current]", ".strip a:not([aria-current])"],
  [".mine td.on", ".mine td:not([class])"],
  [".pick .chosen", ".pick td > span:not(.chosen)"],
  [".bar li a[aria-current]", ".bar li a:not([aria-current])"],
]""",
)
"""In colours of the system's own: borders, focus, text, charts, and the states of grids and calendars told apart."""

TELLS_APART = script("""
for (const chart of document.querySelectorAll(".chart")) {
  const fills = new Map();
  for (const rect of chart.querySelectorAll("rect")) fills.set(rect.getAttribute("class"), getComputedStyle(rect).fill);
  if (new Set(fills.values()).size < fills.size) found.push("two parts of a chart look alike");
  for (const key of chart.querySelectorAll(".key")) {
    const fill = fills.get([...key.classList].find((name) => /^s\\d$/.test(name)));
    if (fill && getComputedStyle(key, "::before").backgroundColor !== fill) found.push(`${named(key)} has another colour than its part`);
  }
}
""")
"""A chart's parts, and what its key says of them."""

STILL = script("""
for (const e of document.querySelectorAll("*"))
  for (const part of [null, "::before", "::after"]) {
    const style = getComputedStyle(e, part);
    if (style.animationName !== "none" || style.transitionDuration.split(", ").some((one) => parseFloat(one) > 0) || style.scrollBehavior === "smooth")
      found.push(`${named(e)} moves`);
  }
""")

WHOLE = script("""
if (document.documentElement.scrollWidth > innerWidth) found.push(`the page scrolls sideways, to ${document.documentElement.scrollWidth}`);
const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (words.nextNode()) {
  const e = words.currentNode.parentElement;
  if (!words.currentNode.textContent.trim() || !shown(e) || e.closest("script, option, textarea")) continue;
  const range = document.createRange();
  range.selectNodeContents(words.currentNode);
  for (const box of range.getClientRects()) {
    if (!box.width) continue;
    for (let around = e; around; around = around.parentElement) {
      const style = getComputedStyle(around), holds = around.getBoundingClientRect();
      const scrolls = around.matches(".table") && SCROLLS;
      if (scrolls) break;
      if (style.overflowX !== "visible" && around !== document.documentElement && (box.right > holds.right + 1 || box.left < holds.left - 1)
          || style.overflowY === "hidden" && box.bottom > holds.bottom + 2) { found.push(`${named(e)} is cut in ${named(around)}`); break; }
    }
    if (!(SCROLLS && e.closest(".table")) && (box.right > innerWidth + 1 || box.left < -1)) found.push(`${named(e)} ends outside the page`);
  }
}
for (const e of document.querySelectorAll("button, .button"))
  if (shown(e) && e.scrollWidth > e.clientWidth + 2) found.push(`${named(e)} is wider than its button`);
""")
"""Nothing is cut, and nothing needs to be scrolled sideways for; SCROLLS: but within tables."""
ENLARGED = WHOLE.replace("SCROLLS", "false")
LARGE_TEXT = WHOLE.replace("SCROLLS", "true")
