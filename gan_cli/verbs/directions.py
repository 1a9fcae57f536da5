"""`gan directions`: directions in latent space that change one thing."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.ranges import Few, Many, Strength
from gan_cli.verbs import options

SUMMARY = "Find directions in latent space that change one thing: a file, and a page with a slider for each"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--method",
        type=str | None,
        metavar="NAME",
        help="sefa (of weights; default), pca (of styles), learned (from samples of known kinds)",
    )
    parser.add_argument("--count", type=Few, default=10, metavar="N", help="At most so many directions")
    parser.add_argument("--layers", type=str | None, metavar="0-3,7", help="Style layers that count; default: all")
    options.space(parser)
    parser.add_argument("--positive", type=str | None, metavar="SEEDS", help="Learned: to these seeds, such as 1,5-8")
    parser.add_argument("--negative", type=str | None, metavar="SEEDS", help="Learned: from these")
    parser.add_argument("--table", type=str | None, metavar="FILE", help="Learned: a .csv of seeds and their kinds")
    options.latents(parser, "Whose names are in the table instead of seeds")
    parser.add_argument(
        "--judge",
        type=str | None,
        metavar="NAME",
        help="Learned: kinds by classifier or a TorchScript file; default: the model's classes",
    )
    parser.add_argument(
        "--num", type=Many | None, default=None, metavar="N", help="Latents drawn; default: pca 300,000, learned 2,000"
    )
    options.cache_dir(parser, "Where the classifier is kept")
    parser.add_argument(
        "--strength", type=Strength | None, metavar="S", help="The page goes from -S to S; default: 3, of pca 2"
    )
    parser.add_argument("--steps", type=Few, default=7, metavar="N", help="Pictures from one to the other")
    options.labels(parser, "Classes that latents are drawn and shown for, in turn; if conditional")
    options.seed(parser, "Seed of what is drawn, and the first of four that the page shows")
    options.truncation(parser)
    options.batch_size(parser)
    options.ema(parser)
    options.output(parser, "A .npz; page and picture are beside it; default: beside the run")
    options.trainer(parser)
    options.data_set(parser)


def run(words: Sequence[str]) -> None:
    """Prints the directions; writes their file, a page, and a picture.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked, typed = options.parsed("directions", add_options, words)
    from pathlib import Path

    from gan_cli.command.opening import data_of, opened
    from gan_cli.command.running import say
    from gan_cli.evaluation.judging import judge_of
    from gan_cli.inference.directions.finding import find
    from gan_cli.inference.directions.samples import Judge
    from gan_cli.reports.directions import output_of, told, write

    output = output_of(asked.output)
    path, model = opened(asked)

    def judge() -> Judge:
        return judge_of(model, lambda: data_of(asked, typed, model, path), asked.judge, Path(asked.cache_dir))

    found = find(model, asked, typed, judge, asked.trainer.as_dict())
    if found.pictures is not None:  # otherwise another process has them
        say(told(found.directions))
        for place in write(found, path, output):
            say(f"written: {place}")
