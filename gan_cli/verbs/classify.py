"""`gan classify`: the classes of images."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.verbs import options

SUMMARY = "Tell the classes of images, by a checkpoint"

LINES = 20
"""At most this many images are listed."""
WIDEST = 20
"""A confusion matrix of more classes is only written."""


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that tells classes")
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Images, folders, globs; what is in folders called as classes, or listed in a labels.csv or the like in "
        "one, is judged. Default: the data set's held-out images, of two domains the target's",
    )
    options.output(parser, "A .csv with classes and confidences, or a .json with all probabilities")
    options.batch_size(parser)
    options.ema(parser)
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Prints the class of each image, or the number of each class, and where classes are known how many are right.

    Raises:
        UserError: If something asked for cannot be done, or some of the images could not be read.
    """
    asked, _ = options.parsed("classify", add_options, words)
    from collections import Counter
    from functools import partial

    from rich.console import Console

    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import end_where_refused, say
    from gan_cli.inference import checkpoints
    from gan_cli.inference.classifier import classifying
    from gan_cli.inference.classify import classify

    path, model = opened_that(asked, classifying, "tells classes of images", "dann.yaml")
    summary = classify(model, asked, asked.trainer.as_dict(), partial(checkpoints.data_set, path, asked.module))
    if summary is None:  # another process has it
        return
    for one in summary.said[:LINES]:
        truth = "" if one.truth is None or one.truth == one.label else f"  (is {one.truth})"
        say(f"{one.place}: {one.label}  {100 * one.confidence:.1f} %{truth}")
    if len(summary.said) > LINES:
        say(f"... {len(summary.said) - LINES:,} more; --output FILE.csv or FILE.json lists all")
    counts = Counter(one.label for one in summary.said)
    say(f"told: {', '.join(f'{name} {count:,}' for name, count in sorted(counts.items()))}")
    if (judged := summary.judged) is not None:
        say(f"accuracy: {100 * judged.accuracy:.2f} % of {judged.known:,} whose class is known")
        if len(judged.names) <= WIDEST:
            console = Console(highlight=False, width=max(120, Console().width))
            console.print(judged.table(), soft_wrap=True)
    if summary.written is not None:
        say(f"written: {summary.written}")
    end_where_refused("input", summary.refused, "images could not be read", len(summary.said))
