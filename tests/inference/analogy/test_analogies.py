"""Visual attribute transfer where the right field is known."""

import torch
from torch import Tensor

from gan_cli.data.pairs.photo_blocks import photograph
from gan_cli.inference.analogy import patch_match
from gan_cli.inference.analogy.analogies import analogy
from gan_cli.media.picture_files import picture_of, to_tensor
from gan_cli.media.pictures import to_float

HEIGHT, WIDTH = 96, 112


def photo(left: int = 250, top: int = 130) -> Tensor:
    """A roof with trees, [3, H, W] in [-1, 1]."""
    piece = photograph("china").crop((left, top, left + WIDTH, top + HEIGHT))
    return to_float(to_tensor(picture_of(piece))[None])[0]


def recoloured(image: Tensor) -> Tensor:
    """With other hues and brighter."""
    return ((image[[1, 2, 0]] + 1) / 2).clamp_min(0).sqrt() * 2 - 1


def error(field: Tensor, right: Tensor) -> float:
    """The mean distance of a field's matches from the right ones, in pixels."""
    return float((field - right).float().norm(dim=2).mean())


def test_an_image_is_its_own_analogue_pixel_by_pixel() -> None:
    found = analogy(photo(), photo())
    same = patch_match.identity(HEIGHT, WIDTH)
    assert torch.equal(found.to_second, same)
    assert torch.equal(found.to_first, same)
    torch.testing.assert_close(found.first, photo())


def test_an_image_is_found_again_where_it_is_shifted_and_recoloured() -> None:
    """The right field, but for what is not in both."""
    other = recoloured(photo(left=238, top=122))
    found = analogy(photo(), other)
    same = patch_match.identity(HEIGHT, WIDTH)
    inner = (slice(0, HEIGHT - 16), slice(0, WIDTH - 24))
    right = (same + torch.tensor([8, 12]))[inner]
    assert (found.to_second[inner] - right).abs().flatten(0, 1).median(0).values.tolist() == [0, 0]
    assert error(found.to_second[inner], right) < 3 < error(same[inner], right) / 4
    assert float((found.first - recoloured(photo()))[:, *inner].abs().mean()) < 0.01


def test_mirrored_things_are_found_better_than_by_chance() -> None:
    """The network knows things by their parts, the edges of which lean the other way in a mirror."""
    other = recoloured(photo()).flip(2)
    found = analogy(photo(), other)
    same = patch_match.identity(HEIGHT, WIDTH)
    mirrored = torch.stack([same[:, :, 0], WIDTH - 1 - same[:, :, 1]], dim=2)
    drawn = torch.rand(HEIGHT, WIDTH, 2, generator=torch.Generator().manual_seed(0))
    anywhere = (drawn * torch.tensor([HEIGHT, WIDTH])).long()
    for field in (found.to_second, found.to_first):  # the mirror image of the mirror image is the image
        assert error(field, mirrored) < min(error(same, mirrored), error(anywhere, mirrored)) / 2
    distances = [float((made - recoloured(photo())).abs().mean()) for made in (found.first, photo())]
    assert distances[0] < 0.7 * distances[1]


def test_a_field_of_twice_the_size_leads_to_the_same_places() -> None:
    field = torch.tensor([[[1, 0], [2, 3]]])
    assert patch_match.doubled(field)[:, :, 0].tolist() == [[2, 2, 4, 4], [3, 3, 5, 5]]
    assert patch_match.doubled(field)[:, :, 1].tolist() == [[0, 1, 6, 7], [0, 1, 6, 7]]


def test_a_shift_is_found_from_a_wrong_beginning_and_nothing_perfect_is_left() -> None:
    random = torch.Generator().manual_seed(0)
    other = torch.nn.functional.normalize(torch.randn(20, 24, 8, generator=random), dim=2)
    one = other[3:17, 4:20]
    same = patch_match.identity(*one.shape[:2])
    right = same + torch.tensor([3, 4])
    inner = (slice(1, -1), slice(1, -1))
    found = patch_match.refined(same, one, other, 6, 16, random)
    assert torch.equal(found[inner], right[inner])
    assert torch.equal(patch_match.exhaustive(one, other)[inner], right[inner])
    assert torch.equal(patch_match.refined(right, one, other, 6, 1, random)[inner], right[inner])
    torch.testing.assert_close(patch_match.voted(other, right), one)
    torch.testing.assert_close(patch_match.alikeness(right, one, other)[inner], torch.full((12, 14), 9.0))
