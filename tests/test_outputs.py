"""Output that nobody reads any more ends no command."""

import os
import subprocess
import sys
from typing import Any

import pytest

LISTED = [sys.executable, "-m", "gan_cli", "list"]
"""A verb that prints more than once, in a moment."""


def close_output() -> None:
    os.close(1)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_ends_no_verb(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(LISTED, stdout=writing, stderr=subprocess.PIPE, timeout=60, env=environment, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("output", [{"stdout": open("/dev/full", "wb")}, {"preexec_fn": close_output}])  # noqa: SIM115
def test_a_full_disk_and_a_closed_output_end_no_verb(output: dict[str, Any]) -> None:
    done = subprocess.run(LISTED, stderr=subprocess.PIPE, timeout=60, check=False, **output)
    assert (done.returncode, done.stderr) == (0, b"")


PRINT = """
import os, sys
from gan_cli import outputs
with outputs.outlived():
    os.close(int(sys.argv[1]))
    print("dropped", flush=True)
    print("dropped", flush=True)
    assert outputs.deserted() is (sys.argv[2] == "pipe")
"""
"""A command that outlives whoever reads it, by closing the other end itself."""


@pytest.mark.parametrize("kind", ["pipe", "terminal"])
def test_a_pipe_without_a_reader_is_deserted_and_a_terminal_that_vanished_is_not(kind: str) -> None:
    """What was started to outlive its terminal goes on without output; others get a signal when it vanishes."""
    ours, theirs = os.pipe() if kind == "pipe" else os.openpty()
    command = [sys.executable, "-c", PRINT, str(ours), kind]
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, pass_fds=[ours])
    os.close(theirs)
    os.close(ours)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, b"")
