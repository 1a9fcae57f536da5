"""`gan describe`: sentences on films or images."""

from collections.abc import Sequence
from typing import Annotated

from jsonargparse import ArgumentParser

from gan_cli.ranges import Range
from gan_cli.verbs import options

SUMMARY = "Say in words what films or images show, by a checkpoint"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that describes things")
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Films, or images of a model of images, folders, globs; default: the data set's test things",
    )
    parser.add_argument(
        "--num",
        type=Annotated[int, Range(1, 1_000)],
        default=1,
        metavar="N",
        help="At most so many different sentences each, the likeliest one among them, those that fit best first",
    )
    options.seed(parser, "First seed of sentences that are drawn")
    parser.add_argument(
        "--truncation_psi",
        type=Annotated[float, Range(0, 1)],
        default=1.0,
        metavar="P",
        help="Draw from the likeliest words that have so large a share of the probability",
    )
    parser.add_argument(
        "--start",
        type=Annotated[float, Range(0, 10**6)] | None,
        metavar="SECONDS",
        help="Where in a film that is longer than what the model sees at once; default: its middle",
    )
    options.output(parser, "A .json with sentences and scores, or a .txt; they are printed in any case")
    options.ema(parser)
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Prints the sentences, with their scores where there are several, and which inputs were refused.

    Raises:
        UserError: If something asked for cannot be done, or some of the inputs could not be described.
    """
    asked, _ = options.parsed("describe", add_options, words)
    from functools import partial

    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import end_where_refused, say
    from gan_cli.inference import checkpoints
    from gan_cli.inference.describe import describe
    from gan_cli.inference.describer import describing

    path, model = opened_that(asked, describing, "describes anything", "caption_gan.yaml")
    summary = describe(model, asked, asked.trainer.as_dict(), partial(checkpoints.data_set, path, asked.module))
    if summary is None:  # another process has it
        return
    for place, said in summary.described.items():
        if asked.num == 1:
            say(f"{place}: {said[0].sentence}")
            continue
        say(f"{place}: {len(said)} sentences, with how well they fit (0 to 1) and how likely they are (nats)")
        for one in said:
            say(f"  {one.fit:.2f}  {one.log_likelihood:6.1f}  {one.sentence}")
    if summary.written is not None:
        say(f"written: {summary.written}")
    end_where_refused("input", summary.refused, "inputs could not be described", len(summary.described))
