"""`gan probe`: a linear classifier on what a discriminator sees."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.ranges import Many
from gan_cli.verbs import options

SUMMARY = "Classify a data set by what a checkpoint's discriminator sees, and by its pixels"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--labels_per_class", type=Many, default=None, metavar="N", help="Training labels; default: all"
    )
    options.seed(parser, "Chooses the labels and the folds")
    options.batch_size(parser)
    options.output(parser, "A .json; default: beside the run")
    options.trainer(parser)
    options.data_set(parser)


def run(words: Sequence[str]) -> None:
    """Prints the accuracies and writes them.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("probe", add_options, words)
    from rich.console import Console

    from gan_cli.command.opening import data_of, opened
    from gan_cli.command.running import say
    from gan_cli.inference.probe import probe

    path, model = opened(asked.all)
    data = data_of(asked.all, asked.typed, model, path)
    found = probe(model, path, data, asked.all, asked.all.trainer.as_dict())
    if found is not None:  # another process has it
        Console().print(found.table)
        say(f"written: {found.path}")
