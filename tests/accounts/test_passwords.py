"""Which passwords are taken: none that is tried first."""

import runpy
from typing import Any

import argon2
import pytest

from tests.people import PASSWORD, Browser, Community

LONG = "a long one nobody thinks of"
GUESSABLE = ["password", "PASSWORD", "12345678", "qwertyuiop", "Football", "iloveyou", "sunshine", "trustno1"]


def enrol(community: Community, password: str, username: str = "newcomer") -> Any:
    code = community.member(f"host{abs(hash(password)) % 1000}").post("/InvitationCode/Create/").json["invitation_code"]
    body = {"invitation_code": code, "username": username, "password": password, "name": "New", "timezone": "UTC"}
    return Browser().post("/Enrollment/Create/", body | {"email": f"{username}@example.org"})


@pytest.mark.parametrize("password", [*GUESSABLE[:3], "newcomer", "NewComer", "newcomer@example.org"])
def test_nobody_enrols_with_what_is_tried_first(community: Community, password: str) -> None:
    answer = enrol(community, password)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "password"), answer.text


def test_the_code_lives_on_after_a_refused_password(community: Community) -> None:
    code = community.member("ada").post("/InvitationCode/Create/").json["invitation_code"]
    body = {
        "invitation_code": code,
        "username": "newcomer",
        "name": "New",
        "timezone": "UTC",
        "email": "new@example.org",
    }
    assert Browser().post("/Enrollment/Create/", body | {"password": "password"}).status == 422
    assert Browser().post("/Enrollment/Create/", body | {"password": LONG}).status == 200


@pytest.mark.parametrize("password", ["password", "ada-the-great", "ada-the-great@example.org"])
def test_nobody_changes_to_what_is_tried_first(community: Community, password: str) -> None:
    ada = community.member("ada-the-great")
    answer = ada.ask("PUT", "/api/me/password", {"former_password": PASSWORD, "password": password})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "password")
    assert Browser().post("/Login/", {"username": "ada-the-great", "password": PASSWORD}).status == 200


@pytest.mark.parametrize("password", ["password", "ada-the-great", "ada-the-great@example.org"])
def test_nobody_resets_to_what_is_tried_first_and_the_link_lives_on(community: Community, password: str) -> None:
    from uuid import UUID

    from chalicelib.accounts import links

    community.person("ada-the-great")
    assert Browser().post("/forgotten", {"email": "ada-the-great@example.org"}, kind="form").status == 303
    [row] = community.sql("SELECT id FROM password_reset")
    link = links.link("reset", UUID(str(row.id)))
    assert Browser().post("/forgotten/reset", {"link": link, "password": password}, kind="form").status == 422
    assert Browser().post("/forgotten/reset", {"link": link, "password": LONG}, kind="form").status == 303


def test_three_thousand_are_refused_and_a_long_one_is_not() -> None:
    from chalicelib.accounts import passwords
    from chalicelib.errors import Invalid

    assert len(passwords._most_used()) == 3000
    assert all(len(one) >= 8 for one in passwords._most_used())
    for one in GUESSABLE:
        with pytest.raises(Invalid):
            passwords.refuse_guessable(one, "ada", "ada@example.org")
    passwords.refuse_guessable(LONG, "ada", "ada@example.org")
    passwords.refuse_guessable("table-for-three", "ada", "ada@example.org")


def test_a_hash_costs_what_is_asked_for_also_where_there_is_no_account() -> None:
    """Of the module as it is deployed: the tests hash more lightly. 19 MiB and two passes are OWASP's first choice."""
    from chalicelib.accounts import passwords

    deployed: Any = runpy.run_path(str(passwords.__file__))
    for kept in (deployed["hash"](LONG), deployed["_NOBODY"]):
        cost = argon2.extract_parameters(kept)
        assert (cost.type, cost.memory_cost, cost.time_cost, cost.parallelism) == (argon2.Type.ID, 19 * 1024, 2, 1)
    assert deployed["verify"](deployed["hash"](LONG), LONG)
    assert not deployed["verify"](None, LONG)
