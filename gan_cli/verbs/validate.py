"""`gan validate`: a checkpoint's discriminator on held-out data."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.verbs import options

SUMMARY = "Look at a checkpoint's discriminator on held-out images"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    options.trainer(parser)
    options.data_set(parser)


def run(words: Sequence[str]) -> None:
    """Prints the measures.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("validate", add_options, words)
    from gan_cli.callbacks.set_measures import SetMeasures
    from gan_cli.command.opening import data_of, opened
    from gan_cli.command.running import say
    from gan_cli.inference.validation import evaluate

    path, model = opened(asked.all)
    data = data_of(asked.all, asked.typed, model, path)
    results, _ = evaluate("validate", model, data, asked.all.trainer.as_dict(), [SetMeasures()])
    if results:
        say("\n".join(f"{name}: {value:.4f}" for name, value in results.items()))
