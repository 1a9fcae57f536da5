from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch.nn.functional import cross_entropy, softplus

from gan_cli.batches import Batch, ImageBatch, LoadedBatch
from gan_cli.data import Digits
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
        images, labels = super().on_after_batch_transfer(batch, dataloader_idx)
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


def test_every_labelled_image_is_shown_in_time() -> None:
    model = SGAN(**TINY, num_labelled=20)
    shown: set[int] = set()
    for step in range(20):
        with model.at(Rows(0, 16, 16), model.seed, step):
            chosen = model._chosen(16, 20)
        assert len(chosen) == 16
        shown |= set(chosen.tolist())
    assert shown == set(range(20))


def test_the_losses_are_the_papers() -> None:
    """Salimans et al. 2016, section 5: K logits beside one of "generated" that is 0."""
    torch.manual_seed(0)
    model = SGAN(**{**TINY, "architecture": "mlp", "base_channels": 16}, num_labelled=20, lambda_unlabelled=3.0)
    batch = batch_for(model)
    assert model.labelled is not None
    chosen = model._chosen(16, 20)
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
