"""What happens to a photograph on its way through the world: blur, other sizes, noise and JPEG, twice."""

import io
import math
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.special import j1
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.data.degraded.degradation import Degradation, Examples, levels, random_of
from gan_cli.data.degraded.motion_blur import filtered
from gan_cli.media.pictures import to_pil

Random = np.random.Generator


class Stage(NamedTuple):
    """The ranges that one of the two passes draws from.

    Attributes:
        blurs: How often there is blur at all.
        sigma: Standard deviations of the kernels in pixels.
        resizing: How often images are enlarged, reduced and left.
        factors: The least and the largest factor of a size.
        noise: Standard deviations of Gaussian noise, in levels.
        photons: Strengths of Poisson noise; 1 is that of an image of as many photons as levels.
    """

    blurs: float
    sigma: tuple[float, float]
    resizing: tuple[float, float, float]
    factors: tuple[float, float]
    noise: tuple[float, float]
    photons: tuple[float, float]


FIRST = Stage(1.0, (0.2, 3.0), (0.2, 0.7, 0.1), (0.15, 1.5), (1, 30), (0.05, 3.0))
SECOND = Stage(0.8, (0.2, 1.5), (0.3, 0.4, 0.3), (0.3, 1.2), (1, 25), (0.05, 2.5))

SHAPES = {"gauss": 0.6, "generalised": 0.15, "plateau": 0.15, "sinc": 0.1}
"""How often a kernel has a shape."""
ROUND = {"gauss": 0.45 / 0.7, "generalised": 0.8, "plateau": 0.8}
"""How often a kernel of a shape is the same in all directions."""
EXPONENTS = {"gauss": (1.0, 1.0), "generalised": (0.5, 4.0), "plateau": (1.0, 2.0)}
GREY_NOISE = 0.4
"""How often noise is the same in all channels."""
QUALITIES = (30, 95)
"""Of JPEG."""
LAST_SINC = 0.8
"""How often the last step leaves ringing."""
LEAST = 2
"""No image gets smaller than so many pixels a side."""


@dataclass(frozen=True)
class Camera(Degradation):
    """Images that were blurred, resized, made noisy and compressed, twice.

    Wang et al. 2021, "Real-ESRGAN", arXiv:2107.10833, section 3 and the authors' settings. Each image has a chain of
    its own, where the authors draw sizes and the kind of noise once a batch.

    Attributes:
        by: How many times smaller what is left is; 1 leaves its size.
    """

    by: int = 4

    domains: ClassVar[tuple[str, str]] = ("worn", "clean")
    takes: ClassVar[tuple[int, ...]] = (1, 3)
    quick: ClassVar[bool] = False

    @property
    def scale(self) -> int:
        return self.by

    def of(self, image: Tensor, key: int) -> Examples:
        random = random_of(key)
        size = (image.shape[1] // self.by, image.shape[2] // self.by)
        worn = _resized(_blurred(image / 255, FIRST, random), image.shape[1:], FIRST, random)
        worn = _jpeg(_noisy(worn, FIRST, random), random)
        worn = _noisy(_resized(_blurred(worn, SECOND, random), size, SECOND, random), SECOND, random)
        if random.random() < 0.5:
            worn = _jpeg(_ringing(_to_size(worn, size, random), random), random)
        else:
            worn = _ringing(_to_size(_jpeg(worn, random), size, random), random)
        return {"source": levels(worn * 255)}


def _blurred(image: Tensor, stage: Stage, random: Random) -> Tensor:
    if random.random() >= stage.blurs:
        return image
    side = int(random.choice(range(7, 22, 2)))
    shape = str(random.choice(list(SHAPES), p=list(SHAPES.values())))
    if shape == "sinc":
        return _filtered(image, sinc(random.uniform(math.pi / (3 if side < 13 else 5), math.pi), side))
    return _filtered(image, _bell(shape, side, stage.sigma, random))


def _filtered(image: Tensor, kernel: NDArray[np.float64]) -> Tensor:
    """The image weighted by as much of the kernel's middle as its borders can be mirrored for."""
    spare = max(0, kernel.shape[0] // 2 - (min(image.shape[1:]) - 1))
    if spare:
        kernel = kernel[spare:-spare, spare:-spare]
        kernel = kernel / kernel.sum()
    return filtered(image, torch.from_numpy(kernel))


def _bell(shape: str, side: int, sigma: tuple[float, float], random: Random) -> NDArray[np.float64]:
    """A bell that is steeper or flatter than Gauss's, or has a plateau; its sum is 1."""
    one, other, angle = random.uniform(*sigma), random.uniform(*sigma), random.uniform(-math.pi, math.pi)
    if random.random() < ROUND[shape]:
        other = one
    low, high = EXPONENTS[shape]
    exponent = random.uniform(low, 1) if random.random() < 0.5 else random.uniform(1, high)
    rows, columns = np.mgrid[:side, :side] - side // 2
    along, across = (columns * math.cos(a) + rows * math.sin(a) for a in (angle, angle + math.pi / 2))
    distance = ((along / one) ** 2 + (across / other) ** 2) ** exponent
    bell = 1 / (1 + distance) if shape == "plateau" else np.exp(-distance / 2)
    kernel: NDArray[np.float64] = bell / bell.sum()
    return kernel


def sinc(cutoff: float, side: int) -> NDArray[np.float64]:
    """The kernel [K, K] that lets the frequencies below a cutoff through, in radians a pixel; its sum is 1."""
    rows, columns = np.mgrid[:side, :side] - side // 2
    radius = np.hypot(rows, columns)
    radius[side // 2, side // 2] = 1
    kernel = cutoff * j1(cutoff * radius) / (2 * math.pi * radius)
    kernel[side // 2, side // 2] = cutoff**2 / (4 * math.pi)
    whole: NDArray[np.float64] = kernel / kernel.sum()
    return whole


def _ringing(image: Tensor, random: Random) -> Tensor:
    """The image through a last sharp filter, or as it is."""
    side, cutoff = int(random.choice(range(7, 22, 2))), random.uniform(math.pi / 3, math.pi)
    return _filtered(image, sinc(cutoff, side)) if random.random() < LAST_SINC else image


def _resized(image: Tensor, size: tuple[int, ...], stage: Stage, random: Random) -> Tensor:
    """The image at a random size around the one given."""
    which = random.choice(3, p=stage.resizing)
    low, high = stage.factors
    factor = (random.uniform(1, high), random.uniform(low, 1), 1.0)[which]
    return _to_size(image, tuple(max(LEAST, int(length * factor)) for length in size), random)


def _to_size(image: Tensor, size: tuple[int, ...], random: Random) -> Tensor:
    mode: Literal["area", "bilinear", "bicubic"] = random.choice(["area", "bilinear", "bicubic"])
    made: Tensor = interpolate(image[None], size=list(size), mode=mode)[0]
    return made


def _noisy(image: Tensor, stage: Stage, random: Random) -> Tensor:
    gaussian, grey = random.random() < 0.5, random.random() < GREY_NOISE
    seen = image.clamp(0, 1)
    seen = seen.mean(0, keepdim=True) if grey else seen
    if gaussian:
        noise = random.standard_normal(tuple(seen.shape)) * random.uniform(*stage.noise) / 255
    else:
        light = (seen * 255).round() / 255
        photons = 2.0 ** math.ceil(math.log2(max(2, len(light.unique()))))
        counted = random.poisson(light.numpy() * photons) / photons
        noise = (counted - light.numpy()) * random.uniform(*stage.photons)
    return (image + torch.from_numpy(noise).to(image.dtype)).clamp(0, 1)


def _jpeg(image: Tensor, random: Random) -> Tensor:
    buffer = io.BytesIO()
    to_pil(levels(image * 255)).save(buffer, "JPEG", quality=int(random.integers(QUALITIES[0], QUALITIES[1] + 1)))
    pixels = torch.from_numpy(np.array(Image.open(buffer)))
    return (pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)).to(image.dtype) / 255
