"""`gan neighbours`: samples beside the nearest things of the training set."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.ranges import Few, Many
from gan_cli.verbs import options

SUMMARY = "Show samples beside the nearest things of the training set: does the model memorise?"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument("--num", type=Few, default=16, metavar="N", help="Samples to show")
    parser.add_argument("--neighbours", type=Few, default=5, metavar="K", help="Training things to show of each")
    parser.add_argument("--samples", type=Many, default=1000, metavar="N", help="Samples to measure")
    options.features(parser, "Beside pixels: inception, lite0, classifier or a TorchScript file")
    options.cache_dir(parser, "Where classifiers and weights are kept")
    options.seed(parser, "First sample's seed")
    options.batch_size(parser)
    options.noise(parser)
    options.ema(parser)
    options.output(parser, "A .png; default: beside the run")
    options.trainer(parser)
    options.data_set(parser)


def run(words: Sequence[str]) -> None:
    """Prints the distances and what they mean, and writes the pictures.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("neighbours", add_options, words)
    from rich.console import Console

    from gan_cli.command.opening import data_of, opened
    from gan_cli.command.running import say
    from gan_cli.evaluation.neighbours import neighbours
    from gan_cli.inference.rendering import latents_of

    path, model = opened(asked.all)
    latents_of(model, [0])  # refuses a model that makes images from images before its data is looked for
    data = data_of(asked.all, asked.typed, model, path)
    found = neighbours(model, path, data, asked.all, asked.all.trainer.as_dict())
    if found is not None:  # another process has it
        Console().print(found.table)
        say("\n".join([found.verdict, *(f"written: {place}" for place in found.paths)]))
