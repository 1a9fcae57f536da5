"""What sees how alike an image and its picture are, while latents are looked for."""

from gan_cli.errors import UserError
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import PerceptualDistance
from gan_cli.metrics.pixel_pyramid import PixelPyramid
from gan_cli.networks.efficientnet_lite import lite0_weights

Likeness = PerceptualDistance | PixelPyramid
"""What sees how alike images are: a network, or none."""


def likeness_of(name: str | None, image_channels: int) -> Likeness:
    """What sees how alike images are, by its name; where none is asked for, lite0 of colours if it is installed.

    Raises:
        UserError: If there is none of that name, or lite0 is not installed.
    """
    if name is None:
        name = "lite0" if image_channels >= 3 and lite0_weights() else PixelPyramid.name
    if name == PixelPyramid.name:
        return PixelPyramid()
    if name != "lite0":
        raise UserError(f"features: {name} is not possible here; take lite0, classifier or pixels")
    return PerceptualDistance(Lite0())
