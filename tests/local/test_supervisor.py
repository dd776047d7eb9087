"""Starting and ending: signals, kill -9 of each part, and everything a machine can lack."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from infra.local.broker import Tansu
from infra.local.postgres import Postgres
from tests.local.conftest import System, eventually

OTHERS = ("Kafka", "SQS", "mailbox", "worker", "gateway", "sockets")
PARTS = ["PostgreSQL", *(pytest.param(part, marks=pytest.mark.long) for part in OTHERS)]


def test_sigterm_and_kill_9_of_the_supervisor_end_everything_and_lose_nothing(
    make_system: Callable[..., System],
) -> None:
    system = make_system().start()
    connection = psycopg2.connect(system.environment["DATABASE_OWNER_URL"])
    connection.autocommit = True
    connection.cursor().execute("CREATE TABLE kept AS SELECT 42 AS answer")
    connection.close()
    system.variables["PORT"] = str(system.port)
    parts = system.state()["processes"].values()
    system.stop(signal.SIGKILL)
    system.start()  # at once, while the last parts of the first may still be ending
    assert eventually(lambda: not any(Path(f"/proc/{part}").exists() for part in parts))
    connection = psycopg2.connect(system.environment["DATABASE_OWNER_URL"])
    cursor = connection.cursor()
    cursor.execute("SELECT answer FROM kept")
    assert cursor.fetchone() == (42,)
    connection.close()
    assert system.stop(signal.SIGTERM) == 0
    assert eventually(lambda: not system.remains())
    assert not (system.data / "running.json").exists()


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_end_everything_too(make_system: Callable[..., System], how: signal.Signals) -> None:
    system = make_system().start()
    assert system.stop(how) == 0
    assert eventually(lambda: not system.remains())


@pytest.mark.parametrize("part", PARTS)
def test_the_death_of_any_part_ends_all_the_others(make_system: Callable[..., System], part: str) -> None:
    system = make_system().start()
    os.kill(system.state()["processes"][part], signal.SIGKILL)
    assert system.wait() == 1
    assert f"{part} was ended by SIGKILL" in system.said
    assert eventually(lambda: not system.remains())


@pytest.mark.long
def test_the_services_may_be_one_s_own(make_system: Callable[..., System]) -> None:
    with Postgres(durable=False) as server, Tansu() as broker:
        system = make_system(DATABASE_URL=server.url, KAFKA_BOOTSTRAP=broker.bootstrap)
        system.start()
        assert set(system.state()["processes"]) == {"SQS", "mailbox", "worker", "gateway", "sockets"}
        assert system.environment["DATABASE_OWNER_URL"] == server.url
        system.stop()
        assert broker.process is not None
        assert broker.process.poll() is None


def test_nothing_here_reaches_a_real_aws_account(system: System) -> None:
    seen = json.loads(system.get("/environment")[2])
    assert {name for name in seen if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_EXECUTION_ENV",
    }
    assert seen["AWS_ACCESS_KEY_ID"] == "local"
    assert seen["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_an_early_ctrl_c_leaves_nothing_behind(make_system: Callable[..., System]) -> None:
    system = make_system().start(ready=False)
    eventually((system.data / "log").exists)
    assert system.stop(signal.SIGINT) == 0
    assert eventually(lambda: not system.remains())


def test_everything_listens_on_loopback_alone(system: System) -> None:
    psutil = pytest.importorskip("psutil")
    listening = [
        connection.laddr.ip
        for pid in system.state()["processes"].values()
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 5
    assert set(listening) == {"127.0.0.1"}


def refused(system: System) -> str:
    """What a start that cannot succeed says; one line, no traceback, and nothing is left."""
    system.start(ready=False)
    assert system.wait(60) == 1
    assert "Traceback" not in system.said
    assert eventually(lambda: not system.remains())
    return system.lines[-1]


def test_a_port_that_is_taken_is_said_before_anything_starts(make_system: Callable[..., System]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        system = make_system(PORT=str(port))
        assert (
            refused(system)
            == f"Port {port} is taken: end who has it, or choose another one, like make run PORT=8001.\n"
        )
        assert not (system.data / "postgres").exists()


@pytest.mark.parametrize("port", ["nonsense", "99999", "-1", "8000.5", "٨"])
def test_a_port_that_is_none_is_refused(make_system: Callable[..., System], port: str) -> None:
    assert refused(make_system(PORT=port)).startswith(f"PORT={port} is no port")


def test_a_second_supervisor_on_the_same_data_says_where_the_first_one_is(system: System) -> None:
    second = System(system.folder)
    second.start(ready=False)
    assert second.wait() == 1
    assert f"running already with the data in {system.data} on {system.site}" in second.said
    assert system.get("/")[0] == 200


def test_damaged_secrets_are_not_replaced(make_system: Callable[..., System]) -> None:
    system = make_system()
    system.data.mkdir()
    (system.data / "secrets.json").write_text("{")
    assert "secrets.json is damaged" in refused(system)
    assert (system.data / "secrets.json").read_text() == "{"


def test_a_data_folder_that_cannot_be_written_is_said(make_system: Callable[..., System]) -> None:
    system = make_system()
    system.data.write_text("a file where a folder should be")
    assert f"Cannot write in {system.data}" in refused(system)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Lets ``folder`` lie on a disk of its own."""
    folder.mkdir()
    size = f"size={megabytes}m,mode=755"
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder]).returncode:
        pytest.skip("mounting a small disk needs root, and a machine that lets root mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    with pytest.raises(OSError, match="No space left"), (folder / "filling").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))


def test_a_full_disk_is_said(make_system: Callable[..., System]) -> None:
    system = make_system()
    with small_disk(system.data, 2):
        assert f"The disk that holds {system.data} is full" in refused(system)


@pytest.mark.long
@pytest.mark.parametrize("part", ["PostgreSQL", "worker", "mailbox"])
def test_a_disk_that_fills_up_while_it_runs_is_said(make_system: Callable[..., System], part: str) -> None:
    system = make_system()
    with small_disk(system.data, 200):
        system.start()
        fill(system.data)
        status, _, body = system.get("/broken")
        assert (status, json.loads(body)["message"][:13]) == (507, "The disk that")
        os.kill(system.state()["processes"][part], signal.SIGKILL)  # whichever cannot go on first
        assert system.wait(60) == 1
        assert system.lines[-1].startswith(f"The disk that holds {system.data} is full: free some space")
        assert "Traceback" not in system.said
    assert eventually(lambda: not system.remains())


@pytest.mark.long
def test_mails_go_to_the_server_that_the_shell_names(make_system: Callable[..., System], system: System) -> None:
    other = make_system(SMTP_URL=system.environment["SMTP_URL"]).start()
    assert other.environment["SMTP_URL"] == system.environment["SMTP_URL"]
    assert "mailbox" not in other.state()["processes"]
    assert "mails are sent to 127.0.0.1 (SMTP_URL)" in other.said and "/local/mails" not in other.said


def test_an_smtp_url_without_a_server_is_said(make_system: Callable[..., System]) -> None:
    assert refused(make_system(SMTP_URL="localhost:25")).startswith("SMTP_URL names no server")


def test_a_database_that_does_not_answer_is_said(make_system: Callable[..., System]) -> None:
    said = refused(make_system(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing"))
    assert said.startswith("The PostgreSQL of DATABASE_URL does not answer")


@pytest.mark.long
def test_a_broker_that_does_not_answer_is_said(make_system: Callable[..., System]) -> None:
    assert refused(make_system(KAFKA_BOOTSTRAP="127.0.0.1:1")).startswith("Kafka at 127.0.0.1:1 does not take")


def test_secrets_and_state_are_the_owner_s_alone(system: System) -> None:
    for name in ("secrets.json", "running.json", "postgres.password"):
        assert (system.data / name).stat().st_mode & 0o077 == 0, name


def test_commands_find_the_running_system(system: System) -> None:
    printed = system.command("env").stdout
    assert f"export DATABASE_URL={system.environment['DATABASE_URL']}\n" in printed
    ran = system.command("exec", sys.executable, "-c", "import os; print(os.environ['SITE'])")
    assert ran.stdout == f"{system.site}\n"


def test_commands_say_when_nothing_runs(make_system: Callable[..., System]) -> None:
    system = make_system()
    for command in (["env"], ["match", "2026-W48"], ["clock", "2026-11-30T12:00Z"]):
        assert "Nothing runs with the data in" in system.command(*command).stderr
    system.data.mkdir()
    (system.data / "lock").touch()  # what a supervisor leaves that was killed
    (system.data / "running.json").write_text('{"environment": {}}')
    assert "Nothing runs with the data in" in system.command("env").stderr


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="becoming somebody else needs root")
def test_it_works_as_an_ordinary_user(make_system: Callable[..., System]) -> None:
    itself = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
    if subprocess.run([*NOBODY, sys.executable, "-c", itself], capture_output=True).returncode:
        pytest.skip("others than root may not run this Python")
    system = make_system()
    system.variables["HOME"] = str(system.folder)
    os.chown(system.folder, 65534, 65534)
    system.start(by=NOBODY)
    assert system.get("/")[0] == 200
    assert (system.data / "postgres").stat().st_uid == 65534
    assert system.stop() == 0
    assert eventually(lambda: not system.remains())
