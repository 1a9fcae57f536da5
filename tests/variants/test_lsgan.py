import pytest
import torch

from gan_cli.variants import LSGAN
from tests.toys import batch_for
from tests.variant_rows import TINY


def test_each_loss_has_its_own_target() -> None:
    """Mao et al. 2017, equation 2: b for real, a for generated images, c for the generator."""
    torch.manual_seed(0)
    small = {**TINY, "architecture": "mlp", "base_channels": 16}
    model = LSGAN(**small, fake_target=-1.0, real_target=2.0, generator_target=0.5)
    batch = batch_for(model)
    with torch.no_grad():
        images = (batch.real, model.fakes("discriminator"), model.fakes("generator"))
        outputs = [model.discriminator(each) for each in images]
    losses = {**model.discriminator_losses(batch), **model.generator_losses(batch)}
    targets = {"real": 2.0, "fake": -1.0, "adversarial": 0.5}
    assert losses.keys() == targets.keys()
    for (name, target), output in zip(targets.items(), outputs, strict=True):
        assert losses[name].item() == pytest.approx((output - target).square().mean().item() / 2, rel=1e-4)
