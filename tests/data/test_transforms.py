import numpy as np
from PIL import Image

from gan_cli.data.transforms import Framing, View, centre

SMALL = Framing(image_size=8, load_size=10, flip=True)


def gradient(width: int = 30, height: int = 20) -> Image.Image:
    across = np.linspace(0, 255, width, dtype=np.uint8)
    return Image.fromarray(np.tile(across, (height, 1)))


def test_views_depend_on_seed_use_and_position_alone() -> None:
    views = [SMALL.view(0, "crop", position) for position in range(200)]
    assert views == [SMALL.view(0, "crop", position) for position in range(200)]
    assert views != [SMALL.view(1, "crop", position) for position in range(200)]
    assert views != [SMALL.view(0, "crop/b", position) for position in range(200)]


def test_views_reach_every_place_and_mirror_half_of_the_images() -> None:
    views = [SMALL.view(0, "crop", position) for position in range(400)]
    assert {view[:2] for view in views} == {(left, top) for left in range(3) for top in range(3)}
    assert 150 < sum(view.mirrored for view in views) < 250
    still = Framing(image_size=8, load_size=8, flip=False)
    assert {still.view(0, "crop", position) for position in range(50)} == {View(0, 0, False)}


def test_an_image_is_resized_whole_without_a_view_and_cut_with_one() -> None:
    whole = SMALL.framed(gradient(), None)
    cut = SMALL.framed(gradient(), View(2, 1, False))
    assert whole.size == cut.size == (8, 8)
    assert np.asarray(cut)[0, 0] > np.asarray(whole)[0, 0]
    enlarged = gradient().resize((10, 10), Image.Resampling.BICUBIC)
    assert np.array_equal(np.asarray(cut), np.asarray(enlarged)[1:9, 2:10])
    mirrored = SMALL.framed(gradient(), View(2, 1, True))
    assert np.array_equal(np.asarray(mirrored), np.asarray(cut)[:, ::-1])


def test_a_square_from_the_middle_keeps_the_aspect() -> None:
    assert centre((30, 20), 100) == (5, 0, 25, 20)
    assert centre((178, 218), 178) == (0, 20, 178, 198)
    shown = np.asarray(Framing(20, 20, flip=False, square=100).framed(gradient(), None))
    assert np.array_equal(shown, np.asarray(gradient())[:, 5:25])
