"""What VGAN and its conditional version have of their own: the mask's weight, the first frame, and parts."""

from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.batches import VideoBatch
from gan_cli.seeding import Rows
from gan_cli.variants import VGAN, ConditionalVGAN
from gan_cli.variants.places import Place

TINY: dict[str, Any] = {"num_frames": 4, "image_size": 16, "image_channels": 1, "base_channels": 2}


def ready(variant: type[Any], **arguments: Any) -> Any:
    """A model as a trainer leaves it before a step."""
    torch.manual_seed(0)
    model = variant(**{**TINY, **arguments})
    model._place = Place(Rows(0, 4, 4), 0, 0)
    model.watch = lambda *_: None
    return model


def batch() -> VideoBatch:
    return VideoBatch(torch.rand(4, 1, 4, 16, 16) * 2 - 1, torch.zeros(4, dtype=torch.int64))


def test_the_mask_costs_its_mean() -> None:
    model = ready(VGAN, lambda_mask=0.5)
    losses = model.generator_losses(batch())
    torch.manual_seed(0)
    mask = model.generator(model.latents("generator")).mask
    assert losses["mask"].item() == pytest.approx(0.5 * mask.mean().item(), rel=1e-5)


def test_only_the_first_frame_is_drawn_to_the_given_one() -> None:
    model, real = ready(ConditionalVGAN, lambda_first=3.0), batch()
    losses = model.generator_losses(real)
    made = model.generator(real.videos[:, :, 0]).video
    apart = (made[:, :, 0] - real.videos[:, :, 0]).abs().mean()
    assert losses["first"].item() == pytest.approx(3 * apart.item(), rel=1e-5)
    later = VideoBatch(torch.cat([real.videos[:, :, :1], -real.videos[:, :, 1:]], dim=2), real.labels)
    assert torch.equal(model.generator_losses(later)["first"], losses["first"])


def test_a_first_frame_has_one_video() -> None:
    model = ready(ConditionalVGAN)
    assert model.latent_dim == 0
    first = batch().videos[:, :, 0]
    made = model(torch.zeros(4, 0), first)
    assert torch.equal(made, model(torch.zeros(4, 0), first))
    assert (made[0] - made[1]).abs().amax() > 1e-3


@pytest.mark.parametrize("variant", [VGAN, ConditionalVGAN])
def test_videos_are_put_together_of_their_parts(variant: type[Any]) -> None:
    model = ready(variant).eval()
    given: dict[str, Tensor] = model.given(batch())
    latents = torch.randn(4, model.latent_dim)
    parts = model.parts(latents, **given)
    assert tuple(parts) == variant.PARTS
    mask = (parts["mask"] + 1) / 2
    whole = mask * parts["foreground"] + (1 - mask) * parts["background"]
    assert torch.allclose(whole, model(latents, **given), atol=1e-6)
    assert torch.equal(parts["background"][:, :, 0], parts["background"][:, :, -1])
    assert all(part.shape == (4, 1, 4, 16, 16) and part.abs().max() <= 1 for part in parts.values())
