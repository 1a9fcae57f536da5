"""`gan arithmetic`: sums and differences of concepts in latent space."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.verbs import options

SUMMARY = "Add and subtract concepts, each the mean of several seeds, in latent space"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--plus",
        type=str,
        action="append",
        default=None,
        metavar="SEEDS",
        help="A concept to add, the mean of seeds such as 1,5-8; once for each concept",
    )
    parser.add_argument(
        "--minus", type=str, action="append", default=None, metavar="SEEDS", help="A concept to take away"
    )
    options.labels(parser, "Classes to show it in; if conditional")
    options.given(parser)
    options.space(parser)
    options.seed(parser, "Of the noise around the result")
    options.batch_size(parser)
    options.noise(parser)
    options.ema(parser)
    options.output(parser, "A .png; default: beside the run")
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the picture.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("arithmetic", add_options, words).all
    from gan_cli.command.opening import opened
    from gan_cli.command.running import say
    from gan_cli.inference.arithmetic import arithmetic

    path, model = opened(asked)
    for place in arithmetic(model, path.parent / "pictures", asked, asked.trainer.as_dict()):
        say(f"written: {place}")
