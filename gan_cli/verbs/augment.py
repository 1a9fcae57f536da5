"""`gan augment`: a labelled folder of real and generated images."""

from collections.abc import Sequence
from typing import Annotated

from jsonargparse import ArgumentParser

from gan_cli.errors import UserError
from gan_cli.ranges import Range
from gan_cli.verbs import options

SUMMARY = "Write a labelled folder of real and generated images, for any trainer"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that generates images by class")
    parser.add_argument(
        "--per_class",
        type=Annotated[int, Range(1, 1_000_000)] | None,
        metavar="N",
        help="Generated images of each class",
    )
    options.output(parser, "The folder, which must be new or empty", "FOLDER")
    parser.add_argument(
        "--real",
        type=str | None,
        metavar="ROOT",
        help="Real images, a folder for each class; default: those that it was trained on",
    )
    parser.add_argument(
        "--share",
        type=Annotated[float, Range(0, 1, without="low")] | None,
        metavar="S",
        help="Part of each class that is generated, 1 for all; default: beside all real ones",
    )
    parser.add_argument(
        "--confidence",
        type=Annotated[float, Range(0, 1, without="both")] | None,
        metavar="T",
        help="Leave out those whose class a classifier of the real images finds less likely",
    )
    options.seed(parser, "First seed; image k of class c has seed N + k K + c")
    options.truncation(parser)
    options.batch_size(parser)
    options.ema(parser)
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the folder, and says what is in it.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("augment", add_options, words).all
    for name in ("per_class", "output"):
        if asked.get(name) is None:
            raise UserError(
                f"{name}: type how many generated images of each class and where to, such as\n"
                "gan augment --per_class 100 --output augmented"
            )
    from pathlib import Path

    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import say
    from gan_cli.inference.augment import augment
    from gan_cli.inference.augmentation import Wish, augmenting, by_all_devices

    path, model = opened_that(asked, augmenting, "generates images by class", "cgan.yaml")
    wish = Wish(**{name: asked[name] for name in Wish._fields})
    compute = by_all_devices(model, wish.batch_size, asked.trainer.as_dict())
    done = augment(model, path, Path(asked.output), asked.real, wish, compute)
    if done is None:  # another process has it
        return
    rest = f" (of {done.tried:,})" if done.tried > done.made else ""
    say(f"{done.real:,} real images and {done.made:,} generated ones{rest}")
    say(f"written: {done.folder}")
