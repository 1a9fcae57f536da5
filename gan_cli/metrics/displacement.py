"""Where things are that should be somewhere else: small patches of true images are looked for in made ones."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d, pad, unfold

AT_ONCE = 256
"""So many patches are looked for at a time."""
DIFFERS = 0.1
"""A pixel differs from another image by more than this share of the range."""


def displacements(made: Tensor, truth: Tensor, points: Tensor) -> Tensor:
    """How far from where they should be the surroundings of points are found, [N, P], in shares of the side.

    A patch of a tenth of the side around each point of the true image is looked for in the made one, up to an eighth of
    the side away, by the least squared difference; where several are alike, the nearest counts.

    Args:
        made: uint8 [N, C, S, S].
        truth: Of the same shape.
        points: Pixels of the true images, int64 [N, P, 2], x and y; below 0 are none, whose number is NaN.
    """
    side = truth.shape[-1]
    half, reach = max(2, side // 20), max(2, side // 8)
    steps = torch.arange(-reach, reach + 1)
    offsets = torch.cartesian_prod(steps, steps)
    away = offsets.double().norm(dim=1)
    order = away.argsort(stable=True)
    wide, narrow = (_surroundings(images, points, size) for images, size in ((made, half + reach), (truth, half)))
    found = []
    for window, patch in zip(wide.split(AT_ONCE), narrow.split(AT_ONCE), strict=True):
        patches = unfold(window.float(), 2 * half + 1).unflatten(1, (-1, (2 * half + 1) ** 2))
        apart = (patches - patch.float().flatten(2)[..., None]).square().sum((1, 2))
        found.append(away[order[apart[:, order].argmin(1)]])
    distances = torch.cat(found).view(points.shape[:2]) / side
    return distances.masked_fill((points < 0).any(2), float("nan"))


def moved_corners(truth: Tensor, before: Tensor, count: int) -> Tensor:
    """The sharpest corners of images where they differ from others, int64 [N, count, 2], x and y; -1 where there are
    no more.

    Shi and Tomasi 1994, "Good Features to Track": the smaller eigenvalue of the slopes' products around a pixel, the
    largest of its surroundings.

    Args:
        truth: uint8 [N, C, S, S].
        before: Of the same shape.
        count: How many of each image.
    """
    images, others = truth.float() / 255, before.float() / 255
    side = images.shape[-1]
    reach = max(2, side // 20)
    changed = max_pool2d(((images - others).abs().amax(1) > DIFFERS).float()[:, None], 5, 1, 2)
    grey = images.mean(1, keepdim=True)
    across = pad((grey[..., 2:] - grey[..., :-2]) / 2, (1, 1, 0, 0))
    down = pad((grey[..., 2:, :] - grey[..., :-2, :]) / 2, (0, 0, 1, 1))
    xx, yy, xy = (avg_pool2d(product, 5, 1, 2) for product in (across**2, down**2, across * down))
    strength = (xx + yy) / 2 - (((xx - yy) / 2) ** 2 + xy**2).sqrt()
    peaks = (strength == max_pool2d(strength, 2 * reach + 1, 1, reach)) & (strength > 1e-4) & (changed > 0)
    inner = torch.zeros_like(peaks)
    inner[..., reach:-reach, reach:-reach] = True
    values, places = (strength * (peaks & inner)).flatten(1).topk(count, dim=1)
    found = torch.stack([places % side, places // side], dim=2)
    return torch.where((values > 0)[..., None], found, -1)


def _surroundings(images: Tensor, points: Tensor, half: int) -> Tensor:
    """Squares around points, [N * P, C, 2 half + 1, 2 half + 1]; beyond the borders the last pixels are repeated."""
    side = images.shape[-1]
    reach = torch.arange(-half, half + 1)
    columns, rows = ((points[..., axis].flatten()[:, None] + reach).clamp(0, side - 1) for axis in (0, 1))
    which = torch.arange(len(images)).repeat_interleave(points.shape[1])
    return images[which[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
