"""What is deployed is what was packaged, and the site answers under its stage as it does at home."""

import base64
import hashlib
import re
from typing import Any

import pytest

from chalicelib.messaging.topics import CONSUMERS
from infra.fresh_package import PACKAGE
from infra.localstack import deploy, queues, terraform_parts
from infra.terraform_program import NoTerraform
from tests.localstack.deployed import Deployed

FUNCTIONS = {"relay", "match_lunches", "match_location", "sweep", "mailer", "live_updates", "migrate"}


def test_every_function_is_the_verified_zip(deployed: Deployed) -> None:
    wanted = base64.b64encode(hashlib.sha256(PACKAGE.read_bytes()).digest()).decode()
    found = {one["FunctionName"]: one for one in deployed.client("lambda").list_functions()["Functions"]}
    assert found.keys() >= {deploy.NAME} | {f"{deploy.NAME}-{name}" for name in FUNCTIONS}
    assert {one["CodeSha256"] for one in found.values()} == {wanted}
    assert {one["Runtime"] for one in found.values()} == {"python3.13"}


def test_the_schema_is_up_to_date(deployed: Deployed) -> None:
    assert deployed.invoke("migrate") == []
    assert deployed.sql("SELECT count(*) AS n FROM person")[0].n >= 0


def test_every_consumer_reads_its_topics_and_the_queue_has_dead_letters(deployed: Deployed) -> None:
    mappings = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    read: dict[str, list[str]] = {}
    for one in mappings:
        assert one["State"] == "Enabled"
        read.setdefault(one["FunctionArn"].rpartition("live-")[2], []).extend(one.get("Topics", ["queue"]))
    assert {name: sorted(topics) for name, topics in read.items()} == {
        name: sorted(topics) for name, topics in CONSUMERS.items()
    } | {"match_location": ["queue"]}
    queues = deployed.client("sqs")
    url = queues.get_queue_url(QueueName=deploy.QUEUE)["QueueUrl"]
    assert "RedrivePolicy" in queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_terraform_would_change_nothing_of_what_it_made(deployed: Deployed) -> None:
    try:
        urls = queues.make(deployed.client("sqs"), terraform_parts.application())
        assert not terraform_parts.changes(deployed.account, urls)
    except NoTerraform as missing:
        pytest.skip(str(missing))
    names = {one["Name"] for one in deployed.client("secretsmanager").list_secrets()["SecretList"]}
    assert names == set(deploy.SECRETS)
    made = {url.rpartition("/")[2] for url in deployed.client("sqs").list_queues()["QueueUrls"]}
    assert made == {deploy.QUEUE, f"{deploy.QUEUE}-dead", "rendezvous-failed"}


def test_pages_link_under_the_stage_and_every_answer_carries_the_headers(deployed: Deployed) -> None:
    visitor = deployed.visitor()
    page = visitor.ask("GET", "/login")
    assert page.status == 200
    links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
    assert links and all(link.startswith("/live/") for link in links)
    for link in links:
        assert visitor.ask("GET", link.removeprefix("/live")).status < 400
    refused = visitor.ask("GET", "/account")
    assert (refused.status, refused.headers["Location"]) == (303, "/live/login?next=/account")
    for answer in (page, refused, visitor.ask("GET", "/nothing/here"), visitor.ask("PUT", "/login")):
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_mocks_are_not_there_in_production(deployed: Deployed) -> None:
    assert deployed.visitor().ask("POST", "/Login/Success/").status == 404


def test_bad_input_is_refused_through_the_gateway_as_at_home(deployed: Deployed) -> None:
    visitor = deployed.visitor()
    answer = visitor.ask("POST", "/Login/", {"username": "grace", "password": "x", "more": "1"})
    assert answer.status == 422 and "more" in answer.text
    assert visitor.ask("GET", "/MyEvents/").json == {
        "success": False,
        "message": "You are not logged in",
        "appointments": [],
    }


def test_a_matcher_of_plain_python_is_not_what_runs(deployed: Deployed, community: Any) -> None:
    """Each round demands it; the first one that runs through proves it."""
    from datetime import date

    deployed.client("sqs").send_message(
        QueueUrl=deployed.client("sqs").get_queue_url(QueueName=deploy.QUEUE)["QueueUrl"],
        MessageBody=f'{{"week": "2027-W05", "location": {community.place}}}',
    )
    from tests.localstack.deployed import eventually

    eventually(lambda: deployed.sql("SELECT FROM round WHERE week = %s", date(2027, 2, 1)))
