"""Checkpoints whose weights lie between those of two others: network interpolation.

Wang et al. 2018, "ESRGAN", arXiv:1809.00219, section 3.4: between a network trained on pixels and one trained before a
discriminator, texture and its flaws come and go evenly, without a further training.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.inference import checkpoints
from gan_cli.inference.transfer import counterpart
from gan_cli.variants.base import RECORD
from gan_cli.variants.super_resolution import PRETRAINED

JUDGING = "discriminator."
"""How names of weights begin in the discriminator."""
OF_A_RUN = ("optimizer_states", "lr_schedulers", "loops", "callbacks")
"""What a checkpoint holds to be gone on with."""


def blend(path: Path, other: Path, share: float, output: Path) -> int:
    """Writes a checkpoint between two of one variant, for all verbs but going on with it; `--init` takes it.

    Args:
        path: The checkpoint that gives all but the weights, and the discriminator.
        other: The other one.
        share: Weight of the first in [0, 1]; 1 is it alone.
        output: The file to write.

    Returns:
        How many numbers were blended.

    Raises:
        UserError: If a file is no whole checkpoint, or the two hold different networks.
        OSError: If the file cannot be written.
    """
    one, two = checkpoints.read(path), checkpoints.read(other, option="other")
    if output.resolve() in (path.resolve(), other.resolve()):
        raise UserError(f"output: {output} is one of the two; name another file")
    _check_alike(one, two, path, other)
    weights = {name: _between(name, weight, two["state_dict"], share) for name, weight in one["state_dict"].items()}
    told = {"blended": {"ckpt": str(path), "other": str(other), "share": share}}
    kept = {name: part for name, part in one.items() if name not in OF_A_RUN}
    content = {**kept, "state_dict": weights, RECORD: {**one[RECORD], **told}}
    write_atomically(output, lambda file: torch.save(content, file))
    return sum(weight.numel() for name, weight in weights.items() if not name.startswith(JUDGING))


def partner(path: Path) -> Path:
    """The checkpoint that a run keeps of its pretraining's end, beside another one of it.

    Raises:
        UserError: If there is none.
    """
    found = path.with_name(f"{PRETRAINED}.ckpt")
    if not found.is_file():
        raise UserError(f"other: {found} is not there; type --other with the checkpoint to blend with")
    return found


def _check_alike(one: dict[str, Any], two: dict[str, Any], path: Path, other: Path) -> None:
    names = [content[RECORD]["variant"] for content in (one, two)]
    if names[0] != names[1]:
        raise UserError(f"other: {other} holds a {names[1]}, and {path} a {names[0]}; take two of one variant")
    for name, weight in one["state_dict"].items():
        theirs = counterpart(name, two["state_dict"])
        if not name.startswith(JUDGING) and (theirs is None or theirs.shape != weight.shape):
            here, there = (content["hyper_parameters"] for content in (one, two))
            differing = [f"{key} {here[key]} and {there.get(key)}" for key in here if here[key] != there.get(key)]
            raise UserError(
                f"other: {other} holds other networks than {path}: {name} differs\n"
                f"Their settings differ: {', '.join(differing) or 'in none'}"
            )


def _between(name: str, weight: Tensor, others: dict[str, Tensor], share: float) -> Tensor:
    theirs = counterpart(name, others)
    if name.startswith(JUDGING) or theirs is None or not weight.is_floating_point():
        return weight
    return torch.lerp(theirs.to(weight.dtype), weight, share)
