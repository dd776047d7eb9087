"""Alive, and able to serve: asked from outside, by nobody in particular."""

from typing import Any

import pytest

from chalicelib.config import config
from chalicelib.database import disconnect


def test_both_say_so_to_anybody(visitor: Any) -> None:
    for path in ("/health", "/ready"):
        answer = visitor.get(path)
        assert (answer.status, answer.json) == (200, {"status": "ok"})
        assert answer.headers["Cache-Control"].startswith("no-store"), "a kept answer would say what was"


def test_without_its_database_it_is_alive_and_not_ready(visitor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    disconnect()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    config.cache_clear()
    assert visitor.get("/health").status == 200
    answer = visitor.get("/ready")
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    config.cache_clear()
