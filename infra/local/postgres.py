"""PostgreSQL for one machine: the installed one (15 or later), else the one that pip brought.

A server of one's own in a folder of one's own, on a free loopback port, reached over TCP alone. Like RDS it
has an administrator, and an owner without superuser's rights who owns the database ``rendezvous``.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from infra.local import binaries, cluster, processes
from infra.local.cluster import ADMIN
from infra.local.errors import LocalError, disk_errors, disk_is_full

OWNER = "rendezvous"
SETTINGS = {
    "listen_addresses": processes.LOOPBACK,
    "unix_socket_directories": "",  # their paths may have 107 bytes, a data folder's may be longer
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A refused statement would stand in the log with what people wrote.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_min_duration_statement": "-1",
}
ENDING_SECONDS = 15.0
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A running server: ``with Postgres() as server: psycopg2.connect(server.url)``.

    Args:
        data: the folder to keep everything in (made when absent); None: a temporary one that goes at the end.
        log: where the server's log goes; None: beside its files.
        durable: False lets a crash of the machine lose data, and tests run faster.
    """

    def __init__(self, data: Path | None = None, *, log: Path | None = None, durable: bool = True) -> None:
        self.ephemeral = data is None
        self.user = binaries.server_user(data / "postgres" if data else None)
        if data is None:
            # In memory where nothing must last: a test's database is cloned seven times faster there.
            memory = Path("/dev/shm") if not durable and os.access("/dev/shm", os.W_OK) else None
            data = Path(tempfile.mkdtemp(prefix="rendezvous-postgres-", dir=memory))
            data.chmod(0o711)
        self.home = binaries.reachable_home(data.resolve(), self.user)
        self.folder = self.home / "postgres"
        self.log = log or data / "postgres.log"
        self.durable = durable
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._password_file = self.home / "postgres.password"

    def __enter__(self) -> "Postgres":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Makes the folder if need be, starts the server, and returns when the owner can connect.

        Raises:
            LocalError: the folder is of another major version or damaged, the disk is full, or the server ended.
        """
        with disk_errors(self.home):
            self.programs = binaries.find(cluster.kept_version(self.folder), self.user, self.home)
            if not self.folder.exists():
                cluster.make(self.folder, self._password_file, self.programs, self.user, self.log)
            self.password = self._password_file.read_text().strip()
        self.launch()
        cluster.make_database(self.admin_url, OWNER, self.password)

    def launch(self) -> None:
        """Starts the server itself; also a second time, after it was killed.

        One whose parent was killed a moment ago may still be ending: it is waited for.
        """
        until = time.monotonic() + ENDING_SECONDS
        while True:
            try:
                self._launch()
                return
            except LocalError as error:
                if not self._is_held():
                    raise self._explain(error) from error
                if time.monotonic() > until:
                    raise LocalError(
                        f"Another PostgreSQL runs in {self.folder}: end it, or choose another DATA=."
                    ) from error
            time.sleep(0.1)

    def _is_held(self) -> bool:
        """Whether the server ended because another one has the folder."""
        said = self._log_of_this_start()
        return 'lock file "postmaster.pid" already exists' in said or "pre-existing shared memory" in said

    def _log_of_this_start(self) -> str:
        """What the server said since it was started last."""
        with self.log.open("rb") as file:
            file.seek(self._log_began_at)
            return file.read().decode(errors="replace")

    def _launch(self) -> None:
        self.port = self.port or processes.free_port()  # it comes back where its clients look for it
        settings = SETTINGS | {"port": str(self.port)} | ({} if self.durable else NOT_DURABLE)
        self.log.touch(mode=0o600)
        self._log_began_at = self.log.stat().st_size
        self.process = processes.spawn(
            [self.programs / "postgres", "-D", self.folder, *(f"--{name}={value}" for name, value in settings.items())],
            log=self.log,
            environment=os.environ | {"LC_ALL": "C"},
            user=self.user,
            last_signal=signal.SIGINT,  # "fast shutdown": it ends its own children, and the files are whole
        )
        processes.wait_until(self._accepts, self.process, "PostgreSQL", self.log)

    def stop(self) -> None:
        """Ends the server, and removes the folder if it was a temporary one."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGINT)
            self.process = None
        if self.ephemeral:
            shutil.rmtree(self.home, ignore_errors=True)

    def kill(self) -> None:
        """What a crash does: kill -9 of the server. Its children notice and end; ``launch`` recovers."""
        if self.process is not None:
            with self.process:
                self.process.kill()
            self.process = None

    @property
    def url(self) -> str:
        """libpq URL of the owner of the database ``rendezvous``."""
        return self.url_of(OWNER)

    @property
    def admin_url(self) -> str:
        """libpq URL of the superuser, in the database ``postgres``."""
        return self.url_of("postgres", ADMIN)

    def url_of(self, database: str, user: str = OWNER) -> str:
        """libpq URL of any database of this server."""
        return f"postgresql://{user}:{quote(self.password)}@{processes.LOOPBACK}:{self.port}/{quote(database)}"

    def create(self, database: str, template: str = "template1") -> str:
        """Makes ``database``, a copy of ``template`` (to which nobody may be connected); returns its owner's URL."""
        self._administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                sql.Identifier(database), sql.Identifier(template), sql.Identifier(OWNER)
            )
        )
        return self.url_of(database)

    def drop(self, database: str) -> None:
        """Removes ``database``, whoever is connected to it."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _administer(self, *statements: sql.Composable) -> None:
        connection = psycopg2.connect(self.admin_url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def _accepts(self) -> bool:
        try:
            psycopg2.connect(self.admin_url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _explain(self, error: LocalError) -> LocalError:
        """A server that ended by itself: why, and what one can do."""
        said = self._log_of_this_start()
        if "No space left on device" in said:
            return disk_is_full(self.folder)
        if self.process is not None and self.process.poll() is not None:
            reason = next((line for line in said.splitlines()[::-1] if "FATAL" in line or "PANIC" in line), str(error))
            return cluster.damaged(self.folder, reason.split(":  ")[-1].strip())
        return error
