import pytest
import torch
from torch.nn.functional import softplus

from gan_cli.variants import DCGAN
from tests.toys import batch_for, passes_of
from tests.variant_rows import TINY


def test_the_objective_is_the_non_saturating_one() -> None:
    torch.manual_seed(0)
    model = DCGAN(**TINY)
    batch = batch_for(model)
    passes = passes_of(model.discriminator)
    losses = model.discriminator_losses(batch), model.generator_losses(batch)
    (seen, real), (_, fake), (_, later) = passes
    assert torch.equal(seen, batch.real)
    expected = softplus(-real).mean() + softplus(fake).mean()
    assert losses[0]["adversarial"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert losses[1]["adversarial"].item() == pytest.approx(softplus(-later).mean().item(), rel=1e-5)
