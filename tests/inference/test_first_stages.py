"""The first stage of a model of two: taken from its checkpoint once, refused where it does not fit, and kept."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.errors import UserError
from gan_cli.inference.first_stages import settings_of, take
from gan_cli.variants import DCGAN, VQGAN, VQTransformer
from gan_cli.variants.base import RECORD
from tests.conftest import TINY_DCGAN, TINY_FLAGS
from tests.inference.translators import saved
from tests.variant_rows import CODED, READ

SMALL = ("--model.depth", "1", "--model.width", "8", "--model.heads", "2", *TINY_FLAGS[4:])
SECOND = ("fit", "--model", "VQTransformer", "--data", "Digits", *SMALL)
FOUND = "checkpoints/vqtransformer-digits/version_0/last.ckpt"


def first_stage(path: Path, **changes: Any) -> Path:
    """A checkpoint of a tiny VQGAN that has learned nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sizes = {**CODED, "multipliers": (1, 1, 1), "image_channels": 1, "discriminator_channels": 2, "patch_size": 16}
    torch.manual_seed(0)
    return saved(VQGAN(**{**sizes, **changes}), path)


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    capsys.readouterr()
    assert main([*map(str, words)]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) <= 3
    return told


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_a_run_keeps_its_first_stage_and_needs_it_no_more(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = first_stage(workdir / "run" / "last.ckpt", ema_decay=0.5)
    content = torch.load(stage, weights_only=True)
    for name, tensor in content["state_dict"].items():
        if name.startswith("ema.network."):
            tensor.add_(0.01)  # the averaged networks are others than the trained ones
    torch.save(content, stage)
    to = ("--trainer.max_steps", "4")
    assert main([*SECOND, "--model.first_stage", "run", "--model.num_codes", "16", *to]) == 0
    model: Any = load(FOUND).model
    theirs: Any = load(stage).model
    assert same(model.coder.network.state_dict(), theirs.ema.network.state_dict())
    assert (model.hparams["code_dim"], model.hparams["multipliers"]) == (4, (1, 1, 1))
    assert model.hparams["first_stage"] == "run/last.ckpt"
    record = torch.load(FOUND, weights_only=True)[RECORD]
    assert record["first_stage"] == model.first_stage_sum != ""

    stage = stage.rename(workdir / "moved.ckpt")
    assert main(["sample", "--ckpt", FOUND, "--num", "2", "--output", "two.npz"]) == 0
    goes_on = [*SECOND, "--ckpt_path", FOUND]
    assert main([*goes_on, "--trainer.max_steps", "5"]) == 0
    assert main([*goes_on, "--trainer.max_steps", "6", "--model.first_stage", str(stage)]) == 0
    gone_on: Any = load(FOUND).model
    assert gone_on.counters.batches == 6
    assert same(gone_on.coder.state_dict(), model.coder.state_dict())

    other = first_stage(workdir / "other.ckpt", num_codes=32)
    told = refused(capsys, *goes_on, "--model.first_stage", other)
    assert "other.ckpt has other weights than the first stage of the run to go on with" in told
    assert "model.first_stage: run does not exist" in refused(capsys, *goes_on, "--model.first_stage", "run")


def test_what_is_no_first_stage_is_refused(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = first_stage(workdir / "stage.ckpt")
    assert "Type --model.first_stage CKPT" in refused(capsys, *SECOND)
    assert "model.first_stage: no.ckpt does not exist" in refused(capsys, *SECOND, "--model.first_stage", "no.ckpt")
    gan = saved(DCGAN(**TINY_DCGAN), workdir / "gan.ckpt")
    told = refused(capsys, *SECOND, "--model.first_stage", gan)
    assert "gan.ckpt holds a DCGAN, which has no codes; name a checkpoint of VQGAN" in told
    (workdir / "broken.ckpt").write_bytes(stage.read_bytes()[:999])
    assert "broken.ckpt is cut short" in refused(capsys, *SECOND, "--model.first_stage", "broken.ckpt")
    first = (*SECOND, "--model.first_stage", stage)
    told = refused(capsys, *first, "--data.image_size", "32")
    assert "makes codes of images whose image_size is 16, and that of Digits is 32; take --data.image_size 16" in told
    told = refused(capsys, *first, "--model.num_codes", "32")
    assert "model.num_codes: 32 was typed, but the first stage has 16; leave it out" in told
    told = refused(capsys, *SECOND[:4], "StyledDigits", *SMALL, "--model.first_stage", stage)
    assert "image_channels is 1, and that of StyledDigits is 3; take other data" in told
    assert not Path("checkpoints").exists()


def test_from_python_its_sizes_are_taken_and_then_its_weights(tmp_path: Path) -> None:
    stage = first_stage(tmp_path / "stage.ckpt")
    model = VQTransformer(**settings_of(str(stage)), depth=1, width=8, heads=2)
    assert not model.first_stage_sum
    take(model)
    network: Any = load(stage).model.generator
    assert same(model.coder.network.state_dict(), network.state_dict())
    images = torch.rand(2, 1, 16, 16) * 2 - 1
    assert torch.equal(model.encode(images), network.encode(images))
    with pytest.raises(UserError, match="are of other sizes than this VQTransformer was made for"):
        take(VQTransformer(**{**READ, "num_codes": 8, "image_channels": 1, "first_stage": str(stage)}))
