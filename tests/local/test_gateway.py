"""What the gateway does with requests, from well-formed to garbage."""

import http.client
import json
import random
import socket
import threading
import time
from typing import Any

import pytest

from tests.local.conftest import System


def raw(system: System, request: bytes, close: bool = False) -> bytes:
    """Sends bytes as they are, and reads until the gateway closes or is silent for a second."""
    with socket.create_connection(("127.0.0.1", system.port), timeout=20) as peer:
        peer.sendall(request)
        if close:
            peer.shutdown(socket.SHUT_WR)
        peer.settimeout(1.5)
        answer = b""
        try:
            while part := peer.recv(65536):
                answer += part
        except TimeoutError:
            pass
        return answer


def event(system: System, path: str, method: str = "GET", body: Any = None, **headers: str) -> Any:
    status, _, content = system.get(path, method, body, {name.replace("_", "-"): v for name, v in headers.items()})
    assert status == 200, content
    return json.loads(content)


def test_the_application_sees_the_peer_s_address_whatever_headers_say(system: System) -> None:
    seen = event(system, "/MyEvents/", X_Forwarded_For="198.51.100.7")
    assert seen["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert seen["requestContext"]["stage"] == "local"
    assert seen["requestContext"]["path"] == "/MyEvents/"
    assert seen["resource"] == "/MyEvents"


def test_query_parameters_repeat_and_are_decoded(system: System) -> None:
    seen = event(system, "/MyEvents?a=1&a=2&b=%C3%A9+x&c=&d=%FF")
    assert seen["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["é x"], "c": [""], "d": ["�"]}
    assert seen["queryStringParameters"]["a"] == "2"


def test_headers_repeat_and_cookies_are_joined(system: System) -> None:
    answer = raw(
        system,
        b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-A: caf\xc3\xa9\r\nCookie: a=1\r\nCookie: b=2\r\n"
        b"Connection: close\r\n\r\n",
    )
    seen = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert seen["multiValueHeaders"]["X-A"] == ["1", "café"]
    assert seen["headers"]["X-A"] == "café"
    assert seen["headers"]["Cookie"] == "a=1; b=2"


def test_several_cookies_are_set_one_header_each(system: System) -> None:
    _, headers, _ = system.get("/")
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_no_server_is_named(system: System) -> None:
    for path in ("/", "/nowhere", "/local/mails"):
        assert system.get(path)[1]["Server"] is None


def test_an_invalid_utf8_body_arrives_with_replacement_characters(system: System) -> None:
    assert event(system, "/MyEvents", "POST", b"\xff{}")["body"] == "�{}"


def test_a_form_with_files_reaches_the_application_which_refuses_it_as_deployed(system: System) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nada\r\n--x--\r\n'
    for body in (form, b"", b"no form at all"):
        seen = event(system, "/MyEvents", "POST", body, Content_Type="multipart/form-data; boundary=x")
        assert (seen["body"] or "") == body.decode()
        assert seen["headers"]["Content-Type"] == "multipart/form-data; boundary=x"


def test_an_error_on_a_disk_with_room_is_the_application_s_own(system: System) -> None:
    assert system.get("/broken")[0] == 500


def test_a_chunked_body_arrives_whole(system: System) -> None:
    answer = raw(
        system,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n",
    )
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["body"] == "hello!"


def test_head_is_answered_like_get_without_a_body(system: System) -> None:
    answer = raw(system, b"HEAD /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404")
    assert b"Content-Length: 14" in head
    assert body == b""


def test_a_kept_connection_is_no_slower_than_a_new_one(system: System) -> None:
    """Nagle's algorithm would make it wait 40 ms for each answer but the first few."""
    kept = http.client.HTTPConnection("127.0.0.1", system.port)
    times: dict[str, list[float]] = {"kept": [], "new": []}
    for _ in range(40):
        began = time.perf_counter()
        kept.request("GET", "/")
        kept.getresponse().read()
        times["kept"].append(time.perf_counter() - began)
        began = time.perf_counter()
        system.get("/")
        times["new"].append(time.perf_counter() - began)
    kept.close()
    assert sorted(times["kept"])[20] < 3 * sorted(times["new"])[20]


def test_http_1_0_is_answered_and_closed(system: System) -> None:
    for asked in (b"", b"Connection: keep-alive\r\n"):
        answer = raw(system, b"GET / HTTP/1.0\r\n" + asked + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer


def test_pipelined_requests_are_answered_in_order(system: System) -> None:
    answer = raw(
        system,
        b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    assert answer.index(b" 204 ") < answer.index(b" 404 ")


def test_an_unknown_method_is_the_application_s_to_refuse(system: System) -> None:
    status, headers, _ = system.get("/nothing", "BREW")
    assert status == 405
    assert headers["Allow"] == "GET"


def test_parameters_stay_percent_encoded_as_in_aws(system: System) -> None:
    seen = event(system, "/api/things/a%2Fb%C3%A9")
    assert seen["pathParameters"] == {"thing": "a%2Fb%C3%A9"}
    assert seen["path"] == "/api/things/a%2Fb%C3%A9"


def test_raw_bytes_in_the_path_are_refused(system: System) -> None:
    answer = raw(system, b"GET /api/things/\xc3\xa9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


def test_a_response_that_cannot_be_sent_is_a_502(system: System) -> None:
    assert system.get("/line-break")[0] == 502


def test_an_empty_answer_has_no_body(system: System) -> None:
    answer = raw(system, b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204 No Content")
    assert b"Content-Length" not in answer


def test_requests_run_side_by_side_each_in_its_own_environment(system: System) -> None:
    answers: list[Any] = []

    def ask() -> None:
        answers.append(json.loads(system.get("/slow")[2]))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["thread"] for answer in answers}) == 6
    assert {answer["path"] for answer in answers} == {"/slow"}


@pytest.mark.parametrize("size", [10 * 1024 * 1024 + 1, 30_000_000])
def test_a_body_over_ten_megabytes_is_refused_and_the_peer_reads_the_answer(system: System, size: int) -> None:
    status, _, body = system.get("/", "POST", b"x" * size)
    assert (status, json.loads(body)) == (413, {"message": "Request Too Long"})


def test_a_chunked_body_over_ten_megabytes_is_refused(system: System) -> None:
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    answer = raw(system, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 11)
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_of_ten_megabytes_arrives(system: System) -> None:
    assert len(event(system, "/", "POST", b"x" * 10 * 1024 * 1024)["body"]) == 10 * 1024 * 1024


def test_a_peer_that_asks_first_is_told_before_it_sends_too_much(system: System) -> None:
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
    assert raw(system, request).startswith(b"HTTP/1.1 413")
    small = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nab"
    assert raw(system, small).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


BROKEN = {
    "nothing HTTP knows": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n",
    "no path": b"GET\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is none": b"GET / HTTP/one\r\nHost: a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\nX: y\r\n\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "an unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a chunk that is none": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk that is longer than it says": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    "a path that is none": b"GET MyEvents HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path too long": b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header too long": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70000 + b"\r\n\r\n",
    "too many headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    "a body that ends early": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_request_is_refused_in_a_word(system: System, what: str) -> None:
    answer = raw(system, BROKEN[what], close=True)
    assert answer[9:10] == b"4" or answer[9:12] in (b"501", b"505"), answer
    assert b"Traceback" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"]
    assert system.get("/")[0] == 200


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, b"nonsense\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (413, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"),
        (414, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
        (431, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n"),
        (505, b"GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
    ],
    ids=["no request", "two hosts", "too long a body", "too long an address", "too many headers", "another version"],
)
def test_what_no_handler_sees_is_refused_with_the_security_headers_too(
    system: System, status: int, request_: bytes
) -> None:
    from chalicelib.web.responses import SECURITY_HEADERS

    head, _, body = raw(system, request_).partition(b"\r\n\r\n")
    assert head.split()[1] == str(status).encode(), head
    lines = head.decode().split("\r\n")
    assert {f"{name}: {value}" for name, value in SECURITY_HEADERS.items()} <= set(lines)
    assert "Cache-Control: no-store, no-cache" in lines and "Content-Type: application/json" in lines
    assert not [line for line in lines if line.lower().startswith(("server:", "x-powered-by:"))]
    assert set(json.loads(body)) == {"message"}


def test_no_garbage_gets_a_500_or_a_stack_trace(system: System) -> None:
    chance = random.Random(20261126)
    for _ in range(150):
        noise = bytearray(b"POST /api/things/1?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX: y\r\n\r\nabc")
        for _ in range(chance.randrange(1, 12)):
            noise[chance.randrange(len(noise))] = chance.randrange(256)
        with socket.create_connection(("127.0.0.1", system.port), timeout=20) as peer:
            peer.sendall(bytes(noise))
            peer.shutdown(socket.SHUT_WR)
            answer = b""
            while part := peer.recv(65536):
                answer += part
        assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.1 502")), (bytes(noise), answer)
        assert b"Traceback" not in answer
    log = (system.data / "log" / "gateway.log").read_text()
    assert "Traceback" not in log.replace("holds a line break", "").partition("an answer cannot be sent")[0]


def test_paths_do_not_stand_in_the_log(system: System) -> None:
    system.get("/api/things/secret-token?key=other-secret")
    log = (system.data / "log" / "gateway.log").read_text()
    assert "secret" not in log
