"""`gan interpolate`: walks between generated things, as a grid with one row a walk, as frames, or as a GIF or MP4."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.given import Given, given_of
from gan_cli.inference.labels import chosen_classes, read_labels
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.pictures import beside
from gan_cli.inference.rendering import check_labels, conditions_with, labels_for, noise_for, render
from gan_cli.inference.sources import seeded, stored, with_classes
from gan_cli.inference.standing import standing
from gan_cli.inference.walks import shares_of, walks_through
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.pictures import save_png
from gan_cli.ranges import Many, check_one
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

ENDINGS = (".png", *FILMS, "")
"""The endings of what can be written; "" stands for a folder."""

WALKS, KEYFRAMES = 8, 2
"""How many walks there are from seeds, and how many of them each passes, if nothing is typed."""


def interpolate(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> list[Path]:
    """Makes the walks that the options of `gan interpolate` ask for and writes them.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was written: a file, or the folder of frames.

    Raises:
        UserError: If an option does not fit the variant or the output.
        OSError: If the output cannot be written.
    """
    stem = Path(options.latents).stem if options.latents else f"seed{options.seed}"
    output = Path(options.output or folder / f"interpolate-{stem}.png")
    if output.suffix.lower() not in ENDINGS:
        raise UserError(f"output: {output} has no ending this verb writes; take .png, .gif, .mp4 or a folder")
    keyframes, each = keyframes_of(model, options)
    space, method = options.space, options.method
    walks = walks_through(
        model, keyframes, each, options.steps, space=space, method=method, loop=options.loop, ema=options.ema
    )
    rows, steps = walks.latents.shape[:2]
    given = given_of(model, options.given, rows).dealt(rows)
    passed = {name: things.repeat_interleave(steps, dim=0) for name, things in given.shown.items()}
    shown = passed
    if options.to:
        passed, shown = _towards(model, passed, given_of(model, options.to, rows).dealt(rows), steps, options.loop)
    labels = None if walks.labels is None else walks.labels.flatten(0, 1)
    conditions = conditions_with(model, labels, rows * steps, options.truncation_psi, passed)
    made = render(
        model,
        walks.latents.flatten(0, 1),
        conditions={"ema": options.ema, **conditions, **noise_for(model, options.noise, rows * steps, options.seed)},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
        before=standing(model, options),
    )
    if made is None:  # another process has them
        return []
    real = None if given.real is None else given.real.repeat_interleave(steps, dim=0)
    _write(
        model.medium,
        made.unflatten(0, (rows, steps)),
        beside(model, given=shown, real=real),
        output,
        options.fps or model.medium.fps,
    )
    return [output]


def _towards(
    model: AdversarialModule, first: Mapping[str, Tensor], to: Given, steps: int, loop: bool
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What is given on each walk's way; and what is told of it, from its middle on where it goes.

    Args:
        model: The variant.
        first: What walks begin with, a row for each moment.
        to: What they end with, a row for each walk.
        steps: Moments of a walk.
        loop: Whether they come back.

    Raises:
        UserError: If there is nothing between what the model is given.
    """
    last = {name: things.repeat_interleave(steps, dim=0) for name, things in to.shown.items()}
    shares = shares_of(steps, loop).repeat(len(to.names))
    assert isinstance(model, LatentModule)
    passed = model.between(dict(first), last, shares)
    told = {
        name: torch.where((shares > 0.5).view(-1, *[1] * (things.ndim - 1)), last[name], things)
        for name, things in first.items()
    }
    return passed, told


def _write(medium: Medium, walked: Tensor, shown: Beside, output: Path, fps: int) -> None:
    """Writes walks [R, F, ...] as a picture, as a film, or as the pictures of a film."""
    suffix = output.suffix.lower()
    if suffix == ".png":
        save_png(medium.walks(walked, shown), output)
    elif suffix:
        write_film(medium.film(walked, shown), output, fps)
    else:
        for number, frame in enumerate(medium.film(walked, shown)):
            save_png(frame, output / f"frame{number:05d}.png")


def keyframes_of(model: AdversarialModule, options: Any) -> tuple[Latents, int]:
    """The keyframes of all walks with their classes, one walk after the other, and how many each walk passes.

    Walk w passes the seeds, or the rows of a file, that follow those of walk w - 1. With several classes to pass, a
    walk from seeds has as many keyframes at least, and a single one may be held throughout, as on the way from what is
    given to another.
    """
    typed = read_labels(options.labels)
    check_labels(model, typed)
    classes = [] if typed is None else chosen_classes(model, typed)
    if options.latents:
        source = stored(model, options.latents)
        walks, each = dealt_out(options, len(source))
    else:
        walks, each = options.walks or WALKS, options.keyframes or (1 if options.to else KEYFRAMES)
        each = max(each, len(classes)) if each > 1 else 1
        check_one("walks times keyframes times steps", Many, walks * max(each, len(classes)) * options.steps)
        seeds = range(options.seed, options.seed + walks * each)
        source = seeded(model, seeds, options.truncation_threshold)
    if 1 < each < len(classes):
        raise UserError(f"labels: {len(classes)} classes are more than the {each} latents that a walk passes here")
    passed = max(each, len(classes), KEYFRAMES if options.to else 1)
    check_one("walks times keyframes times steps", Many, walks * passed * options.steps)
    held = replace(source, rows=source.rows.repeat_interleave(passed // each, 0), names=())
    if source.space != "z" or (typed is None and source.labels is not None):
        return with_classes(model, held, typed), passed
    if len(classes) > 1:
        return replace(
            held, labels=torch.tensor([classes[k % len(classes)] for k in range(passed)]).repeat(walks)
        ), passed
    labels = labels_for(model, walks, typed)
    return replace(held, labels=None if labels is None else labels.repeat_interleave(passed)), passed


def dealt_out(options: Any, rows: int) -> tuple[int, int]:
    """How many walks there are through the rows of a file, one or as typed, and how many of them each passes.

    Raises:
        UserError: If the rows cannot be dealt out so.
    """
    each = options.keyframes or rows // (options.walks or 1)
    walks = options.walks or rows // max(each, 1)
    if walks * each != rows:
        raise UserError(
            f"latents: {options.latents} holds {rows} rows, which are not {walks} walks of {each or 1} each; "
            "type --keyframes and --walks that multiply to them, or neither for one walk"
        )
    return walks, each
