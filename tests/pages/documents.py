"""A page as a person's programs read it: elements, headings, labels, links. Strict: what is not well-formed raises."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
APART = frozenset({"br", "dd", "div", "dt", "h1", "h2", "h3", "li", "p", "td", "th", "tr"})
"""Elements whose text is read apart from what stands before and after."""
FIELDS = frozenset({"input", "select", "textarea"})


@dataclass
class Element:
    """A tag with its attributes, its text (of everything inside), and what it is in."""

    tag: str
    attributes: dict[str, str]
    inside: list["Element"]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def is_in(self, tag: str) -> bool:
        return any(outer.tag == tag for outer in self.inside)


@dataclass
class Document(HTMLParser):
    """A page that was read: ``Document(answer.text)``."""

    source: str
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        assert self.source.startswith("<!doctype html>")
        self.feed(self.source)
        self.close()
        assert not self.open, f"never closed: {[element.tag for element in self.open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        self._part(tag)
        element = Element(tag, {name: value or "" for name, value in attrs}, list(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> comes before </{self.open[-1].tag}>"
        self.open.pop()
        self._part(tag)

    def _part(self, tag: str) -> None:
        if tag in APART:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def one(self, tag: str, **attributes: str) -> Element:
        """The one element with these attributes (``class_`` for class)."""
        found = [
            element
            for element in self.all(tag)
            if all(element[name.rstrip("_").replace("_", "-")] == value for name, value in attributes.items())
        ]
        assert len(found) == 1, f"{len(found)} <{tag}> with {attributes}"
        return found[0]

    @property
    def ids(self) -> list[str]:
        return [element["id"] for element in self.elements if element["id"]]

    @property
    def headings(self) -> list[tuple[int, str]]:
        return [(int(e.tag[1]), " ".join(e.text.split())) for e in self.all("h1", "h2", "h3", "h4", "h5", "h6")]

    @property
    def fields(self) -> list[Element]:
        return [element for element in self.all(*FIELDS) if element["type"] != "hidden"]

    @property
    def main(self) -> str:
        """What a reader sees of the page itself, spaces made one."""
        return " ".join(self.one("main").text.split())

    @property
    def alert(self) -> str:
        """What the summary of a refused form says."""
        found = [element for element in self.elements if element["role"] == "alert"]
        return " ".join(found[0].text.split()) if found else ""

    def value(self, name: str) -> str:
        """What stands in the field of that name."""
        return self.value_of(next(element for element in self.all(*FIELDS) if element["name"] == name))

    def value_of(self, found: Element) -> str:
        """What stands in a field."""
        if found.tag == "select":
            options = [e for e in self.all("option") if found in e.inside]
            chosen = next((e for e in options if "selected" in e.attributes), options[0])
            return chosen.attributes.get("value", chosen.text)
        return found["value"] if found.tag == "input" else found.text.removeprefix("\n")

    def ticked(self, name: str) -> list[str]:
        return [e["value"] for e in self.all("input") if e["name"] == name and "checked" in e.attributes]

    def unlabelled(self) -> list[str]:
        """The names of fields without a label that is seen."""
        labelled = {label["for"] for label in self.all("label")}
        return [e["name"] for e in self.fields if e["id"] not in labelled and not e.is_in("label")]

    def form(self, action: str) -> dict[str, str]:
        """The hidden fields of the form that posts there: what a browser sends with it."""
        return self.sent_with(self.one("form", method="post", action=action))

    def sent_with(self, form: Element) -> dict[str, str]:
        """The hidden fields of that form."""
        return {e["name"]: e["value"] for e in self.all("input") if form in e.inside and e["type"] == "hidden"}
