"""Solids by the verbs and from Python."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.data import Primitives
from gan_cli.media.voxels import TURNS
from tests.conftest import TINY_FLAGS

CPU = ("--trainer.accelerator", "cpu")


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a tiny 3D-GAN."""
    root = tmp_path_factory.mktemp("solids")
    small = ["--model.base_channels", "4", "--model.latent_dim", "8", "--data.num_solids", "160"]
    places = ["--trainer.max_steps", "4", "--trainer.default_root_dir", str(root), *TINY_FLAGS[6:]]
    GANCLI(["fit", "--config", "voxel_gan.yaml", *small, *places])
    return next(root.glob("*/version_0/last.ckpt"))


def gan(verb: str, last: Path, *words: object) -> int:
    return main([verb, "--ckpt", str(last), *map(str, words), *CPU])


def test_solids_are_a_page_a_film_files_or_arrays(last: Path, workdir: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    assert gan("sample", last, "--num", 4, "--output", "page.png") == 0
    assert gan("sample", last, "--num", 2, "--output", "turning.gif") == 0
    with Image.open("turning.gif") as film:
        assert getattr(film, "n_frames", 1) == TURNS
    assert gan("sample", last, "--num", 1, "--seed", 3, "--output", "one.npy") == 0
    python = load(last).sample(1, seed=3)
    assert python.shape == (1, 1, 16, 16, 16)
    assert np.array_equal(np.load("one.npy"), python[0, 0].numpy())
    assert gan("sample", last, "--num", 2, "--format", "files", "--output", "meshes") == 0
    assert sorted(path.name for path in Path("meshes").iterdir()) == ["seed000000.obj", "seed000001.obj"]
    assert gan("sample", last, "--num", 1, "--output", "one.glb") == 0
    assert trimesh.load_mesh("one.glb").is_watertight
    assert gan("sample", last, "--num", 2, "--output", "both") == 0
    assert {path.suffix for path in Path("both").iterdir()} == {".obj", ".png"}
    assert gan("sample", last, "--num", 2, "--output", "a.npz") == 0
    assert np.load("a.npz")["solids"].shape == (2, 1, 16, 16, 16)


def test_walks_and_sums_are_pictures_and_films(last: Path, workdir: Path) -> None:
    assert gan("interpolate", last, "--walks", 2, "--steps", 3, "--output", "walk.png") == 0
    assert Image.open("walk.png").size == (3 * 66 + 2, 2 * 66 + 2)
    assert gan("interpolate", last, "--walks", 1, "--steps", 3, "--output", "walk.gif") == 0
    assert gan("arithmetic", last, "--plus", "1,2", "--minus", "3", "--output", "sum.png") == 0
    model = load(last)
    assert torch.equal(model.interpolate([3, 4], steps=3)[0], model.sample(1, seed=3)[0])
    assert model.arithmetic([[1, 2], [3]], [[4]]).shape == (9, 1, 16, 16, 16)


def test_a_probe_tells_kinds_by_the_papers_layers(
    last: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gan("probe", last, "--output", "probe.json") == 0
    found = json.loads(Path("probe.json").read_text())
    assert found["layers"] == 2
    assert found["features"]["features"] == (4 + 8) * 2**3
    assert found["features"]["accuracy"] > 0.5 > 3 * found["guessing"] > 0
    assert "VoxelGAN's discriminator, 2 layers" in capsys.readouterr().out


def test_scores_stand_beside_real_solids_and_in_the_report(
    last: Path, workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Primitives, "own_measures", Primitives.own_measures._replace(things=24))
    assert gan("test", last, "--output", last.with_name("metrics.json")) == 0
    told = capsys.readouterr().out
    assert "Primitives test: solids of 16 voxels a side" in told
    assert "metric/undecided: " in told
    own = json.loads(last.with_name("metrics.json").read_text())["own"]
    assert set(own["rows"]) >= {"made", "training solids", "held-out solids", "the mean solid"}
    assert main(["report", str(last), "--output", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert "two training solids at once" in page
    assert "No picture by gan" not in page


def test_what_cannot_be_written_is_named(last: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gan("sample", last, "--num", 2, "--output", "a.obj") == 2
    assert "output: a.obj holds one of 2; take --num 1, or a folder" in capsys.readouterr().err
    assert gan("sample", last, "--num", 1, "--output", "a.fbx") == 2
    assert "output: a.fbx has no ending this verb writes; take .png" in capsys.readouterr().err
