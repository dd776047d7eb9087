"""What counts as one network address, wherever one is counted: of IPv6 a /64, which is what one household is given."""

from collections.abc import Callable

import pytest

from tests.people import PASSWORD, Browser, Community


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::/64"),
        ("not:an:address", "not:an:address"),
        ("", ""),
    ],
)
def test_what_is_one_network_address(address: str, counted: str) -> None:
    from chalicelib.web.request import network

    assert network(address) == counted


def log_in(browser: Browser) -> int:
    return browser.post("/Login/", {"username": "ada", "password": "wrong password"}).status


def enrol(browser: Browser) -> int:
    fields = {"username": "new", "password": PASSWORD, "name": "New", "email": "new@example.org", "timezone": "UTC"}
    return browser.post("/Enrollment/Create/", fields | {"invitation_code": "dead"}).status


def forget(browser: Browser) -> int:
    return browser.post("/forgotten", {"email": "ada@example.org"}, kind="form").status


@pytest.mark.parametrize(("do", "most"), [(log_in, 3), (enrol, 3), (forget, 20)])
def test_another_address_of_the_same_64_lifts_no_limit(
    community: Community, do: Callable[[Browser], int], most: int
) -> None:
    community.rule("login.failures_per_15_minutes", 3)
    community.rule("enrollment.failures_per_15_minutes", 3)
    community.person("ada")
    answers = [do(Browser(address=f"2001:db8:0:1:{number:x}::{number:x}")) for number in range(most + 2)]
    assert answers[most:] == [429, 429] and 429 not in answers[:most]
    assert do(Browser(address="2001:db8:0:2::1")) != 429


def test_a_wrong_password_on_the_account_counts_by_64_too(community: Community) -> None:
    community.rule("login.failures_per_15_minutes", 3)
    ada = community.member("ada")
    answers = []
    for number in range(5):
        ada.address = f"2001:db8:0:1::{number:x}"
        answers.append(ada.ask("DELETE", "/api/me", {"password": "wrong password"}).status)
    assert answers == [422] * 3 + [429] * 2
