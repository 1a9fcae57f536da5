"""`gan sample`: things from noise."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.errors import UserError
from gan_cli.ranges import Few, Many
from gan_cli.verbs import options

SUMMARY = "Make images, or other things, from a checkpoint"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    options.checkpoint(parser)
    parser.add_argument(
        "--num",
        type=Many,
        default=None,
        metavar="N",
        help="How many; default: some 64, as many of each class; 2,500 points",
    )
    options.latents(parser, "Instead of seeds: an .npz of --save_latents or of gan project")
    options.latent(parser)
    options.labels(parser, "Classes 0,1,2 or all: one row each; if conditional")
    options.given(parser)
    parser.add_argument(
        "--samples", type=Many | None, default=None, metavar="K", help="How many of each given thing; instead of --num"
    )
    parser.add_argument(
        "--bars", type=Few | None, metavar="N", help="Tunes of N bars, each made from the bar before it (MidiNet)"
    )
    parser.add_argument(
        "--prime",
        type=str | None,
        metavar="FILE",
        help="What a tune goes on from (the last bar there), or a picture of codes (the upper part)",
    )
    parser.add_argument(
        "--draw", type=str | None, metavar="...", help="Of codes: temperature=T,top_k=K,top_p=P; default: 1, 100, 1"
    )
    parser.add_argument(
        "--size", type=str | None, metavar="WxH", help="Of pictures of codes, in pixels; default: as in training"
    )
    parser.add_argument(
        "--part", type=str | None, metavar="NAME", help="Of VGAN: foreground, background, mask, or all below the whole"
    )
    options.output(parser, "A .png (grid), a .npz, one thing's file, or a folder; default: beside the run", "PATH")
    parser.add_argument(
        "--format",
        type=str | None,
        metavar="NAME",
        help="grid, files (one a seed; or: images), both, npz, mid, wav, ...; default: see --output",
    )
    parser.add_argument("--save_latents", type=str | None, metavar="FILE", help="Also write the latents, an .npz")
    options.space(parser, "Of the latents that are saved: z (default), or w (styles, before truncation)")
    options.trainer(parser)


def run(words: Sequence[str]) -> None:
    """Writes the things that were made.

    Raises:
        UserError: If something asked for cannot be done.
    """
    asked, typed = options.parsed("sample", add_options, words)
    options.not_beside(typed, "num", "samples")
    seeded = ["seed"] if asked.noise != "random" else []
    options.not_beside(typed, "latents", "num", "samples", "bars", "truncation_threshold", *seeded)
    options.not_beside(typed, "bars", "save_latents", "samples", "part", "draw", "size")
    options.not_beside(typed, "size", "save_latents", "latents")
    if asked.space and not asked.save_latents:
        raise UserError("space: it is that of --save_latents, which is missing; leave it out")
    from gan_cli.command.opening import opened
    from gan_cli.command.running import say
    from gan_cli.inference.sample import sample

    path, model = opened(asked)
    for place in sample(model, path.parent / "pictures", asked, asked.trainer.as_dict()):
        say(f"written: {place}")
