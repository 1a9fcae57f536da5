import json
from pathlib import Path

import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.media.boxes import Boxes, size_of, wrong
from gan_cli.media.medium import Beside, medium_of

MEDIUM = Boxes(("cat", "dog"), 32)
KEPT = torch.tensor([[[2.0, 4, 12, 14, 1, 1], [20, 20, 30, 31, 0, 0.5]], [[0, 0, 9, 9, 0, 0.1], [torch.nan] * 6]])


def test_boxes_are_mirrored_with_their_image() -> None:
    shown = MEDIUM.shown(KEPT, torch.tensor([True, False]))
    assert shown[0, 0].tolist() == [20, 4, 30, 14, 1, 1]
    assert torch.equal(shown[1].nan_to_num(), KEPT[1].nan_to_num())


def test_boxes_are_drawn_on_their_images_if_they_are_sure() -> None:
    images = torch.full((2, 3, 32, 32), 100, dtype=torch.uint8)
    page = MEDIUM.page(KEPT, Beside(given={"images": images}))
    assert page.shape == (3, 192 + 4, 2 * 192 + 6)
    first, second = page[:, 2:194, 2:194], page[:, 2:194, 196:388]
    assert first[:, 6 * 14 - 1, 6 * 6].tolist() != [100] * 3  # the lower edge of the first box
    assert bool((second == 100).all())  # what is there is not sure enough


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    MEDIUM.write(KEPT[0], tmp_path / "a.json")
    assert torch.allclose(MEDIUM.read(tmp_path / "a.json"), KEPT[0])
    assert MEDIUM.stacked([KEPT[0], KEPT[0][:1]]).shape == (2, 2, 6)
    assert medium_of(MEDIUM.record()) == MEDIUM


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"boxes": [{"class": "cow", "bbox": [0, 0, 5, 5]}]}, "box 1: 'cow' is none of cat, dog"),
        ({"boxes": [{"class": "cat", "bbox": [0, 0, 50, 5]}]}, "is not within the picture of 32x32"),
        ({"boxes": [{"class": "cat", "bbox": [3, 3, 0, 5]}]}, "has no area"),
        ({"boxes": [{"class": "cat"}]}, "has no boxes as they are written here"),
        ([], "has no boxes as they are written here"),
    ],
)
def test_files_that_hold_no_boxes_are_refused(record: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=message):
        MEDIUM.read(tmp_path / "a.json")


def test_sizes_and_what_is_wrong() -> None:
    assert size_of(KEPT[0], 10).tolist() == [1, 1]
    assert size_of(KEPT[0], 10.2).tolist() == [0, 1]
    assert size_of(torch.tensor([0.0, 0, 30, 30]), 10) == 2
    assert wrong((0, 0, 33, 32), 32, 32) == ""  # a pixel may be a matter of counting from 1
    assert "is not within" in wrong((0, 0, 33.5, 32), 32, 32)
    assert "no number" in wrong((0, 0, float("nan"), 32), 32, 32)
