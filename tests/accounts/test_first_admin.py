"""The first admin of an installation in AWS, where nobody reaches the database by himself."""

from collections.abc import Callable
from typing import Any

import pytest

import app
from chalicelib.errors import UserError


def test_whoever_operates_it_invites_the_first_admin_and_never_sees_the_code(
    database: str, sql: Callable[..., Any]
) -> None:
    answer = app.invite_admin({"email": "Ada@Example.org"}, None)
    (row,) = sql("SELECT i.id, a.email FROM invitation i JOIN invitation_address a ON a.invitation_id = i.id")
    assert row.email == "ada@example.org"
    assert answer == "Invited Ada@Example.org: the mail is on its way."
    assert [one.topic for one in sql("SELECT topic FROM outbox")] == ["InvitedUser"]


@pytest.mark.parametrize("given", [{}, {"email": "nobody"}, {"email": None}, {"mail": "ada@example.org"}, None, []])
def test_what_is_no_address_is_refused_by_name(database: str, sql: Callable[..., Any], given: Any) -> None:
    with pytest.raises(UserError):
        app.invite_admin(given, None)
    assert sql("SELECT FROM invitation") == []
