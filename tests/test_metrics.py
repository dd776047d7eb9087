"""What the alarms look at: how long the oldest message and the oldest round have waited."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import app
from chalicelib import metrics
from chalicelib.database import JOB, transaction
from chalicelib.messaging import outbox

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def put(at: datetime) -> None:
    transaction(lambda db: outbox.put(db, "Mails", "nobody", "event.tested", {}, at), JOB)


def read() -> dict[str, float]:
    return transaction(lambda db: metrics.read(db, NOW), JOB)


def test_an_empty_outbox_has_waited_for_nothing(database: str) -> None:
    assert read()["OldestOutboxRow"] == 0


def test_the_oldest_message_that_is_not_published_counts(database: str, sql: Callable[..., Any]) -> None:
    for minutes in (30, 10, 1):
        put(NOW - timedelta(minutes=minutes))
    sql("UPDATE outbox SET published = %s WHERE id = (SELECT min(id) FROM outbox)", NOW)
    assert read()["OldestOutboxRow"] == 600


def test_a_message_from_a_clock_that_runs_ahead_is_no_negative_age(database: str) -> None:
    put(NOW + timedelta(seconds=5))
    assert read()["OldestOutboxRow"] == 0


def test_a_round_that_was_asked_for_waits(database: str, sql: Callable[..., Any], community: Any) -> None:
    assert read()["RoundsWaiting"] == 0
    sql(
        "INSERT INTO asked_round (week, location_id, asked) SELECT '2026-11-30', min(id), %s FROM location",
        NOW - timedelta(hours=2),
    )
    assert read()["RoundsWaiting"] == 7200


def test_a_mail_that_was_tried_in_vain_counts_until_it_leaves(database: str, sql: Callable[..., Any]) -> None:
    for number, (state, attempts) in enumerate([("waiting", 0), ("waiting", 3), ("refused", 1), ("expired", 9)]):
        sql(
            "INSERT INTO mail (message, recipient, kind, about, urgent, written, due, state, attempts)"
            " VALUES (%s, %s, 'reset', '{}', false, %s, %s, %s, %s)",
            UUID(int=number),
            UUID(int=7),
            NOW,
            NOW,
            state,
            attempts,
        )
    assert read()["UndeliveredMails"] == 1


def test_a_record_of_which_nothing_can_be_made_is_counted(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    rubbish = {"topic": "Mails", "partition": 1, "offset": 2, "value": "bm8ganNvbg=="}
    app.mailer({"records": {"Mails-1": [rubbish]}}, None)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["PoisonRecords"] for line in told if "PoisonRecords" in line] == [[1]]


def test_a_line_of_the_log_is_what_cloudwatch_reads(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics.tell(OldestOutboxRow=1.5, RoundsWaiting=0)
    metrics.tell(PoisonRecords=1)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["OldestOutboxRow"], first["RoundsWaiting"], first["environment"]) == ([1.5], [0], "local")
    (directive,) = first["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Rendezvous"
    assert directive["Dimensions"] == [["environment"]]
    assert directive["Metrics"] == [
        {"Name": "OldestOutboxRow", "Unit": "Seconds"},
        {"Name": "RoundsWaiting", "Unit": "Seconds"},
    ]
    assert "OldestOutboxRow" not in second, "a metric is told once"


def test_a_metric_that_nobody_declared_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        metrics.tell(Mood=1)
