from typing import Any

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_cli.batches import MaskedBatch
from gan_cli.errors import UserError
from gan_cli.variants import ContextEncoder
from tests.conftest import quiet
from tests.toys import Few, FewMasked, with_holes

TINY: dict[str, Any] = {"image_size": 16, "base_channels": 2, "bottleneck": 8, "overlap": 1}


def batch_of(count: int = 4, size: int = 16) -> MaskedBatch:
    source, target, mask = with_holes(torch.randint(0, 256, (count, 3, size, size), dtype=torch.uint8))
    return MaskedBatch(source / 127.5 - 1, target / 127.5 - 1, mask.float())


def model_and_batch(**arguments: Any) -> tuple[Any, MaskedBatch]:
    torch.manual_seed(0)
    model: Any = ContextEncoder(**{**TINY, **arguments})
    model.watch = lambda *_: None
    return model, batch_of()


@pytest.mark.parametrize("region", ["centre", "anywhere"])
def test_only_the_hole_is_made(region: str) -> None:
    model, batch = model_and_batch(region=region)
    mask = batch.mask.clone()
    mask[..., 4:6, :] = 0  # what a centre is painted over is more than this hole
    made = model.eval()(batch.target, mask=mask)
    changed = (made != batch.target).any(1, keepdim=True)
    assert torch.equal(changed, mask > 0)


@pytest.mark.parametrize("told", [False, True])
def test_what_stands_in_the_hole_does_not_matter(told: bool) -> None:
    model, batch = model_and_batch(told_mask=told)
    model.eval()
    assert torch.equal(model(batch.source, mask=batch.mask), model(batch.target, mask=batch.mask))


def test_the_losses_are_the_papers() -> None:
    model, batch = model_and_batch(lambda_reconstruction=0.9, lambda_adversarial=0.1)
    mask = batch.mask.clone()
    mask[..., 4, :] = mask[..., 11, :] = mask[..., 4] = mask[..., 11] = 0
    batch = batch._replace(mask=mask, source=torch.where(mask > 0, 0, batch.target))
    shared = model.shared(batch)
    middle = batch.target[..., 4:12, 4:12]
    real, fake = (model.discriminator(images) for images in (middle, shared.fake.detach()))
    ones, zeros = torch.ones_like(real), torch.zeros_like(real)
    told_apart = binary_cross_entropy_with_logits(real, ones) + binary_cross_entropy_with_logits(fake, zeros)
    assert torch.allclose(model.discriminator_losses(shared)["adversarial"], told_apart, atol=1e-6)
    losses = model.generator_losses(shared)
    assert torch.allclose(losses["adversarial"], 0.1 * binary_cross_entropy_with_logits(fake, ones), atol=1e-6)
    error = (shared.fake - middle).square()
    inside = error[..., 1:-1, 1:-1].sum()
    assert torch.allclose(losses["reconstruction"], 0.9 * (10 * (error.sum() - inside) + inside) / error.numel())


def test_holes_have_the_authors_colour() -> None:
    model, batch = model_and_batch()
    seen = model._shown(batch.target, batch.mask)
    levels = (seen[0, :, 8, 8] + 1) * 127.5
    assert levels.round().tolist() == [117, 104, 123]
    assert torch.equal(seen[..., 0, :], batch.target[..., 0, :])


def test_a_discriminator_that_is_told_the_mask_sees_the_known_as_it_is() -> None:
    model, batch = model_and_batch(region="anywhere", told_mask=True)
    seen: list[torch.Tensor] = []
    model.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.discriminator_losses(model.shared(batch))
    real, fake = seen
    assert torch.equal(real[:, :3], batch.target)
    assert torch.equal(fake[:, 3:], batch.mask)
    assert torch.equal((fake[:, :3] != batch.target).any(1, keepdim=True), batch.mask > 0)


def test_without_the_adversarial_term_a_regression_is_left() -> None:
    model, batch = model_and_batch(lambda_adversarial=0.0)
    assert list(model.generator_losses(model.shared(batch))) == ["reconstruction"]
    with pytest.raises(UserError, match=r"model.lambda_reconstruction: 0.0 is not possible"):
        ContextEncoder(**TINY, lambda_adversarial=0.0, lambda_reconstruction=0.0)


def test_holes_where_nothing_is_painted_are_refused(tmp_path: Any) -> None:
    class Elsewhere(FewMasked):
        def part(self, split: Any) -> Few:
            def batch(digits: torch.Tensor, _: torch.Tensor) -> MaskedBatch:
                found = with_holes(digits)
                found.mask[..., 0, 0] = 1
                return found

            return Few(self.digits(split), batch)

    model = ContextEncoder(**TINY, target_channels=1)
    with pytest.raises(UserError, match=r"model.region: centre paints the middle half .* --data.masks centre"):
        quiet(tmp_path, max_steps=1).fit(model, Elsewhere(image_size=16))


def test_one_image_alone_is_no_batch_to_be_normalised_over() -> None:
    model, batch = model_and_batch()
    with pytest.raises(UserError, match=r"data.batch_size: of 1 image .* take 2 or more"):
        model.shared(MaskedBatch(*(tensor[:1] for tensor in batch)))


@pytest.mark.parametrize("size", [8, 48])
def test_images_are_halved_down_to_a_vector(size: int) -> None:
    with pytest.raises(UserError, match=rf"model.image_size: {size} is not possible"):
        ContextEncoder(image_size=size)
