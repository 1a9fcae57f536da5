"""`gan fit`: trains a GAN; its options are LightningCLI's, of the trainer and of the chosen variant and data set."""

from collections.abc import Sequence

SUMMARY = "Train a GAN, or go on with a run (--ckpt_path last)"

add_options = None


def run(words: Sequence[str]) -> None:
    """Trains, and says what to type next.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If the run went wrong, or was interrupted.
    """
    from gan_cli.command.cli import GANCLI

    GANCLI(["fit", *words])
