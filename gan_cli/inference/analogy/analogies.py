"""Liao et al. 2017, "Visual Attribute Transfer through Deep Image Analogy", arXiv:1705.01088.

A : A' = B : B', of which A and B' are given. Both directions are matched from coarse to fine in what a network sees;
nothing is trained. Where the paper takes features of VGG19, here are EfficientNet-Lite0's of four sizes. Two steps
differ: the coarsest maps are small enough for every match to be tried; and what the paper finds by optimising maps of
the next size (section 4.3) is taken from the other image through the field found, enlarged.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gan_cli.inference.analogy import patch_match
from gan_cli.networks.efficientnet_lite import lite0_weights
from gan_cli.networks.loss_networks import LEVELS, LossNetwork, Seen, loss_network
from gan_cli.seeding import stream

KEPT = (1.0, 0.8, 0.7, 0.6)
"""How much of its own maps an image keeps, from the coarsest on (section 4.3, the authors' level 2)."""
TELLING = 0.05
"""It does so where a map tells at least this share of what it tells at most."""
RADII = (0, 6, 6, 4)
"""How far from a match others are looked for, in places of each map, from the coarsest on (section 4.2)."""
ROUNDS = 4
"""How often all of a map is looked through."""
MULTIPLE = LEVELS[-1]
"""Height and width of images are multiples of it."""


class Analogy(NamedTuple):
    """What is made of two images.

    Attributes:
        first: The first one with the look of the second, [3, H, W].
        second: The second one with the look of the first, [3, H', W'].
        to_second: Where each pixel of the first is found in the second: row and column, int64 [H, W, 2].
        to_first: The same the other way, [H', W', 2].
    """

    first: Tensor
    second: Tensor
    to_second: Tensor
    to_first: Tensor


def usual_features() -> Seen:
    """The network that looks: lite0, or where it is not installed one that was drawn."""
    return "lite0" if lite0_weights() else "random"


@torch.no_grad()
def analogy(first: Tensor, second: Tensor, features: Seen | None = None) -> Analogy:
    """Two images, each with the look of the other; always the same of the same two.

    Args:
        first: A, [3, H, W] in [-1, 1]; H and W multiples of 16.
        second: B', likewise, of any such size.
        features: What sees them; None takes `usual_features`.
    """
    network = loss_network(features or usual_features(), "an analogy").to(first.device).network
    mine, theirs = (_maps(network, image) for image in (first, second))
    random = stream("analogy")
    to_second, to_first = _coarsest(mine[0], theirs[0])
    for own, other, kept, radius in zip(mine[1:], theirs[1:], KEPT[1:], RADII[1:], strict=True):
        to_second, to_first = (patch_match.doubled(field) for field in (to_second, to_first))
        like_second = _blended(own, patch_match.warped(other, patch_match.within(to_second, other)), kept)
        like_first = _blended(other, patch_match.warped(own, patch_match.within(to_first, own)), kept)
        one, two = _beside(own, like_second), _beside(like_first, other)
        to_second = patch_match.refined(to_second, one, two, radius, ROUNDS, random)
        to_first = patch_match.refined(to_first, two, one, radius, ROUNDS, random)
    pixels = [image.permute(1, 2, 0) for image in (first, second)]
    to_second = patch_match.within(patch_match.doubled(to_second), pixels[1])
    to_first = patch_match.within(patch_match.doubled(to_first), pixels[0])
    made = patch_match.voted(pixels[1], to_second), patch_match.voted(pixels[0], to_first)
    like_second, like_first = (image.permute(2, 0, 1).contiguous() for image in made)
    return Analogy(like_second, like_first, to_second, to_first)


def _maps(network: LossNetwork, image: Tensor) -> list[Tensor]:
    """What the network sees, [H, W, C] each, from coarse to fine."""
    return [maps[0].permute(1, 2, 0).contiguous() for maps in reversed(network(image[None]))]


def _coarsest(own: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """The fields of the coarsest maps, where each image is still its own analogue."""
    one, two = _beside(own, own), _beside(other, other)
    return patch_match.exhaustive(one, two), patch_match.exhaustive(two, one)


def _blended(own: Tensor, others: Tensor, kept: float) -> Tensor:
    """An image's maps with the other one's look: its own where they tell much, else what was found (equation 4)."""
    strength = own.square().sum(2, keepdim=True)
    share = kept * (strength > TELLING * strength.max())
    return share * own + (1 - share) * others


def _beside(*maps: Tensor) -> Tensor:
    """What an image and its analogue show, each a vector of length 1 at every place (equation 2)."""
    return torch.cat([normalize(one, dim=2) for one in maps], dim=2)
