"""`gan share`: a checkpoint as a model folder with its card, or on the hub."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.errors import UserError
from gan_cli.verbs import options

SUMMARY = "Make a model folder with its card of a checkpoint, for others or for the Hugging Face hub"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument("--to", type=str | None, metavar="PLACE", help="A new folder, or hub:user/name")
    parser.add_argument(
        "--license",
        type=str | None,
        metavar="NAME",
        help="Of the weights, such as mit or cc-by-4.0; default: not stated",
    )
    options.yes_no(parser, "--private", False, "On the hub: seen by you alone, where the name is new")


def run(words: Sequence[str]) -> None:
    """Writes the folder, or uploads it.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("share", add_options, words).all
    if not asked.to:
        raise UserError("to: it is missing; type --to FOLDER, or --to hub:user/name")
    from gan_cli.command.running import say
    from gan_cli.inference import checkpoints
    from gan_cli.reports.sharing import share

    path = checkpoints.resolve(asked.ckpt)
    if asked.ckpt is None:
        say(f"checkpoint: {path}")
    place = share(path, asked.to, asked.license or "", asked.private, asked.module)
    taken = asked.to if place != asked.to else place
    say(f"shared: {place}\nnext: gan sample --ckpt {taken}")
