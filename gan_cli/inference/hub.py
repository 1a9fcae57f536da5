"""Model folders on the Hugging Face hub: `hub:user/name`, from there through its cache, and to there."""

import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli import runs
from gan_cli.errors import UserError, first_line
from gan_cli.inference.shared_models import CONFIG, WEIGHTS

FOLDER = "hub"
"""The folder beside all runs, such as `checkpoints/hub`, in which each model has one for what is made of it."""
FETCHED = (CONFIG, runs.SCORES, runs.TRAINING, WEIGHTS)
"""The files of a model folder that are fetched: all that verbs and pages read."""
NAMED = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")


class Place(NamedTuple):
    """A model on the hub.

    Attributes:
        name: Such as "user/name".
        revision: A branch, a tag or a commit; None for the newest.
    """

    name: str
    revision: str | None = None


def is_there(typed: str) -> bool:
    """Whether a model on the hub is meant, and no file."""
    return typed.startswith(runs.HUB)


def place(typed: str, option: str = "ckpt") -> Place:
    """The model that `hub:user/name` or `hub:user/name@revision` means.

    Raises:
        UserError: If it means none.
    """
    found = NAMED.fullmatch(typed.removeprefix(runs.HUB))
    if found is None:
        raise UserError(f"{option}: {typed} names no model on the hub; such a name is hub:user/name, or with @revision")
    return Place(found["name"], found["revision"])


def fetched(typed: str, option: str = "ckpt") -> Path:
    """The weights of a model on the hub, in the hub's own cache: fetched once, and offline from there.

    Args:
        typed: `hub:user/name` or `hub:user/name@revision`.
        option: What it was typed for.

    Returns:
        The file `model.safetensors`, with `config.json` beside it.

    Raises:
        UserError: If there is no such model, or it is not in the cache and the hub is not reached.
    """
    where = place(typed, option)
    library = _library(option)
    errors = library.errors
    try:
        folder = library.snapshot_download(where.name, revision=where.revision, allow_patterns=list(FETCHED))
    except errors.GatedRepoError as error:
        raise UserError(
            f"{option}: {typed} asks for its terms to be accepted, on huggingface.co/{where.name}"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(
            f"{option}: {typed} is not on the hub, or is private (hf auth login makes you known)"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UserError(f"{option}: {typed}: the model is there, but not its revision {where.revision}") from error
    except errors.HFValidationError as error:
        raise UserError(f"{option}: {typed} is no name that the hub knows ({first_line(error)})") from error
    except Exception as error:  # of the network, which are those of several libraries
        raise UserError(
            f"{option}: {typed} is not in the cache, and the hub is not reached ({first_line(error)})"
        ) from error
    return Path(folder) / WEIGHTS


def beside_runs(typed: str, root: Path, option: str = "ckpt") -> Path:
    """The same, in a folder of its own beside the runs: there verbs put what they make, and not into the hub's cache.

    Args:
        typed: `hub:user/name` or `hub:user/name@revision`.
        root: Where runs are kept.
        option: What it was typed for.

    Raises:
        UserError: As `fetched`.
        OSError: If the folder cannot be written.
    """
    cached = fetched(typed, option).parent
    where = place(typed, option)
    folder = (
        root
        / FOLDER
        / "--".join([*where.name.split("/"), *((where.revision or "").split("/") if where.revision else [])])
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name in FETCHED:
        _link(cached / name, folder / name)
    return folder / WEIGHTS


def upload(folder: Path, typed: str, private: bool = False) -> str:
    """Puts a model folder on the hub, under a name that is made if it is new.

    Args:
        folder: As `gan share` writes it.
        typed: `hub:user/name`.
        private: Whether a new name can be seen by its owner alone.

    Returns:
        The address of its page.

    Raises:
        UserError: If nobody is logged in, it is not allowed, or the hub is not reached.
    """
    where = place(typed, "to")
    library = _library("to")
    try:
        client = library.HfApi()
        client.create_repo(where.name, private=private, exist_ok=True)
        client.upload_folder(
            repo_id=where.name, folder_path=folder, revision=where.revision, commit_message="Share by gan-cli"
        )
    except library.errors.HFValidationError as error:
        raise UserError(f"to: {typed} is no name that the hub knows ({first_line(error)})") from error
    except library.errors.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        hint = "; hf auth login with a token that may write" if status in (401, 403) else ""
        raise UserError(f"to: {typed} was refused by the hub ({first_line(error)}){hint}") from error
    except Exception as error:  # of the network, which are those of several libraries
        raise UserError(f"to: {typed} was not shared: {first_line(error)}") from error
    return f"https://huggingface.co/{where.name}"


def check_installed(option: str) -> None:
    """Refuses the hub where its client is not installed, before any work is done.

    Raises:
        UserError: If it is not.
    """
    _library(option)


def _library(option: str) -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors  # noqa: F401
    except ImportError as error:
        raise UserError(f"{option}: the hub needs its client: pip install 'gan-cli[hub]'") from error
    return huggingface_hub


def _link(source: Path, target: Path) -> None:
    """A link to a file, or a copy where there are no links; one to an older revision is replaced."""
    target.unlink(missing_ok=True)
    if not source.is_file():
        return
    try:
        target.symlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)
