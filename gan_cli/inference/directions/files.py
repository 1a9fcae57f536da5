"""Directions of a generator's latents: how latents move along them, and the file that keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_cli.errors import UserError, nearest
from gan_cli.files import write_atomically
from gan_cli.inference.latent_files import generator_digest
from gan_cli.inference.npz import arrays_of
from gan_cli.inference.numbers import check_layers
from gan_cli.inference.spaces import spaces_of, style_shape
from gan_cli.ranges import shown
from gan_cli.variants.base import AdversarialModule

Method = Literal["sefa", "pca", "learned"]

USUAL_STRENGTH: dict[Method, float] = {"sefa": 3.0, "pca": 2.0, "learned": 3.0}
"""How far the papers go along a direction: 3, or 2 standard deviations."""

ARRAYS = ("method", "space", "directions", "scales", "values", "names", "notes")


@dataclass(frozen=True)
class Directions:
    """Directions in which one thing of what is made changes.

    Attributes:
        method: How they were found.
        space: z, or w.
        vectors: Unit vectors, float32 [D, Z] or [D, W], the most important first.
        scales: The length of a step of strength 1, [D]: 1 in sefa; else a standard deviation of latents along it.
        values: What the method says of each, [D]: its eigenvalue in sefa, its share of the variance in pca, and of a
            learned one the share of left-out samples on whose right side it is.
        names: What each is called; no two are the same.
        notes: The same in words.
        layers: The style layers that they move unless others are asked for; () in z.
        model: The digest of the generator.
    """

    method: Method
    space: str
    vectors: Tensor
    scales: Tensor
    values: Tensor
    names: tuple[str, ...]
    notes: tuple[str, ...]
    layers: tuple[int, ...]
    model: str

    def __len__(self) -> int:
        return len(self.vectors)

    def number(self, name: str | int | None) -> int:
        """The place of a direction by its name; None is the only one.

        Raises:
            UserError: If there is none of this name, or several to choose from.
        """
        if name is None and len(self) == 1:
            return 0
        if name is None:
            raise UserError(f"direction: there are {len(self)}; take one of {self._choice()}")
        if str(name) not in self.names:
            hint = nearest(str(name), self.names) or f"; there are {self._choice()}"
            raise UserError(f"direction: {shown(str(name))} is none of the file's{hint}")
        return self.names.index(str(name))

    def moved(
        self, latents: Tensor, number: int, strengths: Sequence[float], layers: Sequence[int] | None = None
    ) -> Tensor:
        """Latents moved along a direction by each of several strengths, [N, S, ...].

        Args:
            latents: What the model's `forward` takes: [N, Z], or styles [N, L, W].
            number: The direction's place.
            strengths: S of them; 0 leaves a latent where it is.
            layers: The style layers to move; None takes those of the directions. None in z.
        """
        step = self.vectors[number] * self.scales[number]
        if self.space == "w":
            moving = torch.zeros(latents.shape[1], 1)
            moving[list(self.layers if layers is None else layers)] = 1
            step = moving * step
        amounts = torch.tensor(list(strengths)).view(-1, *[1] * (latents.ndim - 1))
        return latents[:, None] + amounts * step

    def save(self, path: str | Path) -> Path:
        """Writes them as an `.npz` file, whole or not at all.

        Raises:
            UserError: If its name does not end in .npz.
            OSError: If it cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".npz":
            raise UserError(f"output: {path} has no ending for directions; take .npz")
        texts: dict[str, Any] = {name: np.array(getattr(self, name)) for name in ("method", "space", "names", "notes")}
        numbers = {name: getattr(self, name).numpy() for name in ("scales", "values")}
        arrays = {"directions": self.vectors.numpy(), "layers": np.array(self.layers, dtype=np.int64), **numbers}
        write_atomically(path, lambda file: np.savez(file, model=np.array(self.model), **texts, **arrays))
        return path

    @classmethod
    def load(cls, path: str | Path, model: AdversarialModule) -> Self:
        """The directions in a file, which are held to the model.

        Raises:
            UserError: If it cannot be read, or holds no directions or those of another model.
        """
        arrays = arrays_of(Path(path), "directions")
        if missing := [name for name in (*ARRAYS, "layers", "model") if name not in arrays]:
            raise UserError(f"directions: {path} holds no {missing[0]}; gan directions writes a file that does")
        if str(arrays["model"]) != generator_digest(model):
            raise UserError(f"directions: {path} belongs to another model; type the --ckpt that they were found in")
        _check(path, model, arrays)
        texts = {name: tuple(map(str, arrays[name])) for name in ("names", "notes")}
        vectors, scales, values = (torch.from_numpy(arrays[name]) for name in ("directions", "scales", "values"))
        method: Any = str(arrays["method"])
        layers = tuple(arrays["layers"].tolist())
        return cls(
            method, str(arrays["space"]), vectors, scales, values, **texts, layers=layers, model=str(arrays["model"])
        )

    def _choice(self) -> str:
        return ", ".join(self.names[:20]) + (", ..." if len(self) > 20 else "")


def _check(path: str | Path, model: AdversarialModule, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuses a file whose arrays do not fit each other or the model, such as one that was written by hand."""
    space, vectors, layers = str(arrays["space"]), arrays["directions"], arrays["layers"]
    width = style_shape(model)[1] if space == "w" and space in spaces_of(model) else model.latent_dim
    each = [arrays[name] for name in ("scales", "values", "names", "notes")]
    fits = (
        str(arrays["method"]) in get_args(Method)
        and space in spaces_of(model)
        and vectors.dtype == np.float32
        and vectors.shape == (len(arrays["names"]), width)
        and all(part.shape == vectors.shape[:1] for part in each)
        and bool(np.isfinite(vectors).all())
        and layers.dtype == np.int64
        and bool(layers.size) == (space == "w")
    )
    if not fits:
        raise UserError(f"directions: {path} holds no directions that fit this {type(model).__name__}; find them anew")
    if space == "w":
        check_layers(layers.tolist(), style_shape(model)[0], "directions")


def usual_file(pictures: Path, method: Method) -> Path:
    """The file that directions of a method are kept in among a run's pictures, unless another is named."""
    return pictures / f"directions-{method}.npz"


def newest_directions(pictures: Path) -> Path:
    """The file of directions that was written last among a run's pictures.

    Raises:
        UserError: If there is none.
    """
    files = [file for method in get_args(Method) if (file := usual_file(pictures, method)).is_file()]
    if not files:
        raise UserError(
            f"directions: there are none in {pictures}; gan directions finds some, or type --directions FILE"
        )
    return max(files, key=lambda file: file.stat().st_mtime_ns)
