"""Every variant's contract; a new variant is a new row of `variant_rows.py`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn

from gan_cli import load
from gan_cli.data import Digits
from gan_cli.variants import AdversarialModule
from gan_cli.variants.base import PLAYERS
from tests.variant_rows import ROWS, VariantRow

Fit = Callable[..., AdversarialModule]


@pytest.fixture(params=ROWS, ids=lambda row: f"{row.variant.__name__}-{len(row.arguments)}")
def row(request: pytest.FixtureRequest) -> VariantRow:
    chosen: VariantRow = request.param
    return chosen


@pytest.fixture
def fit(row: VariantRow, quiet_trainer: Callable[..., Trainer]) -> Fit:
    def run(steps: int, resume: Path | None = None, trainer: dict[str, Any] | None = None, **arguments: Any) -> Any:
        torch.manual_seed(0)
        model = row.variant(**{**row.arguments, **arguments})
        data = Digits(image_size=16, batch_size=64)
        quiet_trainer(max_steps=steps, **(trainer or {})).fit(model, data, ckpt_path=resume)
        return model

    return run


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_pictures_have_the_promised_shape_and_range(row: VariantRow) -> None:
    model: Any = row.variant(**row.arguments).eval()
    images = model(torch.randn(3, model.latent_dim))
    assert images.shape == (3, row.arguments["image_channels"], 16, 16)
    assert float(images.detach().abs().max()) <= 1
    assert images.detach().std() > 0


def test_a_descent_moves_every_weight_of_its_player_and_none_of_the_others(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    descend = AdversarialModule._descend
    descents = []

    def watched(self: AdversarialModule, player: str, *rest: Any) -> None:
        before = {name: {k: v.detach().clone() for k, v in getattr(self, name).named_parameters()} for name in PLAYERS}
        descend(self, player, *rest)
        for name in PLAYERS:
            for key, parameter in getattr(self, name).named_parameters():
                assert torch.equal(parameter, before[name][key]) == (name != player), f"{player}: {name}.{key}"
                assert parameter.requires_grad, key
                assert parameter.grad is None, key
        descents.append(player)

    monkeypatch.setattr(AdversarialModule, "_descend", watched)
    fit(2)
    assert descents == ["discriminator", "generator"] * 2


def test_same_seed_same_weights(fit: Fit) -> None:
    assert same(state(fit(3)), state(fit(3)))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_losses_are_finite(fit: Fit, precision: str) -> None:
    model = fit(3, trainer={"precision": precision})
    assert all(value.isfinite().all() for value in state(model).values() if value.is_floating_point())
    model.raise_if_not_finite()


def test_resuming_counts_epochs_as_an_uninterrupted_run_does(fit: Fit, tmp_path: Path) -> None:
    whole = fit(-1, trainer={"max_epochs": 3})
    fit(-1, trainer={"max_epochs": 2})
    resumed = fit(-1, resume=tmp_path / "run" / "last.ckpt", trainer={"max_epochs": 3})
    assert whole.counters.batches == resumed.counters.batches == 66
    assert same(state(resumed), state(whole))


def test_checkpoint_gives_the_live_models_pictures(fit: Fit, tmp_path: Path) -> None:
    model: Any = fit(3)
    loaded = load(tmp_path / "run" / "last.ckpt")
    latents = torch.randn(4, model.latent_dim)
    for ema in (True, False):
        assert torch.equal(model.eval()(latents, ema=ema), loaded.model(latents, ema=ema))


@pytest.mark.parametrize("stop", [10, 22, 31])  # in the middle of an epoch of 22 batches, at its end, in the next one
def test_resuming_gives_the_weights_of_an_uninterrupted_run(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    whole = state(fit(40))
    fit(stop)
    torch.manual_seed(12345)  # nothing may depend on where the global state stands
    monkeypatch.setenv("PL_GLOBAL_SEED", "99")  # nor on the seed of the process that resumes
    resumed = fit(40, resume=tmp_path / "run" / "last.ckpt")
    assert resumed.counters.batches == 40
    assert resumed.seed == 0
    assert same(state(resumed), whole)
    monkeypatch.delenv("PL_GLOBAL_SEED")
