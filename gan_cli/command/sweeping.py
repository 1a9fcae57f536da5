"""The runs of a sweep: one in this process, or all of them in processes of their own, some at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from gan_cli import runs
from gan_cli.command.running import is_first, say
from gan_cli.command.sweep_plan import Job, Plan
from gan_cli.devices.cores import cores
from gan_cli.errors import RunFailed, UserError, first_line
from gan_cli.files import write_json
from gan_cli.stopping import Stopped, name_of

PAUSE = 0.2
"""Seconds between two looks at the processes."""
DONE = "done"


class State(NamedTuple):
    """What a sweep knows of one of its runs.

    Attributes:
        ended: "done", or why it has not ended well; "" if it has not been tried, or is being trained.
        words: What it was called with.
        run: Its folder.
    """

    ended: str = ""
    words: tuple[str, ...] = ()
    run: str = ""


class Process(Protocol):
    """What is asked of a started process, as `subprocess.Popen` has it."""

    def poll(self) -> int | None: ...
    def send_signal(self, number: int) -> None: ...
    def wait(self) -> int: ...


Start = Callable[[Sequence[str], Path], Process]
"""Starts `gan` with words, and its output in a file."""


def state_of(plan: Plan, job: Job) -> State:
    """What is known of a run; what cannot be read is not known."""
    try:
        told = json.loads(_file(plan, job).read_text(encoding="utf-8"))
        return State(str(told["ended"]), tuple(map(str, told["words"])), str(told["run"]))
    except (OSError, ValueError, LookupError, TypeError):
        return State()


def is_done(plan: Plan, job: Job, scoring: Sequence[str]) -> bool:
    """Whether a run has ended as this sweep would have it: trained with the same words, and scored likewise."""
    state = state_of(plan, job)
    return state.ended == DONE and state.words == (*job.words, *scoring) and (Path(state.run) / runs.LAST).is_file()


def run_one(plan: Plan, job: Job, scoring: Sequence[str], call: Callable[[Sequence[str]], None]) -> None:
    """Trains one run in this process, or goes on with it, and scores it.

    Args:
        plan: The sweep.
        job: Its run.
        scoring: What `gan test` is called with.
        call: Runs a command line.

    Raises:
        UserError: If it cannot be done; it is told to the sweep, as the next two are.
        RunFailed: If it went wrong, or was stopped.
        Stopped: If it was stopped.
    """
    found = folder_of(plan, job)
    going_on = [f"--ckpt_path={found / runs.LAST}"] if found is not None else []
    try:
        call(["fit", *job.words, *going_on])
        trained = folder_of(plan, job)
        if trained is None:
            raise RunFailed(f"sweep: {job.name} has left no checkpoint")
        call(["test", *scoring, *_modules(job), f"--ckpt={trained / runs.LAST}"])
    except (UserError, RunFailed, Stopped) as error:
        _note(plan, job, State(first_line(error), (*job.words, *scoring), str(folder_of(plan, job) or "")))
        raise
    _note(plan, job, State(DONE, (*job.words, *scoring), str(trained)))


def run_all(
    plan: Plan, jobs: Sequence[int], at_once: int, words: Sequence[str], start: "Start | None" = None
) -> list[str]:
    """Runs some of a sweep's runs, so many at once, each in a process; one that fails ends no other.

    Args:
        plan: The sweep.
        jobs: The numbers of the runs that are missing.
        at_once: How many.
        words: The words of the sweep, to which `--only NUMBER` is added.
        start: Starts a process; None takes `gan` itself.

    Returns:
        The names of the runs that failed.

    Raises:
        Stopped: If a signal asked to stop; the runs have heard it and are saved.
    """
    start = start or partial(started, threads=max(1, cores() // at_once))
    waiting, running, failed = list(jobs), dict[int, Process](), list[str]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number = waiting.pop(0)
                say(f"begun: {plan.jobs[number].name}")
                running[number] = start([*words, f"--only={number}"], log_of(plan, plan.jobs[number]))
            for number, process in list(running.items()):
                if (code := process.poll()) is not None:
                    del running[number]
                    failed += _told(plan, plan.jobs[number], code)
            if running:
                time.sleep(PAUSE)
    except Stopped as stop:
        for process in running.values():
            process.send_signal(_passed_on(stop.exit_code - 128))
        for process in running.values():
            process.wait()
        raise
    return failed


def started(words: Sequence[str], log: Path, threads: int) -> Process:
    """`gan` as a process of its own, in a session of its own: a signal from the terminal reaches it once, by us.

    Args:
        words: What it is called with.
        log: The file that what it prints is appended to.
        threads: Its share of the cores, where `OMP_NUM_THREADS` says no other number.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    file: IO[bytes]
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "gan_cli", *words],
            env={"OMP_NUM_THREADS": str(threads), **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            **_apart(),
        )


def _apart() -> dict[str, Any]:
    """What keeps from a process what the terminal sends to all of its own."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _passed_on(number: int) -> int:
    """What a run is sent when the sweep was sent a signal; on Windows anything but Ctrl-Break would end it unsaved."""
    if sys.platform == "win32":
        return signal.CTRL_BREAK_EVENT
    return number


def folder_of(plan: Plan, job: Job) -> Path | None:
    """The folder of a run that has been saved; the sweep's own name makes it the only one of that name."""
    found = (run for run in runs.saved_runs(plan.root) if run.parent.name.endswith(f"-{job.name}"))
    return next(found, None)


def log_of(plan: Plan, job: Job) -> Path:
    """The file with what a run has printed."""
    return plan.folder / f"{job.name}.log"


def _told(plan: Plan, job: Job, code: int) -> list[str]:
    """Says how a run has ended; its name if it failed."""
    if code == 0:
        say(f"done: {job.name}")
        return []
    ended = state_of(plan, job).ended
    died = f"it was ended by {name_of(-code)}" if code < 0 else f"exit code {code}"
    said = ended if ended not in ("", DONE) else died
    say(f"failed: {job.name}: {said} (see {log_of(plan, job)})")
    return [job.name]


def _note(plan: Plan, job: Job, state: State) -> None:
    if is_first():
        content: dict[str, Any] = {**state._asdict(), "seed": job.seed, "variation": job.variation}
        write_json(_file(plan, job), content)


def _file(plan: Plan, job: Job) -> Path:
    return plan.folder / f"{job.name}.json"


def _modules(job: Job) -> list[str]:
    """The user's modules, which `gan test` wants typed as well."""
    pairs = zip(job.words, [*job.words[1:], ""], strict=True)
    return [
        f"--module={value if equals else following}"
        for word, following in pairs
        for option, equals, value in [word.partition("=")]
        if option == "--module"
    ]
