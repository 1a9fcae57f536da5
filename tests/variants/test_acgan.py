import pytest
import torch
from torch.nn.functional import cross_entropy, softplus

from gan_cli.variants import ACGAN
from tests.toys import batch_for, passes_of
from tests.variant_rows import TINY


def test_the_losses_are_the_papers() -> None:
    """Odena et al. 2017, equations 2 and 3: the classes of real and of generated images in both players' losses."""
    torch.manual_seed(0)
    model = ACGAN(**{**TINY, "architecture": "mlp", "base_channels": 16}, lambda_cls=3.0)
    batch = batch_for(model)
    passes = passes_of(model.generator)
    losses, generators = model.discriminator_losses(batch), model.generator_losses(batch)
    (_, told, fakes), (_, told_later, later_fakes) = passes
    with torch.no_grad():
        real, fake, other = (model.discriminator(images) for images in (batch.real, fakes, later_fakes))
    classes = cross_entropy(real[:, 1:], batch.labels) + cross_entropy(fake[:, 1:], told)
    assert losses["class"].item() == pytest.approx(3 * classes.item(), rel=1e-4)
    source = softplus(-real[:, 0]).mean() + softplus(fake[:, 0]).mean()
    assert losses["adversarial"].item() == pytest.approx(source.item(), rel=1e-4)
    assert generators["class"].item() == pytest.approx(3 * cross_entropy(other[:, 1:], told_later).item(), rel=1e-4)
    assert generators["adversarial"].item() == pytest.approx(softplus(-other[:, 0]).mean().item(), rel=1e-4)
    assert not torch.equal(told, batch.labels)  # drawn, not copied
