from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_cli.networks.layers import ImageNorm, statistics_held
from gan_cli.networks.layouts import BesidePlanes, FirstMap, lay_out, lay_out_state

LAST = torch.channels_last


def normalised(norm: Any, inputs: Tensor, layout: torch.memory_format) -> tuple[Tensor, Tensor]:
    """What a normalisation makes of maps, and the gradient of a loss that weights each number differently.

    Args:
        norm: The normalisation.
        inputs: [N, C, H, W].
        layout: That of the gradient which comes back to it.
    """
    inputs = inputs.clone().requires_grad_()
    outputs = norm(inputs)
    weights = torch.linspace(-1, 1, outputs.numel()).view(outputs.shape).sin().to(outputs)
    return outputs, torch.autograd.grad(outputs, inputs, weights.contiguous(memory_format=layout))[0]


def by_hand(norm: ImageNorm) -> Any:
    """The same normalisation from its formula."""

    def formula(inputs: Tensor) -> Tensor:
        variance, mean = torch.var_mean(inputs, dim=(2, 3), correction=0, keepdim=True)
        outputs = (inputs - mean) / (variance + norm.EPSILON).sqrt()
        if norm.weight is None or norm.bias is None:
            return outputs
        return outputs * norm.weight[:, None, None] + norm.bias[:, None, None]

    return formula


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("shape", [(1, 6, 7, 5), (2, 32, 40, 40), (3, 6, 7, 5)], ids=["one", "large", "small"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("layout", [LAST, torch.contiguous_format])
@pytest.mark.parametrize("back", [LAST, torch.contiguous_format])
def test_image_norm_is_exact_and_keeps_the_layout(
    shape: tuple[int, ...], affine: bool, dtype: torch.dtype, layout: torch.memory_format, back: torch.memory_format
) -> None:
    """Forward and backward; torch's own instance_norm has wrong gradients for one image and `back` in channels_last."""
    torch.manual_seed(0)
    norm = ImageNorm(shape[1], affine)
    for parameter in norm.parameters():
        nn.init.normal_(parameter)
    inputs = (torch.randn(shape) * 3 + 5).to(dtype)
    outputs, gradient = normalised(norm, inputs.contiguous(memory_format=layout), back)
    wanted, slope = normalised(by_hand(norm), inputs.float(), back)
    near = 2e-5 if dtype is torch.float32 else 3e-2
    assert outputs.dtype is gradient.dtype is dtype
    assert outputs.is_contiguous(memory_format=layout)
    if back is layout:
        assert gradient.is_contiguous(memory_format=layout)
    torch.testing.assert_close(outputs.float(), wanted, rtol=near, atol=near)
    torch.testing.assert_close(gradient.float(), slope, rtol=near, atol=near)


def test_statistics_that_are_held_keep_the_layout() -> None:
    norm, first, later = ImageNorm(6), torch.randn(1, 6, 8, 8), torch.randn(2, 6, 8, 8) * 4
    with statistics_held(norm):
        norm(first.contiguous(memory_format=LAST))
        outputs = norm(later.contiguous(memory_format=LAST))
    variance, mean = torch.var_mean(first, dim=(0, 2, 3), correction=0, keepdim=True)
    assert outputs.is_contiguous(memory_format=LAST)
    torch.testing.assert_close(outputs, (later - mean) / (variance + ImageNorm.EPSILON).sqrt())


@pytest.mark.parametrize("layout", [LAST, torch.contiguous_format])
def test_maps_made_of_something_else_have_the_networks_layout(layout: torch.memory_format) -> None:
    network = nn.ModuleList([FirstMap(5), BesidePlanes()])
    lay_out(network, layout)
    first, beside = network
    assert first(torch.randn(2, 80)).is_contiguous(memory_format=layout)
    joined = beside(torch.randn(2, 3, 8, 8), torch.eye(2))
    assert joined.is_contiguous(memory_format=layout)
    assert joined[0, 3].eq(1).all()
    assert joined[0, 4].eq(0).all()


def test_an_optimizer_goes_on_in_another_layout() -> None:
    """Fused Adam goes through weights and what it keeps of them by their places in memory."""

    def trained(change: bool) -> Tensor:
        torch.manual_seed(0)
        layer = nn.Conv2d(4, 4, 3)
        optimizer = torch.optim.Adam(layer.parameters(), lr=0.1, fused=True)
        for step in range(4):
            if change and step == 2:
                lay_out(layer, LAST)
                lay_out_state(optimizer)
            optimizer.zero_grad()
            layer(torch.ones(1, 4, 5, 5).cumsum(1).cumsum(2).cumsum(3)).square().sum().backward()
            optimizer.step()
        return layer.weight.detach()

    torch.testing.assert_close(trained(True), trained(False))
