"""Directions that a method finds in a model, named and told in words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.directions.axes import Axes
from gan_cli.inference.directions.files import Directions, Method
from gan_cli.inference.directions.places import Place
from gan_cli.inference.directions.principal import principal_axes
from gan_cli.inference.directions.sefa import factorised, weights_of
from gan_cli.inference.latent_files import generator_digest
from gan_cli.metrics.separating_plane import Plane, separating_plane

ENOUGH = 2_000
"""The deviation along a learned direction is that of so many latents."""


class Sorted(NamedTuple):
    """Samples of known kinds.

    Attributes:
        vectors: Their latents in a place, [N, Z] or [N, W].
        kinds: The kind of each, a number, int64 [N].
        names: The kinds' names by their numbers.
        source: The option that told the kinds.
    """

    vectors: Tensor
    kinds: Tensor
    names: Sequence[str]
    source: str


def by_weights(place: Place, count: int, given: Mapping[str, Tensor]) -> Directions:
    """Directions by the weights that read the latents (SeFa).

    Args:
        place: Where.
        count: At most so many.
        given: What the model makes things from, as it sees it.

    Raises:
        UserError: If no linear layer reads the latents as they are.
    """
    axes = factorised(weights_of(place, given))
    shares = axes.values / axes.values.sum()
    notes = [f"eigenvalue {value:.4g}, {share:.1%} of all" for value, share in zip(axes.values, shares, strict=True)]
    return _first("sefa", place, count, axes.vectors, torch.ones(len(shares)), axes.values, notes)


def by_variance(place: Place, count: int, num: int, seed: int) -> Directions:
    """Directions by the variance of styles (GANSpace); a step of strength 1 is a standard deviation.

    Args:
        place: Where; in w.
        count: At most so many.
        num: How many styles to look at.
        seed: Seed of their latents.

    Raises:
        UserError: If the place is z, all of whose directions are alike, or there are too few styles.
    """
    if place.space == "z":
        raise UserError("method: in z all directions vary alike, and pca finds none; take --method sefa")
    if num < 2:
        raise UserError(f"num: {num} is not enough for styles to vary; take 2 or more")
    axes: Axes = principal_axes(place.drawn(num, seed))
    scales, shares = axes.values.sqrt(), axes.values / axes.values.sum()
    notes = [f"{share:.1%} of the variance, a step is {scale:.3g}" for share, scale in zip(shares, scales, strict=True)]
    return _first("pca", place, count, axes.vectors, scales, shares, notes)


def by_kinds(place: Place, samples: Sorted, count: int, seed: int) -> Directions:
    """Directions from all other samples to those of one kind; of two kinds there is one, to the second.

    A step of strength 1 is a standard deviation of latents.

    Args:
        place: Where.
        samples: Of two kinds or more.
        count: At most so many, of the kinds with most samples.
        seed: Seed of the folds, and of the latents whose deviation is taken.

    Raises:
        UserError: If there are not two samples of some kind and two others.
    """
    numbers = samples.kinds.bincount(minlength=len(samples.names))
    enough = [kind for kind in range(len(numbers)) if 2 <= numbers[kind] <= len(samples.kinds) - 2]
    if not enough:
        there = ", ".join(f"{number} of {name}" for name, number in zip(samples.names, numbers, strict=True) if number)
        raise UserError(f"{samples.source}: a direction takes two samples of a kind and two others; there are {there}")
    towards = enough[-1:] if len(numbers) == 2 else sorted(sorted(enough, key=lambda kind: -numbers[kind])[:count])
    planes = [separating_plane(samples.vectors, samples.kinds == kind, seed) for kind in towards]
    vectors = torch.stack([plane.normal for plane in planes])
    usual = torch.cat(list(place.drawn(ENOUGH, seed)))
    notes = [_told(plane, int(numbers[kind]), len(samples.kinds)) for plane, kind in zip(planes, towards, strict=True)]
    return Directions(
        method="learned",
        space=place.space,
        vectors=vectors,
        scales=(usual @ vectors.T).std(0),
        values=torch.tensor([plane.accuracy for plane in planes]),
        names=tuple(samples.names[kind] for kind in towards),
        notes=tuple(notes),
        layers=place.layers,
        model=generator_digest(place.model),
    )


def _told(plane: Plane, number: int, total: int) -> str:
    doubt = "" if plane.tells else ": no better than chance"
    return f"{number:,} against {total - number:,} samples; {plane.accuracy:.0%} told apart when left out{doubt}"


def _first(
    method: Method, place: Place, count: int, vectors: Tensor, scales: Tensor, values: Tensor, notes: Sequence[str]
) -> Directions:
    """The first of all directions, at most so many; their names are numbers."""
    return Directions(
        method=method,
        space=place.space,
        vectors=vectors[:count].float(),
        scales=scales[:count].float(),
        values=values[:count].float(),
        names=tuple(map(str, range(len(vectors[:count])))),
        notes=tuple(notes[:count]),
        layers=place.layers,
        model=generator_digest(place.model),
    )
