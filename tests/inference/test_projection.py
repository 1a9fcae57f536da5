"""Latents of given images: found again where the generator itself has made them, by a recipe of known numbers."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gan_cli import load
from gan_cli.errors import UserError
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.likeness import likeness_of
from gan_cli.inference.prior import Prior, prior_of
from gan_cli.inference.projection import (
    Search,
    fading,
    noise_maps,
    projected,
    ramp,
)
from gan_cli.media.pictures import to_float, to_uint8
from gan_cli.metrics.pixel_pyramid import PixelPyramid


@pytest.fixture(scope="module")
def styled(styles_checkpoint: Path) -> TrainedGAN:
    return load(styles_checkpoint)


def made(gan: TrainedGAN, styles: Tensor) -> Tensor:
    with torch.no_grad():
        return to_uint8(gan.model(Latents("w", styles).inputs(gan.model)))


def truncated(gan: TrainedGAN, seeds: list[int]) -> tuple[Tensor, Prior]:
    """Styles half as far from their mean as those of seeds, and where all of them lie."""
    prior = prior_of(gan.model, "w")
    styles = gan.model.styles(seeded_latents(seeds, 8, "normal"))[:, 0]  # type: ignore[operator]
    return prior.mean + 0.5 * (styles - prior.mean), prior


def test_the_style_of_an_image_that_the_generator_has_made_is_found_again(styled: TrainedGAN) -> None:
    styles, prior = truncated(styled, [5, 7])
    before = {name: tensor.clone() for name, tensor in styled.model.state_dict().items()}
    found = styled.project(made(styled, styles), space="w", steps=160, features="pixels", batch_size=2)
    apart = (found.latents.rows - styles).norm(dim=1)
    assert (apart < 0.4 * (styles - prior.mean).norm(dim=1)).all()
    assert min(found.scores["psnr"]) > 22  # the mean's picture has 7 to 11
    assert found.images.equal(made(styled, found.latents.rows))  # with the generator's own noise, as every verb
    assert (found.latents.space, found.latents.labels) == ("w", None)
    after = styled.model.state_dict()
    assert all(after[name].equal(tensor) for name, tensor in before.items())
    assert all(weight.requires_grad for weight in styled.model.generator.parameters())


def test_a_style_for_each_layer_comes_nearer_and_an_image_does_not_know_who_is_beside_it(styled: TrainedGAN) -> None:
    photos = torch.stack([torch.linspace(0, 255, 256).view(1, 16, 16), 255 * torch.eye(16)[None]]).to(torch.uint8)
    nearness = {}
    for space in ("w", "w+"):
        found = styled.project(photos, space=space, steps=40, features="pixels", batch_size=2)
        nearness[space] = sum(found.scores["distance"])
        alone = styled.project(photos[1], space=space, steps=40, features="pixels")
        torch.testing.assert_close(alone.latents.rows, found.latents.rows[1:], rtol=1e-3, atol=1e-3)
    assert found.latents.rows.shape == (2, 6, 6)
    assert nearness["w+"] < 0.8 * nearness["w"]


def test_in_z_latents_stay_where_the_prior_is(styled: TrainedGAN, checkpoint: Path) -> None:
    other = load(checkpoint)  # DCGAN
    with torch.no_grad():  # after few steps all its pictures are alike
        for weight in other.model.picture_maker().parameters():
            weight.mul_(4)
    images = other.sample(3, seed=2)
    found = other.project(images, steps=60, features="pixels", batch_size=3)
    assert found.latents.space == "z"
    shortest, longest = prior_of(other.model, "z").lengths
    lengths = found.latents.rows.norm(dim=1)
    assert ((lengths > shortest - 1e-4) & (lengths < longest + 1e-4)).all()
    start = other.project(images, steps=1, features="pixels", batch_size=3)  # whose rate is still 0
    assert sum(found.scores["distance"]) < 0.1 * sum(start.scores["distance"])
    assert min(found.scores["psnr"]) > 40
    with pytest.raises(UserError, match="space: DCGAN has no space w; take z"):
        other.project(images, space="w")


def test_the_class_of_the_nearest_picture_is_taken_unless_one_is_told(class_styles_checkpoint: Path) -> None:
    gan = load(class_styles_checkpoint)
    images = gan.sample(2, seed=3, labels=[4, 7])
    found = gan.project(images, steps=2, features="pixels", space="z", batch_size=2)
    told = gan.project(images, steps=2, features="pixels", labels=[4, 7])
    assert told.latents.labels is not None
    assert told.latents.labels.tolist() == [4, 7]
    assert found.latents.labels is not None
    again = projected(gan.model, to_float(images), PixelPyramid(), Search("w", 2))
    assert again.labels is not None
    assert again.labels.tolist() == found.latents.labels.tolist()  # of the same pictures
    means = [prior_of(gan.model, "w", label).mean for label in (4, 7)]
    assert not means[0].allclose(means[1])
    start = (
        again.way[0]
        if again.labels.tolist() == [4, 7]
        else projected(gan.model, to_float(images), PixelPyramid(), Search("w", 2), torch.tensor([4, 7])).way[0]
    )
    assert start.allclose(torch.cat(means))


def test_the_recipe_has_the_authors_numbers() -> None:
    assert [round(ramp(t), 6) for t in (0, 0.025, 0.05, 0.5, 0.75, 0.875, 1)] == [0, 0.5, 1, 1, 1, 0.5, 0]
    assert [round(fading(t), 6) for t in (0, 0.375, 0.75, 1)] == [0.05, 0.0125, 0, 0]


def test_the_prior_is_told_by_the_mean_and_the_spread_of_many(styled: TrainedGAN) -> None:
    styles = styled.model.styles(seeded_latents(range(400), 8, "normal"))[:, 0]  # type: ignore[operator]
    spread = float((styles - styles.mean(0)).square().sum(1).mean().sqrt())
    prior = prior_of(styled.model, "w+")
    assert prior.mean.shape == (6, 6)
    assert prior.deviation == pytest.approx(spread, rel=0.1)
    assert float((prior.mean[0] - styles.mean(0)).norm()) < 0.2 * spread
    z = prior_of(styled.model, "z")
    assert z.deviation == pytest.approx(8**0.5, rel=0.02)
    assert 0 < z.lengths[0] < 8**0.5 < z.lengths[1] < 8


def test_noise_maps_are_those_of_the_generator_that_is_used(styled: TrainedGAN, checkpoint: Path) -> None:
    for ema, within in ((True, "ema.network."), (False, "generator.")):
        maps = noise_maps(styled.model, ema)
        assert [tuple(one.shape) for one in maps.values()] == [(4, 4), (8, 8), (8, 8), (16, 16), (16, 16)]
        assert all(name.startswith(within) for name in maps)
    assert not noise_maps(load(checkpoint).model, True)


def test_the_way_begins_at_the_mean_and_ends_at_what_was_found(styled: TrainedGAN) -> None:
    steps: list[int] = []
    targets = to_float(styled.sample(1))
    found = projected(styled.model, targets, likeness_of(None, 1), Search("w", 90), tick=steps.append)
    assert found.way.shape == (61, 1, 6)
    assert found.way[0].allclose(prior_of(styled.model, "w").mean)
    assert found.way[-1].equal(found.latents)
    assert steps == list(range(1, 91))


def test_photos_of_any_kind_are_taken_and_what_is_none_is_refused(styled: TrainedGAN, tmp_path: Path) -> None:
    from PIL import Image

    photo = Image.new("RGBA", (40, 20), (255, 0, 0, 255))
    photo.save(tmp_path / "photo.png")
    found = styled.project([tmp_path / "photo.png", photo, photo.convert("P")], steps=1)
    assert found.targets.unique().tolist() == [76]
    for wrong, said in (
        (torch.zeros(1, 16, 16), "images: torch.float32"),
        ([], "images: there are none"),
        (tmp_path / "none.png", "images: .*none.png"),
    ):
        with pytest.raises(UserError, match=said):
            styled.project(wrong)
    with pytest.raises(UserError, match=r"features: vgg is not possible here; take lite0, classifier or pixels"):
        styled.project(photo, features="vgg")
    with pytest.raises(UserError, match=r"steps: 0 is not possible"):
        styled.project(photo, steps=0)
