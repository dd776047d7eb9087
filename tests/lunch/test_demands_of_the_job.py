"""The weekly job refuses to run where it would be too slow."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.lunch import rounds
from chalicelib.lunch.matching import people


def test_in_lambda_an_uncompiled_matcher_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "rendezvous-rounds")
    monkeypatch.setattr(people, "COMPILED", False)
    with pytest.raises(RuntimeError, match="make package"):
        rounds.run(date(2026, 11, 30), 1, datetime(2026, 11, 26, tzinfo=UTC))


def test_a_compiled_matcher_may_run_in_lambda_and_any_may_elsewhere(monkeypatch):
    monkeypatch.setattr(people, "COMPILED", False)
    rounds.demand_speed()
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "rendezvous-rounds")
    monkeypatch.setattr(people, "COMPILED", True)
    rounds.demand_speed()
