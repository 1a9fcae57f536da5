"""Blur of a camera that moves: kernels of random trajectories."""

import cmath
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv2d, pad

from gan_cli.data.degraded.degradation import Degradation, Examples, levels, random_of
from gan_cli.seeding import mix

KERNELS = 500
"""So many kernels there are of a size: one takes milliseconds, and a process keeps them."""
MOVES = 2_000
"""A trajectory has so many points."""
EXPOSURES = (0.1, 0.5, 1.0)
"""An exposure lasts for one of these shares of a trajectory."""
RESTLESS = (0.01, 0.009, 0.008, 0.007, 0.005, 0.003)
"""How much a trajectory's direction changes from one point to the next; one of these."""


@dataclass(frozen=True)
class MotionBlur(Degradation):
    """Images blurred by one of 500 random trajectories of the camera.

    Kupyn et al. 2018, "DeblurGAN", arXiv:1711.07064, section 4.1 and algorithm 1, after Boracchi and Foi 2012, with
    three departures from the authors' code: every kernel's sum is 1, so that no image gets darker; its centroid is in
    the middle, or a network would earn decibels by shifting the image; and beyond its border an image is mirrored, not
    black.

    Attributes:
        kernel_size: Side of the kernels in pixels, odd; a trajectory may be 15/16 of it long.
    """

    kernel_size: int = 17

    domains: ClassVar[tuple[str, str]] = ("blurred", "sharp")
    quick: ClassVar[bool] = False

    def of(self, image: Tensor, key: int) -> Examples:
        return {"source": levels(filtered(image.float(), torch.from_numpy(self.kernel(key))))}

    def kernel(self, key: int) -> NDArray[np.float32]:
        """The kernel of a key, float [K, K]; its sum is 1."""
        return _kernel(key % KERNELS, self.kernel_size)


def filtered(image: Tensor, kernel: Tensor) -> Tensor:
    """An image [C, H, W] of floats weighted by a kernel [K, K] around each pixel; beyond the border it is mirrored.

    The kernel is turned by half a circle, as a convolution's is. K is odd and its half less than H and W.
    """
    half = kernel.shape[0] // 2
    framed = pad(image[:, None], (half, half, half, half), mode="reflect")
    return conv2d(framed, kernel.flip(0, 1)[None, None].to(image.dtype))[:, 0]


@lru_cache(maxsize=KERNELS)
def _kernel(number: int, size: int) -> NDArray[np.float32]:
    random = random_of(mix("motion blur", number))
    exposed = trajectory(random, 15 / 16 * size)[: round(MOVES * random.choice(EXPOSURES))]
    path = exposed - exposed.mean()
    most = max(np.abs(path.real).max(), np.abs(path.imag).max())
    half = size // 2
    path = path * min(1.0, (half - 0.01) / max(most, 1e-9)) + complex(half, half)
    return _drawn(path, size)


def trajectory(random: np.random.Generator, length: float) -> NDArray[np.complex128]:
    """The places of a camera in equal times, complex [MOVES], x + iy in pixels from the first.

    Its speed is constant; its direction changes at random, is drawn back to where it began, and turns around at times.
    """
    restless = random.choice(RESTLESS)
    back, shake, turns = 0.7 * random.random(), 10 * random.random(), 0.2 * random.random() * restless
    step = length / (MOVES - 1)
    pushes = (random.standard_normal((MOVES, 2)) @ np.array([1, 1j])).tolist()
    coins, angles = random.random((2, MOVES)).tolist()
    velocity = cmath.rect(restless, 2 * math.pi * random.random())
    place, places = 0j, [0j]
    for push, coin, angle in zip(pushes[1:], coins[1:], angles[1:], strict=True):
        turned = 2 * velocity * cmath.exp(1j * (math.pi + angle - 0.5)) if coin < turns else 0
        velocity += turned + restless * (shake * push - back * place) * step
        velocity *= step / abs(velocity)
        place += velocity
        places.append(place)
    return np.array(places)


def _drawn(path: NDArray[np.complex128], size: int) -> NDArray[np.float32]:
    """A path as light on pixels, float [K, K] with a sum of 1; a point lies between four pixels."""
    kernel = np.zeros((size + 1, size + 1))
    left, top = np.floor(path.real).astype(int), np.floor(path.imag).astype(int)
    across, down = path.real - left, path.imag - top
    for row, column, weight in (
        (0, 0, (1 - down) * (1 - across)),
        (0, 1, (1 - down) * across),
        (1, 0, down * (1 - across)),
        (1, 1, down * across),
    ):
        np.add.at(kernel, (top + row, left + column), weight)
    inside = kernel[:size, :size]
    drawn: NDArray[np.float32] = (inside / inside.sum()).astype(np.float32)
    return drawn
