"""`gan blend`: a checkpoint between two."""

from collections.abc import Sequence
from typing import Annotated

from jsonargparse import ArgumentParser

from gan_cli.ranges import Range
from gan_cli.verbs import options

SUMMARY = "Write a checkpoint whose weights lie between those of two (network interpolation)"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument("--ckpt", type=str | None, metavar="FILE", help="Checkpoint; without it the newest run's last")
    parser.add_argument(
        "--other", type=str | None, metavar="FILE", help="The other one; default: pretrained.ckpt beside --ckpt"
    )
    parser.add_argument(
        "--share",
        type=Annotated[float, Range(0, 1)],
        default=0.5,
        metavar="X",
        help="Weight of --ckpt from 0 to 1; 1 is it alone",
    )
    options.output(parser, "A .ckpt; default: blend-<share>.ckpt beside --ckpt")


def run(words: Sequence[str]) -> None:
    """Writes the checkpoint.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("blend", add_options, words).all
    from pathlib import Path

    from gan_cli.command.running import say
    from gan_cli.inference import checkpoints
    from gan_cli.inference.blending import blend, partner

    path = checkpoints.resolve(asked.ckpt)
    other = partner(path) if asked.other is None else checkpoints.resolve(asked.other, option="other")
    output = Path(asked.output or path.with_name(f"blend-{asked.share:g}.ckpt"))
    count = blend(path, other, asked.share, output)
    say(f"blended: {asked.share:g} of {path} and {1 - asked.share:g} of {other}, {count:,} numbers\nwritten: {output}")
