"""SRGAN and ESRGAN: their objectives, phases and rates."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_cli.batches import PairedBatch
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import load_model
from gan_cli.variants import ESRGAN, SRGAN
from tests.conftest import quiet
from tests.toys import FewEnlarged
from tests.variant_rows import ENLARGED

BATCHES, PHASE = 5, 3


def model_and_batch(kind: type[Any], **arguments: Any) -> tuple[Any, PairedBatch]:
    torch.manual_seed(0)
    model: Any = kind(**{**ENLARGED, "image_size": 32, **arguments})
    model.watch = lambda *_: None
    model.setup("fit")
    return model, PairedBatch(torch.rand(2, 3, 16, 16) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1)


def test_srgans_losses_are_the_papers() -> None:
    model, batch = model_and_batch(SRGAN, lambda_perceptual=3.0, lambda_adversarial=7.0)
    shared = model.shared(batch)
    real, fake = (model.discriminator(images) for images in (batch.target, shared.fake.detach()))
    told_apart = [
        binary_cross_entropy_with_logits(real, torch.ones(2)),
        binary_cross_entropy_with_logits(fake, real * 0),
    ]
    assert torch.allclose(model.discriminator_losses(shared)["adversarial"], torch.stack(told_apart).sum(), atol=1e-6)
    losses = model.generator_losses(shared)
    assert list(losses) == ["pixel", "random", "adversarial"]
    assert torch.allclose(losses["pixel"], (shared.fake - batch.target).square().mean())
    maps, wanted = (model.looking.network(images) for images in (shared.fake, batch.target))
    errors = [(made - right).square().mean() for made, right in zip(maps, wanted, strict=True)]
    assert torch.allclose(losses["random"], 3 * sum(errors) / 3)
    assert torch.allclose(losses["adversarial"], 7 * binary_cross_entropy_with_logits(fake, torch.ones(2)), atol=1e-6)


@pytest.mark.parametrize("architecture", ["vgg", "unet"])
def test_esrgans_losses_are_the_authors(architecture: str) -> None:
    model, batch = model_and_batch(ESRGAN, growth=2, lambda_adversarial=7.0, discriminator_architecture=architecture)
    model.discriminator.eval()  # so that spectral normalisation makes no step between the passes
    shared = model.shared(batch)
    if architecture == "vgg":
        model.discriminator.train()
    real, fake = (model.discriminator(images) for images in (batch.target, shared.fake.detach()))

    def half(logits: Any, beside: Any, target: float) -> Any:
        return binary_cross_entropy_with_logits(logits - beside.mean(), torch.full_like(logits, target)) / 2

    found = model.discriminator_losses(shared)["adversarial"]
    assert torch.allclose(found, half(real, fake, 1) + half(fake, real, 0), atol=1e-6)
    losses = model.generator_losses(shared)
    assert list(losses) == ["pixel", "random", "adversarial"]
    assert torch.allclose(losses["adversarial"], 7 * (half(real, fake, 0) + half(fake, real, 1)), atol=1e-5)
    assert torch.allclose(losses["pixel"], (shared.fake - batch.target).abs().mean())


@pytest.mark.parametrize(("kind", "power"), [(SRGAN, 2), (ESRGAN, 1)])
def test_before_it_there_are_pixels_alone(kind: type[Any], power: int) -> None:
    model, batch = model_and_batch(kind, pretrain_steps=1)
    shared = model.shared(batch)
    losses = model.generator_losses(shared)
    assert list(losses) == ["pixel"]
    assert torch.allclose(losses["pixel"], (shared.fake - batch.target).abs().pow(power).mean())
    assert [*model.descending()] == ["generator"]


class Watch(Callback):
    """Keeps each batch's learning rates and the weights at the pretraining's end."""

    def __init__(self) -> None:
        self.rates: list[list[float]] = []
        self.pretrained: dict[str, torch.Tensor] = {}

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        self.rates.append([optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers])
        if pl_module.counters.batches == PHASE:
            self.pretrained = {name: weight.clone() for name, weight in pl_module.state_dict().items()}


def fit(folder: Path, batches: int = BATCHES, resume: Path | None = None) -> tuple[Any, Watch]:
    torch.manual_seed(0)
    further = {"pretrain_steps": PHASE, "pretrain_lr": 0.2, "pretrain_cycles": 1, "lr_drops": (1,), "lr_factor": 0.5}
    model, watch = SRGAN(**{**ENLARGED, **further}), Watch()
    trainer = quiet(folder, max_steps=batches, callbacks=[watch], checkpoint_every=2)
    trainer.fit(model, FewEnlarged(image_size=16, batch_size=16), ckpt_path=resume)
    return model, watch


def test_a_run_has_two_phases_keeps_the_end_of_the_first_and_resumes_in_both(tmp_path: Path) -> None:
    model, watch = fit(tmp_path / "whole")
    assert watch.rates[0][1] == pytest.approx(0.2)
    assert watch.rates[1][1] == pytest.approx(0.2 * 0.75, rel=1e-2)  # cos(pi / 3) = 1/2, the share above the least
    assert watch.rates[3:] == [[1e-4, 1e-4], [5e-5, 5e-5]]
    assert {float(state["step"]) for state in model.optimizers()[1].optimizer.state.values()} == {BATCHES - PHASE}
    kept = load_model(tmp_path / "whole" / "pretrained.ckpt").state_dict()
    assert all(torch.equal(weight, kept[name]) for name, weight in watch.pretrained.items())
    for stop in (2, PHASE):
        fit(tmp_path / str(stop), stop)
        resumed, _ = fit(tmp_path / str(stop), BATCHES, tmp_path / str(stop) / "last.ckpt")
        assert all(torch.equal(weight, resumed.state_dict()[name]) for name, weight in model.state_dict().items())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"lr_decay_end": 5}, r"model.lr_decay_end: the rates of what enlarges fall by --model.lr_drops"),
        ({"source_channels": 1}, r"model.target_channels: 3 is not possible; take a value as source_channels is"),
        (
            {"image_size": 24, "scale": 2},
            r"model.image_size: 24 is not possible; take a value that is a multiple of 16",
        ),
        (
            {"image_size": 16, "scale": 8},
            r"model.image_size: 16 is not possible; take a value above 16, twice the scale",
        ),
        ({"scale": 3}, r"model.scale: 3 is not possible; take 2, 4, 8"),
        (
            {"lambda_pixel": 0.0, "lambda_perceptual": 0.0, "lambda_adversarial": 0.0, "pretrain_steps": 0},
            r"model.lambda_pixel: 0 is not possible where all other weights are 0 too: nothing is learned",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        SRGAN(**{**ENLARGED, **arguments})
