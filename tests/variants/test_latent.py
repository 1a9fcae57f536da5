"""What all variants that make pictures from noise share: packs, noise, classes, and losses that add up."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli.batches import ImageBatch
from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import ACGAN, CGAN, DCGAN, GAN, LSGAN, R3GAN, SGAN, SNGAN, WGAN, WGANGP, WGANLP
from gan_cli.variants.base import Place
from tests.toys import FewDigits, batch_for, passes_of
from tests.variant_rows import TINY


@pytest.mark.parametrize(
    ("variant", "arguments"),
    [(GAN, {"point_dim": 2}), (GAN, {}), (WGANGP, {"architecture": "dcgan", "base_channels": 4})],
)
def test_a_packed_discriminator_sees_its_images_and_no_others(variant: Any, arguments: dict[str, Any]) -> None:
    """Lin et al. 2018: m samples are judged as one."""
    torch.manual_seed(0)
    model = variant(**{**TINY, "base_channels": 16, **arguments}, pack=3)
    images = torch.randn(12, *model.shape)
    with torch.no_grad():
        outputs = model.discriminator(model.presented(images))
        assert outputs.shape == (4,)
        for number in range(12):
            changed = images.clone()
            changed[number] += 1
            moved = model.discriminator(model.presented(changed)) != outputs
            assert moved.tolist() == [number // 3 == pack for pack in range(4)]


def test_packs_are_counted_in_the_losses_and_on_held_out_images(quiet_trainer: Callable[..., Trainer]) -> None:
    model = DCGAN(**TINY, pack=7)
    passes = passes_of(model.discriminator)
    quiet_trainer(limit_val_batches=1).validate(model, Digits(image_size=16, batch_size=100), verbose=False)
    assert [tuple(images.shape) for images, _ in passes] == [(14, 7, 16, 16)]  # two images are left over


@pytest.mark.parametrize(
    ("variant", "arguments"), [(DCGAN, {"pack": 2}), (WGANGP, {"pack": 2}), (GAN, {"norm": "batch"})]
)
def test_a_last_batch_too_small_to_be_judged_is_left_out(
    variant: Any, arguments: dict[str, Any], quiet_trainer: Callable[..., Trainer]
) -> None:
    """360 held-out images are 359 and one, which is no pack and has no statistics of its own."""
    model = variant(**TINY, **arguments)
    trainer = quiet_trainer(limit_val_batches=1.0)
    (results,) = trainer.validate(model, Digits(image_size=16, batch_size=359), verbose=False)
    assert math.isfinite(results["logits/held_out"])


UNCONDITIONAL = [GAN, LSGAN, WGAN, WGANGP, WGANLP, SNGAN, R3GAN]


@pytest.mark.parametrize(
    ("variant", "arguments"),
    [
        *[(variant, {"pack": pack}) for variant in UNCONDITIONAL for pack in (1, 2)],
        *[(CGAN, {}), (CGAN, {"mismatched_labels": True}), (ACGAN, {})],
        (SGAN, {"num_labelled": 20, "generator_objective": "adversarial"}),
    ],
)
def test_losses_of_a_batchs_parts_average_to_the_batchs(variant: Any, arguments: dict[str, Any]) -> None:
    """So that accumulation, and several processes, compute what one pass would."""
    torch.manual_seed(0)
    model = variant(**{**TINY, "base_channels": 16}, architecture="mlp", **arguments).eval()
    with torch.no_grad():
        for parameter in model.discriminator.parameters():
            parameter *= 3  # so steep that every penalty counts
    batch = batch_for(model, count=16)
    for descent in (model.discriminator_losses, model.generator_losses):
        model._place = Place(Rows(0, 16, 16), model.seed, 0)
        whole = descent(batch)
        parts = []
        for start in (0, 8):
            model._place = Place(Rows(start, start + 8, 16), model.seed, 0)
            parts.append(descent(ImageBatch(batch.images[start : start + 8], batch.labels[start : start + 8])))
        for name, value in whole.items():
            assert value != 0
            mean = (parts[0][name] + parts[1][name]) / 2
            assert mean.item() == pytest.approx(value.item(), rel=1e-4), name


def test_players_draw_their_own_noise_anew_for_each_batch() -> None:
    model = GAN(**TINY, generator_batch_multiple=2)
    drawn = []
    for step in range(2):
        with model.at(Rows(0, 5, 5), model.seed, step):
            drawn += [model.latents("discriminator"), model.latents("generator")]
    numbers = torch.cat(drawn)
    assert numbers.shape == (2 * (5 + 10), 8)
    assert len({tuple(row.tolist()) for row in numbers}) == 30
    assert float(numbers.abs().max()) <= 1  # Goodfellow et al. draw from the uniform distribution


def test_random_classes_are_all_equally_likely() -> None:
    model = ACGAN(**TINY, generator_batch_multiple=3)
    model._place = Place(Rows(0, 10_000, 10_000), model.seed, 0)
    counts = torch.bincount(model.random_labels("generator"), minlength=10)
    assert int(counts.sum()) == 30_000
    assert len(counts) == 10
    assert float((counts - 3000).abs().max()) < 5 * (30_000 * 0.09) ** 0.5
    assert not torch.equal(model.random_labels("generator")[:10_000], model.random_labels("discriminator"))


@pytest.mark.parametrize("variant", [GAN, DCGAN, R3GAN])
def test_augmentation_stands_in_front_of_every_pass(variant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zhao et al. 2020: real and generated images, in both descents; otherwise the generator learns to draw it."""
    model = variant(**{**TINY, "architecture": "dcgan"}, augment=("translation",))
    batch = batch_for(model)

    def mark(images: Tensor, policy: Any) -> Tensor:
        assert policy == ("translation",)
        return images * 0 + 7

    monkeypatch.setattr("gan_cli.variants.chosen_networks.diff_augment", mark)
    passes = passes_of(model.discriminator)
    shared = model.shared(batch)
    model.discriminator_losses(shared)
    model.generator_losses(shared)
    assert sum(len(images) for images, _ in passes) >= 3 * 16
    assert all(bool((images == 7).all()) for images, _ in passes)


@pytest.mark.parametrize(
    ("variant", "arguments", "classes_from"),
    [(ACGAN, {}, 1), (WGANGP, {"num_classes": 10}, 1), (SGAN, {"num_labelled": 20}, 0)],
)
def test_accuracy_is_the_share_of_held_out_images_whose_class_is_told(
    variant: Any, arguments: dict[str, Any], classes_from: int, quiet_trainer: Callable[..., Trainer]
) -> None:
    torch.manual_seed(0)
    model = variant(**TINY, **arguments)
    data = Digits(image_size=16, batch_size=100)
    (results,) = quiet_trainer(limit_val_batches=1.0).validate(model, data, verbose=False)
    assert data.held_out_set is not None
    held_out = data.on_device(data.held_out_set[torch.arange(len(data.held_out_set))])
    assert isinstance(held_out, ImageBatch)
    with torch.no_grad():
        told = model.eval().discriminator(held_out.real)[:, classes_from:].argmax(1)
    assert 0 < results["metric/accuracy"] < 1
    assert results["metric/accuracy"] == pytest.approx(float((told == held_out.labels).float().mean()), abs=1e-6)


def test_the_plane_shows_one_output_a_point() -> None:
    points = torch.randn(5, 2)
    shared: dict[str, Any] = {"point_dim": 2, "architecture": "mlp", "base_channels": 16, "latent_dim": 2}
    packed = GAN(**shared, pack=2)
    surface = packed.surface(points)
    assert surface is not None
    assert torch.equal(surface, packed.discriminator(torch.cat([points, points], dim=1)))
    for model in (
        WGANGP(**shared, num_classes=3, generator_norm="batch"),
        ACGAN(**shared, num_classes=3),
        SGAN(**shared, num_classes=3, num_labelled=3),
    ):
        surface = model.surface(points)
        assert surface is not None
        assert surface.shape == (5,)
    assert CGAN(**shared, num_classes=3).surface(points) is None  # it takes a label


def test_held_out_images_too_few_for_a_pack_are_an_error_not_silence(quiet_trainer: Callable[..., Trainer]) -> None:
    model = DCGAN(**TINY, pack=4)
    with pytest.raises(UserError, match=r"judges 4 images at once, and the first held-out batch has 2\nTake as many"):
        quiet_trainer(limit_val_batches=1).validate(model, FewDigits(image_size=16, batch_size=2), verbose=False)
