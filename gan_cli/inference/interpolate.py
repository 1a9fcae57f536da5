"""`gan interpolate`: walks between generated things, as a grid with one row a walk, as frames, or as a GIF or MP4."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.given import given_of
from gan_cli.inference.labels import chosen_classes, class_walk, read_labels
from gan_cli.inference.latents import usual_method, walk
from gan_cli.inference.pictures import beside
from gan_cli.inference.rendering import conditions_for, latents_of, render, takes_labels
from gan_cli.inference.spaces import spaces_of
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.pictures import save_png
from gan_cli.ranges import Many, check_one
from gan_cli.variants.base import AdversarialModule

ENDINGS = (".png", *FILMS, "")
"""The endings of what can be written; "" stands for a folder."""


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
    output = Path(options.output or folder / f"interpolate-seed{options.seed}.png")
    if output.suffix.lower() not in ENDINGS:
        raise UserError(f"output: {output} has no ending this verb writes; take .png, .gif, .mp4 or a folder")
    labels = read_labels(options.labels)
    classes = chosen_classes(model, labels) if takes_labels(model) and labels is not None else []
    paths = walks(model, options, len(classes))
    rows, steps = paths.shape[:2]
    given = given_of(model, options.given, rows).dealt(rows)
    conditions = conditions_for(model, rows, labels, options.truncation_psi, given.shown)
    if len(classes) > 1:  # every walk passes the classes in turn, as it passes its latents
        passed = [classes[place % len(classes)] for place in range(max(len(classes), options.keyframes))]
        conditions["labels"] = class_walk(model, passed, options.steps, options.loop).repeat(rows, 1)
    elif "labels" in conditions:
        conditions["labels"] = conditions["labels"].repeat_interleave(steps)  # a walk keeps its class
    for name in given.shown:
        conditions[name] = conditions[name].repeat_interleave(steps, dim=0)  # and what it is given
    made = render(
        model,
        paths.flatten(0, 1),
        conditions={"ema": options.ema, **conditions},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
    )
    if made is None:  # another process has them
        return []
    each = {name: conditions[name] for name in given.shown}
    real = None if given.real is None else given.real.repeat_interleave(steps, dim=0)
    _write(
        model.medium,
        made.unflatten(0, (rows, steps)),
        beside(model, given=each, real=real),
        output,
        options.fps or model.medium.fps,
    )
    return [output]


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


def walks(model: AdversarialModule, options: Any, classes: int) -> Tensor:
    """Latents of all walks, [walks, frames, Z], or styles; walk w passes the seeds that follow those of walk w - 1.

    With several classes to pass, a walk has as many keyframes at least, and a single one may be held throughout.
    """
    held = options.keyframes == 1 and classes > 1
    passed = max(options.keyframes, classes)
    check_one("walks times keyframes times steps", Many, options.walks * passed * options.steps)
    each = 1 if held else passed
    seeds = range(options.seed, options.seed + options.walks * each)
    space = options.space or spaces_of(model)[-1]
    keyframes = latents_of(model, seeds, space, options.ema).split(each)
    method = options.method or (usual_method(model.latent_distribution) if space == "z" else "lerp")
    repeated = [k.expand(classes, *[-1] * (k.ndim - 1)) if held else k for k in keyframes]
    return torch.stack([walk(k, options.steps, method, options.loop) for k in repeated])
