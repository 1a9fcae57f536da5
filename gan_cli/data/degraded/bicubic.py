"""Reduced images, by the kernel of the published tests of super-resolution."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.data.degraded.degradation import Degradation, Examples, levels


@dataclass(frozen=True)
class Bicubic(Degradation):
    """Images reduced bicubically without aliasing and rounded, as MATLAB's imresize and Pillow do.

    Without that filter PSNR of Set5 would differ by up to 0.8 dB.

    Attributes:
        by: How many times.
    """

    by: int = 4

    domains: ClassVar[tuple[str, str]] = ("small", "large")

    @property
    def scale(self) -> int:
        return self.by

    def of(self, image: Tensor, key: int) -> Examples:
        return {"source": reduced(image, self.by)}


def reduced(image: Tensor, by: int) -> Tensor:
    """An image uint8 [C, H, W] whose sides are divided, bicubically and without aliasing, uint8 [C, H / by, W / by]."""
    size = (image.shape[1] // by, image.shape[2] // by)
    return levels(interpolate(image[None].float(), size=size, mode="bicubic", antialias=True)[0])
