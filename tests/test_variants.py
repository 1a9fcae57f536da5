"""Every variant's contract; a new variant is a new row of `variant_rows.py`."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn

from gan_cli import load, variants
from gan_cli.variants import AdversarialModule
from gan_cli.variants.translation import TranslationModule
from tests.toys import batch_for, passes_of
from tests.variant_rows import LATENT_ROWS, ROWS, VariantRow

Fit = Callable[..., Any]


@pytest.fixture(params=ROWS, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> VariantRow:
    chosen: VariantRow = request.param
    return chosen


@pytest.fixture
def fit(row: VariantRow, quiet_trainer: Callable[..., Trainer]) -> Fit:
    def run(steps: int, resume: Path | None = None, trainer: dict[str, Any] | None = None, **arguments: Any) -> Any:
        torch.manual_seed(0)
        model = row.make(**arguments)
        data = row.data(image_size=row.image_size, batch_size=16)
        quiet_trainer(max_steps=steps, **(trainer or {})).fit(model, data, ckpt_path=resume)
        return model

    return run


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_every_variant_has_a_row() -> None:
    assert {row.variant.__name__ for row in ROWS} == set(variants.__all__) - {"AdversarialModule"}


def test_pictures_have_the_promised_shape_and_range(row: VariantRow) -> None:
    model = row.make().eval()
    images = row.pictures(model, 3).detach()
    channels = model.channels(model.directions[-1])[1] if isinstance(model, TranslationModule) else 1
    assert images.shape == (3, channels, row.image_size, row.image_size)
    assert float(images.abs().max()) <= 1
    assert images.std() > 0
    assert not torch.equal(images[0], images[1])


def test_a_descent_moves_every_weight_of_its_player_and_none_of_the_others(
    fit: Fit, row: VariantRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    descend = AdversarialModule._descend
    descents: list[str] = []

    def watched(self: AdversarialModule, player: str, *rest: Any) -> None:
        before = {name: state(getattr(self, name)) for name in self.players}
        descend(self, player, *rest)
        if player == "generator":  # which moves nothing of the discriminator's but spectral normalisation's vectors
            for key, value in self.discriminator.state_dict().items():
                assert torch.equal(value, before["discriminator"][key]) or "parametrizations" in key, key
        for name in self.players:
            for key, parameter in getattr(self, name).named_parameters():
                rests = f"{name}.{key}".endswith(row.resting or "nothing")
                if name != player or not rests or player not in descents:
                    stays = name != player or rests
                    assert torch.equal(parameter, before[name][key]) == stays, f"{player}: {name}.{key}"
                assert parameter.requires_grad, key
                assert parameter.grad is None, key
        descents.append(player)

    monkeypatch.setattr(AdversarialModule, "_descend", watched)
    fit(2 * row.n_critic)
    assert descents == [*["discriminator"] * row.n_critic, "generator"] * 2


def test_same_seed_same_weights(fit: Fit, row: VariantRow) -> None:
    weights = state(fit(row.n_critic))
    assert all(value.isfinite().all() for value in weights.values() if value.is_floating_point())
    assert same(state(fit(row.n_critic)), weights)


def test_losses_are_finite_in_bfloat16(fit: Fit, row: VariantRow) -> None:
    model = fit(row.n_critic, trainer={"precision": "bf16-mixed"})
    assert all(value.isfinite().all() for value in state(model).values() if value.is_floating_point())
    model.raise_if_not_finite()


def test_checkpoint_gives_the_live_models_pictures(fit: Fit, row: VariantRow, tmp_path: Path) -> None:
    model = fit(row.n_critic)
    loaded = load(tmp_path / "run" / "last.ckpt")
    assert dict(loaded.model.hparams) == dict(model.hparams)
    for ema in (True, False):
        assert torch.equal(row.pictures(model.eval(), ema=ema), row.pictures(loaded.model, ema=ema))


def resume(fit: Fit, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The run that went on to its 12th batch, in another process as it were."""
    with monkeypatch.context() as elsewhere:
        torch.manual_seed(12345)  # nothing may depend on where the global state stands
        elsewhere.setenv("PL_GLOBAL_SEED", "99")  # nor on the seed of the process that resumes
        resumed = fit(12, resume=checkpoint)
    assert resumed.counters.batches == 12
    assert resumed.seed == 0
    return resumed


def test_resuming_gives_the_weights_of_an_uninterrupted_run(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the middle of an epoch of 10 batches, and between two steps of a generator that waits for five."""
    whole = state(fit(12, trainer={"checkpoint_every": 4}))
    assert same(state(resume(fit, tmp_path / "run" / "step-00000008.ckpt", monkeypatch)), whole)


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in ("dcgan", "wgan", "r3gan-dcgan")], indirect=True)
@pytest.mark.parametrize("stop", [4, 10, 11])  # in the middle of an epoch, at its end, in the next one
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    whole = state(fit(12))
    fit(stop)
    assert same(state(resume(fit, tmp_path / "run" / "last.ckpt", monkeypatch)), whole)


def test_held_out_images_are_measured_and_leave_no_trace(
    row: VariantRow, quiet_trainer: Callable[..., Trainer]
) -> None:
    model = row.make()
    before = state(model)
    data = row.data(image_size=row.image_size, batch_size=100)
    (results,) = quiet_trainer(limit_val_batches=1.0).validate(model, data, verbose=False)
    assert math.isfinite(results["logits/held_out"])
    assert ("metric/accuracy" in results) == row.tells_classes
    assert same(state(model), before)


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in ("dcgan", "wgan")], indirect=True)
def test_resuming_counts_epochs_as_an_uninterrupted_run_does(fit: Fit, tmp_path: Path) -> None:
    whole = fit(-1, trainer={"max_epochs": 3})
    fit(-1, trainer={"max_epochs": 2})
    resumed = fit(-1, resume=tmp_path / "run" / "last.ckpt", trainer={"max_epochs": 3})
    assert whole.counters.batches == resumed.counters.batches == 30
    assert same(state(resumed), state(whole))


@pytest.mark.parametrize("row", LATENT_ROWS, ids=lambda row: row.name, indirect=True)
def test_outputs_on_real_images_do_not_depend_on_the_generated_ones(
    row: VariantRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the passes of a descent: batch normalisation over both together would give the game away."""
    seen: list[tuple[Tensor, Tensor]] = []
    for generated in (torch.zeros(16, 1, 16, 16), torch.rand(16, 1, 16, 16) * 9):
        torch.manual_seed(0)
        model = row.make()
        batch = batch_for(model)
        monkeypatch.setattr(model, "fakes", lambda *_, images=generated: images)
        monkeypatch.setattr(model, "watch_outputs", lambda real, fake: seen.append((real, fake)))
        model.discriminator_losses(batch)
    (real, fake), (other_real, other_fake) = seen
    assert torch.equal(real, other_real)
    assert not torch.equal(fake, other_fake)


@pytest.mark.parametrize("row", LATENT_ROWS, ids=lambda row: row.name, indirect=True)
def test_a_multiple_of_the_batch_gives_the_generator_as_many_fakes(row: VariantRow) -> None:
    model = row.make(generator_batch_multiple=2)
    batch = batch_for(model)
    passes = passes_of(model.generator)
    model.discriminator_losses(batch)
    losses = model.generator_losses(batch)
    latents = [inputs for inputs, *_ in passes]
    assert [len(each) for each in latents] == [16, 32]
    assert len({tuple(latent.tolist()) for latent in torch.cat(latents)}) == 48  # no noise is used twice
    assert torch.stack(list(losses.values())).isfinite().all()
