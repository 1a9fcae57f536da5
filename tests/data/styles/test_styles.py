"""Photographs with pictures in styles: embedded ones, and the user's own."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.batches import StyledBatch
from gan_cli.data import PhotoStyles, StyleFolder
from gan_cli.data.sampling import Span
from gan_cli.data.styles.procedural import KINDS, picture
from gan_cli.data.styles.styled_parts import ContentAndStyles
from gan_cli.errors import UserError
from tests.data import pictures

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def folder(root: Path, **options: Any) -> StyleFolder:
    return StyleFolder(**{"root": str(root), "image_size": 16, "num_workers": 0, **options})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four red photographs, and a green and a blue picture."""
    for number in range(4):
        pictures.plain(tmp_path / "content" / f"{number}.jpg", RED)
    pictures.plain(tmp_path / "style" / "a meadow.png", GREEN, 40, 24)
    pictures.plain(tmp_path / "style" / "sea.png", BLUE)
    return tmp_path


def trained(part: ContentAndStyles, count: int = 16) -> StyledBatch:
    batch = part[Span(0, 0, count)].batch
    assert isinstance(batch, StyledBatch)
    return batch


def test_each_photograph_has_a_style_and_all_take_turns(root: Path) -> None:
    data = folder(root)
    assert data.facts["style_names"] == ("a_meadow", "sea")
    batch = trained(data.part("train"))
    assert [round(red, -1) for red, _, _ in pictures.colours(batch.content)] == [200] * 16
    assert batch.labels.bincount().tolist() == [8, 8]
    assert pictures.colours(batch.style) == [(GREEN, BLUE)[label] for label in batch.labels]
    held_out = data.part("test")
    assert len(held_out) == 1
    assert len(data.test_inputs("")) == 1
    assert held_out[torch.arange(1)].batch.labels.tolist() == [0]


def test_new_styles_are_drawn_alone_under_the_numbers_that_they_have_among_all(root: Path) -> None:
    data = folder(root, new_styles=("sea",))
    assert set(trained(data.part("train")).labels.tolist()) == {1}
    assert data.facts["new_styles"] == ("sea",)
    with pytest.raises(UserError, match=r"new_styles: there is no style see; did you mean sea\?, but a_meadow, sea"):
        _ = folder(root, new_styles=("see",)).facts


def test_pictures_can_be_listed_beside_any_folder_of_photographs(root: Path) -> None:
    pictures.plain(root.parent / "elsewhere.png", BLUE)
    data = folder(root / "content", content="", styles=("../style/sea.png", str(root.parent / "elsewhere.png")))
    assert data.facts["style_names"] == ("sea", "elsewhere")
    assert len(data.part("train")) == 3
    for typed, message in (
        (("no.png",), "no.png is neither below .* nor a file"),
        (("../style/sea.png", str(root / "style/sea.png")), "two pictures have the name sea"),
        ((), "the photographs are the root's own; type the pictures too"),
    ):
        with pytest.raises(UserError, match=f"data.styles: {message}"):
            _ = folder(root / "content", content="", styles=typed).facts


def test_what_is_missing_is_named(root: Path) -> None:
    with pytest.raises(UserError, match=r"data.content: there are no photographs in .*nothing"):
        folder(root, content="nothing").part("train")
    with pytest.raises(UserError, match=r"style_load_size: 8 is less than the 16 pixels"):
        folder(root, style_load_size=8)


def test_strokes_are_larger_where_a_square_is_cut_from_a_larger_picture(root: Path) -> None:
    pictures.write(root / "style" / "sea.png", 64, 64)
    whole, cut = (trained(folder(root, new_styles=("sea",), style_load_size=size).part("train")) for size in (0, 64))
    steps = [batch.style.float().diff(dim=3).abs().mean() for batch in (whole, cut)]
    assert steps[1] < steps[0] / 2
    assert len({tuple(one.flatten().tolist()) for one in cut.style}) > 1
    assert len({tuple(one.flatten().tolist()) for one in whole.style}) == 1


def test_embedded_styles_differ_and_a_stream_of_them_can_be_gone_on_with() -> None:
    data = PhotoStyles(image_size=64, num_styles=9)
    assert data.facts["style_names"][:5] == ("waves", "mosaic", "petals", "roof", "waves-1")
    part = data.part("train")
    whole, later = (part[Span(0, start, 12)].batch for start in (0, 6))
    assert all(torch.equal(one[6:], other) for one, other in zip(whole, later, strict=True))
    assert sorted(whole.labels.tolist()[:9]) == [*range(9)]
    shown = torch.stack([picture(kind, number, 32) for number in (0, 1, 2) for kind in KINDS]).float()
    distances = torch.cdist(shown.flatten(1), shown.flatten(1)) / 32
    assert float(distances[~torch.eye(12, dtype=torch.bool)].min()) > 30
    assert len(data.test_inputs("")) > 20
