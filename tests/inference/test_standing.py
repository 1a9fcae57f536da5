"""Truncated latents, and batch normalisation by things made for it."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.errors import UserError
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.standing import stand, standing
from gan_cli.variants import DCGAN, GAN, BigGAN
from tests.variant_rows import TINY


def test_numbers_beyond_the_threshold_are_drawn_again_and_others_stay() -> None:
    whole, cut = (seeded_latents(range(500), 20, "normal", threshold) for threshold in (None, 0.5))
    assert float(cut.abs().max()) <= 0.5
    inside = whole.abs() <= 0.5
    assert torch.equal(cut[inside], whole[inside])
    assert not (cut == whole)[~inside].any()
    # A normal number that is known to be within 0.5 has this variance.
    assert float(cut.var()) == pytest.approx(1 - 2 * 0.5 * 0.3520653 / 0.3829249, rel=0.05)
    assert float(cut.mean()) == pytest.approx(0, abs=0.02)
    assert torch.equal(seeded_latents([7, 2], 20, "normal", 0.5), cut[[7, 2]])


def test_a_uniform_prior_is_not_truncated() -> None:
    with pytest.raises(UserError, match=r"truncation_threshold: the latents of this model are uniform, not normal"):
        seeded_latents([0], 4, "uniform", 0.5)


def test_standing_statistics_are_means_over_the_batches_and_nothing_else_moves() -> None:
    torch.manual_seed(0)
    model: Any = BigGAN(**TINY, num_classes=3, embedding_dim=4, ema_decay=0.9).eval()
    seen: list[torch.Tensor] = []
    first: Any = next(part for part in model.ema.network.modules() if isinstance(part, nn.BatchNorm2d))
    hook = first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    stand(model, 3, (16, model.latent_dim), 0.5, {"ema": True})
    hook.remove()
    expected = torch.stack([maps.mean(dim=(0, 2, 3)) for maps in seen]).mean(0)
    assert torch.allclose(first.running_mean, expected, atol=1e-5)
    expected = torch.stack([maps.var(dim=(0, 2, 3)) for maps in seen]).mean(0)
    assert torch.allclose(first.running_var, expected, rtol=1e-4)
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.partition(".")[0] for name in moved} == {"ema"}
    assert {name.rpartition(".")[2] for name in moved} == {"running_mean", "running_var", "num_batches_tracked"}
    assert not any(part.training for part in model.modules())
    again = {name: value.clone() for name, value in model.state_dict().items()}
    stand(model, 3, (16, model.latent_dim), 0.5, {"ema": True})
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())


@pytest.fixture
def asked() -> Callable[..., SimpleNamespace]:
    usual = {"standing_statistics": 2, "batch_size": 8, "truncation_psi": None, "truncation_threshold": None}
    return lambda **typed: SimpleNamespace(**{**usual, "ema": True, **typed})


def test_what_has_no_statistics_is_refused(asked: Callable[..., SimpleNamespace]) -> None:
    assert standing(DCGAN(**TINY), asked(standing_statistics=None)) is None
    with pytest.raises(UserError, match="standing_statistics: GAN's generator has no batch normalisation here"):
        standing(GAN(**TINY), asked())
    with pytest.raises(UserError, match="batch_size: 1 has no statistics to stand; take 2 or more"):
        standing(DCGAN(**TINY), asked(batch_size=1))


def test_the_verbs_truncate_and_stand(checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = f"sample --ckpt {checkpoint} --num 6 --trainer.accelerator cpu"
    made = {}
    for name, typed in {
        "plain": "",
        "cut": "--truncation_threshold 0.3",
        "stood": "--standing_statistics 2",
    }.items():
        assert main([*common.split(), *typed.split(), "--output", f"{name}.npz"]) == 0
        made[name] = np.load(f"{name}.npz")["images"]
    assert len({images.tobytes() for images in made.values()}) == 3
    ours = load(checkpoint).sample(6, truncation_threshold=0.3)
    assert (ours.permute(0, 2, 3, 1).numpy() == made["cut"]).all()
    walks = f"interpolate --ckpt {checkpoint} --walks 1 --steps 3 --trainer.accelerator cpu --output"
    assert main([*walks.split(), "plain.png"]) == 0
    assert main([*walks.split(), "cut.png", "--truncation_threshold", "0.3", "--standing_statistics", "2"]) == 0
    assert Path("plain.png").read_bytes() != Path("cut.png").read_bytes()
    assert main([*common.split(), "--truncation_threshold", "0"]) == 2
    assert "truncation_threshold: 0" in capsys.readouterr().err
