"""The surroundings of every verb: no chatter from Lightning, short errors, and only one process that prints."""

import errno
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gan_cli.devices import peers
from gan_cli.errors import RunFailed, UserError
from gan_cli.stopping import Stopped

NO_SUCH_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR)
NO_SUCH_NAME = (errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG)
"""What file systems say of names that they cannot have: with a colon, with bytes that are no text, too long."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
REASONS = 20
"""At most this many inputs are listed, refused ones or others."""
GO_ON = {"fit": " with --ckpt_path last", "translate": " with --skip-existing", "project": " by the same call"}
"""The words that make a verb continue where it was stopped."""


def show_refused(refused: Sequence[tuple[object, str]]) -> None:
    """Prints which inputs were refused, each with the reason, and no more than `REASONS` of them."""
    for place, reason in refused[:REASONS]:
        say(f"refused: {place}: {reason}")


def end_where_refused(option: str, refused: Sequence[tuple[object, str]], verdict: str, done: int) -> None:
    """Ends a verb by which inputs were refused, if any were.

    Args:
        option: By which they were typed.
        refused: The inputs, each with the reason.
        verdict: What is the matter with them, such as "images could not be read".
        done: How many others there were.

    Raises:
        UserError: If any were.
    """
    show_refused(refused)
    if refused:
        raise UserError(f"{option}: {len(refused)} of the {verdict}{f', {done} done' if done else ''}; see above")


def hush() -> None:
    """Turns off Lightning's chatter about devices, tips and things this tool does on purpose; only rank 0 is to print.

    Lightning must have been imported before, because it sets the level of its loggers when it is imported.
    """
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module=r"lightning\..*")
    warnings.filterwarnings("ignore", module=r"PIL\..*")  # our own messages name the file
    from lightning.pytorch.utilities.rank_zero import rank_zero_only

    from gan_cli.devices import launchers

    rank_zero_only.rank = launchers.rank()  # type: ignore[attr-defined]


@contextmanager
def short_errors(verb: str) -> Iterator[None]:
    """Turns errors of the file system, of the memory and of processes that died into messages of a line or two.

    Args:
        verb: The verb that is run.

    Raises:
        UserError: If a place cannot be written.
        RunFailed: If there is no more room, or a process that loads data or another one of the run died.
    """
    if peers.is_child():
        peers.watch()
    try:
        yield
    except RunFailed:
        raise
    except Stopped as error:  # perhaps by the launcher, which has seen the death of another process, too
        _raise_death(error.__context__, verb)
        raise
    except (RuntimeError, MemoryError) as error:
        from gan_cli.data import loading  # imported here, because these need torch
        from gan_cli.devices import memory

        if (death := loading.death_of_worker(error)) is not None:
            raise RunFailed(f"{death}{f', then go on{GO_ON[verb]}' if verb in GO_ON else ''}") from error
        if memory.is_out_of_memory(error):
            text = f"out of memory ({memory.memory_in_use()}); try a lower --batch_size, or --tile"
            raise RunFailed(text) from error
        _raise_death(error, verb)
        raise
    except OSError as error:
        if error.errno in NO_SUCH_PLACE or (error.filename and error.errno in NO_SUCH_NAME):
            raise UserError(f"{error.filename} cannot be written ({error.strerror}); name another place") from error
        if error.errno in NO_ROOM:
            raise RunFailed(
                f"{error.filename} could not be written ({error.strerror}); what was there before is whole\n"
                f"Make room, then go on{GO_ON.get(verb, '')}"
            ) from error
        raise
    finally:
        peers.leave()


def _raise_death(error: BaseException | None, verb: str) -> None:
    """Raises what is to be said of an error, if another process's end has caused it."""
    said = peers.death(error)
    if said is not None:
        raise RunFailed(said and f"{said}{f'; go on{GO_ON[verb]}' if verb in GO_ON else ''}") from error


def say(text: str) -> None:
    """Prints in one process of several."""
    if is_first():
        print(text, flush=True)


def is_first() -> bool:
    """Whether this is the first of the processes, or the only one."""
    lightning = sys.modules.get("lightning.pytorch.utilities.rank_zero")  # which need not be imported yet
    return lightning is None or lightning.rank_zero_only.rank == 0
