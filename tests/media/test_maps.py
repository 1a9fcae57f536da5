"""Media whose values are no levels of brightness: masks, hints, label maps."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.hint_files import Spot
from gan_cli.media.hints import Hints, drawn
from gan_cli.media.lab import rgb_to_lab
from gan_cli.media.label_files import usual_colours
from gan_cli.media.label_maps import LabelMaps
from gan_cli.media.masks import Masks
from gan_cli.media.medium import medium_of
from gan_cli.media.pictures import to_float

NUMBERS = torch.arange(12, dtype=torch.uint8).reshape(1, 1, 3, 4)


def test_masks_stay_whole_numbers_and_holes_are_white_or_transparent(tmp_path: Path) -> None:
    kept = (NUMBERS % 3 == 0).to(torch.uint8)
    assert torch.equal(Masks().kept(Masks().shown(kept)), kept)
    mirrored = Masks().shown(kept, torch.tensor([True]))
    assert torch.equal(mirrored, kept.flip(3).float())
    Masks().write(kept[0], tmp_path / "white.png")
    assert torch.equal(Masks().read(tmp_path / "white.png"), kept[0])
    alpha = Image.fromarray(((1 - kept[0, 0]) * 255).numpy())
    image = Image.new("RGBA", alpha.size, "white")
    image.putalpha(alpha)
    image.save(tmp_path / "alpha.png")
    assert torch.equal(Masks().read(tmp_path / "alpha.png"), kept[0])


def test_a_label_map_is_the_same_through_files_and_records(tmp_path: Path) -> None:
    medium = LabelMaps(names=tuple(f"class {number}" for number in range(12)))
    assert medium_of(medium.record()) == medium
    assert torch.equal(medium.kept(medium.shown(NUMBERS)), NUMBERS)
    assert medium.shown(NUMBERS).dtype == torch.int64
    medium.write(NUMBERS[0], tmp_path / "palette.png")
    assert Image.open(tmp_path / "palette.png").mode == "P"
    in_colours = medium.pictures(NUMBERS)[0].permute(1, 2, 0).numpy()
    Image.fromarray(in_colours).save(tmp_path / "colours.png")
    Image.fromarray(NUMBERS[0, 0].numpy().astype(np.uint16)).save(tmp_path / "wide.png")
    for name in ("palette", "colours", "wide"):
        assert torch.equal(medium.read(tmp_path / f"{name}.png"), NUMBERS[0]), name
    assert len(set(usual_colours(256))) == 256
    assert usual_colours(3) == ((0, 0, 0), (128, 0, 0), (0, 128, 0))  # Pascal VOC's background, aeroplane, bicycle


def test_values_of_no_class_are_refused_and_unknown_ones_are_the_last(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    Image.fromarray(NUMBERS[0, 0].numpy()).save(path)
    with pytest.raises(UserError, match=r"map.png .* it has the value 5, but there are 5 classes, 0 to 4"):
        LabelMaps(names=("a",) * 5).read(path)
    Image.fromarray(np.array([[0, 255, 2]], dtype=np.uint8)).save(path)
    assert LabelMaps(names=("a", "b", "c", "unknown"), unknown=255).read(path).tolist() == [[[0, 3, 2]]]
    Image.fromarray(np.full((2, 2, 3), 7, dtype=np.uint8)).save(path)
    with pytest.raises(UserError, match=r"it has the colour #070707, which is that of none of 2 classes"):
        LabelMaps(names=("a", "b")).read(path)
    Image.new("CMYK", (2, 2)).save(tmp_path / "map.jpg")
    with pytest.raises(UserError, match=r"its pixels are no numbers of classes \(CMYK\)"):
        LabelMaps(names=("a", "b")).read(tmp_path / "map.jpg")


def test_hints_are_colours_where_there_are_some(tmp_path: Path) -> None:
    red = (200, 30, 30)
    kept = drawn([Spot(1, 2, 2, red), Spot(3, 5, 9, (0, 0, 250))], 4, 6)[None]
    shown = Hints().shown(kept)
    assert shown.shape == (1, 3, 4, 6)
    assert int(shown[:, 2].sum()) == 4 + 1
    wanted = rgb_to_lab(to_float(torch.tensor(red, dtype=torch.uint8)[None, :, None, None]))[0, 1:, 0, 0] / 110
    assert torch.allclose(shown[0, :2, 2, 3], wanted, atol=1e-5)
    assert not shown[0, :, 0].any()
    assert torch.equal(Hints().kept(shown)[:, 3], kept[:, 3])
    assert (Hints().shown(Hints().kept(shown)) - shown).abs().max() < 0.3  # blue of L 50 is no screen's
    assert torch.equal(Hints().shown(kept, torch.tensor([True])), shown.flip(3))
    Hints().write(kept[0], tmp_path / "hints.png")
    assert torch.equal(Hints().read(tmp_path / "hints.png"), kept[0])
    Image.new("RGB", (4, 4)).save(tmp_path / "opaque.png")
    with pytest.raises(UserError, match=r"opaque.png has no opacity, which says where its hints are"):
        Hints().read(tmp_path / "opaque.png")
    with pytest.raises(UserError, match=r"hints: row 4, column 0 lies outside the picture of 6x4"):
        drawn([Spot(4, 0, 1, red)], 4, 6)
