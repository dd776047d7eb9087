"""``python -m infra.local run | env | exec COMMAND... | clock NOW``: the system on one's own machine."""

import os
import shlex
import sys

from infra.local.faults import Fault
from infra.local.installation import data_folder, environment

USAGE = """usage: python -m infra.local run            start everything; Ctrl-C ends it
       python -m infra.local env            the running system's environment, for eval "$(...)" in a shell
       python -m infra.local exec COMMAND   run a command in the running system's environment
       python -m infra.local clock NOW      set its clock: 2026-11-30T12:00Z, or real"""


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
    except Fault as fault:
        sys.exit(f"{fault}")
    except BrokenPipeError:
        sys.exit(1)
