"""A child never outlives its parent, on Linux and elsewhere."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local import processes
from infra.local.errors import LocalError
from tests.local.conftest import ROOT, eventually

PARENT = """
import sys, time
from pathlib import Path
from infra.local import processes
processes.LINUX = sys.argv[1] == "linux"
if not processes.LINUX:
    processes._prctl = None
child = processes.spawn(["sleep", "1000"], log=Path(sys.argv[2]))
print(child.pid, flush=True)
time.sleep(1000)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("system", ["linux", "another"])
def test_kill_9_of_the_parent_ends_the_child(system: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, system, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        family = [child]
        if system == "another":  # die_with_parent, and below it the program
            family += eventually(lambda: children(child))
        assert all(map(alive, family))
        parent.send_signal(signal.SIGKILL)
        eventually(lambda: not any(map(alive, family)), 10)


def test_a_child_that_does_not_end_when_asked_is_killed_with_what_it_started(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000"
    child = processes.spawn(["sh", "-c", stubborn], log=tmp_path / "log")
    grandchild = int(eventually((tmp_path / "log").read_text))
    processes.stop(child, patience=0.5)
    assert child.returncode == -signal.SIGKILL
    eventually(lambda: not alive(grandchild))


def wait_for(script: str, log: Path, ready: Callable[[], bool] = lambda: False) -> None:
    child = processes.spawn(["sh", "-c", script], log=log)
    try:
        processes.wait_until(ready, child, "The part", log, seconds=2)
    finally:
        processes.kill(child)


def test_a_part_that_ends_while_starting_says_why(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="The part ended while starting: no such luck"):
        wait_for("echo no such luck; exit 1", tmp_path / "log")


def test_a_part_that_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="The part did not answer within 2 s: still thinking"):
        wait_for("echo still thinking; sleep 1000", tmp_path / "log")


def test_free_ports_are_on_loopback(tmp_path: Path) -> None:
    ports = [processes.free_port() for _ in range(50)]
    assert not any(map(processes.answers, ports))
    assert max(ports) < 32_768, "what goes out may be given a higher one before somebody listens there"
    assert os.getpid() != 0
