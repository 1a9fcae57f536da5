from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch.nn.functional import cross_entropy, softplus

from gan_cli.batches import Batch, ImageBatch, LoadedBatch
from gan_cli.data import Digits
from gan_cli.networks import weight_norm
from gan_cli.seeding import Rows
from gan_cli.variants import SGAN
from tests.toys import FewDigits, batch_for
from tests.variant_rows import TINY


def test_as_many_labelled_images_of_each_class_are_chosen_by_the_seed() -> None:
    data = Digits(image_size=16)
    data.setup("fit")
    assert data.train_set is not None
    chosen = data.labelled(50, seed=0, device=torch.device("cpu"))
    assert torch.bincount(chosen.labels).tolist() == [5] * 10
    known = {tuple(image.flatten().tolist()): int(label) for image, label in zip(*all_of(data), strict=True)}
    images = [tuple(image.flatten().tolist()) for image in chosen.real]
    assert len(set(images)) == 50
    assert [known[image] for image in images] == chosen.labels.tolist()
    again, other = (data.labelled(50, seed, torch.device("cpu")) for seed in (0, 1))
    assert torch.equal(again.real, chosen.real)
    assert not torch.equal(other.real, chosen.real)


def all_of(data: Digits) -> Batch:
    assert data.train_set is not None
    batch = data.on_device(data.train_set[torch.arange(len(data.train_set))])
    assert isinstance(batch, ImageBatch)
    return batch


class Unlabelled(FewDigits):
    """Says that each image of a batch is a 0."""

    def on_after_batch_transfer(self, batch: LoadedBatch, dataloader_idx: int) -> ImageBatch:
        images, labels = cast(ImageBatch, super().on_after_batch_transfer(batch, dataloader_idx))
        return ImageBatch(images, torch.zeros_like(labels))


@pytest.mark.parametrize("objective", ["feature_matching", "adversarial"])
def test_no_label_but_those_of_the_labelled_images_is_looked_at(
    quiet_trainer: Callable[..., Trainer], objective: Any
) -> None:
    trained = []
    for data in (FewDigits(image_size=16, batch_size=16), Unlabelled(image_size=16, batch_size=16)):
        torch.manual_seed(0)
        model = SGAN(**TINY, num_labelled=20, generator_objective=objective)
        quiet_trainer(max_steps=3).fit(model, data)
        assert model.labelled is not None
        assert torch.bincount(model.labelled.labels).tolist() == [2] * 10
        trained.append(model.state_dict())
    assert all(torch.equal(value, trained[1][name]) for name, value in trained[0].items())


def test_labelled_images_are_shown_pass_after_pass() -> None:
    model = SGAN(**TINY, num_labelled=20)
    shown: list[int] = []
    for step in range(5):
        with model.at(Rows(0, 16, 16), model.seed, step):
            shown += model._chosen(20).tolist()
    assert all(sorted(shown[k : k + 20]) == list(range(20)) for k in range(0, 80, 20))
    assert shown[:20] != shown[20:40]


def test_the_losses_are_the_papers() -> None:
    """Salimans et al. 2016, section 5: K logits beside one of "generated" that is 0."""
    torch.manual_seed(0)
    model = SGAN(**{**TINY, "architecture": "mlp", "base_channels": 16}, num_labelled=20, lambda_unlabelled=3.0)
    batch = batch_for(model)
    assert model.labelled is not None
    chosen = model._chosen(20)
    with torch.no_grad():
        real, fake = (model.discriminator(images) for images in (batch.real, model.fakes("discriminator")))
        labelled = model.discriminator(model.labelled.real[chosen])
    losses = model.discriminator_losses(batch)
    expected = cross_entropy(labelled, model.labelled.labels[chosen])
    assert losses["class"].item() == pytest.approx(expected.item(), rel=1e-4)
    with_generated = [torch.cat([logits, torch.zeros(16, 1)], dim=1).log_softmax(dim=1) for logits in (real, fake)]
    is_real = with_generated[0][:, :10].logsumexp(dim=1)
    expected = 3 * -(is_real.mean() + with_generated[1][:, 10].mean())
    assert losses["adversarial"].item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("objective", ["feature_matching", "adversarial"])
def test_the_generators_objective_is_the_one_chosen(objective: Any) -> None:
    torch.manual_seed(0)
    small = {**TINY, "architecture": "mlp", "base_channels": 16}
    model = SGAN(**small, num_labelled=20, generator_objective=objective)
    batch = batch_for(model)
    with torch.no_grad():
        fake = model.fakes("generator")
        if objective == "adversarial":
            expected = softplus(-model.discriminator(fake).logsumexp(dim=1)).mean()
        else:
            features = [model.discriminator.body(images).mean(0) for images in (batch.real, fake)]
            expected = (features[0] - features[1]).square().mean()
    assert model.generator_losses(batch)[objective].item() == pytest.approx(expected.item(), rel=1e-4)


def test_the_authors_distance_of_features_for_svhn_is_absolute() -> None:
    torch.manual_seed(0)
    small = {**TINY, "architecture": "mlp", "base_channels": 16}
    model = SGAN(**small, num_labelled=20, generator_objective="absolute_feature_matching")
    batch = batch_for(model)
    with torch.no_grad():
        real, fake = (model.discriminator.body(images).mean(0) for images in (batch.real, model.fakes("generator")))
    losses = model.generator_losses(batch)
    assert losses["absolute_feature_matching"].item() == pytest.approx((real - fake).abs().mean().item(), rel=1e-4)


def accuracies(model: SGAN, data: FewDigits) -> tuple[float, float]:
    """Of the averaged discriminator and of the trained one, counted by hand."""
    data.setup("fit")
    assert data.held_out_set is not None
    images, labels = cast(ImageBatch, data.on_device(data.held_out_set[torch.arange(160)]))
    assert model.discriminator_ema is not None
    networks = (model.discriminator_ema.network, model.discriminator)
    with torch.no_grad():
        said = [network.eval()(images).argmax(1) for network in networks]
    averaged, trained = (float((classes == labels).float().mean()) for classes in said)
    return averaged, trained


def test_the_accuracy_is_that_of_averaged_weights_beside_that_of_the_trained_ones(
    quiet_trainer: Callable[..., Trainer],
) -> None:
    torch.manual_seed(0)
    model = SGAN(**{**TINY, "architecture": "sgan_mlp", "base_channels": 32}, num_labelled=100)
    data = FewDigits(image_size=16, batch_size=16)
    quiet_trainer(max_steps=40).fit(model, data)
    (results,) = quiet_trainer(limit_val_batches=1.0).validate(model, data, verbose=False)
    averaged, trained = accuracies(model, data)
    assert results["metric/accuracy"] == pytest.approx(averaged)
    assert results["metric/accuracy_trained"] == pytest.approx(trained)
    assert averaged != trained


def test_the_discriminators_average_follows_each_of_its_steps(quiet_trainer: Callable[..., Trainer]) -> None:
    """A moment that grows to the decay that is asked for: 2/11, 3/12, and at most 0.2."""
    seen: list[torch.Tensor] = []

    class Watch(Callback):
        def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
            seen.append(pl_module.discriminator.head.bias.detach().clone())

    torch.manual_seed(0)
    model: Any = SGAN(**TINY, num_labelled=20, n_critic=2, discriminator_ema_decay=0.2)
    expected = model.discriminator.head.bias.detach().clone()
    quiet_trainer(max_steps=3, callbacks=[Watch()]).fit(model, FewDigits(image_size=16, batch_size=16))
    for decay, bias in zip((2 / 11, 0.2, 0.2), seen, strict=True):
        expected = decay * expected + (1 - decay) * bias
    assert torch.allclose(model.discriminator_ema.network.head.bias, expected, atol=1e-7)


def test_without_an_average_there_is_one_accuracy() -> None:
    model = SGAN(**TINY, num_labelled=20, discriminator_ema_decay=0.0).eval()
    assert model.discriminator_ema is None
    assert model.held_out_measures(batch_for(model)).keys() == {"accuracy"}


def test_an_older_checkpoint_begins_the_average_at_the_trained_weights() -> None:
    """What was written before the discriminator had an average."""
    saved = SGAN(**TINY, num_labelled=20, discriminator_ema_decay=0.0).state_dict()
    model = SGAN(**TINY, num_labelled=20)
    model.load_state_dict(saved)
    assert model.discriminator_ema is not None
    trained, averaged = model.discriminator.state_dict(), model.discriminator_ema.network.state_dict()
    assert all(torch.equal(weights, averaged[name]) for name, weights in trained.items())
    damaged = {name: weights for name, weights in saved.items() if name != "discriminator.head.bias"}
    with pytest.raises(RuntimeError, match=r"discriminator.head.bias"):
        model.load_state_dict(damaged)


def test_a_run_starts_from_its_data_and_a_resumed_one_does_not(
    quiet_trainer: Callable[..., Trainer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logits of real images have no mean and a tenth of a deviation before the first step, as the authors set them."""
    data = FewDigits(image_size=16, batch_size=16)
    logits: list[torch.Tensor] = []

    class Watch(Callback):
        def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
            everything = data.some(160, 0, pl_module.device)
            with torch.no_grad():
                logits.append(pl_module.discriminator(everything.real))

    torch.manual_seed(0)
    model = SGAN(**{**TINY, "base_channels": 16}, architecture="sgan_cnn", num_labelled=20)
    quiet_trainer(max_steps=2, callbacks=[Watch()]).fit(model, data)
    assert logits[0].mean(0).abs().max() < 0.06  # dropout is another one than in the first pass
    assert 0.07 < logits[0].std(0).mean() < 0.13
    passes: list[object] = []
    monkeypatch.setattr(weight_norm, "start_from_data", lambda *_: passes.append(_))
    resumed = SGAN(**{**TINY, "base_channels": 16}, architecture="sgan_cnn", num_labelled=20)
    quiet_trainer(max_steps=3).fit(resumed, data, ckpt_path=tmp_path / "run" / "last.ckpt")
    assert not passes
