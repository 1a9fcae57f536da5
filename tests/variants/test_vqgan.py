"""VQGAN: its losses, the codebook's beginning, and the batch from which the discriminator joins in."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.networks.vqgan import Codebook
from gan_cli.variants import VQGAN
from gan_cli.variants.vqgan import marginal_codes
from tests.conftest import quiet
from tests.toys import FewDigits
from tests.variant_rows import CODED

SMALL: dict[str, Any] = {**CODED, "image_channels": 1, "discriminator_channels": 2, "patch_size": 16}
BATCHES, START = 5, 3


def model_and_batch(**arguments: Any) -> tuple[Any, ImageBatch]:
    torch.manual_seed(0)
    model: Any = VQGAN(**{**SMALL, "disc_start": 0, **arguments})
    model.watch = lambda *_: None
    model.setup("fit")
    return model, ImageBatch(torch.rand(4, 1, 16, 16) * 2 - 1, torch.zeros(4, dtype=torch.int64))


def test_losses_are_the_authors() -> None:
    weights = {"lambda_pixel": 2.0, "lambda_perceptual": 3.0, "lambda_codebook": 5.0, "lambda_adversarial": 0.7}
    model, batch = model_and_batch(commitment_weight=0.25, **weights)
    shared = model.shared(batch)
    last = model.generator.decoder.last
    fake = last(shared.maps)
    real_logits, fake_logits = model.discriminator(batch.images), model.discriminator(fake)
    hinge = (torch.relu(1 - real_logits).mean() + torch.relu(1 + fake_logits).mean()) / 2
    assert torch.allclose(model.discriminator_losses(shared)["adversarial"], hinge, atol=1e-6)
    losses = model.generator_losses(shared)
    assert list(losses) == ["pixel", "random", "adversarial", "codebook", "commitment"]
    assert torch.allclose(losses["pixel"], 2 * (fake - batch.images).abs().mean())
    maps, wanted = (model.looking.network(images) for images in (fake, batch.images))
    errors = [(made - right).square().mean() for made, right in zip(maps, wanted, strict=True)]
    assert torch.allclose(losses["random"], 3 * torch.stack(errors).mean())
    error = losses["pixel"] + losses["random"]
    of_error, of_judged = (
        torch.autograd.grad(loss, last.weight, retain_graph=True)[0].norm() for loss in (error, -fake_logits.mean())
    )
    assert torch.allclose(losses["adversarial"], -0.7 * of_error / (of_judged + 1e-4) * fake_logits.mean(), rtol=1e-4)
    vectors = model.generator.vectors(batch.images)
    distance = (vectors - model.generator.codebook.at(shared.codes)).square().mean()
    assert torch.allclose(losses["codebook"], 5 * distance)
    assert torch.allclose(losses["commitment"], 0.25 * 5 * distance)


def test_the_discriminator_joins_in_at_its_batch() -> None:
    model, batch = model_and_batch(disc_start=2)
    assert [*model.descending()] == ["generator"]
    assert "adversarial" not in model.generator_losses(model.shared(batch))
    model.counters.batches = 2
    assert [*model.descending()] == ["discriminator", "generator"]
    assert "adversarial" in model.generator_losses(model.shared(batch))


def fit(folder: Path, batches: int = BATCHES, resume: Path | None = None, **arguments: Any) -> Any:
    torch.manual_seed(0)
    model = VQGAN(**{**SMALL, "disc_start": START, **arguments})
    trainer = quiet(folder, max_steps=batches, checkpoint_every=1)
    trainer.fit(model, FewDigits(image_size=16, batch_size=16), ckpt_path=resume)
    return model


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_run_resumes_to_the_bit_across_the_discriminators_first_batch(tmp_path: Path, accumulate: int) -> None:
    whole = fit(tmp_path / "whole", accumulate=accumulate)
    for stop in (START - 1, START, START + 1):
        fit(tmp_path / str(stop), stop, accumulate=accumulate)
        last = tmp_path / str(stop) / "last.ckpt"
        resumed = fit(tmp_path / str(stop), BATCHES, last, accumulate=accumulate)
        for name, weight in whole.state_dict().items():
            assert torch.equal(weight, resumed.state_dict()[name]), name


def test_the_discriminator_rests_before(tmp_path: Path) -> None:
    torch.manual_seed(0)
    fresh = VQGAN(**SMALL).discriminator.state_dict()
    trained = fit(tmp_path, START).discriminator.state_dict()
    assert all(torch.equal(weight, trained[name]) for name, weight in fresh.items())
    trained = fit(tmp_path / "further", START + 1).discriminator.state_dict()
    assert not all(torch.equal(weight, trained[name]) for name, weight in fresh.items())


def test_the_codebook_starts_from_what_the_encoder_makes_of_training_images(tmp_path: Path) -> None:
    data = FewDigits(image_size=16, batch_size=16)
    began: dict[str, torch.Tensor] = {}

    class Watched(VQGAN):
        def on_train_start(self) -> None:
            network: Any = self.generator
            began["entries"] = network.codebook.entries.detach().clone()
            images = data.some(160, 0, self.device).real
            began["vectors"] = network.vectors(images).movedim(1, -1).flatten(0, 2).detach()
            averaged: Any = self.ema
            assert torch.equal(averaged.network.codebook.entries, network.codebook.entries)
            super().on_train_start()

    torch.manual_seed(0)
    quiet(tmp_path, max_steps=1).fit(Watched(**SMALL, ema_decay=0.5), data)
    apart = torch.cdist(began["entries"], began["vectors"]).amin(1)
    assert float(apart.max()) < 2 * CODED["code_dim"] ** 0.5 / CODED["num_codes"]  # what was drawn at first
    drawn = Codebook(CODED["num_codes"], CODED["code_dim"]).entries.detach()
    assert float(began["entries"].std(0).norm()) > 2 * float(drawn.std(0).norm())


def test_forward_is_what_codes_give_back() -> None:
    model, batch = model_and_batch()
    model.eval()
    codes = model.encode(batch.images)
    assert (codes.shape, codes.dtype) == ((4, 8, 8), torch.int64)
    assert torch.equal(model(batch.images), model.decode(codes))
    assert model(batch.images).abs().max() <= 1


def test_codes_of_other_images_keep_each_places_own() -> None:
    codes = torch.randint(50, (20, 3, 3), generator=torch.Generator().manual_seed(0))
    dealt = marginal_codes(codes)
    assert not torch.equal(dealt, codes)
    assert torch.equal(dealt.sort(0).values, codes.sort(0).values)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"image_size": 18, "multipliers": (1, 1, 1)},
            r"model.image_size: 18 is not possible; take a value that is a multiple of 4, of which a code is made",
        ),
        ({"attention_size": 5}, r"model.attention_size: 5 is not possible; take a value of 0, 16, 8, the sides"),
        ({"multipliers": ()}, r"model.multipliers: \(\) is not possible; take a value such as \[1,2,2\]"),
        (
            {"lambda_pixel": 0.0, "lambda_perceptual": 0.0},
            r"model.lambda_pixel: 0.0 is not possible; .* nothing is learned",
        ),
        ({"patch_size": 70}, r"model.patch_size: 70 is not possible; take a value of 16"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        VQGAN(**{**SMALL, **arguments})
