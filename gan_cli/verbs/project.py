"""`gan project`: latents of given images."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.ranges import BatchSize, Many
from gan_cli.verbs import options

SUMMARY = "Find the latents of given images: pictures beside them, films, and a file that other verbs take"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--input",
        type=str,
        nargs="+",
        default=None,
        metavar="PATH",
        help="Images, folders, globs; default: held-out images of its data set",
    )
    parser.add_argument("--num", type=Many | None, default=None, metavar="N", help="How many held-out ones; default: 8")
    parser.add_argument(
        "--space", type=str | None, metavar="NAME", help="w, w+ (a style for each layer) or z; default: w if any"
    )
    parser.add_argument("--steps", type=Many, default=1000, metavar="N", help="Steps of each descent")
    options.labels(parser, "Classes of the images, in turn; default: the nearest picture's; if conditional")
    parser.add_argument(
        "--features",
        type=str | None,
        metavar="NAME",
        help="In which images are alike: lite0, classifier, pixels; default: lite0 of colours if installed, or pixels",
    )
    options.cache_dir(parser, "Where classifiers are kept")
    parser.add_argument("--film", type=str, default="mp4", metavar="NAME", help="Of each descent: mp4, gif, none")
    options.seed(parser, "Of the noise")
    parser.add_argument("--batch_size", type=BatchSize, default=1, metavar="N", help="Images at a time")
    options.ema(parser)
    options.output(parser, "A folder; default: beside the run. What is in it from the same call is kept", "DIR")
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the latents, pictures and films, and prints how near they are.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked = options.parsed("project", add_options, words).all
    from pathlib import Path

    from gan_cli.command.opening import opened
    from gan_cli.command.running import say
    from gan_cli.evaluation.measuring import features_for
    from gan_cli.inference.checkpoints import data_set_of
    from gan_cli.inference.likeness import Likeness, likeness_of
    from gan_cli.inference.project import project
    from gan_cli.inference.targets import picture_shape
    from gan_cli.metrics.perceptual import PerceptualDistance

    path, model = opened(asked)
    channels, *_ = picture_shape(model)
    likeness: Likeness
    if asked.features == "classifier":
        data = data_set_of(model)
        data.prepare_data()
        likeness = PerceptualDistance(features_for(data, "classifier", Path(asked.cache_dir)))
    else:
        likeness = likeness_of(asked.features, channels)
    found = project(model, path.parent / "pictures", asked, asked.trainer.as_dict(), likeness)
    if found is not None:  # another process has it
        say("\n".join([*found.lines, f"written: {found.folder}"]))
