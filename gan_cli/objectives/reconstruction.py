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
