from typing import Any

import pytest
import torch
from torch.nn.functional import softplus

from gan_cli.seeding import Rows
from gan_cli.variants import CGAN
from gan_cli.variants.base import Place
from tests.toys import batch_for, passes_of
from tests.variant_rows import TINY


def test_wrong_labels_are_never_right_and_all_others_occur() -> None:
    model = CGAN(**TINY, num_classes=5)
    model._place = Place(Rows(0, 20_000, 20_000), model.seed, 0)
    labels = torch.arange(20_000) % 5
    wrong = model._wrong(labels)
    counts = torch.stack([torch.bincount(wrong[labels == number], minlength=5) for number in range(5)])
    assert counts.shape == (5, 5)
    assert not counts.diagonal().any()
    others = counts[~torch.eye(5, dtype=torch.bool)].float()
    assert float((others - 1000).abs().max()) < 150  # 5 deviations


@pytest.mark.parametrize("mismatched", [False, True])
def test_the_discriminator_sees_images_with_the_labels_they_should_or_should_not_have(mismatched: bool) -> None:
    torch.manual_seed(0)
    model = CGAN(**TINY, mismatched_labels=mismatched)
    batch = batch_for(model)
    seen, made = passes_of(model.discriminator), passes_of(model.generator)
    loss = model.discriminator_losses(batch)["adversarial"]
    assert len(seen) == 2 + mismatched  # batch normalisation: a pass for each kind
    (real, real_labels, real_logits), (fake, fake_labels, _), *wrong = seen
    assert torch.equal(real, batch.real)
    assert torch.equal(real_labels, batch.labels)
    assert torch.equal(fake, made[0][2])
    assert torch.equal(fake_labels, made[0][1])
    assert torch.equal(fake_labels, batch.labels)
    for images, labels, _ in wrong:
        assert torch.equal(images, batch.real)
        assert not (labels == batch.labels).any()
    expected = softplus(-real_logits).mean() + softplus(torch.cat([logits for *_, logits in seen[1:]])).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("arguments", [{}, {"conditioning": "projection"}])
def test_the_generator_is_judged_with_the_labels_it_was_told(arguments: dict[str, Any]) -> None:
    model = CGAN(**TINY, **arguments, generator_batch_multiple=2)
    batch = batch_for(model)
    made, judged = passes_of(model.generator), passes_of(model.discriminator)
    model.generator_losses(batch)
    assert torch.equal(judged[0][0], made[0][2])
    assert torch.equal(judged[0][1], made[0][1])
    assert torch.equal(made[0][1], torch.cat([batch.labels, batch.labels]))
