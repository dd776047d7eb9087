"""Somebody who goes through the pages by what they read there; every link and every button is a step."""

from typing import Any
from urllib.parse import urlencode

from tests.pages.documents import FIELDS, Document, Element
from tests.people import Answer, Browser


class Walk:
    """``Walk(browser).follow("Book a call").press("10:00")``; ``steps`` says how many links and buttons it took,
    ``presses`` how many of them were buttons, and ``typed`` how many fields were filled in or ticked."""

    def __init__(self, browser: Browser, path: str = "/") -> None:
        self.browser, self.steps, self.presses, self.typed = browser, 0, 0, 0
        self._read(browser.get(path, headers={"Accept": "text/html"}))

    @property
    def said(self) -> str:
        """What the page reads, spaces made one."""
        return self.page.main

    def follow(self, text: str) -> "Walk":
        """Follow the first link of that text."""
        link = next((e for e in self.page.all("a") if _words(e).startswith(text)), None)
        assert link, f"no link says {text!r}: {[_words(e) for e in self.page.all('a')]}"
        self.steps += 1
        return self._read(self.browser.get(link["href"], headers={"Accept": "text/html"}))

    def press(self, text: str, **typed: str | list[str]) -> "Walk":
        """Press the first button of that text, in a form that has those fields; what is not typed is as it stands."""
        button, form = next(
            (
                (button, form)
                for button in self.page.all("button")
                if _words(button).startswith(text)
                for form in button.inside
                if form.tag == "form" and typed.keys() <= {e["name"] for e in self.page.fields if form in e.inside}
            ),
            (None, None),
        )
        assert button and form, f"no button says {text!r}: {[_words(e) for e in self.page.all('button')]}"
        self.steps += 1
        self.presses += 1
        self.typed += sum(len(value) if isinstance(value, list) else 1 for value in typed.values())
        sent = self._standing(form) | typed | ({button["name"]: button["value"]} if button["name"] else {})
        if form["method"] == "post":
            return self._read(self.browser.post(form["action"], sent, kind="form"))
        return self._read(
            self.browser.get(f"{form['action']}?{urlencode(sent, doseq=True)}", headers={"Accept": "text/html"})
        )

    def _standing(self, form: Element) -> dict[str, Any]:
        """What a browser sends of the form as it stands; more than one value where fields share a name."""
        found: dict[str, list[str]] = {}
        for field in self.page.all(*FIELDS):
            chosen = field["type"] not in ("checkbox", "radio") or "checked" in field.attributes
            if form in field.inside and field["name"] and chosen:
                found.setdefault(field["name"], []).append(self.page.value_of(field))
        return {name: values if len(values) > 1 else values[0] for name, values in found.items()}

    def _read(self, answer: Answer) -> "Walk":
        if answer.status == 303:
            given = answer.header("set-cookie").partition(";")[0]
            kept = [f"session={self.browser.cookie}"] * bool(self.browser.cookie) + [given] * given.startswith(
                "shown_once"
            )
            headers = {"Accept": "text/html", "Cookie": "; ".join(kept)}
            answer = self.browser.get(answer.header("location"), headers=headers)
        assert answer.status in (200, 422, 409), answer.text
        self.page = Document(answer.text)
        return self


def _words(element: Element) -> str:
    """What a link or a button says, or is called."""
    return element["aria-label"] or " ".join(element.text.split())
