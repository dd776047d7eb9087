"""Deploys the verified package to LocalStack: what it stands on, Chalice's part, the Kafka mappings, the schema."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import boto3

from chalicelib.topics import CONSUMERS, KEPT_FOREVER, TOPICS
from infra.local import pollers
from infra.local.broker import make_topics
from infra.local.faults import Fault
from infra.local.processes import ROOT

STAGE = "live"
NAME = f"rendezvous-{STAGE}"
MAIL_FROM = "Rendezvous <rendezvous@example.org>"
SECRET = "rendezvous"
QUEUE = "rendezvous-rounds"
BATCH = 100
NETWORK = [
    {"Type": "VPC_SUBNET", "URI": "subnet:subnet-00000000"},
    {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-00000000"},
]
"""A mapping must say how it reaches a cluster of one's own; here nobody reads it."""
PACKAGE = ROOT / "build" / "lambda" / "deployment.zip"
CHALICE = ROOT / "build" / "venv" / "bin" / "python"


@dataclass(frozen=True)
class Surroundings:
    """What is deployed to.

    folder         keeps Chalice's account of what is deployed, and the log
    endpoint       LocalStack's URL
    variables      of the shell: by them boto3 and Chalice find it
    database_url   libpq URL, as the functions see it
    kafka          bootstrap servers, as the functions see them
    secrets_file   JSON of the keys, which become the secret
    clock_file     moves the functions' clock
    """

    folder: Path
    endpoint: str
    variables: dict[str, str]
    database_url: str
    kafka: str
    secrets_file: Path
    clock_file: Path

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        session = boto3.Session(
            self.variables["AWS_ACCESS_KEY_ID"],
            self.variables["AWS_SECRET_ACCESS_KEY"],
            region_name=self.variables["AWS_REGION"],
        )
        return session.client(service, endpoint_url=self.endpoint)


def deploy(to: Surroundings) -> str:
    """Deploys, also over what is deployed; two at once take turns. Returns the site's address. Raises Fault."""
    if not PACKAGE.exists():
        raise Fault("There is no package to deploy: make package")
    to.folder.mkdir(parents=True, exist_ok=True)
    with _alone(to.folder / "deploy.lock"):
        make_what_it_stands_on(to)
        if _is_deployed(to):
            # A new schema comes before the code that needs it.
            to.client("lambda").update_function_code(FunctionName=f"{NAME}-migrate", ZipFile=PACKAGE.read_bytes())
            migrate(to)
            site = _chalice(to)
        else:
            site = _chalice(to)
            migrate(to)
        map_topics(to)
        return site


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_what_it_stands_on(to: Surroundings) -> None:
    """Makes the queue with its dead letters, the secret, the sender of mails and the topics, where they are not."""
    queues = to.client("sqs")
    pollers.make_queue(queues, QUEUE)
    secrets = to.client("secretsmanager")
    try:
        secrets.create_secret(Name=SECRET, SecretString=to.secrets_file.read_text())
    except secrets.exceptions.ResourceExistsException:
        pass  # keys that were rotated stay
    to.client("ses").verify_email_identity(EmailAddress=parseaddr(MAIL_FROM)[1])
    make_topics(to.kafka, TOPICS, KEPT_FOREVER)


def _is_deployed(to: Surroundings) -> bool:
    functions = to.client("lambda")
    try:
        functions.get_function(FunctionName=f"{NAME}-migrate")
    except functions.exceptions.ResourceNotFoundException:
        return False
    return True


def _chalice(to: Surroundings) -> str:
    """Chalice's part: functions, API, schedules, the queue's mapping. Returns the site's address."""
    project = to.folder / "project"
    deployed = project / ".chalice" / "deployed" / f"{STAGE}.json"
    kept = deployed.read_text() if deployed.exists() else None
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(ROOT / "build" / "project", project)
    if kept is not None:
        deployed.parent.mkdir(exist_ok=True)
        deployed.write_text(kept)
    site = address(to, json.loads(kept)) if kept else ""
    configure(project / ".chalice" / "config.json", environment(to, site))
    command = [str(CHALICE), "-m", "infra.localstack.chalice_deploy", str(project), str(PACKAGE)]
    variables = os.environ | to.variables | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    (to.folder / "chalice.log").write_text(ended.stdout + ended.stderr)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines() or ["it said nothing"]
        raise Fault(f"chalice deploy failed: {said[-1]} (the whole is in {to.folder / 'chalice.log'}).")
    if site:
        return site
    site = address(to, json.loads(deployed.read_text()))
    for function in functions(to):  # the address is known only now
        set_variables(to, function, {"SITE": site})
    return site


def configure(path: Path, variables: dict[str, str]) -> None:
    """Writes the variables of this deployment into Chalice's configuration of the stage."""
    settings = json.loads(path.read_text())
    settings["stages"][STAGE].setdefault("environment_variables", {}).update(variables)
    path.write_text(json.dumps(settings, indent=2))


def environment(to: Surroundings, site: str) -> dict[str, str]:
    """What every function is told here, beside what production tells it."""
    return {
        "DATABASE_URL": to.database_url,
        "KAFKA_BOOTSTRAP": to.kafka,
        "SITE": site,
        "MAIL_FROM": MAIL_FROM,
        "SECRETS_ID": SECRET,
        "ROUNDS_QUEUE": QUEUE,
        "CLOCK_FILE": str(to.clock_file),
    }


def address(to: Surroundings, deployed: dict[str, Any]) -> str:
    """The site's address: by its host name, for under the path form a redirect to /x would lead out of the site."""
    [api] = [part["rest_api_id"] for part in deployed["resources"] if part["resource_type"] == "rest_api"]
    port = re.sub(r".*:", "", to.endpoint)
    return f"http://{api}.execute-api.localhost:{port}/{STAGE}"


def functions(to: Surroundings) -> list[str]:
    """The names of the functions that are deployed."""
    pages = to.client("lambda").get_paginator("list_functions").paginate()
    return [function["FunctionName"] for page in pages for function in page["Functions"]]


def set_variables(to: Surroundings, function: str, changed: dict[str, str]) -> None:
    """Changes some variables of a function; its processes start again."""
    client = to.client("lambda")
    now = client.get_function_configuration(FunctionName=function).get("Environment", {}).get("Variables", {})
    client.update_function_configuration(FunctionName=function, Environment={"Variables": now | changed})
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.1})


def map_topics(to: Surroundings) -> None:
    """Gives every consumer its topics, one mapping each, under its name as the consumer group."""
    client = to.client("lambda")
    for consumer, topics in CONSUMERS.items():
        function = f"{NAME}-{consumer}"
        pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
        mapped = {topic for page in pages for mapping in page["EventSourceMappings"] for topic in mapping["Topics"]}
        for topic in topics:
            if topic not in mapped:
                client.create_event_source_mapping(
                    FunctionName=function,
                    SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": to.kafka.split(",")}},
                    SourceAccessConfigurations=NETWORK,
                    SelfManagedKafkaEventSourceConfig={"ConsumerGroupId": consumer},
                    Topics=[topic],
                    StartingPosition="TRIM_HORIZON",
                    BatchSize=BATCH,
                )


def migrate(to: Surroundings) -> list[str]:
    """Runs the migration Lambda; the names of what it applied. Raises Fault."""
    answer = invoke(to, "migrate")
    if not isinstance(answer, list):
        raise Fault(f"The schema could not be brought up to date: {answer}")
    return answer


def invoke(to: Surroundings, name: str, event: Any = None) -> Any:
    """Calls a function by its name in app.py and waits; what it answered, or the description of its error."""
    answer = to.client("lambda").invoke(FunctionName=f"{NAME}-{name}", Payload=json.dumps(event or {}))
    return json.loads(answer["Payload"].read() or "null")
