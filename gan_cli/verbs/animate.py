"""`gan animate`: pictures that move as films do."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.ranges import Few
from gan_cli.verbs import options

SUMMARY = "Move a picture as a film does, by a checkpoint"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that animates pictures")
    parser.add_argument(
        "--source",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="The picture to move, or several of one person, of which the one that fits a film best is; files, folders",
    )
    parser.add_argument(
        "--driving",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="The film whose motion it gets, or several: files, folders of frames or of films, strips, globs",
    )
    options.yes_no(parser, "--each", False, "Move every picture by every film, not only the one that fits best")
    options.yes_no(
        parser, "--absolute", False, "Put key points where the film's are; default: move them as they move there"
    )
    parser.add_argument(
        "--start",
        type=str,
        default="0",
        metavar="N",
        help="The film's frame that is held as the picture is, or best: the one most alike",
    )
    options.yes_no(parser, "--scaled", True, "Scale ways to the size of the face in the picture, or not")
    parser.add_argument(
        "--crop",
        type=str | None,
        metavar="X,Y,W,H",
        help="Part of the film, in pixels; default: the square in its middle",
    )
    parser.add_argument("--source_crop", type=str | None, metavar="X,Y,W,H", help="The same of pictures")
    options.yes_no(parser, "--beside", False, "Show picture, film and result side by side")
    options.output(parser, "An .mp4 or .gif where it is one film, or a folder; default: beside the run", "PATH")
    parser.add_argument("--format", type=str | None, metavar="NAME", help="mp4 (default), gif, frames")
    parser.add_argument("--rate", type=Few | None, metavar="N", help="Frames a second; default: the film's own, or 25")
    options.ema(parser)
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the films, and says what was refused.

    Raises:
        UserError: If something asked for cannot be done, or some of the films could not be made.
    """
    asked, typed = options.parsed("animate", add_options, words)
    if asked.absolute:
        options.not_beside(typed, "absolute", "scaled")
    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import end_where_refused, say
    from gan_cli.inference.animate import animate
    from gan_cli.inference.animator import animating

    path, model = opened_that(asked, animating, "animates pictures", "living_portraits.yaml")
    summary = animate(model, path.parent / "pictures", asked, asked.trainer.as_dict())
    if summary is None:  # another process has it
        return
    for place, done in summary.done:
        for warning in done.warnings:
            say(f"warning: {warning}")
        say(f"written: {place} ({done.frames} frames of {done.source}, held as in frame {done.start})")
    end_where_refused("driving", summary.refused, "films drive nothing", len(summary.done))
