"""LocalStack itself: one process on loopback that keeps everything in memory and ends with whoever started it."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path
from types import TracebackType

from infra.local import processes

LOCALSTACK = processes.ROOT / "build" / "localstack" / "bin" / "python"
LAMBDA = processes.ROOT / "build" / "lambda-runtime" / "bin" / "python"
PLUGIN = Path(__file__).parent / "plugin"
SERVICES = ("apigateway", "events", "iam", "lambda", "logs", "s3", "secretsmanager", "ses", "sqs", "ssm", "sts")
"""Without a list everything is loaded; some of that downloads programs, opens 0.0.0.0 or does not end at a signal."""
SETTINGS = {
    "OVERRIDE_IN_DOCKER": "0",
    "DISABLE_EVENTS": "1",  # it would report its use
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",
    "LAMBDA_RUNTIME_EXECUTOR": "process",
    "LAMBDA_SYNCHRONOUS_CREATE": "1",
    "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.1",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.5",
    "SERVICES": ",".join(SERVICES),
}
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""What the emulation and its functions see of this machine's environment: nothing by which they would find the real AWS."""
REGION = "eu-central-1"
PATIENCE = 180.0
"""Seconds in which it answers: it needs four of a processor, of which a busy machine gives it little."""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}


def inherited() -> dict[str, str]:
    """This machine's environment, as far as the emulation and its functions see it."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


class LocalStack:
    """``with LocalStack(folder) as aws: boto3.client("sqs", endpoint_url=aws.url)``.

    Args:
        data: folder of its files and its log; what an earlier one left there is removed.
        port: where it listens on 127.0.0.1; 0: a free port.
    """

    def __init__(self, data: Path, port: int = 0) -> None:
        self.data = data.resolve()
        self.port = port or processes.free_port()
        self.log = self.data / "log" / "localstack.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The endpoint of every service, as AWS_ENDPOINT_URL wants it."""
        return f"http://{processes.LOOPBACK}:{self.port}"

    def environment(self) -> dict[str, str]:
        """The variables by which boto3, Chalice and Terraform find it, and nothing of a real account."""
        return CREDENTIALS | {"AWS_ENDPOINT_URL": self.url}

    def __enter__(self) -> "LocalStack":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it and returns when it answers. Raises LocalError. The calling thread must live as long as it."""
        shutil.rmtree(self.data / "files", ignore_errors=True)
        temporary = self.data / "files" / "tmp"
        temporary.mkdir(parents=True)
        self.log.parent.mkdir(exist_ok=True)
        own = {
            # The address is mapped from IPv4: for a plain 127.0.0.1 it would listen everywhere.
            "GATEWAY_LISTEN": f"[::ffff:{processes.LOOPBACK}]:{self.port}",
            "FILESYSTEM_ROOT": str(self.data / "files"),
            "TMPDIR": str(temporary),
            "XDG_CACHE_HOME": str(self.data / "files" / "cache"),
            "LAMBDA_PYTHON": str(LAMBDA),
            "PYTHONPATH": os.pathsep.join((str(PLUGIN), str(processes.ROOT))),
        }
        self.process = processes.spawn(
            [LOCALSTACK, "-m", "localstack.runtime.main"],
            log=self.log,
            environment=inherited() | SETTINGS | own,
            last_signal=signal.SIGTERM,
        )
        processes.wait_until(self._answers, self.process, "LocalStack", self.log, PATIENCE)

    def stop(self) -> None:
        """Ends it and every function with it."""
        if self.process is not None:
            processes.stop(self.process, patience=15)
            self.process = None
        shutil.rmtree(self.data / "files", ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_localstack/health", timeout=1) as answer:
                return "lambda" in json.load(answer)["services"]
        except OSError:
            return False
