"""The pages below /local/mails: what the mailbox took, newest first. Only a local system has them.

A mail has a page with its headers and all its parts; its HTML part and its source have addresses of their own. They
answer only to who asks for this machine by a loopback name: a site elsewhere whose name was pointed here gets nothing.
"""

import email
import email.policy
import re
from email.message import EmailMessage, MIMEPart
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

PATH = "/local/mails"
SHOWN = 200
NAME = re.compile(r"[0-9]+\.eml")
LOOPBACK_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
LINK = re.compile(r"https?://[^\s<>&\"']+(?:&amp;[^\s<>&\"']+)*")
CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'; frame-src 'self'"
POLICY_OF_HTML_PARTS = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""Nothing a mail refers to is fetched, and no script runs: as careful mail programs show it."""

Answer = dict[str, Any]


def is_asked_for(path: str) -> bool:
    """Whether a request's path is one of these pages."""
    return (path + "/").startswith(PATH + "/")


def answer(folder: Path, path: str, host: str) -> Answer:
    """The list, a mail, its HTML part or its source, in the form Lambda functions answer."""
    if not LOOPBACK_HOST.fullmatch(host):
        return _page("For this machine alone", "<p>Open it by the address that make run printed.</p>", 403)
    name, _, part = unquote(path.removeprefix(PATH).strip("/")).partition("/")
    if not name:
        return _page("Mails", _list(folder))
    if not (NAME.fullmatch(name) and (folder / name).is_file() and part in ("", "html", "source")):
        return _page("No such mail", f'<p><a href="{PATH}">All mails</a></p>', 404)
    mail = read(folder / name)
    if part == "html":
        html = mail.get_body(("html",))
        return _answer("" if html is None else content(html), policy=POLICY_OF_HTML_PARTS)
    if part == "source":
        source = (folder / name).read_bytes().decode("utf-8", "replace")
        return _answer(source, kind="text/plain")
    return _page(_header(mail, "subject"), _mail(name, mail))


def read(file: Path) -> EmailMessage:
    """One kept mail, parsed."""
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def content(part: MIMEPart) -> str:
    """What a part says, as text; its bytes in base64 or the like where they are none."""
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


def _mail(name: str, mail: EmailMessage) -> str:
    heads = "\n".join(f"{head}: {value}" for head, value in mail.items())
    parts = [part for part in mail.walk() if not part.is_multipart()]
    return "".join(
        [
            f'<p><a href="{PATH}">All mails</a> <a href="{PATH}/{name}/source">Source</a></p>',
            f"<h2>Headers</h2><pre>{escape(heads)}</pre>",
            *(_part(name, part) for part in parts),
        ]
    )


def _part(name: str, part: MIMEPart) -> str:
    kind, file = part.get_content_type(), part.get_filename()
    title = f"<h2>{escape(kind)}{f', {escape(file)}' if file else ''}</h2>"
    if kind == "text/html":
        alone = f"{PATH}/{name}/html"
        return (
            f'{title}<p><a href="{alone}">The HTML part by itself</a></p>'
            f'<iframe sandbox src="{alone}" title="The HTML part" width="700" height="600"></iframe>'
        )
    if part.get_content_maintype() == "text":
        return f"{title}<pre>{LINK.sub(_linked, escape(content(part)))}</pre>"
    return f"{title}<p>{len(part.get_payload(decode=True) or b'')} bytes</p>"


def _linked(found: re.Match[str]) -> str:
    return f'<a href="{found[0]}">{found[0]}</a>'


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name) or mail.get("x-envelope-to" if name == "to" else "", "") or "(none)")


def _page(title: str, body: str, status: int = 200) -> Answer:
    whole = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return _answer(whole, status=status)


def _answer(body: str, *, kind: str = "text/html", status: int = 200, policy: str = CONTENT_POLICY) -> Answer:
    return {
        "statusCode": status,
        "headers": {
            "Content-Type": f"{kind}; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
        "body": body,
    }
