"""The page /local/mails: what the sink took, newest first, as text. The local stage alone has it."""

import email
import email.policy
import re
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

PATH = "/local/mails"
SHOWN = 200
NAME = re.compile(r"[0-9]+\.eml")


def answer(folder: Path, path: str) -> dict[str, Any]:
    """The list, or one mail, as an answer in the form Lambda functions give."""
    name = unquote(path.removeprefix(PATH).strip("/"))
    if not name:
        return _page("Mails", _list(folder))
    if NAME.fullmatch(name) and (folder / name).is_file():
        mail = read(folder / name)
        return _page(str(mail["subject"]), _mail(mail))
    return _page("No such mail", f'<p><a href="{PATH}">All mails</a></p>', 404)


def read(file: Path) -> EmailMessage:
    """One kept mail, parsed."""
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def text(mail: EmailMessage) -> str:
    """What a mail says, as text."""
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        return part.as_string()


def _list(folder: Path) -> str:
    files = sorted((file for file in folder.glob("[!.]*.eml") if NAME.fullmatch(file.name)), reverse=True)
    rows = []
    for file in files[:SHOWN]:
        mail = read(file)
        rows.append(
            f'<li><a href="{PATH}/{file.name}">{escape(_header(mail, "subject"))}</a> '
            f"to {escape(_header(mail, 'to'))}, {escape(_header(mail, 'date'))}</li>"
        )
    return f"<p>{len(files)} mails were sent.</p><ol>{''.join(rows)}</ol>"


def _mail(mail: EmailMessage) -> str:
    heads = "\n".join(f"{name.title()}: {_header(mail, name)}" for name in ("from", "to", "subject", "date"))
    said = escape(text(mail))
    linked = re.sub(r"https?://[^\s<>&\"']+(?:&amp;[^\s<>&\"']+)*", r'<a href="\g<0>">\g<0></a>', said)
    return f'<p><a href="{PATH}">All mails</a></p><pre>{escape(heads)}\n\n{linked}</pre>'


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name) or mail.get("x-envelope-to" if name == "to" else "", "") or "(none)")


def _page(title: str, body: str, status: int = 200) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
        "body": f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1>{body}</html>",
    }
