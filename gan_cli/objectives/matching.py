"""How badly things are matched with what describes them, by the likeness of every thing with every description."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_cli.objectives.adversarial import precise


@precise
def symmetric_info_nce(similarities: Tensor) -> Tensor:
    """The cross-entropy of choosing each thing's own description among all, and each description's own thing.

    Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision", arXiv:2103.00020,
    figure 3; van den Oord et al. 2018, arXiv:1807.03748, equation 4.

    Args:
        similarities: Of thing i with description j, divided by a temperature, [N, N]; those that belong together are
            on the diagonal.

    Returns:
        Scalar >= 0. Where all are equal it is log N.
    """
    own = torch.arange(len(similarities), device=similarities.device)
    return (cross_entropy(similarities, own) + cross_entropy(similarities.T, own)) / 2


@precise
def structured_joint_embedding(similarities: Tensor) -> Tensor:
    """How much nearer than by 1 others come than what belongs together, of things and of descriptions.

    Reed et al. 2016, "Learning Deep Representations of Fine-grained Visual Descriptions", arXiv:1605.05395, equations 4
    to 6, with all others of the batch instead of the worst, as in the authors' code.

    Args:
        similarities: Of thing i with description j, [N, N]; those that belong together are on the diagonal.

    Returns:
        Scalar >= 0, averaged over all pairs of two different ones; 0 where there are none.
    """
    own = similarities.diagonal()
    apart = 1 - torch.eye(len(similarities), device=similarities.device, dtype=similarities.dtype)
    of_things = (1 + similarities - own[:, None]).clamp(min=0) * apart
    of_descriptions = (1 + similarities - own[None]).clamp(min=0) * apart
    return (of_things + of_descriptions).sum() / (2 * apart.sum().clamp(min=1))
