"""What only a GPU can show: `make gpu-check` runs these; GAN_DEVICE=cpu tries them without one."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import verbs
from gan_cli.devices.float32 import allow_tf32, true_float32
from gan_cli.inference import checkpoints
from gan_cli.metrics.classifier import ImageClassifier
from gan_cli.metrics.features import Classifier
from gan_cli.objectives.penalties import gradient_penalty
from gan_cli.seeding import Rows, noise_for_rows
from gan_cli.variants import AdversarialModule
from tests.conftest import quiet
from tests.inference.translators import cyclegan, picture, saved
from tests.variant_rows import ROWS, VariantRow

pytestmark = pytest.mark.gpu

DEVICE = os.environ.get("GAN_DEVICE", "cuda")
ACCELERATOR = "cpu" if DEVICE == "cpu" else "gpu"
PRECISIONS = ["32-true", "bf16-mixed", *(["16-mixed"] if DEVICE != "cpu" else [])]
ON_IT = ["--trainer.accelerator", ACCELERATOR, "--trainer.devices", "1"]


@pytest.fixture(autouse=True)
def _gpu() -> Iterator[None]:
    """Skips without a GPU; float32 is not rounded to TF32, and convolutions are computed in the same way each time."""
    if DEVICE != "cpu" and not torch.cuda.is_available():
        pytest.skip("no GPU")
    with (
        true_float32(),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
    ):
        yield


def fit(row: VariantRow, folder: Path, steps: int, resume: Path | None = None, **trainer: Any) -> AdversarialModule:
    """The row's model, trained on the device from the same start each time."""
    torch.manual_seed(0)
    model: AdversarialModule = row.make()
    data = row.data(image_size=row.image_size, batch_size=16)
    options = {"accelerator": ACCELERATOR, "max_steps": steps, "log_every_n_steps": 50, **trainer}
    quiet(folder, **options).fit(model, data, ckpt_path=resume)
    return model


def some_rows(*names: str) -> pytest.MarkDecorator:
    chosen = [row for row in ROWS if row.name in names]
    return pytest.mark.parametrize("row", chosen, ids=lambda row: row.name)


def all_finite(model: AdversarialModule) -> bool:
    return all(value.isfinite().all() for value in model.state_dict().values() if value.is_floating_point())


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_variant_trains_in_every_precision(row: VariantRow, precision: str, tmp_path: Path) -> None:
    assert all_finite(fit(row, tmp_path, 6, precision=precision))


@pytest.mark.skipif(DEVICE == "cpu", reason="nothing waits for a CPU")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_step_does_not_wait_for_the_device(row: VariantRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = AdversarialModule.training_step

    def watched(model: AdversarialModule, *batch: Any) -> None:
        first = model.counters.batches < 6  # lazily made state is copied once
        torch.cuda.set_sync_debug_mode("default" if first else "error")
        try:
            step(model, *batch)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(AdversarialModule, "training_step", watched)
    fit(row, tmp_path, 12)


@pytest.mark.skipif(DEVICE == "cpu" or not torch.cuda.is_tf32_supported(), reason="no TF32 units")
def test_penalties_and_features_are_not_rounded_to_tf32() -> None:
    torch.manual_seed(0)
    critic, network = ImageClassifier(2, 3, 64).to(DEVICE).eval(), ImageClassifier(10, 3, 64).eval()
    judge = Classifier(network, 1.0, 1.0, "").to(DEVICE)
    real, fake, shares = torch.rand(8, 3, 64, 64), torch.rand(8, 3, 64, 64), torch.rand(8)
    seen = []
    for allowed in (False, True):
        allow_tf32(allowed)
        critic.zero_grad()
        outputs = critic(real.to(DEVICE))
        penalty = gradient_penalty(lambda x: critic(x)[:, 0], *(part.to(DEVICE) for part in (real, fake, shares)))
        penalty.backward()
        gradient = torch.cat(
            [weights.grad.flatten() for weights in critic.body.parameters() if weights.grad is not None]
        )
        seen.append((penalty.detach(), gradient, judge((255 * real).to(torch.uint8)), outputs.detach()))
    *errors, rounding = (float((one - other).norm() / one.norm()) for one, other in zip(*seen, strict=True))
    assert max(errors) < 1e-5
    assert rounding > 1e-5  # or this test would show nothing


@some_rows("dcgan", *([] if DEVICE == "cpu" else ["r3gan", "cyclegan", "stylegan2", "fastgan"]))
def test_compiled_players_train(row: VariantRow, tmp_path: Path) -> None:
    compiled = row._replace(arguments={**row.arguments, "compile": True})
    assert all_finite(fit(compiled, tmp_path, 3))


@some_rows("dcgan", "sngan-resnet")
def test_a_run_goes_on_bit_for_bit(row: VariantRow, tmp_path: Path) -> None:
    whole = fit(row, tmp_path / "whole", 6).state_dict()
    fit(row, tmp_path / "half", 3)
    again = fit(row, tmp_path / "again", 6, resume=next((tmp_path / "half").glob("**/last.ckpt"))).state_dict()
    for name, value in whole.items():
        assert torch.equal(value, again[name]), name


def test_noise_is_that_of_a_cpu() -> None:
    model, here = ROWS[0].make().to(DEVICE), Rows(2, 5, 8)
    with model.at(here, seed=3, step=7):
        drawn = model.noise("latents", 4)
    assert drawn.device.type == DEVICE
    assert torch.equal(drawn.cpu(), noise_for_rows(here, (4,), seed=3, use="latents", step=7))


def test_pictures_are_nearly_those_of_a_cpu(checkpoint: Path, tmp_path: Path) -> None:
    made = []
    for number, words in enumerate((["--trainer.accelerator", "cpu"], ON_IT)):
        file = tmp_path / f"{number}.npz"
        verbs.run(["sample", "--ckpt", str(checkpoint), "--num", "32", "--output", str(file), *words])
        made.append(np.load(file)["images"].astype(int))
    assert np.abs(made[0] - made[1]).max() <= 2


def test_walks_and_translations_are_made_on_it(checkpoint: Path, tmp_path: Path) -> None:
    walk, out = tmp_path / "walk.png", tmp_path / "out"
    translator = saved(cyclegan(), tmp_path / "translator.ckpt")
    picture(tmp_path / "a.png", width=41, height=30)
    verbs.run(["interpolate", "--ckpt", str(checkpoint), "--output", str(walk), *ON_IT])
    words = ["--direction", cyclegan().directions[0], "--input", str(tmp_path / "a.png"), "--output", str(out)]
    verbs.run(["translate", "--ckpt", str(translator), *words, *ON_IT])
    assert walk.is_file()
    assert [Image.open(file).size for file in out.rglob("*.png")] == [(41, 30)]


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two GPUs")
def test_two_gpus_train_what_one_does(tmp_path: Path) -> None:
    learned = []
    for devices in (1, 2):
        folder = tmp_path / str(devices)
        said = f"fit --config wgan_gp.yaml --trainer.max_steps 4 --trainer.devices {devices} --report false"
        said += f" --data.batch_size {64 // devices} --trainer.precision 32-true --trainer.default_root_dir {folder}"
        with warnings.catch_warnings(action="ignore"):
            subprocess.run([sys.executable, "-m", "gan_cli", *said.split()], check=True, timeout=120)
        learned.append(checkpoints.read(next(folder.glob("**/last.ckpt")))["state_dict"])
    for name, value in learned[0].items():
        torch.testing.assert_close(learned[1][name], value, rtol=1e-3, atol=1e-4)
