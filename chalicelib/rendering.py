"""Renders pages: Jinja2 with autoescape over chalicelib/templates. Imported only when a page is asked for."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The templates, compiled once a process. An unknown name in a template is an error, not an empty space."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(template: str, values: dict[str, Any]) -> str:
    """The page as HTML."""
    return environment().get_template(template).render(values)
