"""A process that has died ends the others with one line; what notices it by itself is in test_processes.py."""

import os
import signal
import subprocess
import sys
import time

import pytest

STUCK = """
import subprocess, sys, time
from gan_cli.devices import peers
peers.GRACE = peers.POLL = 0.2
{start}
peers.watch()
time.sleep(60)  # as in a library that waits for ever
"""
PARENT = """
one, other = (subprocess.Popen([sys.executable, "-c", code]) for code in ({code!r}, "import time; time.sleep(60)"))
print(other.pid, flush=True)
peers.adopt({{1: one, 2: other}})
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os; os.kill(os.getpid(), 9)", "gan: process 1 of 3 was killed by SIGKILL; the others end too\n"),
        ("raise SystemExit(2)", "gan: process 1 of 3 has ended with exit code 2; the others end too\n"),
    ],
)
def test_a_process_that_does_not_notice_a_death_is_ended_with_all_it_has_started(code: str, told: str) -> None:
    done = run(STUCK.format(start=PARENT.format(code=code)), WORLD_SIZE="3")
    assert (done.returncode, done.stderr) == (1, told)
    deadline = time.monotonic() + 10
    while is_alive(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(int(done.stdout))


def test_a_process_does_not_outlive_the_one_that_has_started_it() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    done = run(STUCK.format(start=""), GAN_FIRST_PROCESS=str(gone.pid), LOCAL_RANK="1", WORLD_SIZE="2")
    assert (done.returncode, done.stderr) == (1, "gan: process 0 of 2 has died; the others end too\n")


def test_a_process_that_comes_to_its_own_end_is_left_alone() -> None:
    """All end together when one of them was asked to stop, and the first one may have a page to write."""
    script = STUCK.format(start=PARENT.format(code="raise SystemExit(143)"))
    script = script.replace(
        "time.sleep(60)  #", "peers.leave(); time.sleep(1); peers._kill_children(); sys.exit(130)  #"
    )
    done = run(script)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "")
