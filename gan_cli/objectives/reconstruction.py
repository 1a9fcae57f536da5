"""How far pictures that were made of images are from them."""

from torch import Tensor

from gan_cli.objectives.adversarial import precise


@precise
def squared_distance(made: Tensor, wanted: Tensor) -> Tensor:
    """The mean square of the difference of each image, [N], in float32 at least.

    Args:
        made: [N, C, H, W].
        wanted: Of the same shape.
    """
    return (made - wanted).square().flatten(1).mean(dim=1)


@precise
def absolute_error(made: Tensor, wanted: Tensor) -> Tensor:
    """The mean absolute difference, a scalar >= 0 in float32 at least.

    The sum is divided and not each difference, so that the gradient keeps the memory layout of what was made; torch's
    own losses lose it.

    Args:
        made: Any shape.
        wanted: Of the same shape.
    """
    return (made - wanted).abs().sum() / made.numel()


@precise
def squared_error(made: Tensor, wanted: Tensor) -> Tensor:
    """The mean squared difference; see `absolute_error`.

    Args:
        made: Any shape.
        wanted: Of the same shape.
    """
    return (made - wanted).square().sum() / made.numel()
