"""Which route answers a path: as API Gateway decides it, where Chalice's own local mode differs."""

import pytest

from infra.local.routes import Match, Routes

ROUTES = Routes(
    ["/", "/MyEvents", "/login", "/Login", "/api/things/{thing}", "/api/things/fixed", "/api/{x}/y", "/{proxy+}"]
)


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/", "/", {}),
        ("/MyEvents", "/MyEvents", {}),
        ("/MyEvents/", "/MyEvents", {}),
        ("/myevents/", "/{proxy+}", {"proxy": "myevents"}),
        ("/login", "/login", {}),
        ("/Login/", "/Login", {}),
        ("/%4Cogin/", "/Login", {}),
        ("/api/things/1", "/api/things/{thing}", {"thing": "1"}),
        ("/api/things/a%2Fb%20c", "/api/things/{thing}", {"thing": "a%2Fb%20c"}),
        ("/api/things/fixed", "/api/things/fixed", {}),
        ("/api/things/", "/{proxy+}", {"proxy": "api/things"}),
        ("/api/things//", "/{proxy+}", {"proxy": "api/things/"}),
        ("/api/1/y", "/api/{x}/y", {"x": "1"}),
        ("/api/1/z", "/{proxy+}", {"proxy": "api/1/z"}),
        ("/a/b/c", "/{proxy+}", {"proxy": "a/b/c"}),
    ],
)
def test_a_path_belongs_to_a_route(path: str, resource: str, parameters: dict[str, str]) -> None:
    assert ROUTES.match(path) == Match(resource, parameters)


def test_a_route_declared_with_a_slash_answers_both_spellings() -> None:
    routes = Routes(["/MyEvents/"])
    assert routes.match("/MyEvents") == routes.match("/MyEvents/") == Match("/MyEvents/", {})


def test_no_route_is_no_match() -> None:
    assert Routes(["/a"]).match("/b") is None
