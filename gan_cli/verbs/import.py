"""`gan import`: others' weights as a checkpoint."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.imports import FORMATS
from gan_cli.ranges import Decay, Pixels
from gan_cli.verbs import options

SUMMARY = "Make a checkpoint of others' weights, such as the authors'; nothing in their files is run"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument(
        "files", type=str, nargs="+", metavar="FILE", help="Of one model; of two generators a to b first"
    )
    parser.add_argument("--as", type=str, required=True, metavar="NAME", help=f"Format: {', '.join(FORMATS)}")
    parser.add_argument("--license", type=str, default="", metavar="TEXT", help="Under which the files are given")
    parser.add_argument("--source", type=str, default="", metavar="URL", help="Where they are from")
    parser.add_argument(
        "--dropout", type=Decay | None, metavar="X", help="pix2pix: share set to 0, where the file cannot tell"
    )
    parser.add_argument("--image_size", type=Pixels | None, metavar="S", help="Where networks take any; in pixels")
    parser.add_argument("--names", type=str | None, metavar="A,...", help="Of the classes, or of both domains")
    options.yes_no(parser, "--attributes", None, "stargan: an image may be of several classes (CelebA), or not (RaFD)")
    parser.add_argument("--name", type=str | None, metavar="NAME", help="A further part of the run's name")
    options.output(parser, "A .ckpt; default: a run's folder below checkpoints/, which gan list shows")


def run(words: Sequence[str]) -> None:
    """Writes the checkpoint, and says which network is from which file.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("import", add_options, words).all
    from gan_cli.command.running import say
    from gan_cli.imports.imported import Told, import_weights

    names = tuple(name.strip() for name in asked.names.split(",")) if asked.names else None
    made = import_weights(
        asked.files,
        asked["as"],
        Told(asked.dropout, asked.image_size, names, asked.attributes),
        licence=asked.license,
        source=asked.source,
        name=asked.name,
        output=asked.output,
    )
    say("\n".join([*made.lines, f"written: {made.checkpoint}"]))
