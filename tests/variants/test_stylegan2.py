"""What is StyleGAN2's own: lazy steps and what they are made up for by, penalties, frozen layers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn

from gan_cli import load
from gan_cli.errors import UserError
from gan_cli.objectives.penalties import slopes
from gan_cli.variants import StyleGAN2
from tests.conftest import quiet
from tests.toys import FewDigits, batch_for
from tests.variant_rows import STYLED

SMALLEST: dict[str, Any] = {**STYLED, "image_size": 8, "channel_base": 16, "channel_max": 4}


class Steps(Callback):
    """Notes the steps of each batch, and Adam's numbers at its end."""

    def __init__(self) -> None:
        self.steps: list[list[str]] = []
        self.rates: list[list[float]] = []

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        descend = pl_module._descend

        def noted(step: str, *rest: Any) -> Any:
            self.steps[-1].append(step)
            return descend(step, *rest)

        pl_module._descend = noted

    def on_train_batch_start(self, *_: Any) -> None:
        self.steps.append([])

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        groups = [optimizer.param_groups[0] for optimizer in trainer.optimizers]
        self.rates.append([number for group in groups for number in (group["lr"], *group["betas"])])


def fit(folder: Path, batches: int, resume: Path | None = None, **arguments: Any) -> tuple[Any, Trainer, Steps]:
    torch.manual_seed(0)
    model, steps = StyleGAN2(**{**SMALLEST, "image_size": 16, **arguments}), Steps()
    trainer = quiet(folder, checkpoint_every=2, max_steps=batches, callbacks=[steps])
    trainer.fit(model, FewDigits(image_size=16, batch_size=16), ckpt_path=resume)
    return model, trainer, steps


def test_penalties_have_steps_of_their_own_and_rates_make_up_for_them(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"r1_interval": 4, "path_interval": 2, "n_critic": 2, "lr_decay_end": 8}
    model, _, steps = fit(tmp_path, 8, **arguments, generator_lr=3e-3)
    d, g = "discriminator", "generator"
    expected = [[d, f"{d}.r1"], [d, g, f"{g}.path"], [d], [d, g], [d, f"{d}.r1"], [d, g, f"{g}.path"], [d], [d, g]]
    assert steps.steps == expected
    assert (model.counters.generator_steps, model.mean_path.item() > 0) == (4, True)
    for batch, rates in enumerate(steps.rates):
        left = 1 - batch // 2 / 8
        of_d, of_g = 4 / 5, 2 / 3
        assert rates == pytest.approx([2e-3 * of_d * left, 0, 0.99**of_d, 3e-3 * of_g * left, 0, 0.99**of_g])


def test_the_rates_of_the_later_settings_are_the_authors() -> None:
    model: Any = StyleGAN2(**{**SMALLEST, "r1_interval": 16, "path_interval": 4}, generator_lr=2.5e-3, lambda_path=0)
    model.trainer = Trainer(accelerator="cpu", logger=False)
    group = model.make_optimizer("generator").param_groups[0]
    assert (group["lr"], *group["betas"]) == pytest.approx((0.002, 0, 0.99199), rel=1e-5)
    model.learning_rates["discriminator"] = 2.5e-3
    group = model.make_optimizer("discriminator").param_groups[0]
    assert (group["lr"], *group["betas"]) == pytest.approx((0.002353, 0, 0.990586), rel=1e-3)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [(0, 0.0), (8_000, 0.5 ** (16 / 400)), (10**7, 0.5 ** (16 / 1_000))],
    ids=["at first", "on the ramp", "later"],
)
def test_the_average_has_a_half_life_that_rises(shown: int, expected: float) -> None:
    model = StyleGAN2(**SMALLEST, ema_half_life_kimg=1, ema_ramp=0.05)
    batch_for(model)
    model.counters.images = shown
    assert model.average_weight() == pytest.approx(expected)


def augmenting(**arguments: Any) -> tuple[Any, Tensor, list[Tensor]]:
    """A model in float64 that augments most images, with a batch of 8x8 pixels."""
    torch.manual_seed(0)
    model: Any = StyleGAN2(**{**SMALLEST, "num_classes": 3}, ada_target=0.6, **arguments).double()
    batch_for(model, 4)
    model.ada.probability.fill_(0.8)
    return model, torch.rand(4, 1, 8, 8, dtype=torch.float64) * 2 - 1, [torch.tensor([0, 1, 2, 0])]


def test_the_slope_is_at_the_images_before_they_are_augmented() -> None:
    model, images, labels = augmenting()

    def critic(images: Tensor) -> Tensor:
        logits: Tensor = model.discriminator(model.presented(images), *labels)
        return logits

    _, lengths = slopes(critic, images)
    leaf = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(leaf).sum(), leaf)
    assert torch.allclose(lengths, gradient.flatten(1).norm(dim=1))
    for direction in (torch.randn_like(images), *torch.eye(4, dtype=torch.float64).view(4, 4, 1, 1, 1)):
        with torch.no_grad():
            up, down = (critic(images + step * direction).sum() for step in (1e-6, -1e-6))
        assert (gradient * direction).sum().item() == pytest.approx(((up - down) / 2e-6).item(), rel=1e-5)


def test_the_penalty_has_the_gradient_of_its_differences() -> None:
    model, images, (labels,) = augmenting(r1_gamma=10.0)
    batch = batch_for(model, 4)._replace(images=images, labels=labels)
    (loss,) = model.discriminator_r1_losses(batch).values()
    loss.backward()
    weights = [weight for weight in model.discriminator.parameters() if weight.grad is not None]
    directions = [torch.randn_like(weight) for weight in weights]
    slope = sum((weight.grad * direction).sum() for weight, direction in zip(weights, directions, strict=True))
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            for weight, direction in zip(weights, directions, strict=True):
                weight.add_(direction, alpha=sign * 1e-6 * (1 if sign == 1 else 2))
        values.append(sum(model.discriminator_r1_losses(batch).values()).item())
    assert slope.item() == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5)
    assert len(weights) > 10


def test_the_penalty_is_half_gamma_times_the_interval() -> None:
    class Plane(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return 3 * images.flatten(1).sum(1)

    model: Any = StyleGAN2(**{**SMALLEST, "r1_interval": 16}, r1_gamma=10)
    batch = batch_for(model)
    model.discriminator = Plane()
    assert model.discriminator_r1_losses(batch)["r1"].item() == pytest.approx(10 / 2 * 16 * 9 * 16 * 16)


def test_path_lengths_are_drawn_to_a_mean_that_has_moved_first(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = StyleGAN2(**{**SMALLEST, "image_size": 16}, lambda_path=2)
    batch = batch_for(model)
    model.mean_path.fill_(10)
    lengths = torch.tensor([2.0, 4.0], requires_grad=True)
    monkeypatch.setattr("gan_cli.variants.stylegan2.path_lengths", lambda *_: lengths)
    loss = model.generator_path_losses(batch)["path"]
    mean = 0.99 * 10 + 0.01 * 3
    assert model.mean_path.item() == pytest.approx(mean)
    assert loss.item() == pytest.approx(2 * 2 * ((2 - mean) ** 2 + (4 - mean) ** 2) / 2)
    loss.backward()  # the latest lengths' part in the mean has a gradient
    each = [2 * (2 - mean), 2 * (4 - mean)]
    of_mean = sum(each) * 0.01 / 2
    assert lengths.grad is not None
    assert lengths.grad.tolist() == pytest.approx([4 / 2 * (one - of_mean) for one in each])


def test_styles_are_mixed_from_some_layer_on_and_the_mean_follows() -> None:
    model: Any = StyleGAN2(**SMALLEST, style_mixing=1.0)
    batch_for(model)
    styles = model.training_styles("generator")
    assert styles.shape == (16, 4, 8)
    firsts = [int((styles[:, layer] == styles[:, 0]).all()) for layer in range(4)]
    assert firsts in ([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0])
    assert torch.allclose(model.generator.mean_style, 0.005 * styles[:, 0].mean(0), atol=1e-7)


def test_truncation_draws_styles_to_their_mean_and_styles_depend_on_the_class() -> None:
    model: Any = StyleGAN2(**SMALLEST, num_classes=3, ema_half_life_kimg=0).eval()
    latents, labels = torch.randn(3, 8), torch.tensor([0, 1, 2])
    model.generator.mean_style.normal_()
    means = model.generator.mean_style.expand(3, model.generator.num_styles, -1)
    assert torch.equal(model(latents, labels, truncation_psi=0.0), model(means))
    styles = model.styles(latents, labels=labels)
    assert torch.equal(model(styles), model(latents, labels))
    assert not torch.allclose(styles, model.styles(latents, labels=labels.flip(0)))


def test_frozen_layers_keep_their_weights_and_take_no_room(tmp_path: Path) -> None:
    whole, trainer, _ = fit(tmp_path, 4, freeze_discriminator=3)
    resting = [name for name, weight in whole.discriminator.named_parameters() if not weight.requires_grad]
    assert resting == [
        f"{layer}.{kind}"
        for layer in ("from_image", "blocks.16.first", "blocks.16.second")
        for kind in ("weight", "bias")
    ]
    fresh = fit(tmp_path / "fresh", 0, freeze_discriminator=3)[0]
    weights, before = dict(whole.discriminator.named_parameters()), dict(fresh.discriminator.named_parameters())
    assert {name for name in weights if torch.equal(weights[name], before[name])} == set(resting)
    assert len(trainer.optimizers[0].param_groups[0]["params"]) == len(weights) - len(resting)
    assert all(weights[name].grad is None for name in resting)
    middle = next(tmp_path.glob("step-*2.ckpt"))
    again, *_ = fit(tmp_path / "again", 4, middle, freeze_discriminator=3)
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    assert load(middle).model.hparams["freeze_discriminator"] == 3


def test_what_does_not_go_together_is_refused(quiet_trainer: Callable[..., Trainer]) -> None:
    with pytest.raises(UserError, match=r"freeze_discriminator: 8 is not possible; take a value of at most 7"):
        StyleGAN2(**STYLED, freeze_discriminator=8)
    with pytest.raises(UserError, match=r"ada_pipe: bgcf is not possible; take a value of bg or bgc: f takes 32"):
        StyleGAN2(**STYLED, ada_target=0.6, ada_pipe="bgcf")
    with pytest.raises(UserError, match="ema_half_life_kimg"):
        StyleGAN2(**STYLED, ema_decay=0.9)
    with pytest.raises(UserError, match=r"ada_target: 160 training images are too few: p follows 320 at a time"):
        quiet_trainer(max_steps=1).fit(StyleGAN2(**STYLED, ada_target=0.6), FewDigits(image_size=16, batch_size=80))
