"""Lambda's runtime API, asked as a function's process asks it; this needs no LocalStack."""

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from infra.localstack.runtime_api import LARGEST_ANSWER, Answer, InitError, Invocation, RuntimeApi

ROOT = "/2018-06-01/runtime"
WORK = Invocation("id-1", "arn:aws:lambda:eu-central-1:000000000000:function:f", '{"a": 1}', "Root=1", 3.0)


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    started = RuntimeApi()
    yield started
    started.close()


def ask(api: RuntimeApi, method: str, path: str, body: object = None) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(api.address, timeout=10)
    connection.request(method, ROOT + path, body, encode_chunked=isinstance(body, Iterator))  # type: ignore[arg-type]
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer.status, answer.headers, read


def take_work(api: RuntimeApi) -> "Future[Answer]":
    asked = api.ask(WORK)
    status, headers, body = ask(api, "GET", "/invocation/next")
    assert (status, json.loads(body), headers["Lambda-Runtime-Aws-Request-Id"]) == (200, {"a": 1}, "id-1")
    assert headers["Lambda-Runtime-Invoked-Function-Arn"] == WORK.function and headers["Lambda-Runtime-Deadline-Ms"]
    return asked


def test_asking_for_work_says_that_the_function_is_ready(api: RuntimeApi) -> None:
    assert not api.ready.done()
    threading.Thread(target=ask, args=(api, "GET", "/invocation/next"), daemon=True).start()
    api.ready.result(timeout=5)
    api.ask(WORK)


@pytest.mark.parametrize(("what", "is_error"), [("response", False), ("error", True)])
def test_an_answer_reaches_who_asked(api: RuntimeApi, what: str, is_error: bool) -> None:
    asked = take_work(api)
    assert ask(api, "POST", f"/invocation/id-1/{what}", b'{"b": 2}')[0] == 202
    assert asked.result(timeout=5) == Answer(b'{"b": 2}', is_error)


def test_an_answer_in_chunks_is_read_whole(api: RuntimeApi) -> None:
    asked = take_work(api)
    assert ask(api, "POST", "/invocation/id-1/response", iter([b"[1", b", 2", b"]"]))[0] == 202
    assert asked.result(timeout=5).payload == b"[1, 2]"


def test_an_answer_of_the_largest_size_is_taken_and_a_larger_one_is_an_error(api: RuntimeApi) -> None:
    asked = take_work(api)
    ask(api, "POST", "/invocation/id-1/response", b"x" * LARGEST_ANSWER)
    assert not asked.result(timeout=5).is_error
    asked = take_work(api)
    assert ask(api, "POST", "/invocation/id-1/response", b"x" * (LARGEST_ANSWER + 1))[0] == 202
    assert json.loads(asked.result(timeout=5).payload)["errorType"] == "Function.ResponseSizeTooLarge"


def test_an_answer_that_comes_twice_or_to_another_question_changes_nothing(api: RuntimeApi) -> None:
    asked = take_work(api)
    assert ask(api, "POST", "/invocation/id-0/response", b"late")[0] == 400
    assert ask(api, "POST", "/invocation/id-1/response", b"first")[0] == 202
    assert ask(api, "POST", "/invocation/id-1/response", b"second")[0] == 400
    assert asked.result(timeout=5).payload == b"first"


def test_a_module_that_cannot_be_loaded_is_told(api: RuntimeApi) -> None:
    assert ask(api, "POST", "/init/error", b'{"errorType": "ImportError"}')[0] == 202
    with pytest.raises(InitError, match="ImportError"):
        api.ready.result(timeout=5)
    assert ask(api, "POST", "/init/error", b"again")[0] == 202


@pytest.mark.parametrize(("method", "path"), [("GET", "/invocation/first"), ("POST", "/extension/register")])
def test_what_is_no_part_of_it_is_not_found(api: RuntimeApi, method: str, path: str) -> None:
    assert ask(api, method, path, b"" if method == "POST" else None)[0] == 404
