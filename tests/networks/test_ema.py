from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.networks.ema import ShadowNetwork


def network() -> Any:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def test_the_average_moves_by_the_weight_it_is_given() -> None:
    live = network()
    shadow: Any = ShadowNetwork(live)
    first = live[0].weight.detach().clone()
    with torch.no_grad():
        live[0].weight += 1
    shadow.update(live, 0.75)
    assert torch.allclose(shadow.network[0].weight, first + 0.25)
    shadow.update(live, 1.0)
    assert torch.allclose(shadow.network[0].weight, first + 0.25)
    shadow.update(live, 0.0)
    assert torch.allclose(shadow.network[0].weight, live[0].weight)


def test_statistics_are_averaged_and_counters_copied() -> None:
    live = network()
    shadow: Any = ShadowNetwork(live)
    live[1].running_mean += 2
    live[1].running_var += 4
    live[1].num_batches_tracked += 7
    shadow.update(live, 0.5)
    assert torch.allclose(shadow.network[1].running_mean, torch.full((4,), 1.0))
    assert torch.allclose(shadow.network[1].running_var, torch.full((4,), 3.0))
    assert int(shadow.network[1].num_batches_tracked) == 7


def test_spectral_norm_vectors_are_copied() -> None:
    live = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4)))
    shadow = ShadowNetwork(live)
    live(torch.randn(2, 3))
    shadow.update(live, 0.5)
    for (name, ours), theirs in zip(shadow.network.named_buffers(), live.buffers(), strict=True):
        assert torch.equal(ours, theirs), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_average_is_float32_and_is_not_trained(dtype: torch.dtype) -> None:
    live = network().to(dtype)
    shadow = ShadowNetwork(live)
    shadow.update(live, 0.5)
    assert {parameter.dtype for parameter in shadow.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in shadow.parameters())
