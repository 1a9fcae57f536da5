"""Opens what a verb that works from a checkpoint needs: the checkpoint, its model, and the data set to look at."""

from collections.abc import Callable
from pathlib import Path

from jsonargparse import Namespace

from gan_cli.command import settings
from gan_cli.command.running import say
from gan_cli.data import GANDataModule
from gan_cli.inference import checkpoints
from gan_cli.inference.newest import M, newest
from gan_cli.variants import AdversarialModule


def opened(options: Namespace) -> tuple[Path, AdversarialModule]:
    """The checkpoint that was typed, or the newest run's, which is then printed; and its model.

    Args:
        options: With `ckpt` and `module`.

    Raises:
        UserError: If it is no whole checkpoint of a known variant.
    """
    path = checkpoints.resolve(options.ckpt)
    model = checkpoints.load_model(path, options.module)
    if options.ckpt is None:
        say(f"checkpoint: {path}")
    return path, model


def opened_that(options: Namespace, kind: Callable[[AdversarialModule], M], does: str, config: str) -> tuple[Path, M]:
    """The checkpoint that was typed, or the newest that holds a model of a kind, which is then printed; and the model.

    Args:
        options: With `ckpt` and `module`.
        kind: Gives the model if it is one; raises a `UserError` if not.
        does: What such a model does, in words behind "a run".
        config: A packaged config that trains one.

    Raises:
        UserError: If there is none, or it is no whole checkpoint of such a model.
    """
    if options.ckpt is None:
        path, model = newest(kind, does, config, options.module)
        say(f"checkpoint: {path}")
        return path, model
    path, typed = opened(options)
    return path, kind(typed)


def data_of(options: Namespace, typed: Namespace, model: AdversarialModule, path: Path) -> GANDataModule:
    """The data set that was typed, of the model's size if none was, or the checkpoint's.

    Args:
        options: With `data` and `module`.
        typed: The same without defaults.
        model: The checkpoint's.
        path: The checkpoint.

    Raises:
        UserError: If the checkpoint's data set is unknown.
    """
    chosen = options.get("data")
    sized = chosen and "image_size" in chosen.init_args
    if sized and "image_size" not in (typed.get("data.init_args") or {}):
        chosen.init_args.image_size = model.data_facts.get("image_size") or chosen.init_args.image_size
    data: GANDataModule = settings.made(chosen) if chosen else checkpoints.data_set(path, options.module)
    return data
