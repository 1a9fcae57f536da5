"""Checkpoints between two: network interpolation."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from gan_cli.inference.blending import blend, partner
from gan_cli.inference.checkpoints import load_model
from gan_cli.variants import ESRGAN, SRGAN
from tests.inference.translators import saved
from tests.variant_rows import ENLARGED


def written(path: Path, seed: int, kind: type[Any] = ESRGAN, **arguments: Any) -> Path:
    torch.manual_seed(seed)
    sizes = {"growth": 2, "image_size": 32} if kind is ESRGAN else {}
    return saved(kind(**{**ENLARGED, **sizes, **arguments}).eval(), path)


def test_weights_lie_between_and_all_verbs_take_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = written(tmp_path / "last.ckpt", 0), written(tmp_path / "pretrained.ckpt", 1, ema_decay=0.0)
    assert main(["blend", "--ckpt", str(one), "--share", "0.25"]) == 0
    told = capsys.readouterr().out
    assert f"blended: 0.25 of {one} and 0.75 of {other}" in told
    made, first, second = (load_model(path).state_dict() for path in (tmp_path / "blend-0.25.ckpt", one, other))
    for name, weight in made.items():
        theirs = second[name.replace("ema.network", "generator")]
        wanted = first[name] if name.startswith("discriminator") else 0.25 * first[name] + 0.75 * theirs
        assert torch.allclose(weight.float(), wanted.float(), atol=1e-6)
    image = torch.randint(0, 256, (3, 5, 7), dtype=torch.uint8)
    assert load(tmp_path / "blend-0.25.ckpt").translate(image).shape == (3, 10, 14)
    blend(one, other, 1.0, tmp_path / "alone.ckpt")
    assert torch.equal(load(tmp_path / "alone.ckpt").translate(image), load(one).translate(image))


def test_what_cannot_be_blended_is_named(tmp_path: Path, workdir: Path) -> None:
    one = written(tmp_path / "last.ckpt", 0)
    with pytest.raises(UserError, match=r"other: .*pretrained.ckpt is not there; type --other"):
        partner(one)
    with pytest.raises(UserError, match=r"other: .* holds a SRGAN, and .* a ESRGAN; take two of one variant"):
        blend(one, written(tmp_path / "other.ckpt", 0, SRGAN), 0.5, tmp_path / "made.ckpt")
    wider = written(tmp_path / "wider.ckpt", 0, base_channels=3)
    with pytest.raises(UserError, match=r"holds other networks than .*\nTheir settings differ: base_channels 2 and 3"):
        blend(one, wider, 0.5, tmp_path / "made.ckpt")
    with pytest.raises(UserError, match=r"output: .* is one of the two"):
        blend(one, written(tmp_path / "equal.ckpt", 1), 0.5, one)
    assert not (tmp_path / "made.ckpt").exists()
    blend(one, tmp_path / "equal.ckpt", 0.5, tmp_path / "made.ckpt")
    with pytest.raises(UserError, match=r"ckpt_path: .* lies between two others, and no run goes on there"):
        GANCLI(["fit", "--model", "ESRGAN", "--data", "Degraded", "--ckpt_path", str(tmp_path / "made.ckpt")])
