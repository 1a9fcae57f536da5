"""What a measure answers where there is no number: too few images, or nothing to divide by."""

from torch import Tensor

from gan_cli.errors import UserError


class Undefined(UserError):
    """A number that these images do not have; says why in words that can follow the measure's name."""


def at_least(least: int, *counts: int) -> None:
    """Refuses sets that are too small.

    Raises:
        Undefined: If one of the counts is below the least.
    """
    if min(counts) < least:
        raise Undefined(f"too few images ({min(counts)}), it takes {least} or more")


def all_finite(features: Tensor, whose: str = "images") -> None:
    """Refuses features in which anything is infinite or no number at all.

    Args:
        features: [N, F].
        whose: What the features are of.

    Raises:
        Undefined: If there are any.
    """
    if lost := int((~features.isfinite().all(dim=1)).sum()):
        raise Undefined(f"the features of {lost:,} of {len(features):,} {whose} are not finite")
