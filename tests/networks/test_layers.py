from typing import Any

import torch
from torch import nn

from gan_cli.networks.layers import evaluating, mixes_batch, running_statistics_untouched


def test_mixes_batch_knows_batch_normalisation() -> None:
    assert mixes_batch(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))
    assert not mixes_batch(nn.Sequential(nn.Conv2d(2, 2, 3), nn.GroupNorm(1, 2), nn.InstanceNorm2d(2)))


def test_running_statistics_stay_while_the_batch_is_normalised_by_itself() -> None:
    layer: Any = nn.BatchNorm1d(3)
    images = torch.randn(20, 3) * 5 + 2
    with running_statistics_untouched(layer):
        out = layer(images)
    assert torch.allclose(out.mean(0), torch.zeros(3), atol=1e-5)
    assert not layer.running_mean.any()
    assert int(layer.num_batches_tracked) == 0
    layer(images)
    assert layer.running_mean.any()


def test_evaluating_restores_each_mode() -> None:
    network = nn.Sequential(nn.Dropout(), nn.Dropout())
    network[0].eval()
    with evaluating(network):
        assert not any(module.training for module in network.modules())
    assert [module.training for module in network] == [False, True]
