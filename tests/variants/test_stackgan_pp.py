from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gan_cli.errors import UserError
from gan_cli.objectives.colour_consistency import colour_consistency
from gan_cli.variants import StackGANpp
from gan_cli.variants.stackgan_pp import Scales
from tests.variant_rows import STACKED
from tests.variants.told import batch, ready

TINY: dict[str, Any] = {**STACKED, "num_scales": 2}


def shared(model: StackGANpp) -> Scales:
    seen = model.shared(batch())
    assert isinstance(seen, Scales)
    return seen


@pytest.mark.parametrize("num_scales", [1, 2])
def test_every_size_has_images_and_a_discriminator(num_scales: int) -> None:
    model = ready(StackGANpp, **{**TINY, "num_scales": num_scales})
    seen = shared(model)
    sizes = [8, 16][-num_scales:]
    assert [images.shape[-1] for images in seen.images] == [fakes.shape[-1] for fakes in seen.fakes] == sizes
    assert list(model.discriminator) == list(map(str, sizes))
    assert torch.allclose(seen.images[0], avg_pool2d(batch().images, 16 // sizes[0]))
    parts = model.parts(torch.randn(16, 12), text=batch().text)
    assert tuple(parts) == model.PARTS == tuple(map(str, sizes[:-1]))
    assert all(part.shape == (16, 3, 16, 16) for part in parts.values())


def test_terms_are_sums_over_the_sizes() -> None:
    model = ready(StackGANpp, **TINY)
    seen = shared(model)
    whole = {**model.discriminator_losses(seen), **model.generator_losses(seen)}
    by_size: list[dict[str, Tensor]] = []
    for of_one in zip(model.discriminator.values(), seen.images, seen.fakes, strict=True):
        by_size.append(model._told_apart(*of_one, seen))
    for term in ("real", "fake", "wrong"):
        assert whole[term].item() == pytest.approx(sum(one[term].item() for one in by_size), rel=1e-4)
    assert set(whole) == {"real", "fake", "wrong", "alone", "adversarial", "kl"}
    none = ready(StackGANpp, **TINY, lambda_wrong=0.0, lambda_alone=0.0, lambda_kl=0.0)
    assert set(none.discriminator_losses(seen)) == {"real", "fake"}
    assert set(none.generator_losses(seen)) == {"adversarial"}


def test_the_divergence_is_that_of_normal_distributions_averaged_over_their_numbers() -> None:
    model = ready(StackGANpp, **TINY)
    seen = shared(model)
    normal = torch.distributions.Normal
    own = normal(seen.condition.mean, (seen.condition.log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(own, normal(torch.tensor(0.0), torch.tensor(1.0))).mean()
    assert model.generator_losses(seen)["kl"].item() == pytest.approx(2 * expected.item(), rel=1e-4)


def test_colours_follow_those_of_the_smaller_image() -> None:
    model = ready(StackGANpp, **TINY, lambda_colour=50.0)
    seen = shared(model)
    term = model.generator_losses(seen)["colour"]
    assert term.item() == pytest.approx(50 * colour_consistency(*reversed(seen.fakes)).item(), rel=1e-4)
    slopes: list[Tensor | None] = [*torch.autograd.grad(term, seen.fakes, allow_unused=True)]
    assert [slope is None for slope in slopes] == [True, False]


def test_the_generator_is_judged_by_the_mean_and_moves_it() -> None:
    model = ready(StackGANpp, **TINY, lambda_kl=0.0)
    seen = shared(model)
    model.generator_losses(seen)["adversarial"].backward(inputs=[seen.condition.mean])
    assert seen.condition.mean.grad is not None
    assert seen.condition.mean.grad.any()
    told = model.discriminator_losses(seen)["wrong"]
    slopes: list[Tensor | None] = [*torch.autograd.grad(told, seen.condition.mean, allow_unused=True)]
    assert slopes == [None]


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(UserError, match=r"model\.num_scales: 3 is not possible; take a value up to 2"):
        StackGANpp(**{**TINY, "num_scales": 3})
    with pytest.raises(UserError, match=r"model\.lambda_colour: 50\.0 is not possible"):
        StackGANpp(**{**TINY, "num_scales": 1, "lambda_colour": 50.0})
