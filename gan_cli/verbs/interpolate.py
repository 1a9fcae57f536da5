"""`gan interpolate`: walks between generated things."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.errors import UserError
from gan_cli.ranges import Few, Many
from gan_cli.verbs import options

SUMMARY = "Walk between images of a checkpoint: grid, frames, GIF or MP4"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--walks", type=Few, default=None, metavar="N", help="Walks side by side, rows of the grid; default: 8"
    )
    parser.add_argument(
        "--keyframes", type=Few, default=None, metavar="N", help="Latents a walk passes, 1 with labels; default: 2"
    )
    parser.add_argument("--steps", type=Many, default=9, metavar="N", help="Images from one keyframe to the next")
    options.yes_no(parser, "--loop", False, "Return to the first keyframe")
    parser.add_argument(
        "--method", type=str | None, metavar="NAME", help="slerp or lerp; default: slerp, lerp for uniform latents"
    )
    options.latents(parser, "Walk between its rows instead of seeds; default: one walk through all of them")
    options.latent(parser)
    options.labels(parser, "Walk from class to class, such as 3,8; if conditional")
    options.given(parser)
    parser.add_argument(
        "--to", type=str, nargs="+", default=None, metavar="FILE", help="Walk from --given to this, such as a sentence"
    )
    options.space(parser)
    options.output(parser, "A .png (grid), .gif, .mp4, or a folder (frames); or beside the run", "PATH")
    parser.add_argument(
        "--fps",
        type=Few,
        default=None,
        metavar="N",
        help="Frames per second of a GIF or MP4; default: 12, or those of what moves",
    )
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the walks.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked, typed = options.parsed("interpolate", add_options, words)
    options.not_beside(typed, "latents", "truncation_threshold", *(["seed"] if asked.noise != "random" else []))
    if asked.to and not asked.given:
        raise UserError(f"to: {asked.to[0]} is where a walk ends; type --given with what it begins with too")
    from gan_cli.command.opening import opened
    from gan_cli.command.running import say
    from gan_cli.inference.interpolate import interpolate

    path, model = opened(asked)
    for place in interpolate(model, path.parent / "pictures", asked, asked.trainer.as_dict()):
        say(f"written: {place}")
