"""What is asked of frames that are made from other frames: Mathieu et al. 2016, "Deep multi-scale video prediction
beyond mean square error", arXiv:1511.05440."""

from torch import Tensor

from gan_cli.objectives.adversarial import precise


@precise
def power_error(made: Tensor, wanted: Tensor, power: float) -> Tensor:
    """The mean of the differences to a power, 1 or 2 in the paper (equation 5, divided by how many numbers there are).

    Args:
        made: Any shape.
        wanted: Of the same shape.
        power: p, at least 1.

    Returns:
        Scalar >= 0.
    """
    apart = (made - wanted).abs()
    return (apart if power == 1 else apart.pow(power)).sum() / made.numel()


@precise
def gradient_difference(made: Tensor, wanted: Tensor, power: float = 1.0) -> Tensor:
    """How far the slopes from pixel to pixel differ in size, whatever their direction (equation 6).

    Blur has small slopes, so it is punished where the truth has edges. The means of vertical and of horizontal slopes
    are added, as in the authors' code.

    Args:
        made: [N, C, H, W], of at least 2 x 2 pixels.
        wanted: Of the same shape.
        power: alpha, at least 1.

    Returns:
        Scalar >= 0.
    """
    terms = []
    for axis in (2, 3):
        slopes, true_slopes = (frames.diff(dim=axis).abs() for frames in (made, wanted))
        terms.append(power_error(slopes, true_slopes, power))
    return terms[0] + terms[1]
