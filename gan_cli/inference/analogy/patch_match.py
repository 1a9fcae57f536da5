"""Fields of nearest neighbours: for each place of one map, the place of another whose neighbourhood is most alike.

Barnes et al. 2009, "PatchMatch: A Randomized Correspondence Algorithm for Structural Image Editing". A field is int64
[H, W, 2]: row and column in the other map. Maps are [H, W, C], each place a vector of length 1, so that neighbourhoods
are as alike as the products of their vectors, added up, are large.
"""

from collections.abc import Callable

import torch
from torch import Tensor

REACH = 1
"""A neighbourhood is a place with so many others on each side."""
ROWS = 8
"""So many rows of a map are compared at once: what is gathered for them stays near the processor."""
STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))
"""Neighbours whose matches are tried at the next place too."""


def identity(height: int, width: int) -> Tensor:
    """The field in which each place is matched with itself."""
    return torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"), dim=2)


def exhaustive(one: Tensor, other: Tensor) -> Tensor:
    """The best match of each place among all places; for small maps.

    Args:
        one: [H, W, C].
        other: [H', W', C].
    """
    mine, theirs = (_neighbourhoods(maps) for maps in (one, other))
    best = torch.cat([(rows @ theirs.T).argmax(1) for rows in mine.split(1024)])
    width = other.shape[1]
    return torch.stack([best // width, best % width], dim=1).reshape(*one.shape[:2], 2)


def refined(field: Tensor, one: Tensor, other: Tensor, radius: int, rounds: int, random: torch.Generator) -> Tensor:
    """A field whose matches are better: those of neighbours are tried, and random places near by.

    A match stays unless another is better, so what is perfect stays.

    Args:
        field: The matches to begin with.
        one: [H, W, C].
        other: [H', W', C].
        radius: How far from a match, in places, others are tried at first; half as far next, and so on.
        rounds: How often all of that is done.
        random: Draws the places.
    """
    field = within(field, other)
    scores = alikeness(field, one, other)
    tries = [
        *map(_neighbours, STEPS),
        *(_near_by(radius >> halvings, random) for halvings in range(radius.bit_length())),
    ]
    for attempt in tries * rounds:
        candidate = within(attempt(field), other)
        found = alikeness(candidate, one, other)
        better = found > scores
        field = torch.where(better[:, :, None], candidate, field)
        scores = torch.where(better, found, scores)
    return field


def alikeness(field: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """How alike the neighbourhoods are that a field matches, [H, W]; a perfect match has their size."""
    height, width = one.shape[:2]
    places = identity(height, width).to(field.device)
    parts = []
    for start in range(0, height, ROWS):
        here, there = places[start : start + ROWS], field[start : start + ROWS]
        total = torch.zeros(here.shape[:2], device=one.device, dtype=one.dtype)
        for step in _steps(field):
            total += (_at(one, here + step) * _at(other, there + step)).sum(2)
        parts.append(total)
    return torch.cat(parts)


def doubled(field: Tensor) -> Tensor:
    """The same field for maps that are twice as large in both directions."""
    finer = field.repeat_interleave(2, 0).repeat_interleave(2, 1)
    return 2 * finer + identity(*finer.shape[:2]).to(field.device) % 2


def warped(maps: Tensor, field: Tensor) -> Tensor:
    """What a map [H', W', C] has at the matches of a field, [H, W, C]."""
    return _at(maps, field)


def voted(image: Tensor, field: Tensor) -> Tensor:
    """The mean of what the matches of all neighbours say about a place, [H, W, C] of an image [H', W', C]."""
    here = identity(*field.shape[:2]).to(field.device)
    near = [within(here + step, field) for step in _steps(field)]
    return torch.stack([_at(image, _at(field, there) + here - there) for there in near]).mean(0)


def within(field: Tensor, other: Tensor) -> Tensor:
    """A field whose matches are all places of the other map."""
    last = torch.tensor(other.shape[:2], device=field.device) - 1
    return torch.minimum(field.clamp_min(0), last)


def _neighbours(step: tuple[int, int]) -> Callable[[Tensor], Tensor]:
    """Has the match of a neighbour tried, shifted as the neighbour is."""

    def attempt(field: Tensor) -> Tensor:
        shift = torch.tensor(step, device=field.device)
        return _at(field, identity(*field.shape[:2]).to(field.device) - shift) + shift

    return attempt


def _near_by(radius: int, random: torch.Generator) -> Callable[[Tensor], Tensor]:
    """Has a random place tried that is no further from the match than a radius."""

    def attempt(field: Tensor) -> Tensor:
        return field + torch.randint(-radius, radius + 1, field.shape, generator=random).to(field.device)

    return attempt


def _at(maps: Tensor, places: Tensor) -> Tensor:
    """What a map has at places [H, W, 2]; beyond its border it goes on as it ends."""
    places = within(places, maps)
    return maps[places[:, :, 0], places[:, :, 1]]


def _steps(like: Tensor) -> Tensor:
    """From a place to each of its neighbourhood, [9, 2]."""
    sides = torch.arange(-REACH, REACH + 1, device=like.device)
    return torch.cartesian_prod(sides, sides)


def _neighbourhoods(maps: Tensor) -> Tensor:
    """[H, W, C] -> [H * W, 9 * C]."""
    places = identity(*maps.shape[:2]).to(maps.device)
    return torch.cat([_at(maps, places + step) for step in _steps(maps)], dim=2).flatten(0, 1)
