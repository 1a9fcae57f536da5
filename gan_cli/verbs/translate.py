"""`gan translate`: images from images."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser, Namespace

from gan_cli.errors import RunFailed
from gan_cli.ranges import PixelsOrNone, Seed
from gan_cli.verbs import options

SUMMARY = "Translate images, folders and films by a checkpoint"

WITH_CHECKPOINT = (
    *("ckpt", "direction", "input", "style", "given", "source_labels", "format", "tile", "overlap", "dropout", "seed"),
    *("ema", "skip_existing", "gallery"),
)
"""Options that mean nothing without a checkpoint."""


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that knows the direction")
    parser.add_argument(
        "--direction",
        type=str | None,
        metavar="NAME,...",
        help="Such as horse2zebra; domains or attributes such as Blond_Hair+Young,Male",
    )
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Images, films, folders, globs; default: the data set's test images",
    )
    parser.add_argument(
        "--analogy",
        type=str,
        nargs=2,
        default=None,
        metavar="FILE",
        help="No checkpoint: two images of one kind, each with the look of the other",
    )
    parser.add_argument(
        "--source_labels",
        type=str | None,
        metavar="NAMES|FILE",
        help="What the inputs have, such as Black_Hair+Young, or a list of labels; default: it is read",
    )
    parser.add_argument(
        "--given",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="NAME=FILE or FOLDER: reference (for its style, of --direction), labels, edges, mask, hints, palette",
    )
    parser.add_argument(
        "--style",
        type=str | None,
        metavar="SEEDS|NAMES",
        help="Styles from noise, such as 0-3; several make a table. Or styles by name, blended: monet=0.5,waves=0.5",
    )
    options.output(parser, "A folder, or a file for one input; default: beside the run", "PATH")
    parser.add_argument(
        "--format", type=str | None, metavar="NAME", help="png, jpg, webp, tif, ...; default: each input's own"
    )
    parser.add_argument(
        "--tile", type=PixelsOrNone, default=0, metavar="N", help="Side of the tiles of a large image; 0: chosen"
    )
    parser.add_argument(
        "--overlap", type=PixelsOrNone, default=None, metavar="N", help="Pixels that tiles share; default: a quarter"
    )
    options.yes_no(parser, "--dropout", None, "Pix2Pix's noise; default: on")
    parser.add_argument("--seed", type=Seed, default=None, metavar="N", help="Of that noise; default: 0")
    options.ema(parser)
    options.yes_no(parser, "--skip_existing", False, "Leave alone what has been written before")
    options.yes_no(parser, "--gallery", False, "Also a page, gallery.html: each input beside its translations")
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the translations, and prints which inputs were refused.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If some of the inputs could not be translated.
    """
    asked, typed = options.parsed("translate", add_options, words)
    if asked.analogy:
        options.not_beside(typed, "analogy", *WITH_CHECKPOINT)
        _analogy(asked)
        return
    from functools import partial

    from gan_cli.command.opening import opened
    from gan_cli.command.running import REASONS, say, show_refused
    from gan_cli.inference import checkpoints
    from gan_cli.inference.translate import newest_translator, translate
    from gan_cli.inference.ways import check_styles

    fits = partial(check_styles, given=asked.given, style=asked.style)
    path, model = newest_translator(asked.direction, asked.module, fits=fits) if asked.ckpt is None else opened(asked)
    if asked.ckpt is None:
        say(f"checkpoint: {path}")
    data = partial(checkpoints.data_set, path, asked.module)
    summary = translate(model, path.parent / "pictures", asked, asked.trainer.as_dict(), data)
    if summary is None:  # another process has it
        return
    show_refused(summary.refused)
    for one in summary.assumed[:REASONS]:
        say(f"assumed: {one.item.name}: {one.named}")
    if summary.assumed:
        more = max(0, len(summary.assumed) - REASONS)
        where = f"; all of it is in {summary.listed}, which --source_labels takes" if summary.listed else ""
        say(f"assumed: {f'and of {more} more, ' if more else ''}as the discriminator reads them{where}")
    for place in summary.places:
        say(f"written: {place}")
    say(f"{summary.done} done, {summary.skipped} skipped, {len(summary.refused)} refused")
    if summary.refused:
        raise RunFailed(f"{len(summary.refused)} of the inputs could not be translated; see above")


def _analogy(asked: Namespace) -> None:
    """Writes two images, each with the look of the other."""
    from gan_cli.command.running import say
    from gan_cli.inference.analogy.files import write_analogy
    from gan_cli.inference.trainers import verb_trainer

    device = verb_trainer(asked.trainer.as_dict()).strategy.root_device
    written = write_analogy(asked.analogy, asked.output, device)
    for note in written.notes:
        say(note)
    for place in written.places:
        say(f"written: {place}")
