from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_cli.batches import HintedBatch, PairedBatch
from gan_cli.errors import UserError
from gan_cli.media.lab import STRONGEST, lightness, lightness_as_grey, rgb_to_lab
from gan_cli.media.palettes import palette_of
from gan_cli.media.pictures import to_float, to_uint8
from gan_cli.seeding import Rows
from gan_cli.variants import Colorization
from gan_cli.variants.colorization import reduced_hints
from gan_cli.variants.places import Place
from tests.toys import FewHinted

TINY: dict[str, Any] = {"image_size": 32, "base_channels": 4, "patch_size": 16}


def model_of(**arguments: Any) -> Any:
    torch.manual_seed(0)
    model: Any = Colorization(**{**TINY, **arguments})
    model.watch = lambda *_: None
    model._place = Place(Rows(0, 4, 4), 0, 0)
    return model


@pytest.fixture(scope="module")
def batch() -> HintedBatch:
    data = FewHinted(image_size=32, batch_size=4)
    made: Any = data.on_device(data.part("train")[torch.arange(4)])
    return HintedBatch(*made)


def lively(model: Any) -> Any:
    """In eval mode, with strong colours that differ from place to place."""
    model.eval()
    torch.nn.init.normal_(model.generator.last[-2].weight, 0, 3.0)
    return model


def photo(height: int, width: int, channels: int = 1) -> Tensor:
    """Smooth, [1, C, H, W] in [-1, 1]."""
    rows, columns = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)
    return to_float(to_uint8(torch.stack([rows * columns, rows + columns - 1, rows - columns])[None, :channels]))


def test_the_losses_are_those_of_the_card(batch: HintedBatch) -> None:
    model = model_of(lambda_l1=7.0, lambda_adversarial=3.0)
    shared = model.shared(batch)
    light, ab = lightness(batch.source), rgb_to_lab(batch.target)[:, 1:] / 110
    real, fake = (
        model.discriminator(torch.cat([light / 50 - 1, colours], dim=1)) for colours in (ab, shared.made.ab.detach())
    )
    ones, zeros = torch.ones_like(real), torch.zeros_like(real)
    told_apart = (binary_cross_entropy_with_logits(real, ones) + binary_cross_entropy_with_logits(fake, zeros)) / 2
    assert torch.allclose(model.discriminator_losses(shared)["adversarial"], told_apart, atol=1e-6)
    losses = model.generator_losses(shared)
    assert losses.keys() == {"l1", "adversarial"}
    assert torch.allclose(losses["adversarial"], 3 * binary_cross_entropy_with_logits(fake, ones), atol=1e-6)
    assert torch.allclose(losses["l1"], 7 * (shared.made.ab - ab).abs().mean() * 2, atol=1e-6)


def test_it_is_pretrained_by_bins_without_hints_and_without_a_discriminator(batch: HintedBatch) -> None:
    model = model_of(pretraining_steps=3, palette=True)
    assert tuple(model.descending()) == ("generator",)
    first = model.shared(batch)
    assert model.generator_losses(first).keys() == {"l1", "bins"}
    without = model.shared(batch._replace(hints=torch.zeros_like(batch.hints)))
    assert torch.equal(first.made.ab, without.made.ab)
    model.counters.generator_steps = 3
    assert tuple(model.descending()) == ("discriminator", "generator")
    assert not torch.equal(model.shared(batch).made.ab, first.made.ab)


def test_rates_fall_after_pretraining() -> None:
    model = model_of(pretraining_steps=3, rate_after_pretraining=0.25, generator_lr=0.4)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.4)
    rates = []
    for model.counters.generator_steps in (0, 2, 3, 4):
        model.set_schedules({"generator": optimizer})
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.4, 0.4, 0.1, 0.1])


def test_half_of_the_pictures_have_their_own_palette_in_training(batch: HintedBatch) -> None:
    model = model_of(palette=True)
    seen: list[Tensor] = []
    model.generator.palette.register_forward_hook(lambda _, inputs, made: seen.append(inputs[0]))
    for step in range(20):
        model._place = Place(Rows(0, 4, 4), 0, step)
        model.shared(batch)
    revealed = torch.cat(seen)[:, -1]
    assert set(revealed.tolist()) == {0, 1}
    assert 0.3 < float(revealed.mean()) < 0.7
    own = palette_of(rgb_to_lab(batch.target)[:, 1:] / STRONGEST)
    shown = seen[0][:, -1] == 1
    assert torch.equal(seen[0][shown], own[shown])
    assert not seen[0][~shown].any()


@pytest.mark.parametrize("channels", [1, 3])
def test_lightness_and_resolution_are_the_pictures_own_however_large_it_is(channels: int) -> None:
    model = lively(model_of(working_size=48))
    seen: list[Tensor] = []
    model.generator.register_forward_hook(lambda _, inputs, made: seen.append(inputs[0]))
    image = photo(150, 67, channels)
    made = model(image).detach()
    assert made.shape == (1, 3, 150, 67)
    assert seen[0].shape == (1, 1, 72, 32)  # as many pixels as 48 x 48, in multiples of 8
    assert rgb_to_lab(made)[:, 1:].abs().mean() > 10
    assert (lightness(made) - lightness(image)).abs().max() < 1e-2
    if channels == 1:
        assert torch.equal(to_uint8(lightness_as_grey(to_float(to_uint8(made)))), to_uint8(image))


def test_a_picture_is_coloured_as_if_it_were_alone(batch: HintedBatch) -> None:
    model = lively(model_of())
    together = model(batch.source, hints=batch.hints)
    assert torch.allclose(together[1:2], model(batch.source[1:2], hints=batch.hints[1:2]), atol=1e-4)


def test_what_is_given_changes_colours_and_can_be_left_out(batch: HintedBatch) -> None:
    model = lively(model_of(palette=True))
    alone = model(batch.source)
    palette = palette_of(rgb_to_lab(batch.target)[:, 1:] / STRONGEST)
    assert torch.equal(alone, model(batch.source, hints=torch.zeros_like(batch.hints)))
    assert not torch.equal(alone, model(batch.source, hints=batch.hints))
    assert not torch.equal(alone, model(batch.source, palette=palette))


def test_no_hint_vanishes_in_a_smaller_picture() -> None:
    hints = torch.zeros(1, 3, 100, 64)
    hints[..., 71, 13] = torch.tensor([0.5, -0.25, 1])
    small = reduced_hints(hints, (8, 16))
    assert small[0, :, 71 * 8 // 100, 13 // 4].tolist() == pytest.approx([0.5, -0.25, 1])
    assert float(small[:, 2].sum()) == 1


def test_what_it_can_be_given_is_what_it_has_learned_from(batch: HintedBatch) -> None:
    assert model_of().takes == ("hints",)
    assert model_of(palette=True).takes == ("hints", "palette")
    by_itself = model_of()
    by_itself.data_facts = {"fields": {"source": {"class": "Images"}, "target": {"class": "Images"}}}
    assert by_itself.takes == ()
    assert by_itself.shared(PairedBatch(batch.source, batch.target)).made.ab.isfinite().all()
    assert model_of(palette=True).given(batch).keys() == {"hints"}
    assert len(model_of().columns(batch)) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"image_size": 36}, "model.image_size: 36 is not possible; take a value that is a multiple of 8, from 16"),
        ({"target_channels": 1}, "model.target_channels: 1 is not possible"),
        ({"patch_size": 70, "image_size": 16}, "model.patch_size: 70 is not possible"),
        ({"lambda_l1": 0.0, "lambda_adversarial": 0.0}, "model.lambda_l1: 0.0 is not possible"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Colorization(**{**TINY, **arguments})
