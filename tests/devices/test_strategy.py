"""What processes hand to each other."""

from typing import Any

import pytest
import torch
from torch import Tensor, distributed, nn

from gan_cli.devices.strategy import average, of_all
from tests.apple import APPLE, on_apple


def test_what_lies_on_a_device_is_sent_from_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []

    def exchange(found: list[Any], mine: Any) -> None:
        sent.append(mine)
        found[:] = [mine, "the other's"]

    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    monkeypatch.setattr(distributed, "all_gather_object", exchange)
    with on_apple():
        mine = {"a": torch.ones(3).to(APPLE), "b": None, "c": [(2, torch.zeros(1).to(APPLE))]}
        assert of_all(mine) == [sent[0], "the other's"]
    assert type(sent[0]["a"]) is Tensor
    assert type(sent[0]["c"][0][1]) is Tensor
    assert sent[0]["a"].tolist() == [1, 1, 1]
    assert sent[0]["b"] is None


def test_a_process_of_its_own_has_what_it_has() -> None:
    assert of_all((1, ["x"])) == [(1, ["x"])]


def test_statistics_can_be_averaged_while_a_graph_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The discriminator steps, and all statistics are averaged, before the generator's graph is gone back through."""
    monkeypatch.setattr(distributed, "get_world_size", lambda: 1)
    monkeypatch.setattr(distributed, "all_reduce", lambda tensor: tensor.add_(1))
    norm = nn.BatchNorm1d(2)
    made = norm(torch.randn(4, 2))
    mean: Any = norm.running_mean
    before = mean.clone()
    average([mean])
    assert torch.allclose(mean, before + 1)
    made.square().sum().backward()
    assert norm.weight.grad is not None
