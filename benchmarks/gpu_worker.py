"""Measures many runs in one process, which may die: what it has found by then is kept, and the rest is gone on with.

To start a process for each run would take longer than the runs do on a GPU.
"""

import contextlib
import faulthandler
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.speed import Speed, measure
from gan_cli.devices.memory import free_memory

LIMIT = 90.0
"""Seconds after which a run is given up; to compile one takes up to a minute."""


class Job(NamedTuple):
    """A run to be measured.

    Attributes:
        title: What tables call it.
        words: A config's name and what is told to `gan fit` beside it.
        precision: As `--trainer.precision` has it.
        compiled: Whether the players are compiled.
    """

    title: str
    words: str
    precision: str
    compiled: bool = False

    def __str__(self) -> str:
        return f"{self.title}, {self.precision}{', compiled' if self.compiled else ''}"


class Outcomes(NamedTuple):
    """What became of jobs.

    Attributes:
        speeds: Of those that were measured.
        failed: Why others were not.
        left_out: For these the time did not suffice.
    """

    speeds: dict[Job, Speed]
    failed: dict[Job, str]
    left_out: list[Job]


def outcomes(jobs: Sequence[Job], rounds: int, seconds: float, deadline: float, threads: int | None = None) -> Outcomes:
    """Measures jobs in their order, in processes of which each goes on where the one before has died.

    Args:
        jobs: What is to be measured.
        rounds: Blocks of steps of each.
        seconds: How long a block lasts, about.
        deadline: When all of it must be over, as `time.monotonic` counts.
        threads: Of a CPU; None leaves it to PyTorch.
    """
    found = Outcomes({}, {}, list(jobs))
    environment = {**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})}
    while found.left_out and (left := deadline - time.monotonic()) > 0:
        told = json.dumps([found.left_out, rounds, seconds])
        command = [sys.executable, "-m", "benchmarks.gpu_worker", told]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            try:
                ended = subprocess.run(command, stdout=said, env=environment, timeout=left).returncode
            except subprocess.TimeoutExpired:
                ended = None
            said.seek(0)
            for line in said:
                _note(found, json.loads(line))
        if ended and found.left_out:
            found.failed[found.left_out.pop(0)] = f"its process died ({ended}) or took more than {LIMIT:.0f} s"
    return found


def _note(found: Outcomes, answer: list[dict[str, object]] | str) -> None:
    """Books what a process says of the first job that is left."""
    job = found.left_out.pop(0)
    if isinstance(answer, str):
        found.failed[job] = answer
    else:
        found.speeds[job] = Speed(*answer)  # type: ignore[arg-type]


def _work(jobs: Sequence[Job], rounds: int, seconds: float) -> None:
    """Answers to each job with a line of JSON: its speed as a list, or what went wrong as a text."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for job in jobs:
        faulthandler.dump_traceback_later(LIMIT, exit=True)
        print(json.dumps(_answer(job, rounds, seconds)), file=answers, flush=True)
        faulthandler.cancel_dump_traceback_later()
        free_memory()


def _answer(job: Job, rounds: int, seconds: float) -> Speed | str:
    config, *words = job.words.split()
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return measure(config, job.precision, rounds, seconds, [*words, "--model.compile", str(job.compiled)])
    except (Exception, SystemExit) as error:  # whatever it is, the next run may be all right
        text = said.getvalue() if isinstance(error, SystemExit) else str(error)
        return next((line for line in text.splitlines() if line.strip()), type(error).__name__)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    _work([Job(*job) for job in told[0]], *told[1:])
