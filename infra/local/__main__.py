"""The system on one's own machine: ``python -m infra.local run``, and what speaks to the one that runs."""

import os
import shlex
import sys

from infra.local.errors import LocalError
from infra.local.installation import data_folder, environment

USAGE = """usage: python -m infra.local run            start everything; Ctrl-C ends it
       python -m infra.local env            the running system's environment, for eval "$(...)" in a shell
       python -m infra.local exec COMMAND   run a command in the running system's environment
       python -m infra.local clock NOW      set its clock: 2026-11-30T12:00Z, or real
       python -m infra.local match WEEK     a round now: 2026-W48
       python -m infra.local columns WEEK LOCATION IN.npz   what the matcher would be given for a round, as a file
       python -m infra.local replay         lunches rebuilt from Kafka, compared with the database
       python -m infra.local admin EMAIL    invite the first admin
       python -m infra.local kafka          a real Apache Kafka on port 9092 (KAFKA_PORT), kept in DATA/kafka"""

IN_THE_RUNNING_SYSTEM = {name: f"infra.local.{name}" for name in ("match", "columns", "replay", "admin", "demo")}
"""Command -> the module that carries it out, with the environment the handlers have."""


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit status."""
    match arguments:
        case ["run"]:
            from infra.local.supervisor import Supervisor

            return Supervisor(data_folder()).run()
        case ["env"]:
            for name, value in environment(data_folder()).items():
                print(f"export {name}={shlex.quote(value)}")
        case ["exec", program, *rest]:
            os.execvpe(program, [program, *rest], os.environ | environment(data_folder()))
        case [name, *rest] if name in IN_THE_RUNNING_SYSTEM:
            command = [sys.executable, "-m", IN_THE_RUNNING_SYSTEM[name], *rest]
            os.execvpe(sys.executable, command, os.environ | environment(data_folder()))
        case ["kafka"]:
            from infra.local import apache_kafka

            port = os.environ.get("KAFKA_PORT") or "9092"
            apache_kafka.main(["start", "--data", str(data_folder() / "kafka"), "--port", port])
        case ["clock", now]:
            from infra.local.clock import set_clock

            print(set_clock(now))
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LocalError as error:
        sys.exit(f"{error}")
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
