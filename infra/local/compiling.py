"""The matcher compiled beside the running system: nobody waits for it, and what begins afterwards uses it."""

import sys
import threading
from typing import TYPE_CHECKING

from infra import compile_matcher
from infra.local import processes

if TYPE_CHECKING:
    from infra.local.supervisor import Supervisor

BEGUN = (
    "The matcher is being compiled beside this, once, for a minute or two; until then it runs as plain Python, "
    "slower, with the same result."
)


def begin(system: "Supervisor") -> None:
    """Starts compiling where the modules are not those of the sources; returns at once."""
    if not compile_matcher.is_compiled():
        compile_matcher.withdraw()
        threading.Thread(target=_compile, args=(system,), name="matcher", daemon=True).start()


def _compile(system: "Supervisor") -> None:
    """A thread that stays as long as the compiler, which the kernel would end with it. It ends with the system."""
    log = system.log / "matcher.log"
    try:
        if not compile_matcher.what_is_missing():
            system.tell(BEGUN)
        log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "infra.compile_matcher", "--nice"]
        child = processes.spawn(command, log=log)
        system.end_later(lambda: processes.kill(child))
        child.wait()
    except OSError as error:
        system.tell(f"The matcher could not be compiled and runs as plain Python: {error}.")
    else:
        system.tell(f"{processes.last_line(log)} (the whole is in {log})")
