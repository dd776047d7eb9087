"""Deploys the verified package to LocalStack: what it stands on, Chalice's part, the Kafka mappings, the schema."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from chalicelib.messaging.topics import CONSUMERS
from infra.fresh_package import fresh_package
from infra.local import events
from infra.local.errors import LocalError
from infra.local.logins import logins
from infra.local.processes import ROOT
from infra.localstack import queues, terraform_parts
from infra.localstack.server import REGION, inherited
from infra.localstack.system import NAME, Account
from infra.terraform_program import NoTerraform

STAGE = "live"
MAIL_FROM = "Rendezvous <rendezvous@example.org>"
SECRETS = ("rendezvous/keys", "rendezvous/handlers", "rendezvous/jobs")
SECRET = SECRETS[0]
QUEUE = "rendezvous-rounds"
API = "rendezvous"
"""The id of the API, and so the site's host name: LocalStack takes it from a tag, where AWS would make one up."""
KNOWN_API = {
    "schema_version": "2.0",
    "backend": "api",
    "resources": [{"name": "rest_api", "resource_type": "rest_api", "rest_api_id": API}],
}
"""What Chalice is told of an account in which nothing but the API's id is there."""
CODE = {"S3Bucket": "rendezvous-packages", "S3Key": "deployment.zip"}
BATCH = 100
NETWORK = [
    {"Type": "VPC_SUBNET", "URI": "subnet:subnet-00000000"},
    {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-00000000"},
]
"""A mapping must say how it reaches a cluster of one's own; here nobody reads it."""
CHALICE = ROOT / "build" / "venv" / "bin" / "python"


def deploy(to: Account) -> str:
    """Deploys, also over what is deployed; two at once take turns. Returns the site's address. Raises LocalError."""
    package = fresh_package()
    with _alone(to.path / "deploy.lock"), ThreadPoolExecutor(1) as beside:
        terraform = beside.submit(apply_terraform, to, queues.make(to.client("sqs"), terraform_parts.application()))
        make_what_it_stands_on(to, package)
        if is_deployed(to):
            # A new schema comes before the code that needs it.
            to.client("lambda").update_function_code(FunctionName=f"{NAME}-migrate", **CODE)
            migrate(to)
            chalice_deploy(to, package)
        else:
            chalice_deploy(to, package)
            migrate(to)
        terraform.result()
        fill_secrets(to)
        map_topics(to)
    for name in schedules(to):  # they would fire in a minute for the first time
        fire(to, name)
    return site(to)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def apply_terraform(to: Account, urls: queues.Urls) -> None:
    """Lets Terraform take the queues over and make the secrets' places; without it those are made here."""
    try:
        terraform_parts.apply(to, urls)
    except NoTerraform as missing:
        print(f"{missing} So nobody compares the queues with its modules.", flush=True)
        secrets = to.client("secretsmanager")
        for name in SECRETS:
            with suppress(secrets.exceptions.ResourceExistsException):
                secrets.create_secret(Name=name)


def fill_secrets(to: Account) -> None:
    """Lays the keys into their secret; where some are there they stay, for they may have been rotated."""
    secrets = to.client("secretsmanager")
    try:
        secrets.get_secret_value(SecretId=SECRET)
    except secrets.exceptions.ResourceNotFoundException:
        secrets.put_secret_value(SecretId=SECRET, SecretString=to.secrets_file.read_text())


def make_what_it_stands_on(to: Account, package: Path) -> None:
    """Makes what neither Terraform nor Chalice does, where it is not: sender, the API's id, where the zip is."""
    to.client("ses").verify_email_identity(EmailAddress=parseaddr(MAIL_FROM)[1])
    api = to.client("apigateway")
    if API not in {one["id"] for one in api.get_rest_apis()["items"]}:
        api.create_rest_api(name=API, tags={"_custom_id_": API})
    storage = to.client("s3")
    if CODE["S3Bucket"] not in {bucket["Name"] for bucket in storage.list_buckets()["Buckets"]}:
        storage.create_bucket(Bucket=CODE["S3Bucket"], CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.upload_file(str(package), CODE["S3Bucket"], CODE["S3Key"])


def is_deployed(to: Account) -> bool:
    """Whether it was deployed before, at least in part."""
    functions = to.client("lambda")
    try:
        functions.get_function(FunctionName=f"{NAME}-migrate")
    except functions.exceptions.ResourceNotFoundException:
        return False
    return True


def chalice_deploy(to: Account, package: Path) -> None:
    """Chalice's part: functions, API, schedules, the queue's mapping."""
    project = to.path / "project"
    deployed = project / ".chalice" / "deployed" / f"{STAGE}.json"
    kept = deployed.read_text() if deployed.exists() else json.dumps(KNOWN_API)
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(ROOT / "build" / "project", project)
    deployed.parent.mkdir(exist_ok=True)
    deployed.write_text(kept)
    configure(project / ".chalice" / "config.json", environment(to))
    command = [str(CHALICE), "-m", "infra.localstack.chalice_deploy", str(project), str(package), json.dumps(CODE)]
    variables = inherited() | to.variables | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    log = to.path / "log" / "chalice.log"
    log.write_text(ended.stdout + ended.stderr)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines() or ["it said nothing"]
        raise LocalError(f"chalice deploy failed: {said[-1]} (the whole is in {log}).")


def configure(path: Path, variables: dict[str, str]) -> None:
    """Writes the variables of this deployment into Chalice's configuration of the stage."""
    settings = json.loads(path.read_text())
    settings["stages"][STAGE].setdefault("environment_variables", {}).update(variables)
    path.write_text(json.dumps(settings, indent=2))


def environment(to: Account) -> dict[str, str]:
    """What every function is told here, beside what production tells it."""
    return {
        **logins(to.database_url),
        "KAFKA_BOOTSTRAP": to.kafka,
        "SITE": site(to),
        "MAIL_FROM": MAIL_FROM,
        "SECRETS_ID": SECRET,
        "ROUNDS_QUEUE": QUEUE,
        "CLOCK_FILE": str(to.clock_file),
        "SOCKETS_URL": f"ws://127.0.0.1:{to.sockets}/",
        "SOCKETS_API": f"http://127.0.0.1:{to.sockets}",
    }


def site(to: Account) -> str:
    """The site's address: by its host name, for under the path form a redirect to /x would lead out of the site."""
    return f"http://{API}.execute-api.localhost:{to.port}/{STAGE}"


def functions(to: Account) -> list[str]:
    """The names of the functions that are deployed."""
    pages = to.client("lambda").get_paginator("list_functions").paginate()
    return [function["FunctionName"] for page in pages for function in page["Functions"]]


def set_variables(to: Account, function: str, changed: dict[str, str]) -> None:
    """Changes some variables of a function; its processes start again."""
    client = to.client("lambda")
    now = client.get_function_configuration(FunctionName=function).get("Environment", {}).get("Variables", {})
    client.update_function_configuration(FunctionName=function, Environment={"Variables": now | changed})
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.1})


def map_topics(to: Account) -> None:
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


def migrate(to: Account) -> list[str]:
    """Runs the migration Lambda; the names of what it applied. Raises LocalError."""
    answer = invoke(to, "migrate")
    if not isinstance(answer, list):
        raise LocalError(f"The schema could not be brought up to date: {answer}")
    return answer


def invoke(to: Account, name: str, event: Any = None) -> Any:
    """Calls a function by its name in app.py and waits; what it answered, or the description of its error."""
    answer = to.client("lambda").invoke(FunctionName=f"{NAME}-{name}", Payload=json.dumps(event or {}))
    return json.loads(answer["Payload"].read() or "null")


def schedules(to: Account) -> list[str]:
    """The names, in app.py, of the functions that fire by themselves."""
    rules = to.client("events").list_rules(NamePrefix=NAME)["Rules"]
    return sorted(rule["Name"].removeprefix(f"{NAME}-").removesuffix("-event") for rule in rules)


def fire(to: Account, name: str) -> None:
    """Calls a schedule's function as EventBridge does when its time has come, and does not wait for it."""
    event = json.dumps(events.schedule(name, datetime.now(UTC)))
    to.client("lambda").invoke(FunctionName=f"{NAME}-{name}", InvocationType="Event", Payload=event)
