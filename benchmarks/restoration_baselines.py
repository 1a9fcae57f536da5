"""What holes are filled with, and blurred images sharpened by, without a network."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, pad

RING = 4
"""Two images are alike around a hole if they are so within this many pixels of it."""
SWEEPS = 400
"""The harmonic filling is relaxed so often: more than enough for holes of 64 pixels."""
NOISE = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
"""Ratios of noise to signal that Wiener's filter is tried with."""


def mean_filled(images: Tensor, masks: Tensor) -> Tensor:
    """Images with each hole in the mean colour of what is known of its image.

    Args:
        images: uint8 [N, C, H, W].
        masks: uint8 [N, 1, H, W], 1 in the holes.
    """
    known = 1 - masks.double()
    means = (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
    return _filled(images, means.expand(images.shape), masks)


def harmonically_filled(images: Tensor, masks: Tensor, sweeps: int = SWEEPS) -> Tensor:
    """Images with each hole as smooth as it can be: every pixel of it is the mean of its four neighbours.

    Args:
        images: uint8 [N, C, H, W].
        masks: uint8 [N, 1, H, W], 1 in the holes.
        sweeps: How often each pixel is moved to that mean and, to be there sooner, beyond (successive over-relaxation).
    """
    found = mean_filled(images, masks).float()
    height, width = images.shape[2:]
    odd = (torch.arange(height)[:, None] + torch.arange(width)) % 2 == 1
    beyond = 2 / (1 + torch.pi / max(height, width))
    for half in range(2 * sweeps):  # every second pixel, as on a chessboard, and then the others
        framed = pad(found, (1, 1, 1, 1), mode="replicate")
        around = framed[..., :-2, 1:-1] + framed[..., 2:, 1:-1] + framed[..., 1:-1, :-2] + framed[..., 1:-1, 2:]
        moved = found + beyond * (around / 4 - found)
        found = torch.where((masks > 0) & (odd == bool(half % 2)), moved, found)
    return _filled(images, found, masks)


def filled_from_nearest(images: Tensor, masks: Tensor, training: Tensor) -> Tensor:
    """Images with each hole from the training image that is most like theirs around it (Pathak et al. 2016, table 2).

    Args:
        images: uint8 [N, C, H, W].
        masks: uint8 [N, 1, H, W], 1 in the holes.
        training: uint8 [M, C, H, W].
    """
    around = max_pool2d(masks.float(), 2 * RING + 1, 1, RING) - masks.float()
    chosen = [
        (((training - image.float()) * ring).square().flatten(1).sum(1)).argmin()
        for image, ring in zip(images, around, strict=True)
    ]
    return _filled(images, training[torch.stack(chosen)].float(), masks)


def best_shifted(blurred: Tensor, sharp: Tensor, most: int = 3) -> Tensor:
    """A blurred image moved by whole pixels to where it is nearest to the sharp one; what moves in is mirrored.

    Args:
        blurred: uint8 [C, H, W].
        sharp: uint8 [C, H, W].
        most: How far it is moved at the most, up, down, left and right.
    """
    framed = pad(blurred[None].float(), (most,) * 4, mode="reflect")[0]
    height, width = blurred.shape[1:]
    steps = range(2 * most + 1)
    moved = [framed[:, y : y + height, x : x + width] for y in steps for x in steps]
    return min(moved, key=lambda each: float((each - sharp).square().mean())).to(torch.uint8)


def wiener(blurred: Tensor, kernel: Tensor, noise: float) -> Tensor:
    """An image sharpened by Wiener's filter, which knows the kernel that it was blurred by.

    Args:
        blurred: uint8 [C, H, W].
        kernel: Float [K, K] with a sum of 1, as `motion_blur.filtered` takes it.
        noise: Ratio of noise to signal.
    """
    half, (height, width) = kernel.shape[0] // 2, blurred.shape[1:]
    frame = 2 * half
    framed = pad(blurred[None].double(), (frame,) * 4, mode="reflect")[0]
    placed = torch.zeros(framed.shape[1:], dtype=torch.float64)
    placed[: kernel.shape[0], : kernel.shape[0]] = kernel
    spectrum = torch.fft.rfft2(placed.roll((-half, -half), (0, 1)))
    inverse = spectrum.conj() / (spectrum.abs().square() + noise)
    found = torch.fft.irfft2(torch.fft.rfft2(framed) * inverse, s=framed.shape[1:])
    inside: Tensor = found[:, frame : frame + height, frame : frame + width]
    return inside.round().clamp(0, 255).to(torch.uint8)


def _filled(images: Tensor, filling: Tensor, masks: Tensor) -> Tensor:
    return torch.where(masks > 0, filling.round().clamp(0, 255).to(torch.uint8), images)
