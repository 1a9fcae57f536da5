from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.lab import STRONGEST
from gan_cli.media.palettes import BINS, Palettes, bins_of, centres, palette_of


def test_bins_lie_around_multiples_of_ten() -> None:
    ab = torch.tensor([[-110.0, -110.0], [0.0, 0.0], [4.9, -5.1], [110.0, 98.0]]).T[None, :, :, None] / STRONGEST
    assert bins_of(ab).flatten().tolist() == [0, 11 * 23 + 11, 11 * 23 + 10, 22 * 23 + 21]
    every = torch.arange(BINS).reshape(1, 23, 23)
    assert torch.equal(bins_of(centres(every) / STRONGEST), every)


def test_a_palette_is_shares_that_add_up_to_one_and_does_not_care_where_colours_lie() -> None:
    colours = torch.rand(2, 2, 8, 8, generator=torch.Generator().manual_seed(0)) - 0.5
    palette = palette_of(colours)
    assert palette.shape == (2, BINS + 1)
    assert palette[:, :BINS].sum(1).tolist() == pytest.approx([1, 1], abs=1e-5)
    assert palette[:, BINS].tolist() == [1, 1]
    assert torch.allclose(palette_of(colours.flip(2, 3).transpose(2, 3)), palette)


def test_its_picture_has_its_colours() -> None:
    bins = torch.tensor([11 * 23 + 11] * 3 + [13 * 23 + 9]).reshape(1, 2, 2)  # three quarters grey
    palette = palette_of(centres(bins) / STRONGEST)
    medium = Palettes()
    again = medium.shown(medium.kept(palette))
    assert torch.allclose(again, palette, atol=1e-3)


def test_any_image_is_a_palette_of_what_can_be_seen_in_it(tmp_path: Path) -> None:
    image = Image.new("RGBA", (6, 4), (255, 0, 0, 255))
    image.paste((0, 0, 255, 0), (0, 0, 3, 4))  # half of it is transparent
    image.save(tmp_path / "red.png")
    medium = Palettes()
    palette = medium.shown(medium.read(tmp_path / "red.png")[None])
    assert int(palette[0, :BINS].argmax()) == 19 * 23 + 18  # a = 80, b = 67
    assert float(palette[0, :BINS].max()) == pytest.approx(1)
    Image.new("RGBA", (6, 4)).save(tmp_path / "nothing.png")
    with pytest.raises(UserError, match=r"nothing.png is transparent everywhere"):
        medium.read(tmp_path / "nothing.png")
