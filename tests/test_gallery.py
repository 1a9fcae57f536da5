"""The pictures of the families in the documentation."""

import re
from pathlib import Path

import torch
import yaml
from PIL import Image

from benchmarks.gallery import FAMILIES, SIDE, part_of, run_of
from gan_cli.command.choices import config_path

PROJECT = Path(__file__).parents[1]


def test_the_row_takes_the_upper_left_part_of_a_picture() -> None:
    picture = Image.new("RGB", (300, 200), "white")
    picture.paste("red", (0, 0, 100, 100))
    assert part_of(picture, 100).eq(torch.tensor([255, 0, 0])[:, None, None]).all()
    whole = part_of(picture, None)
    assert whole.shape == (3, SIDE, SIDE)
    assert whole[:, 0].eq(255).all()  # what a square has more than the picture is white
    assert whole[1, SIDE // 4, 2] == 0


def test_the_configs_of_the_row_are_packaged_and_need_no_data_of_their_own() -> None:
    for family in FAMILIES:
        config = yaml.safe_load(config_path(family.config).read_text("utf-8"))
        assert "root" not in config["data"].get("init_args", {})
        assert run_of(family, Path("runs")).name is None


def test_every_page_of_a_family_shows_what_it_makes() -> None:
    listed = re.search(r"- Families: \[(.*)\]", (PROJECT / "mkdocs.yml").read_text("utf-8"))
    assert listed is not None
    pages = {page: (PROJECT / "docs" / page).read_text("utf-8") for page in listed.group(1).split(", ")}
    assert len(pages) > 10
    assert [page for page, text in pages.items() if not re.search(r"!\[[^\]]+\]\(\w+\.(png|gif)\)", text)] == []
