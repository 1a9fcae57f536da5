from math import log
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from gan_cli.errors import UserError
from gan_cli.variants import StackGAN
from gan_cli.variants.sentences import MATCHED
from gan_cli.variants.stackgan import STAGE_ONE, Staged
from tests.conftest import quiet
from tests.toys import FewCaptioned
from tests.variant_rows import STACKED
from tests.variants.told import batch, ready

TINY: dict[str, Any] = {**STACKED, "enlargement": 2, "stage_one_steps": 1000}


def shared(model: StackGAN) -> Staged:
    seen = model.shared(batch())
    assert isinstance(seen, Staged)
    return seen


def trained(folder: Path, steps: int, ckpt: Path | None = None, **arguments: Any) -> StackGAN:
    torch.manual_seed(0)
    model = StackGAN(**{**TINY, "matching_steps": 2, "stage_one_steps": 3, "ema_decay": 0.9, **arguments})
    trainer = quiet(folder, max_steps=steps, checkpoint_every=1, limit_val_batches=1)
    trainer.callbacks[0].keep = 99  # type: ignore[attr-defined]
    trainer.fit(model, FewCaptioned(), ckpt_path=ckpt)
    return model


def weights(path: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = torch.load(path, weights_only=True)["state_dict"]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run of two batches of the matcher, three of stage one and three of stage two."""
    folder = tmp_path_factory.mktemp("stages")
    trained(folder, 8)
    return folder


def test_each_phase_moves_what_is_its_own_and_leaves_a_checkpoint(folder: Path) -> None:
    ends = [folder / name for name in ("step-00000001.ckpt", f"{MATCHED}.ckpt", f"{STAGE_ONE}.ckpt", "last.ckpt")]
    begin, matched, one, two = map(weights, ends)
    begins = "generator.second.augmentation."  # where stage one's ends
    own = (
        ("matcher.",),
        ("generator.first.", "discriminator.first.", begins),
        ("generator.second.", "discriminator.second."),
    )
    assert all(
        torch.equal(one[key], one[key.replace("second", "first")]) for key in one if ".second.augmentation." in key
    )
    for before, after, moving in zip((begin, matched, one), (matched, one, two), own, strict=True):
        for key in (key for key in before if key.startswith(("matcher.", "generator.", "discriminator."))):
            stays = torch.equal(before[key], after[key])
            assert stays != key.startswith(moving), key
    at_one, at_two = _apart(one), _apart(two)
    assert at_two < at_one / 10  # the average follows what stage two is trained on


def _apart(found: dict[str, Tensor]) -> float:
    """How far stage one's averaged weights are from those that are trained."""
    names = [name for name in found if name.startswith("generator.first.") and found[name].is_floating_point()]
    differing = [found[name] - found[name.replace("generator", "ema.network", 1)] for name in names]
    return float(torch.stack([each.square().sum() for each in differing]).sum())


@pytest.mark.parametrize("step", [1, 2, 3, 5, 6])  # in each phase and at the ends of them
def test_each_phase_resumes_to_the_bit(folder: Path, tmp_path: Path, step: int) -> None:
    whole = weights(folder / "last.ckpt")
    again = trained(tmp_path, 8, folder / f"step-{step:08d}.ckpt").state_dict()
    assert all(torch.equal(again[key], whole[key]) for key in whole)


def test_stage_ones_images_are_shown_until_stage_two_has_begun(folder: Path) -> None:
    one, latents = batch(), torch.randn(16, 16)
    small: list[Tensor] = []
    for name, is_small in ((STAGE_ONE, True), ("last", False)):
        model = StackGAN.load_from_checkpoint(folder / f"{name}.ckpt").eval()
        images, parts = model(latents, one.text), model.parts(latents, text=one.text)
        assert tuple(parts) == model.PARTS == (STAGE_ONE,)
        assert torch.equal(images, parts[STAGE_ONE]) == is_small
        assert torch.equal(interpolate(avg_pool2d(parts[STAGE_ONE], 2), scale_factor=2), parts[STAGE_ONE])
        small.append(parts[STAGE_ONE])
    assert torch.equal(*(model(latents, one.text) for _ in range(2)))  # nothing is drawn but by the latents
    assert not torch.equal(model(latents, one.text), model(torch.cat([latents[:, :-4], latents[:, :4]], 1), one.text))


@pytest.mark.parametrize("steps", [1000, 0])
def test_the_divergence_is_that_of_normal_distributions_averaged_over_their_numbers(steps: int) -> None:
    model = ready(StackGAN, **{**TINY, "stage_one_steps": steps})
    seen = shared(model)
    normal = torch.distributions.Normal
    own = normal(seen.condition.mean, (seen.condition.log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(own, normal(torch.tensor(0.0), torch.tensor(1.0))).mean()
    assert model.generator_losses(seen)["kl"].item() == pytest.approx(2 * expected.item(), rel=1e-4)
    assert set(ready(StackGAN, **TINY, lambda_kl=0.0).generator_losses(seen)) == {"adversarial"}


def test_what_is_to_be_rejected_shares_its_weight() -> None:
    def losses(**arguments: Any) -> dict[str, float]:
        model = ready(StackGAN, **{**TINY, **arguments})
        return {name: value.item() for name, value in model.discriminator_losses(shared(model)).items()}

    even, alone, uneven = (losses(lambda_wrong=weight) for weight in (1.0, 0.0, 3.0))
    assert set(alone) == {"real", "fake"}
    assert even["fake"] == pytest.approx(alone["fake"] / 2, rel=1e-4)
    assert uneven["wrong"] == pytest.approx(1.5 * even["wrong"], rel=1e-4)
    for judged_alone, kinds in ((True, 3), (False, 2)):
        second = losses(stage_one_steps=0, alone=judged_alone)
        assert second["real"] == pytest.approx(log(2), abs=0.2)  # of logits near 0, whatever the kinds
        assert second["wrong"] == pytest.approx(log(2) / kinds, abs=0.1)
        assert second["fake"] == pytest.approx(log(2) * (kinds - 1) / kinds, abs=0.2)


def test_stage_one_is_as_after_training_while_stage_two_learns_from_it() -> None:
    model = ready(StackGAN, **{**TINY, "stage_one_steps": 0})
    statistics = {key: value.clone() for key, value in model.generator.first.state_dict().items()}
    seen = shared(model)
    assert all(torch.equal(value, statistics[key]) for key, value in model.generator.first.state_dict().items())
    assert model.generator.first.training
    assert seen.images.shape == seen.fake.shape == (16, 3, 16, 16)
    first = shared(ready(StackGAN, **TINY))
    assert first.images.shape == first.fake.shape == (16, 3, 8, 8)
    assert torch.allclose(first.images, avg_pool2d(seen.images, 2))


def test_rates_are_halved_anew_in_each_stage() -> None:
    model = ready(StackGAN, **{**TINY, "matching_steps": 10, "stage_one_steps": 30, "halve_every": 10})

    class Rates:
        def __init__(self) -> None:
            self.param_groups = [{"lr": 1.0}]

    found = []
    for batches in (0, 10, 19, 20, 39, 40, 65):
        optimizers: Any = {player: Rates() for player in model.players}
        model.counters.batches = batches
        model.set_schedules(optimizers)
        found.append(optimizers["generator"].param_groups[0]["lr"] / 2e-4)
        assert optimizers["matcher"].param_groups[0]["lr"] == 1
    assert found == [1, 1, 1, 0.5, 0.25, 1, 0.25]


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"model\.enlargement: 4 is not possible; take a value up to 2 at this image size"
    ):
        StackGAN(**{**TINY, "enlargement": 4})
    with pytest.raises(UserError, match=r"model\.lr_decay_end: the rates are halved, by model\.halve_every"):
        StackGAN(**TINY, halve_every=10, lr_decay_end=5)
