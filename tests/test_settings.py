"""What Chalice and Terraform share is said once, and what each is given is what app.py declares now."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import settings

ROOT = Path(__file__).parent.parent
TERRAFORM = ROOT / "infra" / "terraform"


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    """What both would be given, from an app.py that was imported as it is when it is deployed."""
    program = (
        "import json; from infra import settings; known = settings.functions(); print(json.dumps("
        "{'chalice': settings.as_text(settings.for_chalice(known)) + chr(10), **settings.for_terraform(known)}))"
    )
    environment = {"STAGE": "live", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def application(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = given["application"]
    return found


def test_chalice_is_told_what_the_code_says(given: dict[str, Any]) -> None:
    assert settings.CHALICE.read_text() == given["chalice"], "make settings"


def test_every_handler_of_app_py_is_a_function_of_terraforms(application: dict[str, Any]) -> None:
    source = (ROOT / "app.py").read_text()
    decorated = re.findall(r"^@app\.(?!middleware)\w+.*\ndef (\w+)", source, re.MULTILINE)
    handlers = {function["handler"] for function in application["functions"].values()}
    assert handlers == {"app.app"} | {f"app.{name}" for name in decorated}


def test_terraform_and_chalice_give_a_function_the_same(given: dict[str, Any]) -> None:
    of_chalice = json.loads(given["chalice"])["stages"]["live"]["lambda_functions"]
    of_terraform = given["application"]["functions"]
    assert set(of_chalice) == set(of_terraform)
    for name, function in of_terraform.items():
        assert of_chalice[name] == {
            "lambda_memory_size": function["memory"],
            "lambda_timeout": function["timeout"],
            "reserved_concurrency": function["concurrency"],
        }


def test_every_consumer_reads_its_topics(application: dict[str, Any]) -> None:
    from chalicelib.messaging import topics

    reads = {name: tuple(one["topics"]) for name, one in application["functions"].items() if one["topics"]}
    assert reads == topics.CONSUMERS
    assert set(application["topics"]) == set(topics.TOPICS)


def test_a_function_may_only_what_terraform_knows(application: dict[str, Any]) -> None:
    known = re.findall(r"^    (\w+) = (?:local\.sockets \? )?\[", (TERRAFORM / "main.tf").read_text(), re.MULTILINE)
    asked = {word for function in application["functions"].values() for word in function["may"]}
    assert asked <= {*known, "consume"}


def test_nothing_is_said_of_a_function_that_is_not_there(application: dict[str, Any]) -> None:
    assert set(settings.OWN) <= set(application["functions"])


def test_a_function_beside_a_kind_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Source:
        name = "on_upload"

    class App:
        event_sources = [Source()]
        pure_lambda_functions: list[Any] = []
        websocket_handlers: dict[str, Any] = {}

    monkeypatch.setattr(settings, "_app", App)
    with pytest.raises(TypeError, match="on_upload"):
        settings.functions()


def test_the_alarms_look_at_functions_by_a_time_that_api_gateway_leaves(application: dict[str, Any]) -> None:
    slow = {
        name
        for name, one in application["functions"].items()
        if one["kind"] in ("http", "socket") and one["timeout"] > 29
    }
    assert slow == set(), "API Gateway gives up after 29 seconds"


def test_a_relay_outlives_its_shift(application: dict[str, Any]) -> None:
    from chalicelib.messaging import relay

    assert application["functions"]["relay"]["timeout"] > relay.SHIFT_SECONDS + 30, (
        "the last batch may wait for a broker"
    )


def test_two_routes_do_not_differ_by_a_last_slash(application: dict[str, Any]) -> None:
    routes = application["routes"]
    assert len({route.rstrip("/") or "/" for route in routes}) == len(routes), "API Gateway takes them for one"
    assert not [route for route in routes if "Success" in route or "Failure" in route], "mocks are not deployed"


def test_what_fits_a_line_stands_on_one() -> None:
    value = {"a": {"b": 1, "c": "x"}, "d": {"e": "y" * 120, "f": [1, 2]}}
    text = settings.as_text(value)
    assert json.loads(text) == value
    assert '"a": {"b": 1, "c": "x"}' in text
