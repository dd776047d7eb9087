"""Through Amazon SES, as by SMTP: rejected is refused for good, all else is tried again, and nobody waits for another."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local import processes
from tests.mailbox import read, send
from tests.notifications.conftest import Present, Rows
from tests.notifications.test_one_mailbox import shift
from tests.ses_stub import Ses, listening


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ses]:
    stub = Ses()
    with listening(stub) as url:
        use(monkeypatch, url)
        yield stub
    forget()


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SES", url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    forget()


def forget() -> None:
    from chalicelib.messaging import ses

    ses._client.cache_clear()


def post() -> Any:
    from chalicelib.messaging.mail import transport
    from chalicelib.messaging.ses import Ses

    found = transport()
    assert isinstance(found, Ses), "without SMTP_URL, mail goes through SES"
    return found


def test_a_mail_is_sent_once(rows: Rows, ses: Ses, present: Present) -> None:
    rows.tell("ada", 2)
    assert (send(post, present), send(post, present)) == (2, 0)
    assert ses.count() == {"ada@example.org": 2}
    mail = read(*ses.taken[0])
    assert mail.headers["To"] == "ada@example.org" and "belongs to" in mail.text
    assert rows.states() == {}


@pytest.mark.parametrize("code", ["MessageRejected", "InvalidParameterValue"])
def test_what_ses_rejects_is_refused_for_good(rows: Rows, ses: Ses, present: Present, code: str) -> None:
    for name in ("ada", "bob", "eve"):
        rows.tell(name)
    ses.behaves["bob@example.org"] = code
    for _ in range(3):
        send(post, present)
        present.wait(hours=6)
    assert ses.count() == {"ada@example.org": 1, "eve@example.org": 1}
    assert rows.states() == {"bob@example.org": [("refused", 1, code)]}
    assert ses.asked["bob@example.org"] == 1


@pytest.mark.parametrize(
    "code", ["Throttling", "ServiceUnavailable", "AccountSendingPausedException", "AccessDenied", "InternalFailure"]
)
def test_what_may_pass_is_tried_again_and_nothing_is_lost(rows: Rows, ses: Ses, present: Present, code: str) -> None:
    for name in ("ada", "bob", "eve"):
        rows.tell(name)
    ses.behaves["bob@example.org"] = code
    send(post, present)
    assert rows.states() == {"bob@example.org": [("waiting", 1, code)]}
    del ses.behaves["bob@example.org"]
    present.wait(minutes=1)
    send(post, present)
    assert ses.count() == {"ada@example.org": 1, "bob@example.org": 1, "eve@example.org": 1}
    assert rows.states() == {}


def test_where_ses_throttles_all_are_sent_in_the_end_each_once(rows: Rows, ses: Ses, present: Present) -> None:
    for number in range(20):
        rows.tell(f"person{number}", 2)
    ses.limit = 15
    while rows.states():
        send(post, present)
        present.wait(minutes=5)
        ses.limit += 15
    assert set(ses.count().values()) == {2} and len(ses.count()) == 20


def test_while_ses_is_away_nothing_is_lost_or_put_off(
    rows: Rows, ses: Ses, present: Present, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.tell("ada", 3)
    with monkeypatch.context() as patch:
        use(patch, f"http://127.0.0.1:{processes.free_port()}")
        assert send(post, present) == 0
    states = rows.states()["ada@example.org"]
    assert [state[:2] for state in states] == [("waiting", 0)] * 3
    assert ("waiting", 0, "EndpointConnectionError") in states
    forget()
    assert send(post, present) == 3
    assert ses.count() == {"ada@example.org": 3}


def test_an_address_that_ses_is_slow_with_holds_up_nobody(rows: Rows, ses: Ses, present: Present) -> None:
    rows.tell("slow", 5)
    ses.behaves["slow@example.org"] = 2.0
    for number in range(20):
        rows.tell(f"quick{number}", 5)
    took = shift(post, present, lambda: len(ses.taken) - ses.count()["slow@example.org"] == 100, 30)
    assert took < 9, took
