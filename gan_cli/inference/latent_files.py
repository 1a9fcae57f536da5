"""Latents in files, which verbs hand to each other: what was found or made, and the generator that it belongs to."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.inference.npz import arrays_of
from gan_cli.inference.spaces import spaces_of, style_shape
from gan_cli.ranges import Many, fits
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

StoredSpace = Literal["z", "w", "w+"]
"""z holds what the prior draws, w one style for all layers of a picture, w+ one for each layer."""

VALUES = 8
"""So many values of each weight are part of a generator's digest."""


@dataclass(frozen=True)
class Latents:
    """Latents of one generator.

    Attributes:
        space: Where they lie.
        rows: Float32 [N, Z] in z, [N, W] in w, [N, L, W] in w+.
        labels: The class of each, int64 [N], if they have one.
        names: The name of each, if they have names; each is fit to be a file's, and no two are the same.
    """

    space: StoredSpace
    rows: Tensor
    labels: Tensor | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def of_styles(cls, styles: Tensor, labels: Tensor | None = None, names: tuple[str, ...] = ()) -> Self:
        """Styles [N, L, W] as latents: in w where all layers of each have the same style, otherwise in w+."""
        alike = bool((styles == styles[:, :1]).all())
        return cls("w" if alike else "w+", styles[:, 0] if alike else styles, labels, names)

    def __len__(self) -> int:
        return len(self.rows)

    def inputs(self, model: AdversarialModule) -> Tensor:
        """What the model's `forward` takes: [N, Z], or styles [N, L, W]."""
        if self.space != "w":
            return self.rows
        return self.rows[:, None].expand(-1, style_shape(model)[0], -1)


def generator_digest(model: AdversarialModule) -> str:
    """A text that tells a generator from others: of the shapes of its weights and the first values of each.

    It is the same on every device, and for the averaged and the trained generator of a checkpoint. Buffers are no part
    of it, because some of them move without training.
    """
    digest = hashlib.sha256(type(model).__name__.encode())
    for weight in model.generator.parameters():
        digest.update(repr(tuple(weight.shape)).encode())
        digest.update(weight.detach().flatten()[:VALUES].float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def write_latents(path: Path, model: AdversarialModule, latents: Latents) -> Path:
    """Writes latents of a model as an `.npz` file, whole or not at all.

    Its arrays are `space`, `latents`, `model` (the generator's digest) and, where there are any, `labels` and `names`.

    Returns:
        The file.

    Raises:
        UserError: If its name does not end in .npz, or they are no latents of the model.
        OSError: If it cannot be written.
    """
    if path.suffix.lower() != ".npz":
        raise UserError(f"latents: {path} has no ending for latents; take .npz")
    check_latents(path, model, latents)
    arrays: dict[str, Any] = {
        "space": np.array(latents.space),
        "latents": latents.rows.detach().to("cpu", torch.float32).numpy(),
        "model": np.array(generator_digest(model)),
    }
    if latents.labels is not None:
        arrays["labels"] = latents.labels.to("cpu", torch.int64).numpy()
    if latents.names:
        arrays["names"] = np.array(latents.names)
    write_atomically(path, lambda file: np.savez(file, **arrays))
    return path


def read_latents(path: Path, model: AdversarialModule) -> Latents:
    """The latents in a file, which are held to the model.

    A file of somebody's own may lack `model`; then nobody knows whether they belong to it.

    Raises:
        UserError: If it cannot be read, holds no latents, or holds those of another model.
    """
    arrays = arrays_of(path, "latents")
    if missing := [name for name in ("space", "latents") if name not in arrays]:
        raise UserError(
            f"latents: {path} holds no {' and no '.join(missing)}; gan sample --save_latents FILE writes both"
        )
    if "model" in arrays and str(arrays["model"]) != generator_digest(model):
        raise UserError(f"latents: {path} belongs to another model; type the --ckpt that it was made with")
    return _understood(path, model, arrays)


def check_latents(path: Path | str, model: AdversarialModule, latents: Latents) -> None:
    """Holds latents to a model; `path` is where they are, and only named.

    Raises:
        UserError: If they are of another space or shape, not finite, or have impossible labels or names.
    """
    _check_space(path, model, latents.space)
    _check_shape(path, model, latents)
    finite = latents.rows.flatten(1).isfinite().all(1)
    if not finite.all():
        raise UserError(f"latents: {path} holds numbers that are not finite, first in row {int(finite.int().argmin())}")
    _check_labels(path, model, latents)
    names = latents.names
    if names and (len(names) != len(latents) or len({*names}) < len(names) or not all(map(_is_plain, names))):
        raise UserError(f"latents: {path} has impossible names; take one for each, all different, that a file can have")


def _understood(path: Path, model: AdversarialModule, arrays: Mapping[str, NDArray[Any]]) -> Latents:
    """A file's arrays as latents of a model."""
    space: Any = str(arrays["space"])
    rows, labels = arrays["latents"], arrays.get("labels")
    _check_space(path, model, space)
    if rows.dtype.kind not in "fiu":
        raise UserError(f"latents: {path} holds latents of {rows.dtype}; take float32")
    if labels is not None and labels.dtype.kind not in "iu":
        raise UserError(f"latents: {path} holds labels of {labels.dtype}; take int64")
    latents = Latents(
        space,
        torch.from_numpy(rows.astype(np.float32)),
        None if labels is None else torch.from_numpy(labels.astype(np.int64)),
        tuple(map(str, np.atleast_1d(arrays.get("names", ())))),
    )
    check_latents(path, model, latents)
    return latents


def _check_space(path: Path | str, model: AdversarialModule, space: str) -> None:
    if isinstance(model, TranslationModule):
        raise UserError(f"latents: {type(model).__name__} makes images from images, and has no latents")
    if space not in get_args(StoredSpace):
        raise UserError(f"latents: {path} is of the space {space[:20]}; take z, w or w+")
    if space[0] not in spaces_of(model):
        raise UserError(
            f"latents: {path} holds styles, in {space}, and {type(model).__name__} makes things from z alone"
        )


def _check_shape(path: Path | str, model: AdversarialModule, latents: Latents) -> None:
    own = (model.latent_dim,) if latents.space == "z" else style_shape(model)[latents.space == "w" :]
    if latents.rows.shape[1:] != own or not latents.rows.ndim or not fits(Many, len(latents)):
        wanted = ", ".join(["N", *map(str, own)])
        raise UserError(
            f"latents: {path} holds latents {list(latents.rows.shape)} of the space {latents.space}; "
            f"this {type(model).__name__} takes [{wanted}], N from 1 to 1,000,000"
        )


def _check_labels(path: Path | str, model: AdversarialModule, latents: Latents) -> None:
    labels = latents.labels
    if labels is None:
        return
    if "labels" not in model.takes:
        raise UserError(f"latents: {path} has labels, and this {type(model).__name__} is not conditional")
    if labels.shape != (len(latents),):
        raise UserError(
            f"latents: {path} has labels {list(labels.shape)} for {len(latents)} latents; take one for each"
        )
    wrong = labels[(labels < 0) | (labels >= model.num_classes)]
    if len(wrong):
        raise UserError(f"latents: {path} has the label {int(wrong[0])}; there are 0 to {model.num_classes - 1}")


def _is_plain(name: str) -> bool:
    """Whether a file can be called so, in a folder that is known."""
    return name == Path(name).name and name.isprintable() and not name.startswith(".") and "\\" not in name
