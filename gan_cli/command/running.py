"""What every verb runs in: without Lightning's chatter, with short errors, and one process that speaks."""

import errno
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from gan_cli.errors import RunFailed, UserError

NO_SUCH_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
GO_ON = {"fit": " with --ckpt_path last", "translate": " with --skip-existing"}
"""How a verb goes on where it was stopped."""


def hush() -> None:
    """Turns off Lightning's chatter about devices, tips and things this tool does on purpose.

    It must have been imported: as it is, it sets the level of its loggers itself.
    """
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module=r"lightning\..*")
    warnings.filterwarnings("ignore", module=r"PIL\..*")  # what matters is said of the file by its name


@contextmanager
def short_errors(verb: str) -> Iterator[None]:
    """Says what the file system and the memory refuse in a line or two.

    Args:
        verb: What is run.

    Raises:
        UserError: If a place cannot be written.
        RunFailed: If there is no more room.
    """
    try:
        yield
    except RunFailed:
        raise
    except (RuntimeError, MemoryError) as error:
        from gan_cli.devices import memory  # with torch

        if not memory.is_out_of_memory(error):
            raise
        raise RunFailed(f"out of memory ({memory.memory_in_use()}); try a lower --batch_size, or --tile") from error
    except OSError as error:
        if error.errno in NO_SUCH_PLACE:
            raise UserError(f"{error.filename} cannot be written ({error.strerror}); name another place") from error
        if error.errno in NO_ROOM:
            raise RunFailed(
                f"{error.filename} could not be written ({error.strerror}); what was there before is whole\n"
                f"Make room, then go on{GO_ON.get(verb, '')}"
            ) from error
        raise


def say(text: str) -> None:
    """Prints in one process of several."""
    if is_first():
        print(text, flush=True)


def is_first() -> bool:
    """Whether this is the first of the processes, or the only one."""
    from lightning.pytorch.utilities.rank_zero import rank_zero_only

    return bool(getattr(rank_zero_only, "rank", 0) == 0)
