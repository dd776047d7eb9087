"""What somebody who is not logged in reads behind a lunch's link: of a public one to come title, day and place, else nothing."""

import uuid
from typing import Any

import pytest

from tests.lunches import lunch
from tests.people import Browser, Community

BEGINS = "2026-11-25T11:00+00:00"


@pytest.fixture
def ada(community: Community, clock: Any) -> Any:
    clock.set("2026-11-23T08:00Z")
    return community.person("ada_lovelace")


def test_a_public_lunch_to_come_is_told_without_its_people(community: Community, visitor: Browser, ada: Any) -> None:
    event = lunch(community.sql, community.locations["Harbour"], BEGINS, approved=[ada], public=True)
    page = visitor.get(f"/events/{event}")
    assert page.status == 200
    assert all(told in page.text for told in ("Soup", "Wednesday", "Harbour"))
    assert not any(kept in page.text for kept in ("Ada", "ada", "ovelace"))


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("for its people alone", "public = false"),
        ("called off", "status = 'Canceled'"),
        ("rejected", "status = 'Rejected'"),
        ("begun", "during = '[2026-11-23 08:00Z,2026-11-23 09:00Z)'"),
    ],
)
def test_any_other_lunch_looks_as_if_it_were_not_there(
    community: Community, visitor: Browser, ada: Any, what: str, change: str
) -> None:
    event = lunch(community.sql, community.locations["Harbour"], BEGINS, invited=[ada], public=True)
    community.sql(f"UPDATE event SET {change} WHERE id = %s", event)
    nowhere = uuid.uuid4()
    found, none = (visitor.get(f"/events/{id}") for id in (event, nowhere))
    assert (found.status, none.status) == (303, 303), what
    assert found.headers["Location"].replace(str(event), str(nowhere)) == none.headers["Location"]
    assert "Soup" not in found.text
