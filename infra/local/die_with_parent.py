"""Runs a program that must not outlive its parent, where the kernel does not see to it (not Linux).

``python -m infra.local.die_with_parent SIGNAL PROGRAM ARGUMENT...``: SIGNAL goes to the program when standard input
closes; signals that reach this process are handed on.
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType


def main(arguments: list[str]) -> int:
    """Runs the program; returns its exit status."""
    last_signal = signal.Signals(int(arguments[0]))
    child = subprocess.Popen(arguments[1:], stdin=subprocess.DEVNULL, close_fds=False)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, hand_on)

    def watch() -> None:
        while os.read(0, 1024):
            pass
        child.send_signal(last_signal)

    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
