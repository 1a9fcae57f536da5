"""What all descents on a batch share: made part by part, so that no two parts hold their graphs at one time."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.utils.parametrizations import spectral_norm

from gan_cli.variants.descents import frozen
from gan_cli.variants.replay import made_twice
from tests.conftest import quiet
from tests.two_processes import in_double
from tests.variant_rows import TRANSLATOR_ROWS, VariantRow

UNMIXED: dict[str, dict[str, Any]] = {
    "cyclegan": {"pool_size": 0},
    "pix2pix": {"dropout": 0.0, "lambda_adversarial": 0.0},
}
"""What makes a translator's step the same however its batch is cut; pix2pix's discriminator normalises each part."""


def stateful() -> nn.Module:
    """A network that draws numbers, takes statistics over its batch, and moves its buffers with every pass."""
    torch.manual_seed(0)
    return nn.Sequential(spectral_norm(nn.Linear(4, 8)), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))


def learned(network: nn.Module, made: Callable[[nn.Module, Tensor], Tensor]) -> dict[str, Tensor]:
    """Gradients and buffers after a backward pass that begins when the network has moved on."""
    torch.manual_seed(1)
    inputs = torch.randn(6, 4)
    outputs = made(network, inputs)
    with torch.no_grad():
        network(inputs)
    torch.rand(3)
    outputs.square().sum().backward()
    after = {name: buffer.clone() for name, buffer in network.named_buffers()}
    return {**{name: weights.grad for name, weights in network.named_parameters() if weights.grad is not None}, **after}


def test_what_is_made_twice_is_the_same_to_the_bit_and_leaves_no_trace() -> None:
    network = stateful()
    once = learned(deepcopy(network), lambda module, inputs: module(inputs))
    twice = learned(network, lambda module, inputs: made_twice(module, inputs, module))
    assert once.keys() == twice.keys()
    assert all(torch.equal(once[name], twice[name]) for name in once)


def test_weights_that_are_frozen_meanwhile_get_no_gradient() -> None:
    pair = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
    outputs = made_twice(lambda inputs: pair[1](pair[0](inputs)), torch.randn(2, 4), pair)
    with frozen(pair[1].parameters()):
        outputs.sum().backward()
    assert pair[0].weight.grad is not None
    assert pair[1].weight.grad is None
    assert pair[1].weight.requires_grad


@pytest.fixture(
    params=[
        row for row in TRANSLATOR_ROWS if row.name in ("cut", "cyclegan", "fastcut", "pix2pix", "stargan", "stargan-v2")
    ]
)
def row(request: pytest.FixtureRequest) -> VariantRow:
    chosen: VariantRow = request.param
    return chosen


def fit(model: Any, row: VariantRow, folder: Path, batch_size: int, precision: Any = "32-true") -> None:
    data = (in_double(row.data) if precision == "64-true" else row.data)(
        image_size=row.image_size, batch_size=batch_size
    )
    quiet(folder, max_steps=row.n_critic, precision=precision).fit(model, data)


def most_held(row: VariantRow, folder: Path, batch_size: int, accumulate: int) -> int:
    """The most bytes of the layers' outputs that are there together in the steps of a round."""
    model, held, most = row.make(accumulate=accumulate), dict[StorageWeakRef, int](), [0]

    def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
        storage = output.untyped_storage()
        held[StorageWeakRef(storage)] = storage.nbytes()
        for reference in [reference for reference in held if reference.expired()]:
            del held[reference]
        most[0] = max(most[0], sum(held.values()))

    for layer in model.modules():
        if not list(layer.children()):
            layer.register_forward_hook(note)
    fit(model, row, folder, batch_size)
    return most[0]


def test_one_parts_graphs_are_held_at_a_time(row: VariantRow, tmp_path: Path) -> None:
    whole, parts = (most_held(row, tmp_path, 8, accumulate) for accumulate in (1, 8))
    assert parts < 0.3 * whole  # and not an eighth, because the images made of the other parts wait too


def test_parts_learn_what_the_whole_batch_does(row: VariantRow, tmp_path: Path) -> None:
    trained = []
    for accumulate in (1, 3):
        torch.manual_seed(0)
        model = row.make(**UNMIXED.get(row.name, {}), accumulate=accumulate)
        model._targets = lambda labels: labels  # StarGAN's mixes the labels of each part
        fit(model, row, tmp_path, 8, precision="64-true")
        trained.append(model.state_dict())
    assert all(torch.allclose(value, trained[1][name], atol=1e-6) for name, value in trained[0].items())
