"""Batches of a part, loaded by other processes, as far as the memory in which those hand them over has room."""

import atexit
import multiprocessing
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data._utils import signal_handling

from gan_cli import stopping
from gan_cli.batches import LoadedBatch
from gan_cli.data.parts import Part
from gan_cli.errors import FailedInWorker, first_line

SHARED = "/dev/shm"
"""Where Linux keeps the memory that processes share; a container has 64 MB of it, if nothing else is asked for."""
MORE = "docker run --ipc host, or --shm-size 1g, gives more"
AHEAD = 2
"""Each worker makes this many batches ahead."""
HELD = 3
"""So many batches are in use: one is trained on, one is on its way to the device, one waits."""
QUEUES = 1 << 16
"""Bytes of shared memory that a worker takes beside its batches, for the locks of its queues."""
LOADERS = 2
"""So many loaders work at a time: while the held-out things are looked at, those of the training keep their batches."""


class NoRoom(FailedInWorker):
    """A batch that a worker could not hand over."""


class PartLoader(DataLoader[LoadedBatch]):
    """Batches of a part, loaded by other processes as long as there is something to decode.

    Handing a batch from one process to another takes longer than reading it from memory.

    Args:
        part: Gives the batches.
        batches: The batches of each pass, as places of a run's stream or as numbers.
        batch_size: The most things in a batch.
        num_workers: Processes that load, if they are of use; fewer, which is then said, if the batches of so many do
            not fit into the shared memory.
        processes: So many processes of the run share this machine.
    """

    def __init__(self, part: Part, batches: Any, batch_size: int, num_workers: int, processes: int = 1) -> None:
        self.part = part
        self._shared: dict[str, Any] = {
            "sampler": batches,
            "batch_size": None,  # the sampler yields whole batches
            "pin_memory": torch.cuda.is_available(),
            "collate_fn": _handed_over,
        }
        if num_workers and not part.at_hand:
            num_workers = _affordable(part, batch_size, num_workers, processes)
        workers: dict[str, Any] = {"prefetch_factor": AHEAD, "persistent_workers": True} if num_workers else {}
        super().__init__(
            part,
            num_workers=num_workers,
            worker_init_fn=stopping.leave_to_others,
            **workers,
            **self._shared,
        )

    def __iter__(self) -> Any:
        if not self.num_workers:
            return super().__iter__()
        if self.part.at_hand:
            self._iterator = None  # ends the workers
            return iter(DataLoader(self.part, num_workers=0, **self._shared))
        _hear_of_deaths()
        return self._until_one_fails(super().__iter__())

    def _until_one_fails(self, batches: Any) -> Iterator[LoadedBatch]:
        """The batches; if there is an error, the workers end with it.

        Its frames would keep them until they are collected, and PyTorch then waits ten seconds for each: the threads
        that could have told them to end have been collected too.
        """
        try:
            yield from batches
        except Exception:
            batches._shutdown_workers()
            self._iterator = None  # or it would be asked for more
            raise


def fitting(wanted: int, batch: int, free: int) -> int:
    """How many of the wanted workers can hand their batches over.

    Args:
        wanted: Workers that were asked for.
        batch: Bytes of a batch.
        free: Bytes of shared memory that one loader may fill.
    """
    return max(0, min(wanted, (free - HELD * batch) // (AHEAD * batch + QUEUES)))


def death_of_worker(error: BaseException) -> str | None:
    """What to say about an error of a loader's process that died, in one or two lines; None if it is no such error."""
    said = f"{error} {error.__cause__ or ''}"
    if "DataLoader worker (pid" not in said:
        return None
    by = re.search(r"killed by signal: ([\w ]+)", said)
    how = f"was ended by the system ({by[1]})" if by else "ended unexpectedly"
    if by and by[1] == "Killed":
        return f"a process that loads data {how}, as where memory has run out\nLower --data.num_workers"
    if sys.platform != "linux":
        return f"a process that loads data {how}; --data.num_workers 0 needs none"
    return f"a process that loads data {how}; {_shared_memory()}\n{MORE}; --data.num_workers 0 needs none"


def _hear_of_deaths() -> None:
    """Lets PyTorch set its answer to SIGCHLD again, which tells how a worker died.

    It sets it once a process, and each Trainer that ends sets all signals back to what they were before it.
    """
    if sys.platform != "win32" and signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL:
        signal_handling._SIGCHLD_handler_set = False


def _affordable(part: Part, batch_size: int, wanted: int, processes: int) -> int:
    if sys.platform != "linux" or not len(part):
        return wanted
    batch = batch_size * _bytes(part[torch.zeros(1, dtype=torch.int64)])
    found = fitting(wanted, batch, _free() // (LOADERS * processes))
    if found < wanted:
        _say_once(
            f"note: {found or 'none'} of the {wanted} --data.num_workers will load: {_shared_memory()}, "
            f"through which they\nhand over batches of {_megabytes(batch)}; {MORE}"
        )
    return found


def _handed_over(loaded: Any) -> Any:
    """The batch, its tensors written out: of one that has some memory for several places no GPU could be sent a copy.

    In a worker it is moved into shared memory here: where its queue does it, a failure would be lost.

    Raises:
        NoRoom: If there is no room for it; the training would wait for it for ever.
    """
    loaded = apply_to_collection(loaded, Tensor, Tensor.contiguous)
    if torch.utils.data.get_worker_info() is None:
        return loaded
    try:
        return apply_to_collection(loaded, Tensor, Tensor.share_memory_)
    except RuntimeError as error:
        raise NoRoom(
            f"data.num_workers: a batch of {_megabytes(_bytes(loaded))} could not be handed over, "
            f"{_shared_memory() if sys.platform == 'linux' else first_line(error)}; type --data.num_workers 0"
            f"{f', or give a container more: {MORE}' if sys.platform == 'linux' else ''}"
        ) from error


def _bytes(loaded: Any) -> int:
    sizes: list[int] = []
    apply_to_collection(loaded, Tensor, lambda tensor: sizes.append(tensor.nbytes))
    return sum(sizes)


def _free() -> int:
    try:
        return shutil.disk_usage(SHARED).free
    except OSError:  # without it no memory can be shared
        return 0


def _shared_memory() -> str:
    try:
        size = shutil.disk_usage(SHARED)
    except OSError as error:
        return f"{SHARED} cannot be used ({error.strerror})"
    return f"{SHARED} has {_megabytes(size.free)} free of {_megabytes(size.total)}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB"


@atexit.register
def _end_workers() -> None:
    """Ends the loaders' processes that an error has left: they do not listen to Python's own request, a SIGTERM."""
    if workers := [process for process in multiprocessing.active_children() if process.daemon]:
        if sys.platform != "win32":
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # PyTorch would raise
        for process in workers:
            process.kill()


@cache
def _say_once(text: str) -> None:
    rank_zero_only(print)(text, flush=True)
