"""`gan sample`, `gan test` and the Python side on people in scenes: one untrained model for all."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import Crossings
from gan_cli.media.path_plots import PIXELS
from gan_cli.reports.scores import section
from gan_cli.variants import SocialGAN
from tests.inference.translators import saved
from tests.media.test_paths import walk
from tests.variant_rows import SOCIAL

FEW = ("--data", "Crossings", "--data.num_scenes", "60")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path, facts = tmp_path_factory.mktemp("social") / "last.ckpt", Crossings().record()
    return saved(SocialGAN(**SOCIAL), path, **facts)


@pytest.fixture
def gan(checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types a verb; gives what it says, or, where it refuses, what it says then."""

    def typed(verb: str, *words: Any, refused: bool = False) -> str:
        code = main([verb, "--ckpt", str(checkpoint), *map(str, words), "--trainer.accelerator", "cpu"])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.err if refused else told.out

    return typed


def rows(path: Path) -> Any:
    return np.loadtxt(path, delimiter=",", skiprows=1)


def test_a_folder_has_a_file_for_each_scene_and_a_plot_of_all(gan: Any) -> None:
    Path("street.txt").write_text(walk(range(0, 100, 10), 5, 6))
    Path("square.csv").write_text(walk(range(0, 80, 10), 1, 2, 3, between=","))
    gan("sample", "--given", "observed=street.txt", "square.csv", "--samples", 6, "--output", "made")
    assert sorted(path.name for path in Path("made").iterdir()) == ["sample-seed0-11.png", "square.csv", "street.csv"]
    assert Image.open("made/sample-seed0-11.png").size[0] // PIXELS == 2
    street, square = (rows(Path("made", f"{name}.csv")) for name in ("street", "square"))
    assert (street.shape, square.shape) == ((6 * 2 * 8, 5), (6 * 3 * 8, 5))
    assert street[:, 0].max() == 5
    alone = rows_of_one(gan)
    assert np.allclose(alone, street[street[:, 0] == 0])  # seed 0, whatever else is asked for


def test_one_file_holds_the_futures_of_one_scene(gan: Any) -> None:
    Path("street.txt").write_text(walk(range(0, 100, 10), 5, 6))
    gan("sample", "--given", "observed=street.txt", "--samples", 6, "--output", "futures.csv")
    assert rows(Path("futures.csv")).shape == (6 * 2 * 8, 5)
    gan("sample", "--given", "street.txt", "--output", "usual.csv")
    assert rows(Path("usual.csv"))[:, 0].max() == 19
    assert np.allclose(rows(Path("usual.csv"))[: 6 * 2 * 8], rows(Path("futures.csv")))
    gan("sample", "--samples", 2, "--output", "example.csv")  # of one held-out scene
    assert rows(Path("example.csv"))[:, 0].max() == 1
    Path("square.txt").write_text(walk(range(0, 80, 10), 1))
    told = gan("sample", "--given", "street.txt", "square.txt", "--output", "both.csv", refused=True)
    assert "output: both.csv holds what is made of one, and 2 are given; take one, or a folder" in told


def test_scenes_that_were_typed_give_files_and_a_plot(gan: Any) -> None:
    Path("street.txt").write_text(walk(range(0, 100, 10), 5, 6))
    told = gan("sample", "--given", "observed=street.txt", "--samples", 3)
    plot, folder = (Path(line.removeprefix("written: ")) for line in told.splitlines())
    assert plot.suffix == ".png"
    assert plot.is_file()
    assert rows(folder / "street.csv").shape == (3 * 2 * 8, 5)


def rows_of_one(gan: Any) -> Any:
    gan("sample", "--given", "street.txt", "--num", 1, "--format", "files", "--output", "one")
    return rows(Path("one/street.csv"))


def test_files_of_one_name_are_not_lost(gan: Any) -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "scene.txt").write_text(walk(range(0, 80, 10), 1))
    gan("sample", "--given", "a/scene.txt", "b/scene.txt", "--samples", 2, "--format", "files", "--output", "made")
    assert sorted(path.name for path in Path("made").iterdir()) == ["scene-0.csv", "scene-1.csv"]


def test_without_a_file_held_out_scenes_are_shown_with_the_truth(gan: Any) -> None:
    gan("sample", "--samples", 3, "--format", "both", "--output", "made")
    assert len(list(Path("made").glob("example*.csv"))) == 4
    gan("sample", "--num", 5, "--output", "made.npz")
    assert np.load("made.npz")["paths"].shape[0] == 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "gan: given: scene.txt has 5 steps, and 8 are observed; take a longer recording\n"),
        (("--samples", "3", "--num", "6"), "gan: samples: it means nothing beside --num; leave one of the two out\n"),
    ],
)
def test_what_cannot_be_made_is_told(gan: Any, words: tuple[str, ...], told: str) -> None:
    Path("scene.txt").write_text(walk(range(0, 50, 10), 1))
    assert gan("sample", "--given", "scene.txt", *words, refused=True) == told


def test_scores_stand_beside_what_needs_no_network(gan: Any) -> None:
    told = gan("test", *FEW, "--output", "scores.json")
    assert "constant" in told
    table = json.loads(Path("scores.json").read_text())["own"]
    made, straight = table["rows"]["made"], table["rows"]["constant velocity"]
    assert made["ade_by_person"] <= made["ade"] <= made["ade_mean"]
    assert straight["ade"] == straight["ade_mean"] == pytest.approx(0.33, abs=0.1)
    assert straight["collisions"] > 0.03
    assert list(table["rows"]) == ["made", "constant velocity", "linear fit", "standing still", "the truth"]
    assert (table["rows"]["the truth"]["ade"], table["rows"]["the truth"]["collisions"]) == (None, 0)
    assert "of each of 12 scenes" in table["notes"][0]
    page = section(json.loads(Path("scores.json").read_text()), "")
    assert ">linear fit</" in page


def test_fewer_scenes_are_asked_for(gan: Any) -> None:
    gan("test", *FEW, "--num", 5, "--output", "scores.json")
    assert "of each of 5 scenes" in json.loads(Path("scores.json").read_text())["own"]["notes"][0]


def test_neighbours_are_refused(gan: Any) -> None:
    assert "ckpt: paths have no one shape" in gan("neighbours", refused=True)


def test_python_gives_futures_of_scenes_handed_over(checkpoint: Path) -> None:
    observed = torch.randn(2, 3, 8, 2).cumsum(2)
    observed[1, 2] = torch.nan
    made = load(checkpoint).sample(6, given={"observed": observed})
    assert made.shape == (6, 3, 8, 2)
    assert torch.equal(made.isnan().any(-1).any(-1), observed.isnan().any(-1).any(-1).repeat(3, 1))
    assert not torch.equal(made[0], made[2])
