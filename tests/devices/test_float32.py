"""What is to be computed in true float32 is, on a device that would round it; and the process's flags are as before."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_cli.devices.float32 import Rounded, allow_tf32, rounded, true_float32
from gan_cli.objectives.penalties import gradient_penalty, lipschitz_penalty, slopes, zero_centred_penalty
from tests.ampere import on_ampere, to_tf32
from tests.conftest import quiet
from tests.variant_rows import ROWS, VariantRow

AS_TORCH_BEGINS = Rounded(products=False, convolutions=True, recurrent=True)


@pytest.fixture(autouse=True)
def _as_torch_begins() -> Iterator[None]:
    """PyTorch's own defaults, whatever was typed in other tests."""
    with true_float32():
        torch.backends.cudnn.allow_tf32 = True
        yield


def read_by_others() -> tuple[bool, bool, str]:
    """The older flags, which PyTorch refuses to read where the two sets contradict each other."""
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()


def test_tf32_is_off_within_a_block_and_as_before_after_it() -> None:
    with true_float32():
        assert rounded() == (False, False, False)
        assert read_by_others() == (False, False, "highest")
    assert rounded() == AS_TORCH_BEGINS
    assert read_by_others() == (False, True, "highest")


def test_tf32_is_as_before_after_an_error_too() -> None:
    with pytest.raises(KeyError), true_float32():
        raise KeyError
    assert rounded() == AS_TORCH_BEGINS


@pytest.mark.parametrize("allowed", [True, False])
def test_what_is_allowed_holds_for_whoever_asks(allowed: bool) -> None:
    allow_tf32(allowed)
    assert rounded() == (allowed, allowed, allowed)
    assert read_by_others() == (allowed, allowed, "high" if allowed else "highest")


def test_the_units_of_the_test_round_to_ten_bits() -> None:
    values = torch.tensor([1 + 2**-10, 1 + 2**-12, -(1 + 3 * 2**-12), 1e-30, 0.0])
    assert to_tf32(values)[:3].tolist() == [1 + 2**-10, 1.0, -(1 + 2**-10)]
    assert torch.allclose(to_tf32(values), values, rtol=2**-11)


def critic() -> nn.Module:
    """A critic whose slopes are above 1, so that each of the penalties has a gradient."""
    torch.manual_seed(0)
    head = nn.Linear(8 * 16, 1)
    nn.init.normal_(head.weight, std=10)
    body = nn.Conv2d(3, 8, 3, 2, 1), nn.Tanh(), nn.Conv2d(8, 8, 3, padding=1), nn.Softplus()
    return nn.Sequential(*body, nn.Flatten(), head, nn.Flatten(0))


def of_real_alone(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, shares: Tensor) -> Tensor:
    return zero_centred_penalty(slopes(critic, real)[1])


@pytest.mark.parametrize("penalty", [gradient_penalty, lipschitz_penalty, of_real_alone])
def test_a_penalty_and_its_gradient_are_not_rounded(penalty: Callable[..., Tensor]) -> None:
    network = critic()
    real, fake, shares = torch.rand(4, 3, 8, 8), torch.rand(4, 3, 8, 8), torch.rand(4)
    found = []
    for allowed in (False, True):
        network.zero_grad()
        with on_ampere(allowed) as computed:
            value = penalty(network, real, fake, shares)
            value.backward()
            assert rounded() == (allowed, allowed, allowed)
            assert "convolution_backward" in {operation.name for operation in computed}
            assert network(real).shape == (4,)
            assert computed[-1].rounded == allowed  # or this test would show nothing
        gradients = [weights.grad.clone() for weights in network.parameters() if weights.grad is not None]
        found.append([value.detach(), *gradients])
    assert found[0][0] > 1
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_backward_pass_without_a_penalty_is_as_it_was_allowed() -> None:
    with on_ampere() as computed:
        critic()(torch.rand(2, 3, 8, 8)).sum().backward()
    assert all(operation.rounded for operation in computed)


PENALISED = [row for row in ROWS if row.name in ("wgan-gp", "wgan-gp-supervised", "wgan-lp", "r3gan-dcgan", "stargan")]


@pytest.mark.parametrize("row", PENALISED, ids=lambda row: row.name)
def test_a_descent_with_a_penalty_goes_back_in_true_float32(
    row: VariantRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: Any = row.make(n_critic=1)
    passes: list[list[bool]] = []
    with on_ampere() as computed:
        go_back = model.manual_backward

        def watched(loss: Tensor) -> None:
            before = len(computed)
            go_back(loss)
            passes.append([operation.rounded for operation in computed[before:]])

        monkeypatch.setattr(model, "manual_backward", watched)
        data = row.data(image_size=row.image_size, batch_size=8)
        quiet(tmp_path, max_steps=2).fit(model, data)
    critics, generators = passes[::2], passes[1::2]
    assert [any(one) for one in critics] == [False, False]
    assert [all(one) for one in generators] == [True, True]
    assert min(map(len, passes)) > 4


def test_steps_of_penalties_alone_go_back_in_true_float32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = (row for row in ROWS if row.name == "stylegan2")
    model: Any = row.make()
    passes: dict[str, list[bool]] = {}
    with on_ampere() as computed:
        descend = model._descend

        def watched(step: str, *rest: Any) -> None:
            before = len(computed)
            descend(step, *rest)
            passes[step] = [operation.rounded for operation in computed[before:]]

        monkeypatch.setattr(model, "_descend", watched)
        quiet(tmp_path, max_steps=1).fit(model, row.data(image_size=row.image_size, batch_size=8))
    assert {step: any(rounded) for step, rounded in passes.items()} == {
        "discriminator": True,
        "discriminator.r1": False,
        "generator": True,
        "generator.path": False,
    }
    assert min(map(len, passes.values())) > 20
