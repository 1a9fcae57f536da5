import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_cli.data.sampling import Span
from gan_cli.data.transforms import Framing, Resampling, Views, centre, resized

SMALL = Framing(image_size=8, load_size=10, flip=True)


def gradient(width: int = 30, height: int = 20) -> Image.Image:
    across = np.linspace(0, 255, width, dtype=np.uint8)
    return Image.fromarray(np.tile(across, (height, 1)))


def drawn(seed: int, start: int, stop: int, use: str = "") -> Tensor:
    return torch.stack(SMALL.views(Span(seed, start, stop), use))


def test_views_depend_on_seed_use_and_position_alone() -> None:
    whole = drawn(0, 4000, 4200)  # over the end of a page of random numbers
    assert torch.equal(whole, torch.cat([drawn(0, 4000, 4097), drawn(0, 4097, 4200)], dim=1))
    assert not torch.equal(whole, drawn(1, 4000, 4200))
    assert not torch.equal(whole, drawn(0, 4000, 4200, "/b"))


def test_views_reach_every_place_and_mirror_half_of_the_images() -> None:
    views = SMALL.views(Span(0, 0, 400))
    assert set(views.corners([(10, 10)] * 400, 8)) == {(top, left) for left in range(3) for top in range(3)}
    assert 150 < int(views.mirrored.sum()) < 250
    still = Framing(image_size=8, load_size=8, flip=False).views(Span(0, 0, 50))
    assert set(still.corners([(8, 8)] * 50, 8)) == {(0, 0)}
    assert not still.mirrored.any()


def test_images_are_cut_where_their_views_say() -> None:
    images = torch.arange(2 * 3 * 10 * 10).reshape(2, 3, 10, 10).to(torch.uint8)
    views = Views(torch.tensor([0.7, 0.0]), torch.tensor([0.4, 0.99]), torch.tensor([False, False]))
    cut = SMALL.cut(images, views)
    assert torch.equal(cut[0], images[0, :, 1:9, 2:10])
    assert torch.equal(cut[1], images[1, :, 2:10, 0:8])
    assert torch.equal(SMALL.cut(images, SMALL.middle(2)), images[:, :, 1:9, 1:9])
    odd = Framing(image_size=7, load_size=10, flip=False)
    assert torch.equal(odd.cut(images, odd.middle(2)), images[:, :, 1:8, 1:8])


def test_a_square_from_the_middle_keeps_the_aspect() -> None:
    assert centre((30, 20), 100) == (5, 0, 25, 20)
    assert centre((178, 218), 178) == (0, 20, 178, 198)
    assert np.array_equal(np.asarray(resized(gradient(), 20, square=100)), np.asarray(gradient())[:, 5:25])
    assert np.asarray(resized(gradient(), 20))[0, 0] < 5  # the whole, out of shape


def test_a_square_is_cut_out_before_it_is_resized() -> None:
    """As torchvision's CenterCrop and Resize, which StarGAN's authors use: nothing beyond the square counts."""
    pixels = np.random.default_rng(0).integers(0, 256, (30, 20), dtype=np.uint8)
    other = pixels.copy()
    other[:5] = other[-5:] = 255 - pixels[:5]

    def made(of: NDArray[np.uint8], how: Resampling) -> NDArray[np.uint8]:
        return np.asarray(resized(Image.fromarray(of), 8, square=20, resampling=how))

    bilinear, bicubic, again = made(pixels, "bilinear"), made(pixels, "bicubic"), made(other, "bilinear")
    assert np.array_equal(bilinear, again)
    assert not np.array_equal(bilinear, bicubic)
    wanted = Image.fromarray(pixels[5:25]).resize((8, 8), Image.Resampling.BILINEAR)
    assert np.array_equal(bilinear, np.asarray(wanted))


def test_a_box_gives_the_mean_of_its_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    means = pixels.reshape(8, 2, 8, 2).mean(axis=(1, 3))
    made = np.asarray(resized(Image.fromarray(pixels), 8, resampling="box"))
    assert np.abs(made - means).max() <= 1  # it rounds along one side and then along the other
