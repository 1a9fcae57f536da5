"""The options of the verbs that work from a checkpoint. No torch is needed to show their help."""

import argparse
from collections.abc import Callable
from typing import NamedTuple

from jsonargparse import ActionYesNo, ArgumentParser
from jsonargparse.typing import NonNegativeInt, PositiveInt


def _checkpoint(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--ckpt", type=str | None, metavar="FILE", help="Checkpoint; without it the newest run's last one"
    )
    _module(parser)


def _module(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--module",
        type=str | None,
        metavar="NAME",
        help="Trusted module that defines the variant, if it is none of ours",
    )


def _given(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--given",
        type=str,
        nargs="+",
        default=None,
        metavar="FILE",
        help="What it makes things from; default: held-out examples",
    )


def _space(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--space", type=str | None, metavar="NAME", help="Where latents are mixed: z, or w (styles); default: w if any"
    )


def _ema(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--ema", action=ActionYesNo(yes_prefix="", no_prefix="no_"), default=True, help="Averaged generator, or not"
    )


def _trainer(parser: ArgumentParser) -> None:
    parser.add_argument("--trainer.accelerator", type=str, default="auto", metavar="NAME", help="cpu, gpu, mps, auto")
    parser.add_argument("--trainer.devices", type=int | str, default=1, metavar="N", help="Processes on each machine")
    parser.add_argument("--trainer.num_nodes", type=PositiveInt, default=1, metavar="N", help="Machines")
    parser.add_argument("--trainer.strategy", type=str, default="auto", metavar="NAME", help="Such as ddp")
    parser.add_argument(
        "--trainer.precision", type=str, default="32-true", metavar="NAME", help="32-true, bf16-mixed, 16-mixed"
    )


def _latent(parser: ArgumentParser) -> None:
    """What `sample` and `interpolate` share."""
    parser.add_argument(
        "--seed", type=NonNegativeInt, default=0, metavar="N", help="First seed; image k has seed N + k"
    )
    parser.add_argument("--batch_size", type=PositiveInt, default=64, metavar="N", help="Images at a time")
    parser.add_argument("--truncation_psi", type=float | None, metavar="PSI", help="1 off, 0 mean image; if supported")
    _ema(parser)


def _sample(parser: ArgumentParser) -> None:
    _checkpoint(parser)
    parser.add_argument(
        "--num",
        type=PositiveInt,
        default=None,
        metavar="N",
        help="How many; default: some 64, as many of each class; 2,500 points",
    )
    _latent(parser)
    parser.add_argument(
        "--labels", type=str | None, metavar="K,...", help="Classes 0,1,2 or all: one row each; if conditional"
    )
    _given(parser)
    parser.add_argument(
        "--output", type=str | None, metavar="PATH", help="A .png (grid), a .npz, or a folder; default: beside the run"
    )
    parser.add_argument(
        "--format",
        type=str | None,
        metavar="NAME",
        help="grid, images (one PNG a seed), both, npz; default: see --output",
    )
    _trainer(parser)


def _interpolate(parser: ArgumentParser) -> None:
    _checkpoint(parser)
    parser.add_argument(
        "--walks", type=PositiveInt, default=8, metavar="N", help="Walks side by side: rows of the grid"
    )
    parser.add_argument(
        "--keyframes", type=PositiveInt, default=2, metavar="N", help="Latents a walk passes; 1 with labels"
    )
    parser.add_argument(
        "--steps", type=PositiveInt, default=9, metavar="N", help="Images from one keyframe to the next"
    )
    parser.add_argument(
        "--loop", action=ActionYesNo(yes_prefix="", no_prefix="no_"), default=False, help="Return to the first keyframe"
    )
    parser.add_argument(
        "--method", type=str | None, metavar="NAME", help="slerp or lerp; default: slerp, lerp for uniform latents"
    )
    _latent(parser)
    parser.add_argument(
        "--labels", type=str | None, metavar="K,...", help="Walk from class to class, such as 3,8; if conditional"
    )
    _given(parser)
    _space(parser)
    parser.add_argument(
        "--output",
        type=str | None,
        metavar="PATH",
        help="A .png (grid), .gif, .mp4, or a folder (frames); or beside the run",
    )
    parser.add_argument("--fps", type=PositiveInt, default=12, metavar="N", help="Frames per second of a GIF or MP4")
    _trainer(parser)


def _arithmetic(parser: ArgumentParser) -> None:
    _checkpoint(parser)
    parser.add_argument(
        "--plus",
        type=str,
        action="append",
        default=None,
        metavar="SEEDS",
        help="A concept to add, the mean of seeds such as 1,2,3; once for each concept",
    )
    parser.add_argument(
        "--minus", type=str, action="append", default=None, metavar="SEEDS", help="A concept to take away"
    )
    parser.add_argument("--labels", type=str | None, metavar="K,...", help="Classes to show it in; if conditional")
    _given(parser)
    _space(parser)
    parser.add_argument("--seed", type=NonNegativeInt, default=0, metavar="N", help="Of the noise around the result")
    parser.add_argument("--batch_size", type=PositiveInt, default=64, metavar="N", help="Images at a time")
    _ema(parser)
    parser.add_argument("--output", type=str | None, metavar="FILE", help="A .png; default: beside the run")
    _trainer(parser)


def _probe(parser: ArgumentParser) -> None:
    _checkpoint(parser)
    parser.add_argument(
        "--labels_per_class", type=PositiveInt, default=None, metavar="N", help="Training labels; default: all"
    )
    parser.add_argument("--seed", type=NonNegativeInt, default=0, metavar="N", help="Chooses the labels and the folds")
    parser.add_argument("--batch_size", type=PositiveInt, default=64, metavar="N", help="Images at a time")
    parser.add_argument("--output", type=str | None, metavar="FILE", help="A .json; default: beside the run")
    _trainer(parser)


def _neighbours(parser: ArgumentParser) -> None:
    _checkpoint(parser)
    parser.add_argument("--num", type=PositiveInt, default=16, metavar="N", help="Samples to show")
    parser.add_argument(
        "--neighbours", type=PositiveInt, default=5, metavar="K", help="Training images to show of each"
    )
    parser.add_argument("--samples", type=PositiveInt, default=1000, metavar="N", help="Samples to measure")
    parser.add_argument(
        "--features", type=str | None, metavar="NAME", help="Beside pixels: inception, classifier or a TorchScript file"
    )
    parser.add_argument("--weights", type=str | None, metavar="FILE", help="Inception's weights; default: fetched once")
    parser.add_argument(
        "--cache_dir",
        type=str,
        default="data/cache/metrics",
        metavar="DIR",
        help="Where classifiers and weights are kept",
    )
    parser.add_argument("--seed", type=NonNegativeInt, default=0, metavar="N", help="First sample's seed")
    parser.add_argument("--batch_size", type=PositiveInt, default=64, metavar="N", help="Images at a time")
    _ema(parser)
    parser.add_argument("--output", type=str | None, metavar="FILE", help="A .png; default: beside the run")
    _trainer(parser)


def _translate(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--ckpt", type=str | None, metavar="FILE", help="Checkpoint; default: the newest run's that knows the direction"
    )
    _module(parser)
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
        "--output", type=str | None, metavar="PATH", help="A folder, or a file for one input; default: beside the run"
    )
    parser.add_argument(
        "--format", type=str | None, metavar="NAME", help="png, jpg, webp, tif, ...; default: each input's own"
    )
    parser.add_argument(
        "--tile", type=NonNegativeInt, default=0, metavar="N", help="Side of the tiles of a large image; 0: chosen"
    )
    parser.add_argument(
        "--overlap", type=NonNegativeInt, default=None, metavar="N", help="Pixels that tiles share; default: a quarter"
    )
    parser.add_argument(
        "--dropout",
        action=ActionYesNo(yes_prefix="", no_prefix="no_"),
        default=None,
        help="Pix2Pix's noise; default: on",
    )
    parser.add_argument("--seed", type=NonNegativeInt, default=None, metavar="N", help="Of that noise; default: 0")
    _ema(parser)
    parser.add_argument(
        "--skip_existing",
        action=ActionYesNo(yes_prefix="", no_prefix="no_"),
        default=False,
        help="Leave alone what has been written before",
    )
    parser.add_argument(
        "--gallery",
        action=ActionYesNo(yes_prefix="", no_prefix="no_"),
        default=False,
        help="Also a page, gallery.html: each input beside its translations",
    )
    _trainer(parser)


def _evaluate(parser: ArgumentParser) -> None:
    _checkpoint(parser)
    _trainer(parser)


def scoring(parser: ArgumentParser) -> None:
    """What `test` and `evaluate` share."""
    parser.add_argument(
        "--features",
        type=str | None,
        metavar="NAME",
        help="inception, classifier, or a TorchScript file (uint8 [N,C,H,W] to floats [N,F]); default: by the data",
    )
    parser.add_argument("--weights", type=str | None, metavar="FILE", help="Inception's weights; default: fetched once")
    parser.add_argument(
        "--num", type=PositiveInt | None, default=None, metavar="N", help="Images; default: as many as real, to 50,000"
    )
    parser.add_argument(
        "--metrics", type=str | None, metavar="NAME,...", help="Such as fid,kid,precision; default: all there are"
    )
    parser.add_argument(
        "--cache_dir",
        type=str,
        default="data/cache/metrics",
        metavar="DIR",
        help="Where classifiers, weights and real features are kept",
    )


def _test(parser: ArgumentParser) -> None:
    _checkpoint(parser)
    scoring(parser)
    parser.add_argument("--seed", type=NonNegativeInt, default=0, metavar="N", help="First sample's seed")
    parser.add_argument(
        "--output", type=str | None, metavar="FILE", help="Where the scores go; default: metrics.json beside the run"
    )
    _trainer(parser)


def _report(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", type=str | None, nargs="?", help="A run's folder or a checkpoint in it; without it the newest run"
    )
    parser.add_argument("--output", type=str | None, metavar="FILE", help="The page; default: report.html in the run")
    parser.add_argument(
        "--pictures",
        action=ActionYesNo(yes_prefix="", no_prefix="no_"),
        default=True,
        help="Make the pictures that are missing, by the verbs for them",
    )
    _module(parser)


def _compare(parser: ArgumentParser) -> None:
    parser.add_argument("runs", type=str, nargs="+", metavar="run", help="Two or more, each as for gan report")
    parser.add_argument("--output", type=str | None, metavar="FILE", help="The page; default: compare.html here")


class Verb(NamedTuple):
    """One subcommand: what it does, in a line, and what adds its options (None where LightningCLI does)."""

    summary: str
    add_options: Callable[[ArgumentParser], None] | None = None


VERBS = {
    "fit": Verb("Train a GAN, or go on with a run (--ckpt_path last)"),
    "validate": Verb("Look at a checkpoint's discriminator on held-out images", _evaluate),
    "test": Verb("Score a checkpoint on the test images: FID, KID, precision, ... or PSNR, SSIM, ...", _test),
    "sample": Verb("Make images from a checkpoint", _sample),
    "interpolate": Verb("Walk between images of a checkpoint: grid, frames, GIF or MP4", _interpolate),
    "arithmetic": Verb("Add and subtract concepts, each the mean of several seeds, in latent space", _arithmetic),
    "neighbours": Verb("Show samples beside their nearest training images: does the model memorise?", _neighbours),
    "probe": Verb("Classify a data set by what a checkpoint's discriminator sees, and by its pixels", _probe),
    "translate": Verb("Translate images, folders and films by a checkpoint", _translate),
}

TAKE_DATA = ("validate", "test", "probe", "neighbours")
"""The verbs that look at real images: those of the checkpoint's data set, unless --data is typed."""

PLAIN_VERBS = {
    "report": Verb("One page of a run that opens offline: curves, pictures, scores, settings", _report),
    "compare": Verb("One page of several runs, side by side", _compare),
}
"""Verbs that are plain functions, run without Lightning's command line."""


def plain_parser(verb: str) -> ArgumentParser:
    """The parser of a plain verb, which raises `argparse.ArgumentError`."""
    parser = ArgumentParser(
        prog=f"gan {verb}",
        description=PLAIN_VERBS[verb].summary,
        formatter_class=CompactHelp,
        default_env=False,
        exit_on_error=False,
    )
    add_options = PLAIN_VERBS[verb].add_options
    assert add_options is not None
    add_options(parser)
    return parser


def help_parser(verb: str) -> ArgumentParser:
    """A parser that only shows a verb's help."""
    parser = ArgumentParser(
        prog=f"gan {verb}", description=VERBS[verb].summary, formatter_class=CompactHelp, default_env=False
    )
    add_options = VERBS[verb].add_options
    assert add_options is not None
    add_options(parser)
    if verb in TAKE_DATA:  # the command itself takes every argument of a data set, which needs torch
        parser.add_argument("--data", metavar="NAME", help="Data set; default: the checkpoint's")
        parser.add_argument("--data.root", metavar="DIR", help="Its folder; and so on, as for fit")
    return parser


class CompactHelp(argparse.HelpFormatter):
    """One line an option: what it is for, and its default where it has one."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=36, width=120)

    def _get_help_string(self, action: argparse.Action) -> str:
        has_default = action.default not in (None, argparse.SUPPRESS) and not isinstance(action.default, bool)
        return f"{action.help}{' (%(default)s)' if has_default else ''}"
