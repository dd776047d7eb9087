"""The deployed system as those outside see it: by HTTP through API Gateway, by AWS's own interfaces, by mail."""

import email
import http.client
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg2
import psycopg2.extras

from infra.local import events
from infra.localstack import deploy
from infra.localstack.system import Account, System

PASSWORD = "correct horse battery"


def eventually(happened: Callable[[], Any], seconds: float = 60) -> Any:
    """What ``happened`` says as soon as it says something; fails after that many seconds."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, f"it did not happen within {seconds:.0f} s"
        time.sleep(0.05)
    return found


class Deployed:
    """What was deployed, and what it stands on."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.people: dict[str, Visitor] = {}

    @property
    def account(self) -> Account:
        return self.system.account

    @cached_property
    def site(self) -> str:
        return deploy.site(self.account)

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def invoke(self, function: str, event: Any = None) -> Any:
        """Calls a function by its name in app.py; fails where it does."""
        answer = self.client("lambda").invoke(FunctionName=f"{deploy.NAME}-{function}", Payload=json.dumps(event or {}))
        payload = answer["Payload"].read()
        assert "FunctionError" not in answer, payload
        return json.loads(payload or b"null")

    def fires(self, function: str) -> Any:
        """What EventBridge does when a schedule's time has come."""
        return self.invoke(function, events.schedule(function, datetime.now(UTC)))

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Asks the database as its owner; rows as named tuples."""
        connection = psycopg2.connect(self.account.database_url, cursor_factory=psycopg2.extras.NamedTupleCursor)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description is not None else []
        finally:
            connection.close()

    @cached_property
    def queue(self) -> str:
        """URL of the queue of rounds."""
        return str(self.client("sqs").get_queue_url(QueueName=deploy.QUEUE)["QueueUrl"])

    def ask_round(self, week: str, location: int) -> None:
        """Puts a message into the queue of rounds, as match_lunches does."""
        body = json.dumps({"week": week, "location": location})
        self.client("sqs").send_message(QueueUrl=self.queue, MessageBody=body)

    def waits(self, queue: str = "") -> int:
        """How many messages the queue of rounds holds, or another one: read and unread."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=queue or self.queue, AttributeNames=names)
        return sum(int(number) for number in found["Attributes"].values())

    def dead_letters(self) -> int:
        """How many rounds were given up."""
        return self.waits(self.queue + "-dead")

    @contextmanager
    def patience(self, seconds: int) -> Iterator[None]:
        """A round may take that long, and its message stays hidden a second more; its process starts again."""
        name = f"{deploy.NAME}-match_location"
        wanted = ["VisibilityTimeout"]
        hidden = self.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=wanted)["Attributes"]
        former = self.client("lambda").get_function_configuration(FunctionName=name)["Timeout"]
        self._set_patience(seconds, {"VisibilityTimeout": str(seconds + 1)})
        try:
            yield
        finally:
            self._set_patience(former, hidden)

    def _set_patience(self, seconds: int, hidden: dict[str, str]) -> None:
        self.client("sqs").set_queue_attributes(QueueUrl=self.queue, Attributes=hidden)
        self.change("match_location", Timeout=seconds)

    def log(self, function: str) -> str:
        """All that a function's processes have said."""
        logs, group = self.client("logs"), f"/aws/lambda/{deploy.NAME}-{function}"
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        read = [logs.get_log_events(logGroupName=group, logStreamName=one["logStreamName"]) for one in streams]
        return "\n".join(event["message"] for one in read for event in one["events"])

    def change(self, function: str, **settings: Any) -> None:
        """Changes a function's configuration; its processes start again."""
        client, name = self.client("lambda"), f"{deploy.NAME}-{function}".removesuffix("-api_handler")
        client.update_function_configuration(FunctionName=name, **settings)
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})

    def set_clock(self, now: str) -> None:
        """What the functions take for the present from here on."""
        wanted = datetime.fromisoformat(now)
        self.account.clock_file.write_text(str((wanted - datetime.now(UTC)).total_seconds()))

    def now(self) -> datetime:
        """What the functions take for the present."""
        return datetime.now(UTC) + timedelta(seconds=float(self.account.clock_file.read_text()))

    def mails(self, to: str = "") -> list[EmailMessage]:
        """The mails that SES has sent, to one address or to all, the oldest first."""
        with urllib.request.urlopen(f"{self.account.variables['AWS_ENDPOINT_URL']}/_aws/ses", timeout=10) as answer:
            sent = json.load(answer)["messages"]
        read = [email.message_from_string(mail["RawData"], policy=default) for mail in sent]
        return [mail for mail in read if not to or to in str(mail["To"])]

    def mail(self, to: str, subject: str, count: int = 1) -> list[EmailMessage]:
        """The mails to somebody whose subject begins so, as soon as there are that many."""

        def found() -> list[EmailMessage]:
            mails = [mail for mail in self.mails(to) if str(mail["Subject"]).startswith(subject)]
            return mails if len(mails) >= count else []

        got: list[EmailMessage] = eventually(found)
        return got

    def visitor(self) -> "Visitor":
        return Visitor(self.site, self.account.port)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Visitor:
    """A browser: it keeps the session's cookie and says which site it is on."""

    site: str
    port: int
    cookie: str = ""

    def ask(self, method: str, path: str, body: Any = None, *, form: bool = False) -> Answer:
        parts = urlsplit(self.site)
        headers = {"Host": parts.netloc, "Origin": f"{parts.scheme}://{parts.netloc}", "Accept": "*/*"}
        if self.cookie:
            headers["Cookie"] = f"__Host-session={self.cookie}"
        content = None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
            content = urlencode(body, doseq=True) if form else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, parts.path + path, content, headers)
            answer = connection.getresponse()
            read = Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()
        given = re.match(r"__Host-session=([^;]*)", read.headers.get("Set-Cookie", ""))
        if given:
            self.cookie = given[1]
        return read

    def get(self, path: str) -> Any:
        """What the API answers a question; fails where it refuses."""
        return self.does("GET", path)

    def does(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers; fails where it refuses."""
        answer = self.ask(method, path, body)
        assert answer.status < 300, (method, path, answer.status, answer.text)
        return answer.json if answer.text else None


def code_of(mail: EmailMessage) -> str:
    """The code in an invitation's mail."""
    found = re.search(r"invitation_code=([a-z2-7-]+)|^\s*([a-z2-7]{16})\s*$", text_of(mail), re.MULTILINE)
    assert found, text_of(mail)
    return found[1] or found[2]


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
