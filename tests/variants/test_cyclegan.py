from typing import Any, cast

import pytest
import torch
from torch import Tensor

from gan_cli.batches import UnpairedBatch
from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import CycleGAN
from gan_cli.variants.base import Place

TINY: dict[str, Any] = {"image_size": 32, "base_channels": 2, "num_blocks": 1, "patch_size": 16}


def model_and_batch(**arguments: Any) -> tuple[Any, UnpairedBatch]:
    torch.manual_seed(0)
    model: Any = CycleGAN(**{**TINY, **arguments})
    model.watch = lambda *_: None
    model._place = Place(Rows(0, 2, 2), model.seed, 0)
    a, b = (torch.rand(2, channels, 32, 32) * 2 - 1 for channels in model.channels_of.values())
    return model, UnpairedBatch(a, b)


def test_the_losses_are_the_papers() -> None:
    model, (a, b) = model_and_batch(lambda_cycle=3.0, lambda_identity=2.0)
    there, back = model.generator["a_to_b"], model.generator["b_to_a"]
    judge_a, judge_b = model.discriminator["a"], model.discriminator["b"]
    shared = model.shared(UnpairedBatch(a, b))
    expected = {
        "adversarial_a": (judge_a(back(b)) - 1).square().mean(),
        "adversarial_b": (judge_b(there(a)) - 1).square().mean(),
        "cycle_a": 3 * (back(there(a)) - a).abs().mean(),
        "cycle_b": 3 * (there(back(b)) - b).abs().mean(),
        "identity_a": 2 * (back(a) - a).abs().mean(),
        "identity_b": 2 * (there(b) - b).abs().mean(),
    }
    losses = model.generator_losses(shared)
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.allclose(losses[name], value, atol=1e-6), name
    told_apart = model.discriminator_losses(shared)
    halved = ((judge_a(a) - 1).square().mean() + judge_a(back(b)).square().mean()) / 2
    assert torch.allclose(told_apart["adversarial_a"], halved, atol=1e-6)


def test_only_the_discriminators_see_older_images() -> None:
    model, batch = model_and_batch(pool_size=2)
    for step in range(20):
        model.counters.batches = step
        model.discriminator_losses(model.shared(batch))
    torch.nn.init.normal_(model.generator["a_to_b"].layers[0].weight)
    shared = model.shared(batch)
    passes: list[torch.Tensor] = []
    model.discriminator["b"].register_forward_hook(lambda _, inputs, __: passes.append(inputs[0].detach()))
    model.counters.batches = 99
    model.discriminator_losses(shared)
    model.generator_losses(shared)
    of_its_own, of_the_generators = passes
    assert not torch.equal(of_its_own[2:], shared.fake_b)
    assert torch.equal(of_the_generators, shared.fake_b)


def test_each_direction_has_its_generator() -> None:
    model, batch = model_and_batch(source_channels=1, lambda_identity=0.0)
    model.data_facts = {"domains": ("horse", "zebra")}
    assert model.directions == ("horse2zebra", "zebra2horse")
    assert torch.equal(model(batch.a, "horse2zebra"), model.generator["a_to_b"](batch.a))
    assert torch.equal(model(batch.b, "zebra2horse"), model.generator["b_to_a"](batch.b))
    assert (model.channels("horse2zebra"), model.channels("zebra2horse")) == ((1, 3), (3, 1))


def test_no_identity_between_images_of_different_channels() -> None:
    with pytest.raises(UserError, match=r"type --model.lambda_identity 0"):
        CycleGAN(**TINY, source_channels=1)


def test_the_papers_blocks_go_with_the_image_size() -> None:
    with torch.device("meta"):
        counts = [
            sum(
                name.endswith("layers.0.weight") and "layers.layers" not in name
                for name, _ in model.generator.named_parameters()
            )
            for model in (CycleGAN(), CycleGAN(image_size=128))
        ]
    assert counts[0] - counts[1] == 2 * 3


def test_one_image_has_the_same_gradients_in_both_memory_layouts() -> None:
    """The papers' batch size; torch's own normalisation by image had others in channels_last."""

    def gradients(channels_last: bool) -> list[Tensor]:
        torch.manual_seed(0)
        model = CycleGAN(image_size=16, base_channels=4, num_blocks=1, patch_size=16, channels_last=channels_last)
        images = torch.linspace(-1, 1, 768).view(1, 3, 16, 16)
        batch = UnpairedBatch(model.laid_out(images), model.laid_out(images.sin()))
        with model.at(Rows(0, 1, 1), seed=0, step=0):
            sum(model.generator_losses(model.shared(batch)).values(), start=torch.zeros(())).backward()
        return [cast(Tensor, weights.grad) for weights in model.generator.parameters()]

    for one, other in zip(gradients(True), gradients(False), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
