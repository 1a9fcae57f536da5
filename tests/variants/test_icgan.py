from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.variants import DCGAN, IcGAN
from gan_cli.variants.icgan import CONDITIONAL_GAN, editing, excluding
from tests.conftest import quiet
from tests.networks.counting import count
from tests.toys import FewAttributed, FewDigits, batch_for
from tests.variant_rows import INVERTIBLE
from tests.variants.told import ready


def trained(folder: Path, steps: int, ckpt: Path | None = None) -> IcGAN:
    torch.manual_seed(0)
    model = IcGAN(**{**INVERTIBLE, "gan_steps": 3, "ema_decay": 0.9})
    quiet(folder, max_steps=steps, checkpoint_every=1, keep=99, limit_val_batches=1).fit(
        model, FewAttributed(image_size=16, batch_size=16), ckpt_path=ckpt
    )
    return model


def weights(path: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = torch.load(path, weights_only=True)["state_dict"]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run of three batches of the GAN and three of the encoders."""
    folder = tmp_path_factory.mktemp("phases")
    trained(folder, 6)
    return folder


def batch() -> ImageBatch:
    data = FewAttributed(image_size=16)
    loaded: ImageBatch = data.on_device(data.part("train")[torch.arange(16)])  # type: ignore[assignment]
    return loaded


def biases_in_front_of_norms(network: nn.Module) -> int:
    """How many biases the layers would have that batch normalisation makes superfluous."""
    return sum(norm.num_features for norm in network.modules() if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d))


def test_the_networks_are_the_authors_but_for_biases_that_do_nothing() -> None:
    with torch.device("meta"):
        model = IcGAN(num_classes=18)
    published = {
        "generator": 3_725_123 - 3,  # whose last convolution has none either, as DCGAN's
        "discriminator": 2_803_393,
        "latent_encoder": 18_278_244,
        "label_encoder": 3_186_962,
    }
    networks = {name: getattr(model, name) for name in published}
    assert {name: count(one) + biases_in_front_of_norms(one) for name, one in networks.items()} == published


def test_labels_enter_behind_the_first_convolution() -> None:
    model = ready(IcGAN, **INVERTIBLE).eval()
    seen = batch()
    assert model.discriminator.enter[0].in_channels == 3
    assert model.discriminator.layers[0].in_channels == 4 + 3
    others = 1 - seen.labels
    assert not torch.allclose(model.discriminator(seen.images, seen.labels), model.discriminator(seen.images, others))


def test_each_phase_moves_what_is_its_own_and_the_first_leaves_a_checkpoint(folder: Path) -> None:
    begin, gan, end = (
        weights(folder / name) for name in ("step-00000001.ckpt", f"{CONDITIONAL_GAN}.ckpt", "last.ckpt")
    )
    encoders = ("latent_encoder.", "label_encoder.")
    for before, after, moving in ((begin, gan, ("generator.", "discriminator.", "ema.")), (gan, end, encoders)):
        for key in (key for key in before if "." in key and not key.endswith("num_batches_tracked")):
            assert torch.equal(before[key], after[key]) != key.startswith(moving), key


@pytest.mark.parametrize("step", [2, 3, 4])  # before the encoders, where they begin, and after that
def test_both_phases_resume_to_the_bit(folder: Path, tmp_path: Path, step: int) -> None:
    again, whole = trained(tmp_path, 6, folder / f"step-{step:08d}.ckpt").state_dict(), weights(folder / "last.ckpt")
    assert all(torch.equal(again[key], whole[key]) for key in whole)


def test_each_encoder_learns_from_its_own_kind_of_image(folder: Path) -> None:
    model = IcGAN.load_from_checkpoint(folder / "last.ckpt")
    model._place, model.watch = ready(IcGAN, **INVERTIBLE)._place, lambda *_: None  # type: ignore[method-assign]
    seen, looked_at = batch(), {}
    for name in ("latent_encoder", "label_encoder"):
        getattr(model, name).register_forward_pre_hook(lambda _, inputs, name=name: looked_at.update({name: inputs[0]}))
    before = {name: value.clone() for name, value in model.generator.state_dict().items()}
    assert model.latent_encoder_losses(seen)["latents"].requires_grad
    labels = model.label_encoder_losses(seen)["labels"]
    assert torch.equal(looked_at["label_encoder"], seen.images)
    assert looked_at["latent_encoder"].shape == seen.images.shape
    assert not torch.equal(looked_at["latent_encoder"], seen.images)
    assert not looked_at["latent_encoder"].requires_grad
    said = model.label_encoder(seen.images)
    assert labels.item() == pytest.approx((said - (2 * seen.labels - 1)).square().mean().item(), rel=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in model.generator.state_dict().items())


@pytest.mark.parametrize("attributes", [True, False])
def test_wrong_labels_are_never_an_images_own(attributes: bool) -> None:
    model = ready(IcGAN, **INVERTIBLE)
    model.data_facts = {"attributes": attributes}
    alike = torch.tensor([[1.0, 0.0, 0.0]]).repeat(16, 1)
    mixed = torch.eye(3)[torch.arange(16) % 3] if not attributes else batch().labels
    for shares in (alike, mixed):
        wrong = model._wrong(shares)
        assert not (wrong == shares).all(1).any()
        assert set(wrong.unique().tolist()) <= {0.0, 1.0}
        assert attributes or torch.equal(wrong.sum(1), torch.ones(16))


def test_half_of_what_is_rejected_is_real_with_wrong_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ready(IcGAN, **INVERTIBLE)
    seen = batch()
    logits = [torch.tensor([value] * 16) for value in (50.0, -50.0, 3.0)]  # right, made, wrong
    monkeypatch.setattr(model, "judge", lambda *judged: tuple(logits[: len(judged)]))
    loss = model.discriminator_losses(seen)["adversarial"]
    assert loss.item() == pytest.approx(torch.nn.functional.softplus(torch.tensor(3.0)).item() / 2, rel=1e-5)


def test_what_is_read_is_there_or_not_unless_it_is_to_be_soft(folder: Path) -> None:
    model, images = IcGAN.load_from_checkpoint(folder / "last.ckpt").eval(), batch().images
    hard, soft = model.encode(images), model.encode(images, soft=True)
    assert hard.latents.shape == (16, 8)
    assert torch.equal(hard.labels, (soft.labels > 0.5).float())
    assert len(soft.labels.unique()) > 8
    of_classes = ready(IcGAN, **INVERTIBLE).eval().encode(images).labels
    assert torch.equal(of_classes.sum(1), torch.ones(16))


def test_attributes_exclude_each_other_where_no_image_has_both_and_chance_would_show_some(folder: Path) -> None:
    model = IcGAN.load_from_checkpoint(folder / "last.ckpt")
    labels = FewAttributed(image_size=16).read(True).labels
    assert torch.equal(model.together, (labels.T @ labels).long())
    assert int(model.seen_images) == 160
    assert not excluding(model.together, 160).any()
    dark, fair, rare = torch.zeros(3, 100, dtype=torch.bool)
    dark[:40], fair[40:80], rare[80:82] = True, True, True
    told = torch.stack([dark, fair, rare], 1).double()
    found = excluding((told.T @ told).long(), 100)
    assert found.tolist() == [[False, True, False], [True, False, False], [False, False, False]]


def test_pictures_are_edited_by_an_icgan_whose_encoders_are_trained(folder: Path) -> None:
    gan, whole = (IcGAN.load_from_checkpoint(folder / f"{name}.ckpt") for name in (CONDITIONAL_GAN, "last"))
    assert editing(whole) is whole
    with pytest.raises(UserError, match="the encoders of this IcGAN are trained after batch 3, and it has seen 3"):
        editing(gan)
    with pytest.raises(UserError, match="DCGAN reads no attributes in pictures"):
        editing(DCGAN(image_size=16))


def test_classes_go_where_attributes_do() -> None:
    model = ready(IcGAN, **{**INVERTIBLE, "image_channels": 1, "num_classes": 10})
    seen = batch_for(model)
    model._place = ready(IcGAN, **INVERTIBLE)._place
    assert model.takes == ("labels",)
    assert model.discriminator_losses(seen)["adversarial"] > 0
    latents, shares = torch.randn(2, 8), torch.eye(10)[:2]
    model.eval()
    assert torch.equal(model(latents, torch.tensor([0, 1])), model(latents, shares))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 0}, "IcGAN needs attributes or classes, and this data has 0"),
        ({"decay_epochs": 2}, "model.decay_epochs: IcGAN's rates stay"),
    ],
)
def test_what_it_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        IcGAN(**{**INVERTIBLE, **arguments})


def test_a_single_class_is_none(tmp_path: Path) -> None:
    model = IcGAN(**{**INVERTIBLE, "image_channels": 1, "num_classes": 1})
    with pytest.raises(UserError, match="IcGAN needs attributes or classes, and this data has 1"):
        quiet(tmp_path, max_steps=1).fit(model, FewDigits(image_size=16, batch_size=16))
