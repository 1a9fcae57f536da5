"""What the benchmark of colours computes beside training."""

from pathlib import Path
from typing import Any

import pytest
import torch
from rich.table import Table

from benchmarks import colours
from gan_cli.data import Photographs
from gan_cli.inference.api import TrainedGAN
from gan_cli.metrics.colours import ab_of
from gan_cli.variants import Colorization


@pytest.fixture(scope="module")
def truth() -> torch.Tensor:
    part = Photographs(image_size=colours.SIZE).part("test")
    images: torch.Tensor = part[torch.arange(0, len(part), 11)].batch.images
    return images


class Untrained(TrainedGAN):
    """A network that was only made."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model: Any = Colorization(image_size=64, base_channels=2, patch_size=16, palette=True).eval()


def test_what_knows_more_of_the_true_colours_is_nearer_to_them(truth: torch.Tensor) -> None:
    rows = [colours.scores(images, truth) for images in colours.baselines(truth).values()]
    assert [row.error for row in rows] == sorted((row.error for row in rows), reverse=True)
    assert [row.psnr for row in rows] == sorted(row.psnr for row in rows)
    assert rows[0].chroma < 0.05 < 0.7 < rows[2].chroma < 1.02
    right = colours.scores(truth, truth)
    assert (right.error, right.psnr) == (0, 100)


def test_a_wrong_hint_is_far_from_the_truth_and_the_others_stay(truth: torch.Tensor) -> None:
    hints = colours.hints_of(truth, 10)
    told = colours.with_a_wrong_one(truth, hints)
    changed = (told != hints).any(1)
    assert int(changed[0].sum()) <= 25
    middle = slice(30, 35)
    there = colours.change(truth, torch.where(changed[:, None], told[:, :3], truth))
    assert there.there > 2
    assert there.elsewhere == 0
    off = (ab_of(told[:, :3]) - ab_of(truth))[..., middle, middle].abs().mean((1, 2, 3))
    assert off.min() > 15


def test_a_table_and_a_sheet_are_made_of_any_network(truth: torch.Tensor, tmp_path: Path) -> None:
    table, said = colours.judge("photographs", Untrained(), " (0 / 9)", truth[:3], tmp_path)
    assert isinstance(table, Table)
    assert table.row_count == 3 + len(colours.COUNTS) + 1
    assert str(said).startswith("a wrong hint beside ten changes")
    assert (tmp_path / "colours-photographs.png").is_file()


def test_sets_of_files_are_taken_where_they_are(tmp_path: Path) -> None:
    assert list(colours.sets(str(tmp_path), tmp_path / "runs")) == ["photographs"]
    (tmp_path / "afhq_cat" / "cat").mkdir(parents=True)
    (tmp_path / "afhq_cat" / "cat" / "1.jpg").write_bytes(b"")
    found = colours.sets(str(tmp_path), tmp_path / "runs")
    assert list(found) == ["photographs", "cats"]
    assert [file.name for file in Path(str(found["cats"]["data.root"])).iterdir()] == ["1.jpg"]
