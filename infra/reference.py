"""Writes the tables of docs/reference that code knows better than anybody: ``make reference``."""

from collections.abc import Sequence
from pathlib import Path

from chalicelib.messaging import data_names, topics
from chalicelib.rules import RULES, Rule

FOLDER = Path(__file__).parent.parent / "docs" / "reference"

RULES_INTRODUCTION = """# Business rules

What admins set on their page of rules, or by `PUT /api/admin/rules/{rule}`. A change is in force at once, and is kept
with who made it, when and why. Some rules bind each other: the most people at a lunch are not fewer than the fewest,
the last start is not before the first, and days times starts (a quarter of an hour apart) are at most 60.
"""
TOPICS_INTRODUCTION = """# Topics and messages

Every message is a [CloudEvent](https://cloudevents.io) 1.0 in structured JSON: `specversion`, `id`, `source`
(`/rendezvous`), `type`, `time`, `datacontenttype` and `data`. It is delivered at least once: deduplicate by `id`. Order
holds for messages of one key. Messages carry ids, never names, addresses or what members wrote.
"""


def rules() -> str:
    """docs/reference/rules.md."""
    rows = [
        (f"`{rule.name}`", rule.help, _code(rule.default), _allowed(rule), _KINDS[type(rule.default)])
        for rule in RULES.values()
    ]
    return f"{RULES_INTRODUCTION}\n{_table(('Rule', 'What it means', 'Default', 'Can be', 'Type'), rows)}"


def messages() -> str:
    """docs/reference/topics.md."""
    weekly = [name for name in topics.TOPICS if topics.TOPICS[name] == 1]
    named = {topics.EVERY_WEEK: 1} | {name: count for name, count in topics.TOPICS.items() if name not in weekly}
    of_topic = [
        (f"`{name}`", str(count), ", ".join(_readers(name)) or "none of ours", _kept(name))
        for name, count in named.items()
    ]
    of_message = [
        (f"`{one.type}`", _listed(one.topics), one.key, one.when, _listed(one.data)) for one in topics.MESSAGES
    ]
    data = [(f"`{name}`", what) for name, what in data_names.DATA.items()]
    return (
        "\n".join(
            [
                TOPICS_INTRODUCTION,
                "## Topics\n",
                _table(("Topic", "Partitions", "Read by", "Kept"), of_topic),
                "The key of a message about a week is `event_` and the week's number; any other is the id it names.\n",
                "## Messages\n",
                _table(("Type", "Topics", "Key", "When", "Data"), of_message),
                "What ends in `?` may be absent.\n",
                "## Data\n",
                _table(("Name", "Holds"), data),
            ]
        ).rstrip()
        + "\n"
    )


def _readers(topic: str) -> list[str]:
    return [f"`{name}`" for name, read in topics.CONSUMERS.items() if topic in read]


def _kept(topic: str) -> str:
    return "for ever" if topic in topics.KEPT_FOREVER else "as the broker is set"


def _allowed(rule: Rule) -> str:
    if isinstance(rule.default, bool):
        return "yes or no"
    if isinstance(rule.default, str):
        return ", ".join(rule.choices) or f"what looks like `{rule.default}`"
    return f"{rule.low:g} to {rule.high:g}"


_KINDS = {int: "whole number", float: "number", bool: "yes or no", str: "text"}


def _code(value: object) -> str:
    return "`yes`" if value is True else "`no`" if value is False else f"`{value}`"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


FILES = {"rules.md": rules, "topics.md": messages}


def outdated() -> list[str]:
    """The files that are not what code says."""
    return [name for name, text in FILES.items() if not _is(FOLDER / name, text())]


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (FOLDER / name).write_text(text())
