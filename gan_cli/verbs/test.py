"""`gan test`: scores a checkpoint on the test part of a data set."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.verbs import options

SUMMARY = "Score a checkpoint on the test images: FID, KID, precision, ... or PSNR, SSIM, ..."


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    options.scoring(parser)
    options.seed(parser, "First sample's seed")
    options.output(parser, "Where the scores go; default: metrics.json beside the run")
    options.trainer(parser)
    options.data_set(parser)


def run(words: Sequence[str]) -> None:
    """Prints the scores and the discriminator's outputs, and writes both.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("test", add_options, words)
    from gan_cli.command.opening import data_of, opened
    from gan_cli.command.running import say
    from gan_cli.evaluation.testing import score_and_write
    from gan_cli.inference.validation import evaluate

    path, model = opened(asked.all)
    data = data_of(asked.all, asked.typed, model, path)
    results, device = evaluate("test", model, data, asked.all.trainer.as_dict())
    score_and_write(model.to(device), data, results, path, asked.all)
    if results:
        say("\n".join(f"{name}: {value:.4f}" for name, value in results.items()))
