"""Path lengths where the Jacobian is known."""

import torch
from torch import Tensor

from gan_cli.objectives.path_length import path_lengths


def test_the_length_is_that_of_the_jacobian_times_noise() -> None:
    torch.manual_seed(0)
    jacobian = torch.randn(3, 2 * 4, 12)  # one for each image: styles [2, 4] to images [1, 3, 4]
    styles = torch.randn(3, 2, 4, requires_grad=True)

    def synthesis(styles: Tensor) -> Tensor:
        return torch.einsum("ns,nsp->np", styles.flatten(1), jacobian).view(3, 1, 3, 4)

    noise = torch.randn(3, 1, 3, 4)
    gradient = torch.einsum("nsp,np->ns", jacobian, noise.flatten(1)) / 12**0.5
    expected = (gradient.square().sum(dim=1) / 2).sqrt()
    assert torch.allclose(path_lengths(synthesis, styles, noise), expected, rtol=1e-5)


def test_lengths_can_be_descended_on() -> None:
    weight = torch.tensor(3.0, requires_grad=True)
    styles = torch.ones(1, 1, 1, requires_grad=True)
    lengths = path_lengths(lambda styles: (weight * styles)[..., None], styles, torch.full((1, 1, 1, 1), -2.0))
    assert lengths.item() == 6
    lengths.sum().backward()
    assert float(weight.grad or 0) == 2
