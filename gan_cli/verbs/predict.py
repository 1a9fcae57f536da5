"""`gan predict`: films that go on, or get frames between theirs."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.ranges import Few, Many
from gan_cli.verbs import options

SUMMARY = "Continue films, or make the frames between theirs, by a checkpoint"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that predicts frames")
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Films, folders of frames or of films, strips, globs; default: the data set's test videos",
    )
    parser.add_argument(
        "--frames", type=Many | None, metavar="N", help="How many follow; default: as many as in training videos"
    )
    parser.add_argument(
        "--start", type=Many | None, metavar="K", help="Go on from the first K frames; those after them are the truth"
    )
    parser.add_argument(
        "--times", type=Few | None, metavar="N", help="Of a model of frames between: 2 (default), 4, ... times the rate"
    )
    parser.add_argument(
        "--every", type=Few, default=1, metavar="N", help="Take every N-th frame of the films, as --data.stride did"
    )
    options.yes_no(
        parser, "--truth", False, "Make what the films themselves have (the last N frames, or every second) and compare"
    )
    options.output(parser, "A .gif, .mp4 or .png (strip) for one film, or a folder; default: beside the run", "PATH")
    parser.add_argument(
        "--format", type=str | None, metavar="NAME", help="gif, mp4, strip, frames; default: a GIF and a strip"
    )
    parser.add_argument("--rate", type=Few | None, metavar="N", help="Frames a second; default: the film's own")
    options.ema(parser)
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the films, prints how good they are where the truth is known, and which were refused.

    Raises:
        UserError: If something asked for cannot be done, or some of the films could not be gone on with.
    """
    asked, typed = options.parsed("predict", add_options, words)
    options.not_beside(typed, "start", "truth")
    from functools import partial

    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import end_where_refused, say
    from gan_cli.evaluation.testing import show_own
    from gan_cli.inference import checkpoints
    from gan_cli.inference.predict import predict
    from gan_cli.inference.predictor import predicting

    path, model = opened_that(asked, predicting, "predicts frames", "frame_prediction.yaml")
    data = partial(checkpoints.data_set, path, asked.module)
    summary = predict(model, path.parent / "pictures", asked, asked.trainer.as_dict(), data)
    if summary is None:  # another process has it
        return
    if summary.table is not None:
        show_own(summary.table)
    for place in summary.places:
        say(f"written: {place}")
    end_where_refused("input", summary.refused, "films could not be gone on with", summary.done)
