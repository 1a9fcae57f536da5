"""Exported files give what the model gives, by programs without gan-cli."""

import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import gan_cli
from gan_cli import verbs
from gan_cli.errors import UserError
from gan_cli.imports.imported import content_of
from gan_cli.inference.exports import formats, parts
from gan_cli.inference.exports.export import ENDINGS, default_path, export
from gan_cli.variants import (
    CGAN,
    DCGAN,
    SGAN,
    VQGAN,
    AdversarialModule,
    CycleGAN,
    Pix2Pix,
    StarGAN,
    StarGANv2,
    StyleGAN2,
    VQTransformer,
)
from tests.variant_rows import ROWS
from tests.web.tiny import model_of


def kept(model: AdversarialModule, path: Path) -> Path:
    """A model's checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content_of(model), path)
    return path


def cyclegan() -> CycleGAN:
    torch.manual_seed(0)
    model = CycleGAN(16, base_channels=2, num_blocks=1, patch_size=16)
    model.data_facts = {"domains": ("horse", "zebra")}
    return model.eval()


def dcgan(**changes: float) -> DCGAN:
    torch.manual_seed(0)
    return DCGAN(image_size=16, image_channels=1, latent_dim=3, base_channels=2, **changes).eval()  # type: ignore[arg-type]


def ran(program: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.chdir(program.parent)
    monkeypatch.setattr(sys, "argv", [str(program), *words])
    runpy.run_path(str(program), run_name="__main__")


def test_a_direction_as_onnx_takes_images_of_any_size(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The program beside it runs in a process where neither gan-cli nor torch can be imported."""
    model = cyclegan()
    kept(model, workdir / "run/last.ckpt")
    verbs.run(["export", "--ckpt", "run/last.ckpt", "--part", "horse2zebra"])
    printed = capsys.readouterr().out
    assert "takes images [N, 3, H, W] (H and W multiples of 4); gives b" in printed
    assert "largest difference from the model: " in printed
    file = workdir / "run/exports/horse2zebra.onnx"
    assert f"written: {file.relative_to(workdir)}" in printed
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 42, 3), dtype=np.uint8)).save("horse.png")
    program = file.with_name("horse2zebra_onnx_example.py")
    assert "gan_cli" not in program.read_text()
    assert len(program.read_text().splitlines()) <= 18
    blocked = "import sys, runpy; sys.modules['gan_cli'] = sys.modules['torch'] = None; runpy.run_path(sys.argv.pop(1))"
    words = [sys.executable, "-c", blocked, str(program), str(workdir / "horse.png")]
    subprocess.run(words, check=True, timeout=120, cwd=program.parent)
    shown = Image.open(file.with_name("horse2zebra_example.png"))
    assert shown.size == (40, 28)
    with torch.no_grad():
        small = Image.open(workdir / "horse.png").resize((40, 28))
        made = model(torch.from_numpy(np.asarray(small, np.float32) / 127.5 - 1).permute(2, 0, 1)[None], "horse2zebra")
    wanted = ((made[0].permute(1, 2, 0) + 1) * 127.5).numpy()
    assert np.abs(np.asarray(shown, np.float32) - wanted).max() <= 0.51


def test_a_generator_as_torch_program_and_as_weights(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = dcgan(ema_decay=0.9)
    with torch.no_grad():
        next(iter(model.ema.network.parameters())).add_(1)  # type: ignore[union-attr]
    gan = gan_cli.load(kept(model, workdir / "run/last.ckpt"))
    made = gan.export("torch")
    assert made.path == workdir / "run/exports/generator.pt2"
    assert made.difference < 1e-5
    latents = torch.randn(5, 3)
    with torch.no_grad():
        found = torch.export.load(made.path).module()(latents)
        torch.testing.assert_close(found, model(latents), rtol=0, atol=1e-5)
    ran(made.example, monkeypatch)
    assert Image.open(made.path.with_name("generator_example.png")).size == (4 * 16, 16)

    weights = gan.export("safetensors")
    assert weights.difference == 0
    read = formats.read_safetensors(weights.path)
    first = next(iter(model.ema.network.state_dict()))  # type: ignore[union-attr]
    assert torch.equal(read[f"generator.{first}"], model.ema.network.state_dict()[first])  # type: ignore[union-attr]
    ran(weights.example, monkeypatch)


def test_what_cannot_be_is_said_and_leaves_nothing(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, output = cyclegan(), workdir / "x.onnx"
    for one, part, file, format, message in (
        (model, None, output, "onnx", "part: CycleGAN translates horse2zebra, zebra2horse; type one"),
        (model, "encoder", output, "onnx", "part: encoder is none of CycleGAN's; take horse2zebra, zebra2horse, disc"),
        (model, "horse2zebra", output, "tensorrt", "format: tensorrt is unknown; take onnx, torch, safetensors"),
        (model, "horse2zebra", output, "torch", r"output: .*x.onnx is no name of a file of torch; .*\.pt2"),
    ):
        with pytest.raises(UserError, match=message):
            export(one, format, file, part)
    output.write_text("mine")
    with pytest.raises(UserError, match=r"output: .*x.onnx is there already"):
        export(model, "onnx", output, "horse2zebra")
    assert output.read_text() == "mine"
    for name in ("onnx", "onnxruntime", "safetensors"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    for format, ending in (("onnx", "onnx"), ("safetensors", "safetensors")):
        with pytest.raises(UserError, match=r"is not installed: pip install 'gan-cli\[export\]'"):
            export(dcgan(), format, workdir / f"y.{ending}")
    assert [path.name for path in workdir.iterdir()] == ["x.onnx"]


def test_parts_take_the_least_of_a_model_that_they_need() -> None:
    part = parts.part_called(cyclegan(), "horse2zebra")
    names = {name for name, _ in part.network.holder.named_parameters()}
    assert all(name.startswith("generator.") for name in names)
    pairs = parts.part_called(Pix2Pix(64, base_channels=2, patch_size=16), "discriminator")
    assert pairs.inputs[0].shape == (6, 64, 64)
    assert default_path(Path("run/last.ckpt"), cyclegan(), None, "onnx") == Path("run/exports/horse2zebra.onnx")


def test_discriminators_that_are_told_classes_or_tell_them_or_judge_packs(workdir: Path) -> None:
    """They take images without the planes of the classes; several outputs stay several; packs are said."""
    torch.manual_seed(0)
    small: dict[str, Any] = {"image_size": 16, "image_channels": 1, "latent_dim": 3, "base_channels": 2}
    for model, takes in (
        (CGAN(**small, num_classes=3), "takes images [N, 1, 16, 16], labels [N]; gives logits"),
        (SGAN(**small, num_classes=2), "takes images [N, 1, 16, 16]; gives logits"),
        (DCGAN(**small, pack=2), "takes images [N, 2, 16, 16]; gives logits"),
    ):
        made = export(model.eval(), "onnx", workdir / f"{type(model).__name__}.onnx", "discriminator")
        assert made.difference < 1e-5
        assert made.lines[0] == takes
    assert made.lines[1].startswith("pack: it judges 2 things together")


STYLES: dict[str, Any] = {"image_size": 16, "image_channels": 1, "latent_dim": 8, "style_dim": 8, "channel_base": 64}
CODES: dict[str, Any] = {"multipliers": (1, 1), "num_blocks": 1, "attention_size": 0, "patch_size": 16}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "arguments", "part", "batch", "format"),
    [
        (StyleGAN2, STYLES | {"num_classes": 3}, "generator", True, "onnx"),
        (StyleGAN2, STYLES, "discriminator", False, "torch"),
        (Pix2Pix, {"image_size": 64, "base_channels": 2, "patch_size": 16}, "a2b", True, "onnx"),
        (Pix2Pix, {"image_size": 64, "base_channels": 2, "patch_size": 16}, "discriminator", True, "onnx"),
        (StarGANv2, {"image_size": 16, "num_classes": 2, "base_channels": 4, "channel_max": 8}, "1", True, "onnx"),
        (StarGAN, {"image_size": 16, "num_classes": 2, "base_channels": 2, "num_blocks": 1}, "1", True, "onnx"),
        *(
            (VQGAN, {"image_size": 16, "base_channels": 4, **CODES}, part, True, "onnx")
            for part in ("encoder", "decoder")
        ),
    ],
)
def test_families(
    variant: type[AdversarialModule], arguments: dict[str, Any], part: str, batch: bool, format: str, workdir: Path
) -> None:
    torch.manual_seed(0)
    model = variant(**arguments).eval()
    model.data_facts = {"domains": ("a", "b")}
    made = export(model, format, workdir / f"x{ENDINGS[format]}", part)
    assert made.difference < 1e-4
    assert any(line.startswith("batch:") for line in made.lines) is not batch


def test_every_part_of_every_variant_can_be_asked_or_is_refused_in_a_line(workdir: Path) -> None:
    """Over the table of variants; the weights of whatever a file cannot hold can still be had."""
    refused, said = set(), []
    for row in {row.variant: row for row in reversed(ROWS)}.values():  # the first of each
        model = model_of(row.name)
        for name in parts.names_of(model):
            try:
                part = parts.part_called(model, name)
                formats._check_alone(part, [one.drawn(2, 0) for one in part.inputs])
            except UserError as error:
                refused.add((row.name, name))
                said.append(str(error))
            if not isinstance(model, VQTransformer):
                weights = parts.weights_of(model, parts.weights_called(model, name))
                assert weights
                assert weights.keys() <= model.state_dict().keys()
    for row_name, name in (
        ("cgan", "discriminator"),
        ("voxel-gan", "discriminator"),
        ("vgan", "discriminator"),
        ("icgan", "generator"),
        ("icgan", "label_encoder"),
        ("dann", "generator"),
        ("adda", "generator"),
        ("dtn", "encoder"),
    ):
        assert (row_name, name) not in refused
    assert ("gan-cls", "generator") in refused
    assert all(line.startswith("part: ") for line in said)


@pytest.mark.parametrize(
    ("row", "name", "shape"),
    [("projected-gan", "discriminator", (1, 64, 64)), ("stackgan-pp", "discriminator.8", (3, 8, 8))],
)
def test_discriminators_of_other_maps_or_sides_take_the_images_they_judge(
    row: str, name: str, shape: tuple[int, ...]
) -> None:
    assert [one.shape for one in parts.part_called(model_of(row), name).inputs] == [shape]


@pytest.mark.parametrize("error", [UserError("model: weights are not installed"), torch.OutOfMemoryError("no memory")])
def test_what_keeps_a_part_from_being_asked_is_told_as_it_is(error: Exception) -> None:
    def call(*_: object) -> torch.Tensor:
        raise error

    asked = replace(parts.part_called(cyclegan(), "horse2zebra"), network=parts.Exported(torch.nn.Identity(), call))
    with pytest.raises(type(error), match=str(error)):
        formats.program_of(asked)


def test_the_weights_of_a_part_are_those_of_all_networks_that_it_asks() -> None:
    for row_name, part, places in (
        ("dtn", None, ("ema.network", "encoder")),
        ("adda", None, ("generator", "classifier")),
        ("dann", None, ("generator",)),
        ("gan-cls", None, ("ema.network", "matcher")),
    ):
        assert parts.weights_called(model_of(row_name), part).weights == places
