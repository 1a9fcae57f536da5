"""`gan edit`: things moved along a direction, or pictures given other attributes."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser, Namespace

from gan_cli.errors import UserError
from gan_cli.ranges import Few
from gan_cli.verbs import options

SUMMARY = "Move things along a direction of gan directions, or give pictures other attributes: strips, files, a film"

OF_LATENTS = ("directions", "direction", "strength", "seeds", "latents", "layers", "labels", "truncation_psi", "noise")
"""Options that move latents, and mean nothing for pictures."""
OF_PICTURES = ("set", "swap", "soft")
"""Options that are about pictures alone."""


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Pictures, folders, globs, instead of latents: an IcGAN reads their attributes",
    )
    parser.add_argument(
        "--set",
        type=str,
        action="append",
        default=None,
        metavar="NAME=V,...",
        help="What they are to be: smiling=1,bald=0, or smiling=0..1 in steps; repeatable",
    )
    parser.add_argument(
        "--swap", type=str | None, metavar="FILE", help="Exchange the attributes with those of this picture"
    )
    options.yes_no(parser, "--soft", False, "Attributes as strong as they are read; default: there or not")
    parser.add_argument(
        "--directions", type=str | None, metavar="FILE", help="A file of gan directions; default: the run's newest"
    )
    parser.add_argument("--direction", type=str | None, metavar="NAME", help="The name or number of one in it")
    parser.add_argument(
        "--strength", type=str | None, metavar="A..B", help="From A to B, such as -3..3, or a single number"
    )
    parser.add_argument(
        "--steps",
        type=Few | None,
        default=None,
        metavar="N",
        help="Strengths or values from A to B, both included; default: 7",
    )
    parser.add_argument("--seeds", type=str | None, metavar="SEEDS", help="What is moved, such as 1,5-8; default: 0-3")
    options.latents(parser, "Instead of seeds: an .npz of --save_latents or of gan project")
    parser.add_argument(
        "--layers", type=str | None, metavar="0-3,7", help="Style layers to move; default: those of the directions"
    )
    options.labels(parser, "Classes of the seeds, in turn; if conditional")
    options.truncation(parser)
    options.noise(parser)
    options.batch_size(parser)
    options.ema(parser)
    options.output(parser, "A .png (a row each), .gif, .mp4, or a folder; default: beside the run", "PATH")
    parser.add_argument(
        "--format", type=str | None, metavar="NAME", help="grid, files (one a thing), both; default: see --output"
    )
    parser.add_argument("--save_latents", type=str | None, metavar="FILE", help="Also write what came of it, an .npz")
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes what came of moving, or of other attributes.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked, typed = options.parsed("edit", add_options, words)
    if asked.input is not None:
        _edit_pictures(asked, typed)
        return
    for option in OF_PICTURES:
        if typed.get(option) is not None:
            raise UserError(f"{option}: it is about pictures; type --input with some too, or leave it out")
    options.not_beside(typed, "latents", "seeds")
    from gan_cli.command.opening import opened
    from gan_cli.command.running import say
    from gan_cli.inference.directions.edit import edit
    from gan_cli.inference.directions.files import newest_directions

    path, model = opened(asked)
    pictures = path.parent / "pictures"
    if asked.directions is None:
        asked.directions = str(newest_directions(pictures))
    for place in edit(model, pictures, asked, asked.trainer.as_dict()):
        say(f"written: {place}")


def _edit_pictures(asked: Namespace, typed: Namespace) -> None:
    """Gives pictures other attributes, by a checkpoint that reads them."""
    options.not_beside(typed, "input", *OF_LATENTS, "save_latents")
    options.not_beside(typed, "swap", "set")
    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import say
    from gan_cli.inference.edit_inputs import edit_inputs
    from gan_cli.variants.icgan import editing

    path, model = opened_that(asked, editing, "reads attributes in pictures", "icgan.yaml")
    for place in edit_inputs(model, path.parent / "pictures", asked, asked.trainer.as_dict()):
        say(f"written: {place}")
