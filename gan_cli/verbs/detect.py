"""`gan detect`: boxes around the things in images."""

from collections.abc import Sequence
from typing import Annotated

from jsonargparse import ArgumentParser

from gan_cli.ranges import Range
from gan_cli.verbs import options

SUMMARY = "Find things in images, and draw boxes around them, by a checkpoint"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser, "default: the newest run's that finds things")
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Images, folders, globs; default: the test images of the checkpoint's data set",
    )
    options.output(
        parser, "Folder for pictures, COCO's results.json and detections.csv; default: beside the run", "DIR"
    )
    parser.add_argument(
        "--threshold",
        type=Annotated[float, Range(0, 1)],
        default=0.3,
        metavar="P",
        help="Leave out boxes of a lower score",
    )
    parser.add_argument(
        "--classes",
        type=str,
        nargs="+",
        default=None,
        metavar="NAME",
        help="Only these; default: all it knows",
    )
    options.yes_no(
        parser, "--tiles", False, "Look at larger images in tiles at their own resolution, not reduced as a whole"
    )
    options.ema(parser)
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Prints how many things were found, of which classes, and where that is written.

    Raises:
        UserError: If something asked for cannot be done, or some of the images could not be read.
    """
    asked, _ = options.parsed("detect", add_options, words)
    from collections import Counter
    from functools import partial

    from gan_cli.command.opening import opened_that
    from gan_cli.command.running import end_where_refused, say
    from gan_cli.inference import checkpoints
    from gan_cli.inference.detect import detect
    from gan_cli.inference.detector import detecting

    path, model = opened_that(asked, detecting, "finds boxes", "perceptual_gan.yaml")
    data = partial(checkpoints.data_set, path, asked.module)
    summary = detect(model, asked, asked.trainer.as_dict(), path.parent, data)
    if summary is None:  # another process has it
        return
    found = Counter(one.name for image in summary.looked for one in image.found)
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(found.items()))
    say(f"found: {found.total():,} in {len(summary.looked):,} images{f' ({told})' if told else ''}")
    for place in summary.written:
        say(f"written: {place}")
    end_where_refused("input", summary.refused, "images could not be read", len(summary.looked))
