"""How good frames are that were made from other frames, on all pixels and on those that move.

Most pixels of a film stay as they are, and whoever copies them is nearly always right: so the pixels that move have
numbers of their own. The authors of arXiv:1511.05440 blacken the others and divide by all pixels, which adds decibels
for nothing; here the mean is of moving pixels alone. Blur raises it: the energy of the slopes stands beside it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, max_pool2d, pad

from gan_cli.metrics.restoration import MOST_DECIBELS
from gan_cli.metrics.row_table import Kind, OwnMeasures, RowTable

MOVES = 0.1
"""A pixel moves where it differs from the frame before by more than this share of the range."""
AROUND = 2
"""So many pixels around one that moves belong to it."""
C1, C2 = 0.01**2, 0.03**2
"""Constants of SSIM for values in [0, 1] (Wang et al. 2004)."""
WINDOW, SIGMA = 11, 1.5
"""Side in pixels and width of SSIM's Gaussian window."""
KINDS = {
    "psnr": Kind("PSNR", "higher"),
    "psnr_moving": Kind("PSNR moving", "higher"),
    "ssim_moving": Kind("SSIM moving", "higher"),
    "sharpness": Kind("sharpness", "higher"),
    "gradient_energy": Kind("gradient energy / real", "1"),
}
"""The measures of `summary`, in its order."""
OWN = OwnMeasures(KINDS, things=256)
MOVING, ENERGY = (list(KINDS).index(name) for name in ("psnr_moving", "gradient_energy"))
AHEAD = (1, 2, 4, 8, 16, 32)
"""So many frames after the last given one they are measured."""
NOTES = (
    "moving: the pixels that differ from the last given frame by more than a tenth of the range, and two around them; "
    "means over frames of the numbers of each frame, those without such pixels left out",
    "blur raises PSNR on them: with a gradient energy far below 1 frames are blurred, however many decibels they have",
)


class Measures(NamedTuple):
    """Numbers of frames, each [N].

    Attributes:
        psnr: Decibels on all pixels, at most 100.
        moving_psnr: The same on the pixels that move; NaN where none does.
        moving_ssim: SSIM there, at most 1; NaN where none does.
        sharpness: Decibels, the paper's: how close the slopes at each pixel are to the truth's in sum, at most 100.
        energy: The mean squared length of the slopes at the pixels that move; NaN where none does.
    """

    psnr: Tensor
    moving_psnr: Tensor
    moving_ssim: Tensor
    sharpness: Tensor
    energy: Tensor


def moving(truth: Tensor, before: Tensor) -> Tensor:
    """The pixels that are not what they were, and those around them, [N, 1, H, W] of 0 and 1.

    Args:
        truth: Frames in [0, 1], [N, C, H, W].
        before: What they are compared with: the last frame that was given.
    """
    changed = ((truth - before).abs().amax(1, keepdim=True) > MOVES).to(truth.dtype)
    return max_pool2d(changed, 2 * AROUND + 1, stride=1, padding=AROUND)


def measured(made: Tensor, truth: Tensor, before: Tensor) -> Measures:
    """The measures of made frames, in float64.

    Args:
        made: uint8 [N, C, H, W], as they are saved.
        truth: Of the same shape.
        before: The last frames that were given, of the same shape; what differs from them is said to move.
    """
    made, truth, before = (frames.double() / 255 for frames in (made, truth, before))
    mask = moving(truth, before)
    squared = (made - truth).square().mean(1, keepdim=True)
    return Measures(
        _decibels(squared.flatten(1).mean(1)),
        _decibels(_mean_in(squared, mask)),
        _mean_in(similarity(made, truth).mean(1, keepdim=True), mask),
        _decibels((_slope_sums(made) - _slope_sums(truth)).abs().flatten(1).mean(1)),
        _mean_in(_energy(made), mask),
    )


def summary(made: Tensor, truth: Tensor, before: Tensor) -> list[float | None]:
    """The means over frames of all measures, in the order of `KINDS`; None where nothing moves in any of them.

    The energy of the slopes is divided by the truth's.

    Args:
        made: As for `measured`.
        truth: As for `measured`.
        before: As for `measured`.
    """
    found, real = measured(made, truth, before), measured(truth, truth, before)
    *means, energy = (float(values.nanmean()) for values in found)
    real_energy = float(real.energy.nanmean())
    numbers = [*means, energy / real_energy if real_energy else float("nan")]
    return [number if number == number else None for number in numbers]


def similarity(made: Tensor, truth: Tensor) -> Tensor:
    """SSIM at each pixel, [N, C, H, W], at most 1 (Wang et al. 2004), with frames mirrored at their borders.

    Args:
        made: In [0, 1], [N, C, H, W], with sides above 5 pixels.
        truth: Of the same shape.
    """
    of_made, of_truth = _blurred(made), _blurred(truth)
    made_spread = _blurred(made.square()) - of_made.square()
    true_spread = _blurred(truth.square()) - of_truth.square()
    together = _blurred(made * truth) - of_made * of_truth
    means = (2 * of_made * of_truth + C1) / (of_made.square() + of_truth.square() + C1)
    return means * (2 * together + C2) / (made_spread + true_spread + C2)


def future_table(made: Tensor, real: Tensor, given: int, of: str) -> RowTable:
    """Frames that were made by how far ahead they are, beside what learns nothing.

    Args:
        made: Whole videos, uint8 [N, C, T, H, W]; their first frames are the given ones.
        real: The true ones.
        given: How many frames these are.
        of: What they are made of, in words.
    """
    steps = [step for step in AHEAD if step <= real.shape[2] - given]
    last = real[:, :, given - 1]
    line = linear(real[:, :, max(0, given - 2)], last, steps[-1])
    rows: dict[str, list[float | None]] = {}
    for step in steps:
        shown = {
            "predicted": made[:, :, given - 1 + step],
            "last frame": last,
            "2 last - previous": line[:, :, step - 1],
            "last frame, blurred": blurred(last),
        }
        truth = real[:, :, given - 1 + step]
        rows |= {f"{step} ahead, {name}": summary(frames, truth, last) for name, frames in shown.items()}
    return RowTable(f"{of}: {len(real):,} videos, of which {given} frames are given", KINDS, rows, NOTES)


def between_table(made: Tensor, real: Tensor, known: Sequence[int], of: str) -> RowTable:
    """Frames that were made between others, beside what learns nothing.

    Args:
        made: Whole videos, uint8 [N, C, T, H, W].
        real: The true ones.
        known: The numbers of the frames that were given.
        of: What they are made of, in words.
    """
    numbers = torch.tensor([number for number in range(real.shape[2]) if number not in known])
    truth, before, after = (real[:, :, numbers + by].transpose(1, 2).flatten(0, 1) for by in (0, -1, 1))
    shown = {
        "made": made[:, :, numbers].transpose(1, 2).flatten(0, 1),
        "the frame before": before,
        "the mean of both": mean_of(before, after),
        "the mean of both, blurred": blurred(mean_of(before, after)),
    }
    rows = {name: summary(frames, truth, before) for name, frames in shown.items()}
    return RowTable(f"{of}: frames between others, of {len(real):,} videos", KINDS, rows, NOTES)


def mean_of(before: Tensor, after: Tensor) -> Tensor:
    """The means of two frames, uint8 [N, C, H, W]."""
    return ((before.float() + after.float()) / 2).round().to(torch.uint8)


def linear(before: Tensor, last: Tensor, steps: int) -> Tensor:
    """Frames that go on as from the last but one to the last, uint8 [N, C, K, H, W].

    Args:
        before: The frames before the last, uint8 [N, C, H, W].
        last: The last frames.
        steps: K.
    """
    step = last.float() - before.float()
    on = [last.float() + step * number for number in range(1, steps + 1)]
    return torch.stack(on, dim=2).clamp(0, 255).round().to(torch.uint8)


def blurred(frames: Tensor) -> Tensor:
    """Frames blurred over three pixels, uint8 [N, C, H, W]."""
    return avg_pool2d(frames.float(), 3, stride=1, padding=1, count_include_pad=False).round().to(torch.uint8)


def _mean_in(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of [N, 1, H, W] where the mask is 1, [N]; NaN where it is 0 everywhere."""
    return (values * mask).flatten(1).sum(1) / mask.flatten(1).sum(1)


def _decibels(error: Tensor) -> Tensor:
    """Decibels of an error, of which 1 is the largest."""
    return (-10 * torch.log10(error)).clamp(max=MOST_DECIBELS)


def _slopes(frames: Tensor) -> tuple[Tensor, Tensor]:
    """The differences to the pixels above and on the left, of all pixels that have both, [N, C, H - 1, W - 1]."""
    inner = frames[..., 1:, 1:]
    return inner - frames[..., :-1, 1:], inner - frames[..., 1:, :-1]


def _slope_sums(frames: Tensor) -> Tensor:
    down, right = _slopes(frames)
    return down.abs() + right.abs()


def _energy(frames: Tensor) -> Tensor:
    """The squared length of the slope at each pixel, [N, 1, H, W]; 0 in the first row and column."""
    down, right = _slopes(frames)
    return pad((down.square() + right.square()).mean(1, keepdim=True), (1, 0, 1, 0))


def _blurred(frames: Tensor) -> Tensor:
    """The mean around each pixel in SSIM's window, of the same shape."""
    reach = WINDOW // 2
    places = torch.arange(-reach, reach + 1, dtype=frames.dtype, device=frames.device)
    weights = torch.exp(-(places**2) / (2 * SIGMA**2))
    weights = weights / weights.sum()
    flat = pad(frames.flatten(0, 1)[:, None], (reach,) * 4, mode="reflect")
    return conv2d(conv2d(flat, weights[None, None, :, None]), weights[None, None, None]).view_as(frames)
