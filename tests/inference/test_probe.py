"""`gan probe` as the command does it: above chance, from a checkpoint alone, and its refusals."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli import verbs
from gan_cli.errors import UserError
from gan_cli.inference.discriminator_features import check_has_features, discriminator_features
from gan_cli.variants import CGAN, DCGAN, DVDGAN, GANCLS, FramePrediction, MidiNet, SocialGAN, StarGANv2
from gan_cli.variants.base import AdversarialModule
from tests.conftest import TINY_DCGAN
from tests.data.pictures import write
from tests.variant_rows import LATENT_ROWS, ROWS, VariantRow


def gan(*words: Any) -> None:
    verbs.run([*map(str, words), "--trainer.accelerator", "cpu"])


def test_a_tiny_discriminator_tells_digits_far_above_chance(
    checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gan("probe", "--ckpt", checkpoint, "--labels-per-class", 20, "--output", "probe.json")
    found = json.loads(Path("probe.json").read_text())
    assert found["training_images"] == 200
    assert found["test_images"] == 360
    assert found["layers"] == 2
    assert found["features"]["features"] == 16 * (4 + 8)
    assert found["pixels"]["features"] == 16 * 16
    assert found["features"]["accuracy"] > 0.6
    assert found["pixels"]["accuracy"] > 0.6
    assert found["guessing"] < 0.15
    told = capsys.readouterr().out
    assert "DCGAN's discriminator, 2 layers" in told
    assert "written: probe.json" in told


def test_features_of_an_image_do_not_depend_on_the_others_and_leave_the_network_alone() -> None:
    model = DCGAN(**TINY_DCGAN).eval()
    before = {name: value.clone() for name, value in model.discriminator.state_dict().items()}
    images = torch.rand(6, 1, 16, 16) * 2 - 1
    together = discriminator_features(model, images)
    torch.testing.assert_close(together[2:3], discriminator_features(model, images[2:3]))
    assert all(torch.equal(value, before[name]) for name, value in model.discriminator.state_dict().items())


@pytest.mark.parametrize("conditioning", ["concatenation", "projection"])
def test_a_conditional_discriminator_is_told_no_class(conditioning: Any) -> None:
    model = CGAN(**TINY_DCGAN, num_classes=10, conditioning=conditioning).eval()
    assert discriminator_features(model, torch.zeros(3, 1, 16, 16)).shape == (3, 16 * (4 + 8))


def test_a_discriminator_of_packs_sees_a_pack_of_one_image() -> None:
    model = DCGAN(**TINY_DCGAN, pack=2).eval()
    assert discriminator_features(model, torch.zeros(3, 1, 16, 16)).shape == (3, 16 * (4 + 8))


PROBED = [row for row in LATENT_ROWS if row.name in ("progressive-gan", "stylegan", "stylegan2", "biggan", "fastgan")]


@pytest.mark.parametrize("variant", [DVDGAN, FramePrediction, MidiNet, GANCLS, StarGANv2, SocialGAN])
def test_a_discriminator_that_judges_nothing_alone_is_refused(variant: type[AdversarialModule]) -> None:
    model = next(row for row in ROWS if row.variant is variant).make()
    with pytest.raises(UserError, match=f"ckpt: the discriminator of {variant.__name__} judges nothing alone"):
        check_has_features(model)


@pytest.mark.parametrize("row", PROBED, ids=lambda row: row.name)
def test_features_of_any_number_of_images(row: VariantRow) -> None:
    """Also where the discriminator compares groups of four, and where it has not grown up."""
    model = row.make().eval()
    images = torch.rand(6, 1, row.image_size, row.image_size) * 2 - 1
    features = discriminator_features(model, images)
    assert features.shape[0] == 6
    assert features.std(dim=0).max() > 0
    torch.testing.assert_close(features[:5], discriminator_features(model, images[:5]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--labels_per_class", "1"), "labels_per_class: 1 leaves none to choose the regularisation by"),
        (
            ("--labels_per_class", "500"),
            "labels_per_class: Digits has 14. of class . among its training images, and 500",
        ),
        (("--output", "x.txt"), "output: x.txt has no ending this verb writes; take a .json"),
        (("--data", "Digits", "--data.image_size", "32"), "data.image_size: Digits has 32, but the checkpoint's model"),
        (("--data", "Ring8"), "data: Ring8 has no images, which the checkpoint's model makes"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    checkpoint: Path, workdir: Path, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        gan("probe", "--ckpt", checkpoint, *words)
    assert not list(workdir.iterdir())


def test_a_set_without_labels_is_refused(checkpoint: Path, workdir: Path) -> None:
    for number in range(12):
        write(Path(f"flat/{number}.png"))
    with pytest.raises(UserError, match="data: ImageFolder has no labels to tell its images apart by"):
        gan("probe", "--ckpt", checkpoint, "--data", "ImageFolder", "--data.root", "flat", "--data.image_channels", 1)
