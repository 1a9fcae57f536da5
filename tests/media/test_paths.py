"""Paths of people: what is read, written and shown."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media.medium import Beside
from gan_cli.media.path_plots import PIXELS
from gan_cli.media.paths import COLUMNS, Paths

OBSERVED = Paths(steps=3)


def walk(frames: Sequence[int], *people: int, between: str = "\t") -> str:
    """A recording in which each person goes one metre in x a frame, at a y of their own."""
    return "".join(between.join(map(str, (f, p, f / 10, p))) + "\n" for f in frames for p in people)


def scene(*sizes: int) -> Tensor:
    """Scenes with so many people each, in three steps."""
    paths = torch.full((len(sizes), max(sizes), 3, 2), torch.nan)
    for number, size in enumerate(sizes):
        paths[number, :size] = torch.arange(3.0)[:, None] + torch.arange(size)[:, None, None]
    return paths


@pytest.mark.parametrize("between", ["\t", " ", ",", ", "])
def test_the_last_steps_of_those_who_stay_are_read(tmp_path: Path, between: str) -> None:
    file = tmp_path / "scene.txt"
    file.write_text(walk(range(0, 60, 10), 7, 3, between=between) + walk([50], 99, between=between), "utf-8")
    read = OBSERVED.read(file)
    assert read.dtype == torch.float32
    assert read.tolist() == [[[3, p], [4, p], [5, p]] for p in (3, 7)]


def test_a_line_that_names_the_columns_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "scene.csv"
    file.write_text("\ufeffframe,person,x,y\n\n" + walk([0, 10, 20], 1, between=","), "utf-8")
    assert OBSERVED.read(file).shape == (1, 3, 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty; each line takes four numbers"),
        ("0;1;2;3\n", "line 1 is '0;1;2;3'; each line takes four numbers, frame person x y, with tabs"),
        (walk([0, 10, 20], 1) + "30 1 nan 0\n", "line 4 is '30 1 nan 0'"),
        (walk([0, 10, 20], 1) + "30 1 2\n", "line 4 is '30 1 2'"),
        (walk([0, 10, 20, 20], 1), "has person 1 in frame 20 twice"),
        (walk([0, 10], 1), "has 2 steps, and 3 are observed; take a longer recording"),
        (walk([0, 10, 20, 50, 60], 1), "has a gap in time from frame 20 to 50, where frames are 10 apart\nIts last 3"),
        (walk([0, 10], 1) + walk([20], 2), r"nobody in .* is there in each of its last 3 steps"),
    ],
)
def test_what_is_no_recording_is_told(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "scene.txt"
    file.write_text(content, "utf-8")
    with pytest.raises(UserError, match=f"^given: .*{told}"):
        OBSERVED.read(file)


def test_pictures_are_no_recordings(tmp_path: Path) -> None:
    file = tmp_path / "scene.txt"
    file.write_bytes(b"\x89PNG\xff")
    with pytest.raises(UserError, match="cannot be read \\(it is no text\\)"):
        OBSERVED.read(file)


def test_a_file_holds_every_future_of_everybody_and_nobody_else(tmp_path: Path) -> None:
    futures = torch.stack([scene(2, 3)[0], scene(2, 3)[0] + 10])
    OBSERVED.write(futures, tmp_path / "futures.csv")
    assert (tmp_path / "futures.csv").read_text().splitlines()[0] == COLUMNS
    table = np.loadtxt(tmp_path / "futures.csv", delimiter=",", skiprows=1)
    assert table.shape == (2 * 2 * 3, 5)
    assert table[:, :3].tolist() == [[k, p, t] for k in range(2) for p in range(2) for t in range(3)]
    assert np.allclose(table[:, 3:], futures[:, :2].reshape(-1, 2))


def test_scenes_of_different_sizes_are_stacked() -> None:
    whole = scene(2, 3)
    assert torch.equal(OBSERVED.stacked([whole[0, :2], whole[1]]).nan_to_num(-1), whole.nan_to_num(-1))
    with pytest.raises(ValueError, match="differ in their steps"):
        OBSERVED.stacked([whole[0], whole[1, :, :2]])


def test_all_futures_of_a_scene_are_in_one_plot() -> None:
    observed = scene(2, 3)[[0, 1, 0, 1, 0]]
    page = OBSERVED.page(observed + 1, Beside(given={"observed": observed}, real=observed + 2))
    assert page.dtype == torch.uint8
    assert (page.shape[1] // PIXELS, page.shape[2] // PIXELS) == (1, 2)
    left = OBSERVED.page(observed[:1] + 1, Beside(given={"observed": observed[:1]}, real=observed[:1] + 2))
    assert not torch.equal(page[..., : left.shape[2]], left)  # three futures, and not one


def test_a_walk_is_a_plot() -> None:
    kept = scene(2, 2).expand(4, -1, -1, -1, -1)  # four walks of two things
    walks = OBSERVED.walks(kept, Beside())
    assert (walks.shape[1] // PIXELS, walks.shape[2] // PIXELS) == (2, 2)
