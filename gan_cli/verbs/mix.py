"""`gan mix`: a table of things that share styles."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.verbs import options

SUMMARY = "Mix the styles of images: a table whose columns give some layers, and whose rows the others"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument("--rows", type=str | None, metavar="SEEDS", help="Seeds such as 1,5-8; default: 0-3")
    parser.add_argument("--columns", type=str | None, metavar="SEEDS", help="The same; default: 4-9")
    parser.add_argument(
        "--layers",
        type=str | None,
        metavar="0-3,7",
        help="Layers of the columns, from 0, which works on 4x4 pixels; default: the first half. All are told",
    )
    options.latents(parser, "An .npz instead of --rows, of --columns, or of both: of what is not typed")
    options.labels(parser, "Classes of rows and columns, in turn; if conditional")
    parser.add_argument("--column_labels", type=str | None, metavar="K,...", help="Classes of the columns alone")
    options.given(parser)
    options.truncation(parser)
    options.noise(parser)
    options.batch_size(parser)
    options.ema(parser)
    options.output(parser, "A .png (grid), or a folder; default: beside the run", "PATH")
    parser.add_argument(
        "--format", type=str | None, metavar="NAME", help="grid, files (single ones), both; default: grid"
    )
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the table, and tells which layers are whose.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("mix", add_options, words).all
    from gan_cli.command.opening import opened
    from gan_cli.command.running import say
    from gan_cli.inference.mix import mix

    path, model = opened(asked)
    made = mix(model, path.parent / "pictures", asked, asked.trainer.as_dict())
    say("\n".join([made.told, *(f"written: {place}" for place in made.paths)]))
