"""`gan evaluate`: images or points beside others, or beside a data set, with no model."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from jsonargparse import ArgumentParser

from gan_cli.errors import UserError
from gan_cli.ranges import Range
from gan_cli.verbs import options

SUMMARY = "Score a folder of images (or a file of points) beside another or a data set: FID, KID, MMD, ..."


def add_options(parser: ArgumentParser, named: bool = True) -> None:
    """Adds the options of the verb and, if REAL names a data set, that set's arguments."""
    parser.add_argument(
        "images",
        type=str,
        metavar="IMAGES",
        help="A folder, a .zip, a .npz (images, points, or mu, sigma), a .csv or .npy of points",
    )
    parser.add_argument(
        "real",
        type=str,
        metavar="REAL",
        help="Another, or a data set by its name, whose arguments are as for gan fit",
    )
    options.scoring(parser)
    parser.add_argument(
        "--image_size",
        type=Annotated[int, Range(1, 4_096)] | None,
        default=None,
        metavar="N",
        help="Images of other sizes are resized to so many pixels; without it they must be of one size",
    )
    parser.add_argument("--split", type=str, default="test", metavar="NAME", help="Of a data set: test, val or train")
    options.output(parser, "A .json for the scores beside what is printed")
    options.module(parser)
    if named:
        options.data_set(parser, named=False)


def run(words: Sequence[str]) -> None:
    """Compares two sets of images or of points; prints the scores and, if asked to, writes them.

    Raises:
        UserError: If something asked for cannot be done.
    """
    targets, rest = list(words[:2]), words[2:]
    if len(targets) < 2 or any(word.startswith("-") for word in targets):
        raise UserError("evaluate: type gan evaluate IMAGES REAL; gan evaluate --help says what these can be")
    from pathlib import Path

    from gan_cli.command.choices import is_name, named_modules
    from gan_cli.command.comparing import scores_beside
    from gan_cli.evaluation.testing import read_metrics, show
    from gan_cli.files import write_json

    judged, real = targets
    named = is_name("data", real, named_modules(rest)[1])
    chosen_set = ["--data", real] if named else []
    asked = options.parsed("evaluate", partial(add_options, named=named), [judged, real, *chosen_set, *rest])
    tables = scores_beside(judged, real, named, read_metrics(asked.all.metrics), asked.all, asked.typed)
    show(tables)
    if asked.all.output:
        write_json(
            Path(asked.all.output), {"images": judged, "real": real, "tables": [table.as_dict() for table in tables]}
        )
        print(f"written: {asked.all.output}")
