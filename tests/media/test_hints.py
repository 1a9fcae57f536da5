import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.media.hints import Hints

RED = {"row": 3, "column": 5, "colour": "#ff0000"}


def listed(path: Path, *entries: Any) -> Path:
    path.write_text(json.dumps(entries))
    return path


def test_a_list_says_middles_sides_and_colours(tmp_path: Path) -> None:
    path = listed(tmp_path / "hints.json", {**RED, "side": 3}, {"row": 0, "column": 7, "colour": [0, 0, 9], "side": 1})
    hints = Hints().read_for(path, 10, 8)
    assert hints.shape == (4, 10, 8)
    rows, columns = hints[3].nonzero().unbind(1)
    assert {(int(row), int(column)) for row, column in zip(rows, columns, strict=True)} == {
        *((row, column) for row in (2, 3, 4) for column in (4, 5, 6)),
        (0, 7),
    }
    assert hints[:, 3, 5].tolist() == [255, 0, 0, 255]
    assert hints[:, 0, 7].tolist() == [0, 0, 9, 255]
    small, large = (Hints().read_for(listed(path, RED), side, side)[3] > 0 for side in (64, 640))
    assert (int(small.sum()), int(large.sum())) == (1, 100)


def test_a_png_says_them_by_its_opacity(tmp_path: Path) -> None:
    hints = Hints().read_for(listed(tmp_path / "a.json", RED), 10, 8)
    Hints().write(hints, tmp_path / "a.png")
    assert torch.equal(Hints().read_for(tmp_path / "a.png", 10, 8), hints)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([RED, {**RED, "column": 8}], r"a.json: hint 2 lies at row 3, column 8, outside the picture of 8x10; take a "),
        ([{**RED, "row": -1}], r"a.json: hint 1 lies at row -1, column 5, outside the picture"),
        ([{"row": 1, "column": 2}], r"a.json: hint 1 is not possible; write it as \{"),
        ([{**RED, "size": 3}], r"a.json: hint 1 is not possible"),
        ([{**RED, "row": 1.5}], r"a.json: hint 1 has the row 1.5; take a whole number"),
        ([{**RED, "side": 0}], r"a.json: hint 1 has a side of 0 pixels; take 1 or more"),
        ([{**RED, "colour": "rouge"}], r"a.json: hint 1 has the colour 'rouge'; take one such as #d03020 or red"),
        ([{**RED, "colour": [1, 2, 256]}], r"a.json: hint 1 has the colour \[1, 2, 256\]; take \[red, green, blue\]"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(entries: list[Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        Hints().read_for(listed(tmp_path / "a.json", *entries), 10, 8)


@pytest.mark.parametrize("text", ["{", '{"row": 1}', "7"])
def test_what_is_no_list_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UserError, match=r"a.json .* write (a list|one) such as"):
        Hints().read_for(tmp_path / "a.json", 10, 8)
