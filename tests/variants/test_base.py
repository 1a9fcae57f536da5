import math
from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor, nn

from gan_cli.batches import ImageBatch
from gan_cli.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from gan_cli.data import Digits
from gan_cli.errors import RunFailed, UserError
from gan_cli.variants import DCGAN
from tests.toys import ToyGAN


class Recorder(Callback):
    """Notes things after each batch."""

    def __init__(self, note: Callable[[Trainer, Any], Any]) -> None:
        self.note = note
        self.notes: list[Any] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        self.notes.append(self.note(trainer, pl_module))


@pytest.fixture
def toy(quiet_trainer: Callable[..., Trainer]) -> Callable[..., ToyGAN]:
    def train(steps: int = 3, batch_size: int = 16, trainer: dict[str, Any] | None = None, **arguments: Any) -> ToyGAN:
        torch.manual_seed(0)
        model = ToyGAN(**arguments)
        quiet_trainer(max_steps=steps, **(trainer or {})).fit(model, Digits(image_size=16, batch_size=batch_size))
        return model

    return train


def weights(network: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


@pytest.mark.parametrize("n_critic", [1, 2, 5])
def test_a_step_is_one_batch_whatever_n_critic(toy: Callable[..., ToyGAN], n_critic: int) -> None:
    """Guards the private hooks of Lightning that step counting stands on."""
    steps = Recorder(lambda trainer, model: (trainer.global_step, model.counters.batches))
    model = toy(steps=7, n_critic=n_critic, trainer={"callbacks": [steps]})
    assert steps.notes == [(k, k) for k in range(1, 8)]
    assert model.counters.generator_steps == 7 // n_critic
    assert model.counters.images == 7 * 16


def test_generator_steps_on_every_nth_batch_only(toy: Callable[..., ToyGAN]) -> None:
    seen = Recorder(lambda _, model: weights(model.generator)[0].sum().item())
    toy(steps=6, n_critic=3, trainer={"callbacks": [seen]})
    changed = [before != after for before, after in zip(seen.notes[:-1], seen.notes[1:], strict=True)]
    assert changed == [False, True, False, False, True]


def test_each_player_has_its_own_learning_rate_and_decays_by_generator_steps(
    toy: Callable[..., ToyGAN], capsys: pytest.CaptureFixture[str]
) -> None:
    rates = Recorder(lambda trainer, _: [optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers])
    model = toy(
        steps=10,
        n_critic=2,
        discriminator_lr=4.0,
        generator_lr=1.0,
        lr_decay_start=1,
        lr_decay_end=3,
        trainer={"callbacks": [rates], "min_steps": 9},
    )
    factors = [1, 1, 1, 1, 0.5, 0.5, 0]  # generator steps done before the batch: 0 0 1 1 2 2 3
    assert rates.notes == [[4 * factor, factor] for factor in factors]
    said = "the run ends after step 6: every learning rate has fallen to 0\n"  # it does not go on for nothing
    assert (model.counters.batches, capsys.readouterr().out) == (6, said)


class Patient(ToyGAN):
    """Waits for three steps of its discriminator before the first two of its generator."""

    def n_critic_now(self) -> int:
        return 3 if self.counters.generator_steps < 2 else 1


def test_a_variant_may_say_how_many_steps_its_generator_waits_for(quiet_trainer: Callable[..., Trainer]) -> None:
    steps = Recorder(lambda _, model: model.counters.generator_steps)
    trainer = quiet_trainer(max_steps=9, callbacks=[steps])
    trainer.fit(Patient(), Digits(image_size=16, batch_size=16))
    assert steps.notes == [0, 0, 1, 1, 1, 2, 3, 4, 5]


class ToyWithSGD(ToyGAN):
    """Its weights move by exactly the gradient."""

    def make_optimizer(self, player: str) -> torch.optim.Optimizer:
        return torch.optim.SGD(getattr(self, player).parameters(), lr=1.0)


def moved(player: str, fit: Callable[[ToyGAN], None], model: ToyGAN) -> float:
    before = nn.utils.parameters_to_vector(getattr(model, player).parameters()).detach().clone()
    fit(model)
    return float((nn.utils.parameters_to_vector(getattr(model, player).parameters()).detach() - before).norm())


@pytest.mark.parametrize("clipped", ["discriminator", "generator"])
def test_clipping_is_per_player(quiet_trainer: Callable[..., Trainer], clipped: str) -> None:
    def fit(model: ToyGAN) -> None:
        quiet_trainer(max_steps=1).fit(model, Digits(image_size=16, batch_size=16))

    for player in ("discriminator", "generator"):
        model = ToyWithSGD(**cast(Any, {f"{clipped}_clip_norm": 1e-3}))
        if player == clipped:
            assert moved(player, fit, model) == pytest.approx(1e-3, rel=1e-2)
        else:
            assert moved(player, fit, model) > 1e-2


@pytest.mark.parametrize("accumulate", [2, 3, 16])
def test_accumulation_equals_one_pass_over_the_batch(toy: Callable[..., ToyGAN], accumulate: int) -> None:
    precise = {"precision": "64-true"}
    whole, parts = toy(trainer=precise), toy(accumulate=accumulate, trainer=precise)
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


class Labelled(nn.Module):
    """A discriminator that takes labels, with or without batch normalisation."""

    def __init__(self, mixes: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1) if mixes else nn.Identity()

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        scores: Tensor = self.norm(images).mean(dim=(1, 2, 3)) * 100 + labels
        return scores


@pytest.mark.parametrize("mixes", [True, False])
def test_labels_go_with_their_images(mixes: bool) -> None:
    model = ToyGAN()
    model.discriminator = Labelled(mixes)
    real, fake = torch.randn(4, 1, 2, 2), torch.randn(3, 1, 2, 2) * 5 + 2
    seen = [(real, torch.arange(4)), (fake, torch.arange(3)), (real, torch.tensor([9, 8, 7, 6]))]
    outputs = model.judge(*seen)
    assert [len(output) for output in outputs] == [4, 3, 4]
    for output, inputs in zip(outputs, seen, strict=True):
        assert torch.allclose(output, Labelled(mixes)(*inputs), atol=1e-4)


def test_a_discriminator_that_mixes_nothing_sees_one_pass_and_batch_norm_two() -> None:
    sizes: list[int] = []
    toy, dcgan = ToyGAN(), DCGAN(image_size=16, image_channels=1, base_channels=4)
    for model in (toy, dcgan):
        model.discriminator.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
        model.judge(torch.randn(4, 1, 16, 16), torch.randn(4, 1, 16, 16))
    assert sizes == [8, 4, 4]


def test_logits_of_real_images_do_not_depend_on_the_fakes() -> None:
    model = DCGAN(image_size=16, image_channels=1, base_channels=4)
    real = torch.randn(8, 1, 16, 16)
    one, _ = model.judge(real, torch.randn(8, 1, 16, 16))
    other, _ = model.judge(real, torch.randn(8, 1, 16, 16) * 100)
    assert torch.equal(one, other)


def test_only_real_images_move_the_running_statistics() -> None:
    model = DCGAN(image_size=16, image_channels=1, base_channels=4)
    real = torch.randn(8, 1, 16, 16)
    model.judge(real, torch.randn(8, 1, 16, 16) * 100)
    model.judge_fake(torch.randn(8, 1, 16, 16) * 100)
    moved = {name: buffer.clone() for name, buffer in model.discriminator.named_buffers()}
    alone = DCGAN(image_size=16, image_channels=1, base_channels=4)
    alone.discriminator.load_state_dict(
        {name: value for name, value in model.discriminator.state_dict().items() if name not in moved}, strict=False
    )
    alone.discriminator(real)
    for name, buffer in alone.discriminator.named_buffers():
        assert torch.allclose(buffer, moved[name]), name


def test_held_out_images_leave_no_trace_in_the_discriminator(trained: Callable[..., DCGAN]) -> None:
    model = trained(steps=1)
    before = {name: value.clone() for name, value in model.discriminator.state_dict().items()}
    data = Digits(image_size=16, batch_size=60)
    results = Trainer(accelerator="cpu", logger=False, enable_progress_bar=False).validate(model, data, verbose=False)
    assert math.isfinite(results[0]["logits/held_out"])
    assert all(torch.equal(value, before[name]) for name, value in model.discriminator.state_dict().items())


class Measuring(ToyGAN):
    """Measures how bright the held-out images are, and in which mode its discriminator is."""

    def held_out_measures(self, batch: Any) -> dict[str, Tensor]:
        assert not self.discriminator.training
        return {"brightness": batch.real.mean()}


def test_measures_on_held_out_images_are_averaged_over_all_of_them() -> None:
    data = Digits(image_size=16, batch_size=100)  # of 360
    trainer = Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False)
    (results,) = trainer.validate(Measuring(), data, verbose=False)
    assert data.held_out_set is not None
    whole = data.on_device(data.held_out_set[torch.arange(len(data.held_out_set))]).real.mean().item()
    assert results["metric/brightness"] == pytest.approx(whole, abs=1e-6)


def test_held_out_images_are_augmented_the_same_again(trained: Callable[..., DCGAN]) -> None:
    model = trained(steps=1, augment=("translation", "cutout"))
    trainer = Trainer(accelerator="cpu", logger=False, enable_progress_bar=False)
    one, other = (trainer.validate(model, Digits(image_size=16), verbose=False)[0] for _ in range(2))
    assert one == other


def test_norms_under_a_loss_scaler_are_those_of_the_unscaled_gradients(
    trained: Callable[..., DCGAN], tmp_path: Any
) -> None:
    """Clipping sees the gradients that the log sees. The plugin is given because Lightning has no 16-mixed on a CPU."""
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    plugin = MixedPrecision("16-mixed", "cpu", scaler)
    trained(steps=1, trainer={"plugins": [AtomicCheckpointIO(), plugin]})
    header, row = (line.split(",") for line in (tmp_path / "run" / "metrics.csv").read_text().splitlines())
    scaled = {name: float(value) for name, value in zip(header, row, strict=True) if name.startswith("gradient_norm")}
    (tmp_path / "run" / "metrics.csv").unlink()
    trained(steps=1)
    header, row = (line.split(",") for line in (tmp_path / "run" / "metrics.csv").read_text().splitlines())
    plain = {name: float(value) for name, value in zip(header, row, strict=True) if name.startswith("gradient_norm")}
    assert scaled == {name: pytest.approx(value, rel=0.1) for name, value in plain.items()}


def test_ema_follows_generator_steps_and_makes_the_samples(trained: Callable[..., DCGAN]) -> None:
    model = trained(steps=4, n_critic=2, ema_decay=0.5)
    assert model.ema is not None
    latents = torch.randn(2, 8)
    model.eval()
    assert torch.equal(model(latents), model.ema(latents))
    assert torch.equal(model(latents, ema=False), model.generator(latents))
    assert not torch.equal(model(latents), model(latents, ema=False))
    plain = trained(steps=4, n_critic=2, ema_decay=0.0)
    assert plain.ema is None
    for with_ema, without in zip(weights(model.generator), weights(plain.generator), strict=True):
        assert torch.equal(with_ema, without)  # watching does not change training


def test_the_average_forgets_the_start_early_and_uses_the_decay_late() -> None:
    model = ToyGAN(ema_decay=0.9)
    weights_of = {}
    for steps in (1, 10, 10**6):
        model.counters.generator_steps = steps
        weights_of[steps] = model.average_weight()
    assert weights_of == {1: pytest.approx(2 / 11), 10: pytest.approx(11 / 20), 10**6: 0.9}


def test_the_average_is_taken_after_the_generators_step(toy: Callable[..., ToyGAN]) -> None:
    torch.manual_seed(0)
    start = ToyGAN().generator
    model = toy(steps=1, ema_decay=0.9)
    assert model.ema is not None
    for averaged, before, after in zip(*map(weights, (model.ema, start, model.generator)), strict=True):
        assert torch.allclose(averaged, 2 / 11 * before + 9 / 11 * after, atol=1e-6)


def test_the_log_holds_the_diagnostics(trained: Callable[..., DCGAN], tmp_path: Any) -> None:
    trained(steps=4, trainer={"log_every_n_steps": 2, "limit_val_batches": 1, "val_check_interval": 2})
    header, *rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    names = header.split(",")
    for name in (
        *("loss/discriminator/adversarial", "loss/generator/adversarial", "logits/real", "logits/fake"),
        *("logits/held_out", "gradient_norm/discriminator", "gradient_norm/generator", "kimg", "generator_steps"),
    ):
        values = [row.split(",")[names.index(name)] for row in rows]
        assert [value for value in values if value], name
    steps = {int(row.split(",")[names.index("step")]) for row in rows}
    assert steps == {2, 4}


class Solid(ToyGAN):
    """Its networks have convolutions in three directions beside those in two."""

    def __init__(self, channels_last: bool) -> None:
        super().__init__(channels_last=channels_last)
        self.generator = nn.ModuleList([nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4), nn.Conv2d(2, 4, 3), nn.Linear(3, 3)])
        self.finish_players()


def test_networks_of_solids_are_laid_out_too() -> None:
    """torch's own `Module.to` takes channels_last for images alone."""
    solid, _, flat, _ = cast(Any, Solid(channels_last=True).generator)
    assert solid.weight.is_contiguous(memory_format=torch.channels_last_3d)
    assert flat.weight.is_contiguous(memory_format=torch.channels_last)
    assert all(parameter.is_contiguous() for parameter in Solid(channels_last=False).parameters())


class Poisoned(ToyGAN):
    """Its discriminator's loss is not a number from the third batch on."""

    def discriminator_losses(self, batch: ImageBatch) -> dict[str, Tensor]:
        losses = super().discriminator_losses(batch)
        return {name: value * (math.nan if self.counters.batches >= 2 else 1) for name, value in losses.items()}


def test_a_loss_that_is_not_finite_ends_the_run_and_names_the_step(
    quiet_trainer: Callable[..., Trainer], tmp_path: Any
) -> None:
    trainer = quiet_trainer(max_steps=50, log_every_n_steps=5, checkpoint_every=2)
    with pytest.raises(RunFailed, match="discriminator's loss was not finite at step 3"):
        trainer.fit(Poisoned(), Digits(image_size=16, batch_size=16))
    saved = sorted(path.name for path in (tmp_path / "run").glob("*.ckpt"))
    assert saved == ["last.ckpt", "step-00000002.ckpt"]
    state = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)["state_dict"]
    assert all(tensor.isfinite().all() for tensor in state.values() if tensor.is_floating_point())


def test_weights_that_are_not_finite_are_never_saved(quiet_trainer: Callable[..., Trainer], tmp_path: Any) -> None:
    model: Any = ToyGAN()
    trainer = quiet_trainer(max_steps=1)
    trainer.fit(model, Digits(image_size=16, batch_size=16))
    with torch.no_grad():
        model.generator.layer.weight[0, 0] = math.inf
    with pytest.raises(RunFailed, match="a weight is no longer finite after step 1; nothing was saved"):
        trainer.save_checkpoint(tmp_path / "bad.ckpt")
    assert not (tmp_path / "bad.ckpt").exists()


def test_noise_is_a_function_of_the_seed_and_the_batch(toy: Callable[..., ToyGAN], monkeypatch: Any) -> None:
    drawn: list[list[Tensor]] = []
    noise = ToyGAN.noise

    def noted(self: ToyGAN, *args: Any, **kwargs: Any) -> Tensor:
        drawn[-1].append(noise(self, *args, **kwargs))
        return drawn[-1][-1]

    monkeypatch.setattr(ToyGAN, "noise", noted)
    for seed in ("0", "0", "1"):
        monkeypatch.setenv("PL_GLOBAL_SEED", seed)
        drawn.append([])
        toy(steps=2)
        monkeypatch.delenv("PL_GLOBAL_SEED")
    first, same, other = drawn
    assert len(first) == 4  # two players, two batches
    assert all(torch.equal(a, b) for a, b in zip(first, same, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    assert len({tuple(numbers.flatten().tolist()) for numbers in first}) == 4


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("generator_lr", 0.0),
        ("discriminator_lr", -1.0),
        ("n_critic", 0),
        ("ema_decay", 1.0),
        ("generator_clip_norm", -1.0),
        ("accumulate", 0),
        ("lr_decay_end", -1),
    ],
)
def test_values_out_of_range_are_refused(argument: str, value: float) -> None:
    with pytest.raises(UserError, match=f"model.{argument}: {value} is not possible; take a "):
        ToyGAN(**cast(Any, {argument: value}))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"constant_epochs": 100}, "decay_epochs: 0 is not possible; take a value above 0 for constant_epochs"),
        (
            {"lr_decay_end": 9, "decay_epochs": 1},
            "lr_decay_end: 9 is not possible; take a value of 0: the learning rates",
        ),
    ],
)
def test_a_decay_by_passes_ends_and_is_the_only_one(arguments: dict[str, int], said: str) -> None:
    with pytest.raises(UserError, match=f"model.{said}"):
        ToyGAN(**cast(Any, arguments))


def test_a_decay_that_never_ends_is_refused() -> None:
    with pytest.raises(UserError, match=r"model.lr_decay_end: 0 is not possible; take a value above lr_decay_start"):
        ToyGAN(lr_decay_start=100)
