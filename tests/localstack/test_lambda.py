"""A function is run as Lambda runs it: what it sees, what its faults become, and that nothing of it stays behind."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.localstack.server import LocalStack
from infra.localstack.system import System
from tests.localstack.deployed import eventually

ROLE = "arn:aws:iam::000000000000:role/probe"
SOURCE = """
import os, time

print("loaded")

def handler(event, context):
    print("asked for", event["do"])
    return globals()[event["do"]](event, context)

def look(event, context):
    import importlib.util
    found = {name: importlib.util.find_spec(name) is not None for name in ("localstack", "psycopg2", "boto3", "kafka")}
    return {"pid": os.getpid(), "packages": found, "folder": os.getcwd(), "left": context.get_remaining_time_in_millis(),
            "variables": dict(os.environ)}

def fail(event, context):
    raise ValueError("it went wrong")

def die(event, context):
    os._exit(3)

def sleep(event, context):
    time.sleep(60)

def shout(event, context):
    return "x" * 7_000_000
"""


def make(aws: Any, name: str, handler: str = "probe.handler", timeout: int = 20) -> Callable[[str], Any]:
    """Makes a function of SOURCE; answers (error, payload, log) of what it is asked to do."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("probe.py", SOURCE)
        package.writestr("broken.py", "import a_module_that_is_not_there")
    client = aws("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler=handler,
        Code={"ZipFile": archive.getvalue()},
        Timeout=timeout,
    )

    def ask(what: str) -> Any:
        answer = client.invoke(FunctionName=name, Payload=json.dumps({"do": what}), LogType="Tail")
        log = base64.b64decode(answer.get("LogResult", "")).decode()
        return answer.get("FunctionError", ""), json.loads(answer["Payload"].read()), log

    return ask


@pytest.fixture(scope="module")
def probe(system: System) -> Callable[[str], Any]:
    return make(system.account.client, "probe")


def test_a_function_sees_its_package_and_what_it_was_told_and_nothing_of_this_machine(
    probe: Callable[[str], Any],
) -> None:
    error, seen, log = probe("look")
    assert error == ""
    assert seen["packages"] == {"localstack": False, "psycopg2": False, "boto3": True, "kafka": False}
    assert (Path(seen["folder"]) / "probe.py").exists() and 0 < seen["left"] <= 20_000
    assert seen["variables"]["AWS_LAMBDA_FUNCTION_NAME"] == "probe"
    assert not {"SECRETS_FILE", "PYTEST_CURRENT_TEST", "VIRTUAL_ENV"} & seen["variables"].keys()
    assert "START RequestId" in log and "loaded" in log and "asked for look" in log


def test_the_same_process_answers_again(probe: Callable[[str], Any]) -> None:
    assert probe("look")[1]["pid"] == probe("look")[1]["pid"]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("fail", {"errorType": "ValueError", "errorMessage": "it went wrong"}),
        ("die", {"errorType": "Runtime.ExitError", "errorMessage": "Error: Runtime exited with error: exit status 3"}),
        ("shout", {"errorType": "Function.ResponseSizeTooLarge"}),
    ],
)
def test_a_fault_is_an_answer_and_the_next_call_succeeds(
    probe: Callable[[str], Any], what: str, told: dict[str, str]
) -> None:
    error, payload, _ = probe(what)
    assert error == "Unhandled"
    assert told.items() <= payload.items()
    assert probe("look")[0] == ""


def test_a_function_that_is_too_slow_is_ended_and_starts_again(system: System) -> None:
    ask = make(system.account.client, "slow", timeout=1)
    first = ask("look")[1]["pid"]
    began = time.monotonic()
    error, payload, log = ask("sleep")
    assert error == "Unhandled" and "Task timed out after 1.00 seconds" in payload["errorMessage"]
    assert time.monotonic() - began < 20 and "asked for sleep" in log
    assert not alive(first)
    assert ask("look")[1]["pid"] != first


def test_a_module_that_cannot_be_loaded_says_why(system: System) -> None:
    error, payload, _ = make(system.account.client, "broken", "broken.handler")("look")
    assert error == "Unhandled" and "a_module_that_is_not_there" in payload["errorMessage"]


@pytest.mark.localstack
def test_functions_end_with_localstack_even_when_it_is_killed(tmp_path: Path) -> None:
    aws = LocalStack(tmp_path)
    aws.start()
    try:
        variables = aws.environment()

        def client(service: str) -> Any:
            import boto3

            keys = (variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
            return boto3.Session(*keys, region_name=variables["AWS_REGION"]).client(service, endpoint_url=aws.url)

        pid = make(client, "left-behind")("look")[1]["pid"]
        assert alive(pid)
        assert aws.process is not None
        aws.process.kill()
        eventually(lambda: not alive(pid), 10)
    finally:
        aws.stop()


def alive(pid: int) -> bool:
    """Whether a process runs (one that nobody has waited for yet does not)."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
