"""Any number of players, and whose turn it is: phases, several steps a batch, rests, losses of every fourth batch."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from gan_cli.batches import ImageBatch
from gan_cli.inference.checkpoints import load_model
from gan_cli.variants.base import Losses
from tests.toys import FewDigits, ToyDiscriminator, ToyGAN, passes_of

PHASE = 3
"""Batches that the GAN is trained for, before its encoder."""


class Trio(ToyGAN):
    """Two steps of the generator a batch; then an encoder is trained, from pictures back to their latents."""

    players = ("discriminator", "generator", "encoder")

    def __init__(self, encoder_lr: float = 1e-2, **further: Any) -> None:
        super().__init__(**{"ema_decay": 0.9, **further})
        self.learning_rates["encoder"] = encoder_lr
        self.encoder = nn.Linear(16 * 16, self.latent_dim)
        self.finish_players()

    def descending(self) -> Iterable[str]:
        return ("discriminator", "generator", "generator") if self.counters.batches < PHASE else ("encoder",)

    def encoder_losses(self, batch: ImageBatch) -> Losses:
        latents = self.noise("encoder", self.latent_dim)
        return {"latents": mse_loss(self.encoder(self.generator(latents, batch.labels).flatten(1)), latents)}


class Resting(ToyGAN):
    """Its discriminator rests on every second batch."""

    def discriminator_losses(self, batch: ImageBatch) -> Losses:
        return super().discriminator_losses(batch) if self.counters.batches % 2 == 0 else {}


class Note(Callback):
    """Notes after each batch Lightning's step, and what the model counts."""

    def __init__(self) -> None:
        self.notes: list[tuple[int, ...]] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        counted = pl_module.counters
        self.notes.append((trainer.global_step, counted.batches, counted.generator_steps, counted.critic_steps))


Fit = Callable[..., Any]


@pytest.fixture
def fit(quiet_trainer: Callable[..., Trainer]) -> Fit:
    def run(kind: type[ToyGAN], steps: int, resume: Path | None = None, **trainer: Any) -> Any:
        torch.manual_seed(0)
        model = kind()
        quiet_trainer(max_steps=steps, **trainer).fit(model, FewDigits(image_size=16, batch_size=16), ckpt_path=resume)
        return model

    return run


def test_a_step_is_one_batch_whoever_descends_and_how_often(fit: Fit) -> None:
    note = Note()
    fit(Trio, 5, callbacks=[note])
    assert note.notes == [(1, 1, 2, 0), (2, 2, 4, 0), (3, 3, 6, 0), (4, 4, 6, 0), (5, 5, 6, 0)]


def test_who_rests_makes_no_step(fit: Fit) -> None:
    note = Note()
    model = fit(Resting, 4, callbacks=[note])
    assert note.notes == [(1, 1, 1, 0), (2, 2, 2, 0), (3, 3, 3, 0), (4, 4, 4, 0)]
    steps = [
        {int(state["step"]) for state in optimizer.state.values()}
        for optimizer in model.optimizers(use_pl_optimizer=False)
    ]
    assert steps == [{2}, {4}]


class GeneratorFirst(ToyGAN):
    """Its generator steps before its discriminator, on every second batch."""

    def n_critic_now(self) -> int:
        return 2

    def descending(self) -> Iterable[str]:
        return reversed(tuple(super().descending()))


def test_a_generator_that_steps_first_waits_as_long(fit: Fit) -> None:
    note = Note()
    fit(GeneratorFirst, 6, callbacks=[note])
    assert [counted for *_, counted in note.notes] == [1, 0, 1, 0, 1, 0]
    assert [steps for _, _, steps, _ in note.notes] == [0, 1, 1, 2, 2, 3]


class PatientWith(Resting):
    """Waits for two steps that its discriminator has made."""

    def n_critic_now(self) -> int:
        return 2


def test_a_rest_is_no_step_that_a_generator_waits_for(fit: Fit) -> None:
    note = Note()
    fit(PatientWith, 6, callbacks=[note])
    assert [counted for *_, counted in note.notes] == [1, 0, 1, 0, 1, 0]


def test_each_player_moves_all_of_itself_and_nothing_else(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    descend, descents = Trio._descend, []

    def watched(self: Any, player: str, *rest: Any) -> None:
        before = {name: value.clone() for name, value in self.named_parameters()}
        descend(self, player, *rest)
        for name, value in self.named_parameters():
            moves = name.startswith((f"{player}.", "ema.") if player == "generator" else f"{player}.")
            assert torch.equal(value, before[name]) != moves, f"{player}: {name}"
        descents.append(player)

    monkeypatch.setattr(Trio, "_descend", watched)
    fit(Trio, PHASE + 1)
    assert descents == [*["discriminator", "generator", "generator"] * PHASE, "encoder"]


def test_a_second_step_on_a_batch_sees_other_noise(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Tensor] = []
    noise = Trio.noise

    def noted(*args: Any, **named: Any) -> Tensor:
        drawn.append(noise(*args, **named))
        return drawn[-1]

    monkeypatch.setattr(Trio, "noise", noted)
    fit(Trio, 2)
    assert len({tuple(each.flatten().tolist()) for each in drawn}) == len(drawn) == 6


@pytest.mark.parametrize("stop", [2, 4])  # in the middle of either phase
def test_resuming_goes_on_with_all_players(fit: Fit, tmp_path: Path, stop: int) -> None:
    whole = fit(Trio, 6).state_dict()
    fit(Trio, stop)
    resumed = fit(Trio, 6, resume=tmp_path / "run" / "last.ckpt")
    assert all(torch.equal(value, whole[name]) for name, value in resumed.state_dict().items())
    loaded = load_model(tmp_path / "run" / "last.ckpt", __name__)
    assert torch.equal(loaded.state_dict()["encoder.weight"], whole["encoder.weight"])
    assert loaded.learning_rates["encoder"] == 1e-2


class Lazy(ToyGAN):
    """A term on every fourth batch, and one on each; both tell the batch's number."""

    def generator_losses(self, batch: ImageBatch) -> Losses:
        losses = super().generator_losses(batch)
        number = losses["adversarial"] * 0 + self.counters.batches
        return {**losses, "often": number, **({} if self.counters.batches % 4 else {"lazy": number})}


def test_a_term_of_every_fourth_batch_is_logged_as_its_mean_since_the_last_log(fit: Fit, tmp_path: Path) -> None:
    fit(Lazy, 12, log_every_n_steps=3)
    with (tmp_path / "run" / "metrics.csv").open() as file:
        rows = {row["step"]: row for row in csv.DictReader(file)}
    told = {step: (row["loss/generator/often"], row["loss/generator/lazy"]) for step, row in rows.items()}
    assert told == {"3": ("1.0", "0.0"), "6": ("4.0", "4.0"), "9": ("7.0", "8.0"), "12": ("10.0", "")}


class Deviating(ToyDiscriminator):
    """A discriminator that is told how far the images of its batch differ (Karras et al. 2018, arXiv:1710.10196)."""

    mixes_batch = True

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) + images.std(0).mean()


def test_a_discriminator_that_says_it_mixes_the_batch_sees_real_and_fake_apart(fit: Fit) -> None:
    class ByDeviation(ToyGAN):
        def __init__(self) -> None:
            super().__init__()
            self.discriminator = Deviating(16)

    model = ByDeviation()
    passes = passes_of(model.discriminator)
    real = torch.randn(8, 1, 16, 16)
    logits, _ = model.judge(real, torch.randn(8, 1, 16, 16) * 9)
    assert [len(images) for images, _ in passes] == [8, 8]
    assert torch.equal(logits, model.discriminator(real))
    assert len(fit(ByDeviation, 2).optimizers()) == 2


class Guessing(ToyGAN):
    """Measures with noise of its own."""

    def held_out_measures(self, batch: ImageBatch) -> Losses:
        drawn = self.noise("guesses", 3, self.latent_dim)
        assert drawn.shape == (len(batch.images), 3, self.latent_dim)
        return {"spread": drawn.std()}


def test_measures_on_held_out_things_have_noise_of_their_own(quiet_trainer: Callable[..., Trainer]) -> None:
    model, data = Guessing(), FewDigits(image_size=16, batch_size=100)  # of 160: the last batch is smaller
    ((first,), (second,)) = (
        quiet_trainer(limit_val_batches=1.0).validate(model, data, verbose=False) for _ in range(2)
    )
    assert first["metric/spread"] == second["metric/spread"] == pytest.approx(1, abs=0.1)
    with pytest.raises(RuntimeError, match="noise belongs to a batch, and none is at hand"):
        model.noise("guesses", 3)
