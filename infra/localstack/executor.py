"""Runs a function of LocalStack as a process of this machine: the very package, by AWS's own runtime client.

LocalStack would ask Docker for a container. It finds this class by its entry point (plugin/), and gives every
execution environment one executor. The function's Python and what stands beside its package are an environment of
their own (LAMBDA_PYTHON), so that nothing of LocalStack's is found by mistake.
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from infra.local import processes
from infra.localstack import packages
from infra.localstack.runtime_api import Answer, InitError, Invocation, RuntimeApi, error
from infra.localstack.server import inherited

LOOK_SECONDS = 0.05

# Linux ends a child with the thread that started it, and LocalStack's threads come and go.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starts functions")


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    """LAMBDA_RUNTIME_EXECUTOR=process."""

    name = "process"

    def load(self, *args: object, **kwargs: object) -> type[RuntimeExecutor]:
        return ProcessExecutor


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    """One process, started again where it ended or was too slow."""

    def __init__(self, id: str, function_version: Any) -> None:
        super().__init__(id=id, function_version=function_version)
        self._api: RuntimeApi | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._variables: dict[str, str] = {}
        self._stopped = threading.Event()
        self._log = Path(tempfile.gettempdir()) / f"{function_version.id.function_name}-{id}.log"
        self._read = 0

    def start(self, env_vars: dict[str, Any]) -> None:
        """Starts the process and waits until it asks for work."""
        code = packages.location(self.function_version)
        self._variables = inherited() | {name: str(value) for name, value in env_vars.items()}
        self._variables |= {
            "PYTHONPATH": str(code),
            "PYTHONUNBUFFERED": "1",
            "LAMBDA_TASK_ROOT": str(code),
            "LAMBDA_RUNTIME_DIR": str(code),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function_version.config.runtime}",
        }
        self._launch()

    def _launch(self) -> None:
        self._api = RuntimeApi()
        command = [os.environ["LAMBDA_PYTHON"], "-m", "awslambdaric", self.function_version.config.handler]
        self._process = _starter.submit(
            processes.spawn,
            command,
            log=self._log,
            environment=self._variables | {"AWS_LAMBDA_RUNTIME_API": self._api.address},
            folder=packages.location(self.function_version),
        ).result()
        try:
            self._wait(self._api.ready, None)
        except InitError as failed:
            self._end()
            raise StatusErrorException("The function could not be loaded", payload=str(failed).encode()) from failed
        except _Ended as ended:
            self._end()
            raise StatusErrorException("The function ended while starting", payload=ended.answer.payload) from ended

    def _wait(self, future: "Future[Any]", seconds: float | None) -> Any:
        """What comes; _Ended where the process ends or is stopped first, TimeoutError after ``seconds``."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = LOOK_SECONDS if until is None else min(LOOK_SECONDS, until - time.monotonic())
            try:
                return future.result(timeout=max(left, 0))
            except TimeoutError:
                if until is not None and time.monotonic() >= until:
                    raise
            process = self._process
            if self._stopped.is_set() or process is None:
                raise _Ended("was stopped")
            if process.poll() is not None and not future.done():
                raise _Ended(describe(process.returncode))

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Runs one invocation. An error of the function, its death and its time-out are answers, as in Lambda."""
        began = time.monotonic()
        id, seconds = payload["invoke-id"], float(self.function_version.config.timeout)
        try:
            answer = self._invoke(payload, seconds)
        except StatusErrorException as failed:
            answer = Answer(failed.payload, True)
        logs = self._logs_of(id, answer, (time.monotonic() - began) * 1000)
        return InvocationResult(request_id=id, payload=answer.payload, is_error=answer.is_error, logs=logs)

    def _invoke(self, payload: dict[str, str], seconds: float) -> Answer:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._launch()
        assert self._api is not None
        id = payload["invoke-id"]
        asked = self._api.ask(
            Invocation(id, payload["invoked-function-arn"], payload["payload"], payload["trace-id"], seconds)
        )
        try:
            answer: Answer = self._wait(asked, seconds)
        except TimeoutError:
            self._end()
            return error("Sandbox.Timedout", f"{now()} {id} Task timed out after {seconds:.2f} seconds")
        except _Ended as ended:
            self._end()
            return ended.answer
        return answer

    def _logs_of(self, id: str, answer: Answer, milliseconds: float) -> str:
        """What the process said since it was last asked, between the lines that Lambda writes."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            said = log.read()
        self._read += len(said)
        report = f"REPORT RequestId: {id}\tDuration: {milliseconds:.2f} ms"
        ending = answer.payload.decode("utf-8", "replace") + "\n" if self._process is None else ""
        return f"START RequestId: {id}\n{said.decode('utf-8', 'replace')}{ending}END RequestId: {id}\n{report}\n"

    def _end(self) -> None:
        if self._process is not None:
            processes.kill(self._process)
            self._process = None
        if self._api is not None:
            self._api.close()
            self._api = None

    def stop(self) -> None:
        """Ends the process, whatever it does."""
        self._stopped.set()
        self._end()

    def get_logs(self) -> str:
        """All that the process said."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def get_address(self) -> str:
        """Where the function runs."""
        return processes.LOOPBACK

    def get_endpoint_from_executor(self) -> str:
        """Where the function finds LocalStack."""
        return processes.LOOPBACK

    def get_runtime_endpoint(self) -> str:
        """Of LocalStack's own agent, which is not used here."""
        return f"http://{processes.LOOPBACK}"

    @classmethod
    def prepare_version(cls, function_version: Any) -> None:
        """Unpacks the function's package."""
        packages.unpack(function_version)

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None:
        """Nothing: other functions may have the same package."""

    @classmethod
    def validate_environment(cls) -> bool:
        """Nothing is needed that LocalStack would have to look for."""
        return True


class _Ended(Exception):
    """The process ended before it answered."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.answer = error("Runtime.ExitError", f"Error: Runtime exited with error: {how}")


def describe(status: int) -> str:
    """A process's end, as Lambda words it."""
    return f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def now() -> str:
    """The time as it stands in Lambda's messages."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.{datetime.now(UTC).microsecond // 1000:03d}Z"
