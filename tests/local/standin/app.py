"""A small application for the tests of infra/local: it shows what it was given."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from chalice.app import Chalice, Rate, Response

app = Chalice("standin")
app.api.binary_types = []
SEEN = Path(os.environ.get("SEEN", "/dev/null"))
_lock = threading.Lock()


def saw(what: str, event: Any) -> None:
    with _lock, SEEN.open("a") as file:
        file.write(json.dumps({"what": what, "event": event}) + "\n")


METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
TYPES = ["*/*"]


def echo() -> Response:
    request = app.current_request
    assert request is not None
    return Response(
        json.dumps(request.to_original_event()),
        headers={"Content-Type": "application/json", "Set-Cookie": ["a=1", "b=2"]},
    )


@app.route("/", methods=METHODS, content_types=TYPES)
def root() -> Response:
    return echo()


@app.route("/MyEvents", methods=METHODS, content_types=TYPES)
def my_events() -> Response:
    return echo()


@app.route("/api/things/{thing}", methods=METHODS, content_types=TYPES)
def thing(thing: str) -> Response:
    return echo()


@app.route("/api/things/fixed", methods=METHODS, content_types=TYPES)
def fixed() -> Response:
    return echo()


@app.route("/nothing", methods=["GET"])
def nothing() -> Response:
    return Response("", status_code=204)


@app.route("/line-break", methods=["GET"])
def line_break() -> Response:
    return Response("", headers={"X": "a\rb: c"})


@app.route("/broken", methods=["GET"])
def broken() -> Response:
    return Response({}, status_code=500)


@app.route("/slow", methods=["GET"])
def slow() -> Response:
    began = threading.get_ident()
    time.sleep(0.2)
    return Response({"thread": began, "path": app.current_request.path if app.current_request else None})


@app.route("/environment", methods=["GET"])
def environment() -> Response:
    return Response(dict(os.environ))


@app.route("/{proxy+}", methods=METHODS, content_types=TYPES)
def nowhere() -> Response:
    return Response({"status": 404}, status_code=404)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def relay(event: Any) -> None:
    saw("relay", event.to_dict())
    time.sleep(float(os.environ.get("RELAY_SECONDS", "1")))


@app.schedule(Rate(7, unit=Rate.DAYS))
def weekly(event: Any) -> None:
    saw("weekly", event.to_dict())


@app.on_sqs_message(queue="rendezvous-rounds", batch_size=1)
def rounds(event: Any) -> None:
    saw("rounds", event.to_dict())
    if "fail" in event.to_dict()["Records"][0]["body"]:
        raise RuntimeError("as asked")


@app.lambda_function(name="mailer")
def mailer(event: Any, context: Any) -> None:
    saw("mailer", event)


@app.lambda_function(name="live_updates")
def live_updates(event: Any, context: Any) -> None:
    saw("live_updates", event)
