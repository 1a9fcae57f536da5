from functools import partial

import pytest
import torch
from torch import Tensor, nn

from gan_cli.networks import compilation


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layers(inputs)  # type: ignore[no-any-return]


def test_networks_that_were_compiled_frozen_are_compiled_anew_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to PyTorch 2.11 they were not, and had no gradient."""
    compiled = []

    def backend(module: torch.fx.GraphModule, _: object) -> torch.fx.GraphModule:
        compiled.append(module)
        return module

    monkeypatch.setattr(compilation, "_check_compiler", lambda: None)
    network, inputs = Nested(), torch.randn(3, 2)
    monkeypatch.setattr(network, "compile", partial(network.compile, backend=backend))
    compilation.compile_in_place(network)
    for frozen in (True, False, True, False):
        network.requires_grad_(not frozen)
        network(inputs)
    assert len(compiled) == 2
