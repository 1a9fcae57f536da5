from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_cli.batches import SolidBatch
from gan_cli.networks.layer_outputs import feature_layers, pooled_side
from gan_cli.seeding import Rows
from gan_cli.variants import VoxelGAN
from gan_cli.variants.accuracy_rule import AccuracyRule, WaitingAdam
from gan_cli.variants.card import parameter_counts
from gan_cli.variants.places import Place
from tests.conftest import quiet
from tests.toys import FewSolids

TINY: dict[str, Any] = {"volume_size": 8, "base_channels": 4, "latent_dim": 8}


def ready(**arguments: Any) -> VoxelGAN:
    """A model as a trainer leaves it before a step."""
    torch.manual_seed(0)
    model = VoxelGAN(**{**TINY, **arguments})
    model._place = Place(Rows(0, 16, 16), 0, 0)
    model.watch = lambda *_: None  # type: ignore[method-assign]
    return model


def batch() -> SolidBatch:
    return SolidBatch((torch.rand(16, 1, 8, 8, 8) > 0.8).float(), torch.arange(16) % 8)


def test_the_papers_networks_have_as_many_weights_as_the_papers() -> None:
    assert parameter_counts(VoxelGAN) == {"generator": 17_569_664, "discriminator": 11_048_832}


@pytest.mark.parametrize("size", [16, 32])
def test_smaller_solids_leave_out_the_outermost_doublings(size: int) -> None:
    with torch.device("meta"):
        model = VoxelGAN(volume_size=size)  # type: ignore[arg-type]
    widths = [64, 128, 256][: {16: 2, 32: 3}[size]][::-1]
    transposed = [layer for layer in model.generator.modules() if isinstance(layer, nn.ConvTranspose3d)]
    assert [layer.in_channels for layer in transposed] == widths
    assert model(torch.zeros(2, 200, device="meta")).shape == (2, 1, size, size, size)


def test_the_papers_prior_is_uniform_from_0_to_1() -> None:
    seen: list[Tensor] = []
    for distribution in ("uniform", "normal"):
        model = ready(latent_distribution=distribution).eval()
        model.generator.begin.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))  # type: ignore[union-attr]
        model.fakes("generator")
    uniform, normal = seen
    assert 0 <= float(uniform.min()) < 0.1 < 0.9 < float(uniform.max()) <= 1
    assert float(normal.min()) < -1


def test_the_rule_counts_the_batch_before_and_nothing_of_this_one() -> None:
    rule = AccuracyRule(0.8)
    assert not rule.waits
    rule.count(torch.tensor([1.0, 2.0]), torch.tensor([-1.0, 1.0]))  # 3 of 4
    rule.count(torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -1.0]))  # a second part: 7 of 8
    assert not rule.waits
    rule.next_batch()
    assert rule.accuracy == 0.875
    assert rule.waits
    rule.next_batch()  # of a batch that it was not asked about nothing is known
    assert rule.waits
    rule.count(torch.tensor([1.0, -2.0]), torch.tensor([-1.0, 1.0]))
    rule.next_batch()
    assert not rule.waits


def test_a_step_that_waits_changes_neither_weights_nor_moments() -> None:
    weights, plain = (nn.Parameter(torch.ones(3)) for _ in range(2))
    wait = torch.tensor(True)
    waiting, usual = WaitingAdam([weights], lambda: wait, lr=0.1), torch.optim.Adam([plain], lr=0.1)
    for wait in (torch.tensor(each) for each in (True, False, True, True, False)):
        weights.grad = torch.tensor([1.0, -2.0, 3.0])
        before = weights.detach().clone()
        waiting.step()
        assert torch.equal(weights, before) == bool(wait)
        if not wait:
            plain.grad = weights.grad.clone()
            usual.step()
    assert torch.equal(weights, plain)
    assert all(torch.equal(waiting.state[weights][name], usual.state[plain][name]) for name in ("exp_avg", "step"))


class Watched(VoxelGAN):
    """Keeps a sum of the discriminator's weights after each batch."""

    def on_train_batch_end(self, *args: Any) -> None:
        super().on_train_batch_end(*args)
        weights = torch.cat([weight.detach().double().flatten() for weight in self.discriminator.parameters()])
        self.sums = [*getattr(self, "sums", []), float(weights.sum())]


def test_a_run_in_which_the_discriminator_waits_resumes_bit_for_bit(tmp_path: Path) -> None:
    """In the middle, the accuracy on the batch before is all that tells whether it waits."""
    arguments = {**TINY, "accuracy_limit": 0.55, "discriminator_lr": 1e-3, "generator_lr": 1e-3}
    torch.manual_seed(0)
    whole = Watched(**arguments)
    quiet(tmp_path / "whole", checkpoint_every=7, max_steps=14).fit(whole, FewSolids())
    stays = [one == other for one, other in zip(whole.sums, whole.sums[1:], strict=False)]
    assert any(stays)
    assert not all(stays)
    for start in (7,):
        torch.manual_seed(99)
        resumed = Watched(**arguments)
        middle = tmp_path / "whole" / f"step-{start:08d}.ckpt"
        quiet(tmp_path / "resumed", max_steps=14).fit(resumed, FewSolids(), ckpt_path=middle, weights_only=True)
        assert resumed.sums == whole.sums[start:]
        weights, others = whole.state_dict(), resumed.state_dict()
        assert all(torch.equal(weights[name], others[name]) for name in weights)
        assert weights["rule.accuracy"] > 0


def test_a_class_changes_what_is_made_and_judged() -> None:
    model = ready(num_classes=8).eval()
    latents = torch.zeros(2, 8)
    one, other = model(latents, torch.tensor([0, 3]))
    assert not torch.equal(one, other)
    between = model(latents[:1], torch.eye(8)[[0]] / 2 + torch.eye(8)[[3]] / 2)
    assert between.shape == (1, 1, 8, 8, 8)
    losses = model.discriminator_losses(batch())["adversarial"]
    assert losses.isfinite()
    assert model.surface(one[None]) is None


def test_a_probe_takes_the_last_three_layers_pooled_to_two_voxels_a_side() -> None:
    with torch.device("meta"):
        model = VoxelGAN()
    layers = feature_layers(model.discriminator)
    assert [layer for layer in model.discriminator.body.layers if isinstance(layer, nn.LeakyReLU)][1:] == layers  # type: ignore[union-attr]
    assert pooled_side(model.discriminator) == 2


def test_what_is_undecided_is_measured() -> None:
    model = ready().eval()
    measures = model.held_out_measures(batch())
    assert 0.9 < float(measures["undecided"]) <= 1  # before it has learned anything
    assert float(measures["occupancy_real"]) == pytest.approx(float(batch().solids.mean()), abs=0.05)
