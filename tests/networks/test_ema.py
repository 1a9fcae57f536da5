from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.networks.ema import ShadowGenerator


def network() -> Any:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def test_early_updates_forget_the_start_and_late_ones_use_the_decay() -> None:
    live = network()
    shadow: Any = ShadowGenerator(live, decay=0.9)
    first = live[0].weight.detach().clone()
    with torch.no_grad():
        live[0].weight += 1
    shadow.update(live, steps=1)  # decay (1 + 1) / (10 + 1)
    assert torch.allclose(shadow.network[0].weight, first + 1 - 2 / 11)
    shadow.update(live, steps=10**6)
    assert torch.allclose(shadow.network[0].weight, first + 1 - 0.9 * 2 / 11)


def test_statistics_are_averaged_and_counters_copied() -> None:
    live = network()
    shadow: Any = ShadowGenerator(live, decay=0.5)
    live[1].running_mean += 2
    live[1].running_var += 4
    live[1].num_batches_tracked += 7
    shadow.update(live, steps=10**6)
    assert torch.allclose(shadow.network[1].running_mean, torch.full((4,), 1.0))
    assert torch.allclose(shadow.network[1].running_var, torch.full((4,), 3.0))
    assert int(shadow.network[1].num_batches_tracked) == 7


def test_spectral_norm_vectors_are_copied() -> None:
    live = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4)))
    shadow = ShadowGenerator(live, decay=0.5)
    live(torch.randn(2, 3))
    shadow.update(live, steps=10**6)
    for (name, ours), theirs in zip(shadow.network.named_buffers(), live.buffers(), strict=True):
        assert torch.equal(ours, theirs), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_average_is_float32_and_is_not_trained(dtype: torch.dtype) -> None:
    live = network().to(dtype)
    shadow = ShadowGenerator(live, decay=0.5)
    shadow.update(live, steps=1)
    assert {parameter.dtype for parameter in shadow.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in shadow.parameters())
