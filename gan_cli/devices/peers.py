"""The processes of one run: which of them has died, said in one line, and none left over. No torch is imported here."""

import atexit
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from gan_cli import stopping
from gan_cli.errors import first_line

FIRST = "GAN_FIRST_PROCESS"
"""The variable that tells the processes which gan starts the number of the one that has started them."""
GRACE = 5.0
"""Seconds in which a process may end by itself after another one has; what still waits for it then is ended."""
FAREWELL = 3.0
"""Seconds for which the first process waits for those that it has started, before it ends itself."""
POLL = 0.5
"""Seconds between two looks at the others."""


class Peer(NamedTuple):
    """Where a process is to be found.

    Attributes:
        host: The machine.
        pid: Its number there.
    """

    host: str
    pid: int


_peers: list[Peer] = []
_children: dict[int, "subprocess.Popen[Any]"] = {}
_leaving: threading.Event | None = None


def meet() -> None:
    """Tells all processes of the run where each of them is; they all call it, once they can talk to each other."""
    from torch import distributed

    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, Peer(socket.gethostname(), os.getpid()))
    _peers[:] = [Peer(*one) for one in found]


def adopt(children: Mapping[int, "subprocess.Popen[Any]"]) -> None:
    """Takes care of processes, by their numbers among all: none of them outlives this one."""
    _children.update(children)
    atexit.register(_end_children)


def is_child() -> bool:
    """Whether gan itself has started this process as a further one of its run."""
    return FIRST in os.environ


def watch() -> None:
    """Ends this process where it does not notice that one which it has started fails, or the one that started it.

    It may compute for an hour before it asks the others, or wait for them in a library for ever.
    """
    global _leaving
    if _leaving is None or _leaving.is_set():
        _leaving = threading.Event()
        threading.Thread(target=_watch, args=(_leaving,), daemon=True, name="watch of other processes").start()


def leave() -> None:
    """Ends the watch: this process comes to its own end, and so may the others."""
    if _leaving is not None:
        _leaving.set()


def death(error: BaseException | None) -> str | None:
    """What is to be said of an error that another process's end has caused; None if it has another cause.

    Returns:
        A line, or "" where another process says it: the first one that lives does.
    """
    if not (_peers and isinstance(error, RuntimeError)):
        return None
    stopping.leave_to_others()
    waiting = time.monotonic() + FAREWELL / 2
    while not (dead := _dead()) and time.monotonic() < waiting:
        time.sleep(POLL / 5)  # what is dead is noticed a moment after its connections
    if dead:
        return _line(dead) if _speaks(dead) else ""
    from torch.distributed import DistError

    if isinstance(error, DistError) or "gloo" in str(error):
        return f"another process cannot be reached any more ({first_line(error)[:200]})"
    return None


def _watch(leaving: threading.Event) -> None:
    while not leaving.wait(POLL):
        if _failed() or _is_orphan():
            break
    if leaving.wait(GRACE):
        return
    dead = _dead() or {0: None}
    if _speaks(dead):
        with suppress(OSError):
            print(f"gan: {_line(dead)}", file=sys.stderr, flush=True)
    _kill_children()
    os._exit(1)


def _is_orphan() -> bool:
    return is_child() and os.getppid() != int(os.environ[FIRST])


def _failed() -> dict[int, int]:
    """The exit codes of processes that this one has started and that have failed; less than 0: a signal."""
    codes = {rank: child.poll() for rank, child in _children.items()}
    return {rank: code for rank, code in codes.items() if code}


def _dead() -> dict[int, int | None]:
    """The processes that are known to have ended, by their numbers among all, with their exit codes if known."""
    failed = _failed()
    here, me = socket.gethostname(), os.getpid()
    others = {rank for rank, peer in enumerate(_peers) if peer.host == here and peer.pid != me}
    gone = {rank: None for rank in others - _children.keys() if not _lives(_peers[rank].pid)}
    if _is_orphan():
        gone[0] = None
    return {**gone, **failed}


def _lives(pid: int) -> bool:
    """Whether a process of this machine has not ended; Windows is not asked, where asking by a signal would end it."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _speaks(dead: Mapping[int, Any]) -> bool:
    """Whether this process is the first one that lives."""
    me = Peer(socket.gethostname(), os.getpid())
    mine = _peers.index(me) if me in _peers else int(os.environ.get("LOCAL_RANK", 0))
    return all(rank in dead for rank in range(mine))


def _line(dead: Mapping[int, int | None]) -> str:
    count = len(_peers) or int(os.environ.get("WORLD_SIZE", len(dead) + 1))
    return f"{'; '.join(_how(rank, count, code) for rank, code in sorted(dead.items()))}; the others end too"


def _how(rank: int, count: int, code: int | None) -> str:
    named = f"process {rank} of {count}"
    if code is None:
        return f"{named} has died"
    if code < 0:
        return f"{named} was killed by {stopping.name_of(-code)}"
    return f"{named} has ended with exit code {code}"


def _end_children() -> None:
    """Waits a little for those that end by themselves, and kills those that wait for this one."""
    last = time.monotonic() + FAREWELL
    for child in _children.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, last - time.monotonic()))
    _kill_children()


def _kill_children() -> None:
    for child in _children.values():
        child.kill()  # nothing, where it has ended
