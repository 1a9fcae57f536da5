from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_cli.variants import WGANGP, WGANLP
from tests.toys import batch_for, passes_of
from tests.variant_rows import TINY


@pytest.mark.parametrize("variant", [WGANGP, WGANLP])
def test_the_losses_are_the_papers(variant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the gradient of each mixed image's score, taken one image at a time."""
    torch.manual_seed(0)
    weight = {"lambda_gp": 3.0} if variant is WGANGP else {"lambda_lp": 3.0}
    model = variant(**{**TINY, "architecture": "mlp", "base_channels": 16}, **weight)
    batch = batch_for(model)
    with torch.no_grad():
        for parameter in model.discriminator.parameters():
            parameter *= 2  # slopes on both sides of 1
    fake = model.fakes("discriminator").detach()
    shares = model.mixing_shares(16)[:, None, None, None]
    assert 0 <= float(shares.min()) < 0.3 < 0.7 < float(shares.max()) <= 1
    slopes = []
    for image in (shares * batch.real + (1 - shares) * fake).split(1):
        image.requires_grad_()
        (gradient,) = torch.autograd.grad(model.discriminator(image).sum(), image)
        slopes.append(gradient.norm())
    excess = torch.stack(slopes) - 1
    assert excess.min() < 0 < excess.max()
    penalty = (excess if variant is WGANGP else excess.clamp(min=0)).square().mean()
    losses = model.discriminator_losses(batch)
    assert torch.allclose(losses["penalty"], 3 * penalty, rtol=1e-4)
    distance = model.discriminator(batch.real).mean() - model.discriminator(fake).mean()
    assert torch.allclose(losses["adversarial"], -distance, atol=1e-5)
    score = model.discriminator(model.fakes("generator")).mean()
    assert torch.allclose(model.generator_losses(batch)["adversarial"], -score, atol=1e-6)


def test_a_supervised_critic_tells_the_class_and_its_penalty_is_on_the_score_alone() -> None:
    torch.manual_seed(0)
    plain, heavy = (WGANGP(**TINY, num_classes=10, lambda_cls_real=each, lambda_cls_fake=each) for each in (1.0, 5.0))
    heavy.load_state_dict(plain.state_dict())
    batch = batch_for(plain)
    batch_for(heavy)
    with torch.no_grad():
        # Scores that are the same everywhere have no slope, whatever the classes' logits do.
        for model in (plain, heavy):
            head: Any = model.discriminator.head
            head.weight[0] = 0
            head.weight[1:] *= 50
    losses, more = plain.discriminator_losses(batch), heavy.discriminator_losses(batch)
    assert losses["penalty"].item() == pytest.approx(10)
    assert losses["adversarial"].item() == pytest.approx(0, abs=1e-6)
    class_loss = cross_entropy(plain.discriminator(batch.real)[:, 1:], batch.labels).item()
    assert losses["class"].item() == pytest.approx(class_loss, rel=1e-4)
    assert more["class"].item() == pytest.approx(5 * losses["class"].item(), rel=1e-4)
    ours, theirs = plain.generator_losses(batch), heavy.generator_losses(batch)
    assert theirs["class"].item() == pytest.approx(5 * ours["class"].item(), rel=1e-4)


def test_a_supervised_generator_is_judged_by_the_classes_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    model = WGANGP(**TINY, num_classes=10)
    judged: list[Tensor] = []
    made = passes_of(model.generator)

    def classification(logits: Tensor, labels: Tensor) -> Tensor:
        judged.append(labels)
        return cross_entropy(logits, labels)

    monkeypatch.setattr("gan_cli.variants.wgan_gp.auxiliary_classification", classification)
    batch = batch_for(model)
    model.discriminator_losses(batch)
    model.generator_losses(batch)
    assert torch.equal(judged[0], batch.labels)  # the critic learns the classes of real images
    assert torch.equal(judged[1], made[1][1])
    assert not torch.equal(judged[1], batch.labels)
