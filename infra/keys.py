"""Fills an installation's secrets, and rotates them: ``python -m infra.keys make production``.

They are made here and go to Secrets Manager alone: no variable, no state and no screen sees them. AWS is reached as
the AWS command line would reach it.
"""

import json
import secrets
import sys
from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.migrate import HANDLERS, JOBS
from infra.settings import APP_NAME

LOGINS = {"handlers": HANDLERS, "jobs": JOBS}
Secret = dict[str, Any]


def new_key() -> str:
    """32 bytes at random, as hexadecimal digits."""
    return secrets.token_hex(32)


def make(client: Any, installation: str) -> list[str]:
    """Fill what is still missing, and leave what is there; the names of the secrets that were written."""
    keys: Secret = {"links": [new_key()], "filter": new_key(), "seal": [new_key()]}
    logins = {name: {"username": user, "password": secrets.token_urlsafe(32)} for name, user in LOGINS.items()}
    written = [_complete(client, f"{installation}/{name}", made) for name, made in ({"keys": keys} | logins).items()]
    return [name for name in written if name]


def _complete(client: Any, name: str, made: Secret) -> str:
    return _change(client, name, lambda held: made | held)


def rotate_logins(client: Any, installation: str) -> list[str]:
    """New passwords for handlers and jobs; the database learns them when the migration function runs next."""
    return [
        _change(client, f"{installation}/{name}", lambda held: held | {"password": secrets.token_urlsafe(32)})
        for name in LOGINS
    ]


def rotate_seal(client: Any, installation: str) -> list[str]:
    """A new key to seal with, before those that still open what was sealed earlier."""
    return [_change(client, f"{installation}/keys", lambda held: held | {"seal": [new_key(), *held["seal"]]})]


def rotate_links(client: Any, installation: str) -> list[str]:
    """A new key for links and codes, before those that still know what they made: nothing ends."""
    return [
        _change(client, f"{installation}/keys", lambda held: held | {"links": [new_key(), *_listed(held["links"])]})
    ]


def forget_links(client: Any, installation: str) -> list[str]:
    """Keep the newest key of links alone, the others being known to somebody: what they made ends."""
    return [_change(client, f"{installation}/keys", lambda held: held | {"links": _listed(held["links"])[:1]})]


def _listed(keys: str | list[str]) -> list[str]:
    """Before it could be rotated, ``links`` was a single key."""
    return [keys] if isinstance(keys, str) else keys


ACTS = {
    "make": make,
    "rotate-logins": rotate_logins,
    "rotate-seal": rotate_seal,
    "rotate-links": rotate_links,
    "forget-links": forget_links,
}
"""`filter` has no act: it chooses a pair's bits, and with another one every pair that is kept apart is forgotten."""


def _change(client: Any, name: str, change: Callable[[Secret], Secret]) -> str:
    """Replace what a secret holds; its name, or "" where nothing was to be changed."""
    client.describe_secret(SecretId=name)  # a secret that is missing is another fault than an empty one
    try:
        held = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        held = {}
    wanted = change(held)
    if wanted == held:
        return ""
    client.put_secret_value(SecretId=name, SecretString=json.dumps(wanted))
    return name


def main(arguments: list[str]) -> str | None:
    """Carries out one act; what is wrong, for people to read, or None."""
    if len(arguments) != 2 or arguments[0] not in ACTS:
        return f"python -m infra.keys {'|'.join(ACTS)} ENVIRONMENT"
    act, environment = arguments
    client = boto3.client("secretsmanager")
    try:
        written = ACTS[act](client, f"{APP_NAME}-{environment}")
    except client.exceptions.ResourceNotFoundException:
        return f"There are no secrets of {APP_NAME}-{environment}: terraform apply makes their places."
    print(f"Written: {', '.join(written)}." if written else "Nothing was missing.")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
