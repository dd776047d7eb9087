"""What goes wrong in a running account, tried on the one that is emulated: nothing is lost, doubled or stuck."""

import json
import math
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg2

from infra.local.logins import logins
from infra.localstack import deploy
from tests.localstack.community import Community, command
from tests.localstack.deployed import Deployed, Visitor, eventually


def lunches(who: Visitor) -> list[Any]:
    """The lunches that somebody has."""
    found: list[Any] = who.ask("GET", "/MyEvents/").json["appointments"]
    return found


def pair(community: Community, one: str, other: str, *days: str) -> tuple[Visitor, Visitor]:
    """Two members who have time for each other on those days alone."""
    both = community.member(one), community.member(other)
    for who in both:
        for day in days:
            community.free(who, day)
    return both


GATE = 20261203
"""A lock of the database: whoever holds it keeps the rounds of a week from ending."""
WAIT_AT_THE_GATE = """
CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
    'BEGIN PERFORM pg_advisory_xact_lock({gate}); RETURN NEW; END';
CREATE TRIGGER wait_at_the_gate BEFORE INSERT ON round FOR EACH ROW WHEN (NEW.week = '{week}')
    EXECUTE FUNCTION wait_at_the_gate();
"""
"""A round writes its row in ``round`` after its lunches, in the same transaction."""


@contextmanager
def gate(deployed: Deployed, week: date) -> Iterator[Callable[[], None]]:
    """A gate that is shut to rounds of a week; opened by calling what it gives, at the latest at the end."""
    deployed.sql(WAIT_AT_THE_GATE.format(gate=GATE, week=week))
    keeper = psycopg2.connect(deployed.account.database_url)
    keeper.cursor().execute("SELECT pg_advisory_lock(%s)", (GATE,))
    try:
        yield keeper.close
    finally:
        keeper.close()
        deployed.sql("DROP TRIGGER wait_at_the_gate ON round; DROP FUNCTION wait_at_the_gate")


def test_a_time_out_in_the_middle_of_a_match_leaves_no_half_and_the_next_attempt_makes_it_whole(
    deployed: Deployed, community: Community
) -> None:
    one, other = pair(community, "kim", "lea", "2027-01-12")
    limit = 3 * math.ceil(how_long_a_round_takes(deployed, community)) + 2
    with deployed.patience(limit), gate(deployed, date(2027, 1, 11)) as open_gate:
        deployed.ask_round("2027-W02", community.place)
        eventually(lambda: waits_at_the_gate(deployed), limit + 30)
        assert lunches(one) == []
        eventually(lambda: "Task timed out" in deployed.log("match_location"), 2 * limit + 30)
        assert lunches(one) == []
        open_gate()
        eventually(lambda: lunches(one), 3 * limit + 60)
        assert lunches(one) == lunches(other) and len(lunches(one)) == 1
        eventually(lambda: deployed.waits() == 0)
    assert deployed.dead_letters() == 0
    assert len(deployed.mail("kim@example.org", "Lunch on")) == 1


def waits_at_the_gate(deployed: Deployed) -> bool:
    """Whether a round has written its lunches and waits."""
    return bool(deployed.sql("SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", GATE))


def how_long_a_round_takes(deployed: Deployed, community: Community) -> float:
    """Seconds, from its message to its end, in a process that has just started."""
    with deployed.patience(120):
        began = time.monotonic()
        deployed.ask_round("2027-W10", community.place)
        eventually(lambda: deployed.sql("SELECT FROM round WHERE week = %s", date(2027, 3, 8)), 120)
        took = time.monotonic() - began
        eventually(lambda: deployed.waits() == 0)  # it has ended: its message is gone
    return took


def test_rounds_asked_for_twice_and_in_any_order_are_made_once(deployed: Deployed, community: Community) -> None:
    pairs = {
        "2027-W03": pair(community, "mia", "ned", "2027-01-20"),
        "2027-W04": pair(community, "nora", "olaf", "2027-01-27"),
    }
    for week in ("2027-W04", "2027-W03", "2027-W03", "2027-W04", "2027-W03", "2027-W04"):
        deployed.ask_round(week, community.place)
    eventually(lambda: deployed.waits() == 0, 120)
    assert deployed.dead_letters() == 0
    for one, other in pairs.values():
        assert lunches(one) == lunches(other) and len(lunches(one)) == 1
    for name in ("mia", "ned", "nora", "olaf"):
        deployed.mail(f"{name}@example.org", "Lunch on")
    time.sleep(1)
    for name in ("mia", "ned", "nora", "olaf"):
        assert len(deployed.mail(f"{name}@example.org", "Lunch on")) == 1


def test_schedules_that_fire_twice_at_once_do_everything_once(deployed: Deployed, community: Community) -> None:
    one, _ = pair(community, "ole", "pia", "2026-12-22")
    deployed.set_clock("2026-12-17T14:30+00:00")  # a Thursday, past the hour of the match
    with ThreadPoolExecutor(3) as three:
        list(three.map(deployed.fires, ["match_lunches"] * 3))
    [lunch] = eventually(lambda: lunches(one), 60)
    assert lunch["people"] == ["Ole", "Pia"]
    for address in ("ole@example.org", "pia@example.org"):
        deployed.mail(address, "Lunch on")  # once it is over nobody would be told of it
    deployed.set_clock("2026-12-22T13:30+00:00")  # it is over
    with ThreadPoolExecutor(3) as three:
        list(three.map(deployed.fires, ["sweep"] * 3))
    for address in ("ole@example.org", "pia@example.org"):
        deployed.mail(address, "How was lunch?")
    time.sleep(1)
    for address in ("ole@example.org", "pia@example.org"):
        assert len(deployed.mail(address, "How was lunch?")) == len(deployed.mail(address, "Lunch on")) == 1


def test_the_database_restarted_in_the_middle_refuses_for_a_moment_and_loses_nothing(
    deployed: Deployed, community: Community
) -> None:
    member = community.member("quinn")
    community.invite("rosa")  # the message of it may be anywhere on its way
    database = deployed.system.postgres
    database.kill()
    refused = member.ask("GET", "/api/me")
    assert refused.status == 503 and int(refused.headers["Retry-After"]) > 0
    database.launch()
    for name in ("relay", "send_mails"):
        deploy.fire(deployed.account, name)  # as their schedules will, within a minute
    assert eventually(lambda: member.ask("GET", "/api/me").status == 200)
    assert community.enrol("rosa").ask("GET", "/api/me").status == 200
    assert len(deployed.mail("rosa@example.org", "")) == 1


def begin_again(deployed: Deployed, variables: dict[str, str]) -> None:
    """Changes a variable of every function: all their processes end, and start with what they are told now."""
    for function in deploy.functions(deployed.account):
        deploy.set_variables(deployed.account, function, variables)
    for name in ("relay", "send_mails"):
        deploy.fire(deployed.account, name)  # as their schedules will, within a minute


def test_a_database_password_that_is_rotated_lets_everybody_in_again(deployed: Deployed, community: Community) -> None:
    member = community.member("sam")
    old, kept = deployed.account.database_url, deployed.system.postgres.password
    fresh = secrets.token_urlsafe(12)
    new = old.replace(f":{kept}@", f":{fresh}@")
    rotate(deployed, old, fresh, new)
    assert member.ask("GET", "/api/me").status == 200  # the connection that is open stays
    begin_again(deployed, logins(new))
    try:
        assert member.ask("GET", "/api/me").status == 200
        community.invite("tara")
        assert community.enrol("tara").ask("GET", "/api/me").status == 200
    finally:
        rotate(deployed, new, kept, old)
        begin_again(deployed, logins(old))


def rotate(deployed: Deployed, owner: str, password: str, then: str) -> None:
    """Gives the owner of the database another password; the migration Lambda then gives the other log-ins theirs."""
    with closing(psycopg2.connect(owner)) as connection:
        connection.autocommit = True
        connection.cursor().execute("ALTER ROLE rendezvous PASSWORD %s", (password,))
    deploy.set_variables(deployed.account, f"{deploy.NAME}-migrate", logins(then))
    assert deployed.invoke("migrate") == []


def test_two_deployments_at_once_take_turns_and_the_site_answers_meanwhile(
    deployed: Deployed, community: Community
) -> None:
    before = what_is_deployed(deployed)
    member = community.member("tom")
    both = [command(deployed, "deploy") for _ in range(2)]
    answers = set()
    while any(one.poll() is None for one in both):
        answers.add(member.ask("GET", "/api/me").status)
        time.sleep(0.2)
    said = [one.communicate()[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert answers == {200}
    assert what_is_deployed(deployed) == before
    community.invite("uma")
    assert community.enrol("uma").ask("GET", "/api/me").status == 200


def what_is_deployed(deployed: Deployed) -> dict[str, list[Any]]:
    """All that a deployment makes, by its names."""
    mappings = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return {
        "functions": sorted(deploy.functions(deployed.account)),
        "mappings": sorted((one["FunctionArn"], str(one.get("Topics"))) for one in mappings),
        "schedules": sorted(rule["Name"] for rule in deployed.client("events").list_rules()["Rules"]),
        "queues": sorted(deployed.client("sqs").list_queues()["QueueUrls"]),
        "apis": [api["id"] for api in deployed.client("apigateway").get_rest_apis()["items"]],
    }


class ThrottledSes:
    """SES that answers Throttling while it is told to, and passes everything on afterwards."""

    def __init__(self, endpoint: str) -> None:
        self.throttled, self.refused = True, 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(endpoint))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def _handler(self, endpoint: str) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                import urllib.request

                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.throttled:
                    outer.refused += 1
                    status, answer = (
                        400,
                        (
                            b'<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type>'
                            b"<Code>Throttling</Code><Message>Maximum sending rate exceeded.</Message></Error>"
                            b"<RequestId>1</RequestId></ErrorResponse>"
                        ),
                    )
                else:
                    asked = urllib.request.Request(endpoint, body, dict(self.headers.items()))
                    with urllib.request.urlopen(asked, timeout=10) as got:
                        status, answer = got.status, got.read()
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def test_mails_that_ses_throttles_are_sent_later_and_once(deployed: Deployed, community: Community) -> None:
    endpoint = deployed.account.variables["AWS_ENDPOINT_URL"]
    ses = ThrottledSes(endpoint)
    sender = f"{deploy.NAME}-send_mails"
    deploy.set_variables(deployed.account, sender, {"AWS_ENDPOINT_URL_SES": ses.url})
    deploy.fire(deployed.account, "send_mails")  # its process was ended
    try:
        for name in ("vera", "walt"):
            community.invite(name)
        eventually(lambda: ses.refused >= 2, 60)
        assert deployed.mails("vera@example.org") == []
        ses.throttled = False
        deployed.set_clock("2026-12-22T14:00+00:00")  # a mail that was not taken rests for a minute
        for name in ("vera", "walt"):
            deployed.mail(f"{name}@example.org", "Grace invites you")
        time.sleep(1)
        for name in ("vera", "walt"):
            assert len(deployed.mails(f"{name}@example.org")) == 1
    finally:
        deploy.set_variables(deployed.account, sender, {"AWS_ENDPOINT_URL_SES": endpoint})
        deploy.fire(deployed.account, "send_mails")
        ses.server.shutdown()
        ses.server.server_close()


def test_a_key_that_is_rotated_ends_no_session_and_no_invitation(deployed: Deployed, community: Community) -> None:
    member = community.member("xena")
    community.invite("yuri")
    deployed.mail("yuri@example.org", "Grace invites you")
    vault = deployed.client("secretsmanager")
    keys = json.loads(vault.get_secret_value(SecretId=deploy.SECRET)["SecretString"])
    rotated = keys | {"links": [secrets.token_hex(32), *keys["links"]]}  # as python -m infra.keys rotate-links does
    vault.put_secret_value(SecretId=deploy.SECRET, SecretString=json.dumps(rotated))
    begin_again(deployed, {"ROTATED": "1"})  # a function reads its keys once
    assert member.ask("GET", "/api/me").status == 200
    assert community.enrol("yuri").ask("GET", "/api/me").status == 200
    member.does("POST", "/InvitationCode/Create/", {"to": "zora@example.org"})
    assert community.enrol("zora").ask("GET", "/api/me").status == 200
    assert vault.get_secret_value(SecretId=deploy.SECRET)["SecretString"] == json.dumps(rotated)
