"""What a scanner asks of every answer: pages, lists, files, errors, and refusals that no handler sees."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Running

ANSWERS = {
    "a page": ("GET", "/", {}),
    "the login": ("GET", "/login", {}),
    "a member's page without a session": ("GET", "/availability", {}),
    "an unknown page": ("GET", "/nothing/here", {"Accept": "text/html"}),
    "an unknown address": ("GET", "/nothing/here", {}),
    "a refused form": ("POST", "/login", {"Content-Type": "application/x-www-form-urlencoded"}),
    "a list without a session": ("GET", "/MyEvents", {}),
    "the API's description": ("GET", "/api/openapi.json", {}),
    "a wrong method": ("DELETE", "/login", {}),
    "a wrong type": ("POST", "/Login", {"Content-Type": "multipart/form-data"}),
    "another site's request": ("POST", "/Login", {"Origin": "https://elsewhere.example"}),
    "a feed there is not": ("GET", "/feeds/nothing.ics", {}),
    "an options request": ("OPTIONS", "/api/me", {}),
    "health": ("GET", "/health", {}),
    "a strange method": ("TRACE", "/", {}),
    "a cookie that is none": ("GET", "/", {"Cookie": "session=\x01; ="}),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_carries_the_security_headers(running: Running, what: str) -> None:
    method, path, headers = ANSWERS[what]
    site = urlsplit(running.address)
    connection = http.client.HTTPConnection(site.hostname or "", site.port, timeout=20)
    connection.request(method, path, "{" if method == "POST" else None, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    found = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    assert answer.status < 500, text
    policy = {part.split()[0]: part.split()[1:] for part in found["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'none'"] and policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == ["'self'"] and policy["style-src"] == ["'self'"]
    assert policy["base-uri"] == ["'none'"] and policy["form-action"] == ["'self'"]
    assert "unsafe" not in found["content-security-policy"]
    assert found["x-content-type-options"] == "nosniff"
    assert found["x-frame-options"] == "DENY"
    assert found["referrer-policy"] in ("same-origin", "no-referrer")
    assert found["cross-origin-opener-policy"] == found["cross-origin-resource-policy"] == "same-origin"
    assert "permissions-policy" in found
    assert "no-store" in found["cache-control"]
    assert "strict-transport-security" not in found, "over plain loopback it would lock people out"
    assert not found.keys() & {"server", "x-powered-by", "access-control-allow-origin"}
    for cookie in answer.headers.get_all("set-cookie") or []:
        assert "HttpOnly" in cookie and "SameSite=" in cookie
    assert "Traceback" not in text


@pytest.mark.parametrize("path", ["/Login/", "/login", "/Enrollment/Create/"])
def test_a_form_with_files_is_refused_by_its_type_as_the_deployed_system_does(running: Running, path: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nada.brandt\r\n--x--\r\n'
    site = urlsplit(running.address)
    connection = http.client.HTTPConnection(site.hostname or "", site.port, timeout=20)
    connection.request(
        "POST", path, body, {"Content-Type": "multipart/form-data; boundary=x", "Origin": running.address}
    )
    assert connection.getresponse().status == 415
    connection.close()
