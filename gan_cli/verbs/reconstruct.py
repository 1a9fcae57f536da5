"""`gan reconstruct`: pictures through a model's codes."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.errors import RunFailed
from gan_cli.verbs import options

SUMMARY = "Make codes of pictures, and pictures of codes, by a checkpoint of VQGAN"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that has codes")
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Images, films, folders, globs, or a file of codes (.npz); default: the data set's test images",
    )
    parser.add_argument("--codes", type=str | None, metavar="FILE", help="Also write the codes, as .npz")
    options.output(parser, "A folder, or a file for one input; default: beside the run", "PATH")
    parser.add_argument(
        "--format", type=str | None, metavar="NAME", help="png, jpg, webp, tif, ...; default: each input's own"
    )
    options.ema(parser)
    options.yes_no(parser, "--skip_existing", False, "Leave alone what has been written before")
    options.yes_no(
        parser, "--gallery", None, "A page, gallery.html: before and after; default: where a folder is written"
    )
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the pictures and codes, and prints which inputs were refused.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If some of the inputs could not be read.
    """
    asked = options.parsed("reconstruct", add_options, words).all
    from functools import partial

    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import say, show_refused
    from gan_cli.inference import checkpoints
    from gan_cli.inference.reconstruct import reconstruct
    from gan_cli.variants.vqgan import coding

    path, model = opened_that(asked, coding, "has codes", "vqgan.yaml")
    data = partial(checkpoints.data_set, path, asked.module)
    found = reconstruct(model, path.parent / "pictures", asked, asked.trainer.as_dict(), data)
    if found is None:  # another process has it
        return
    show_refused(found.refused)
    for place in found.places:
        say(f"written: {place}")
    say(f"{found.done} done, {found.skipped} skipped, {len(found.refused)} refused")
    if found.refused:
        raise RunFailed(f"{len(found.refused)} of the inputs could not be read; see above")
