"""The networks of style transfer, and those that are looked through."""

import pytest
import torch
from torch import nn

from gan_cli.networks.adain import AdaINDecoder, moments
from gan_cli.networks.loss_networks import CHANNELS, LEVELS, Lite0Maps, RandomMaps, Seen, loss_network
from gan_cli.networks.style_transfer import StyleNetwork


def parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


@pytest.mark.parametrize(("base_channels", "shared", "per_style"), [(32, 1_674_432, 3_206), (8, 107_568, 806)])
def test_a_style_is_a_few_numbers_beside_those_that_all_share(base_channels: int, shared: int, per_style: int) -> None:
    with torch.device("meta"):
        counts = [parameters(StyleNetwork([f"{k}" for k in range(styles)], base_channels)) for styles in (1, 10)]
    assert counts == [shared + per_style, shared + 10 * per_style]


def test_a_decoder_of_vggs_512_channels_has_the_authors_size() -> None:
    with torch.device("meta"):
        assert parameters(AdaINDecoder(512)) == 3_505_219


def test_a_blend_has_the_mean_of_the_styles_scales_and_shifts() -> None:
    torch.manual_seed(0)
    network = StyleNetwork(["one", "two", "keys"], base_channels=2, num_blocks=1)  # any name is possible
    for row in network.styles.rows.values():
        nn.init.normal_(row)
    told = [
        torch.cat(network.styles(torch.tensor([shares])), 1) for shares in ([1.0, 0, 0], [0, 1.0, 0], [0.25, 0.75, 0])
    ]
    assert torch.equal(told[1][0], network.styles.rows["style_two"])  # in the order of the names that were given
    torch.testing.assert_close(told[2], 0.25 * told[0] + 0.75 * told[1])
    images = torch.rand(3, 3, 16, 20) * 2 - 1
    made = network(images, torch.eye(3))
    assert made.shape == images.shape
    torch.testing.assert_close(made[1:2], network(images[1:2], torch.eye(3)[1:2]))


def test_maps_get_the_references_means_and_deviations() -> None:
    torch.manual_seed(0)
    decoder, maps, reference = AdaINDecoder(5, 2), torch.rand(2, 5, 6, 7), torch.rand(2, 5, 9, 4) * 3 + 1
    means, deviations = moments(reference)
    torch.testing.assert_close(deviations, reference.std((2, 3), correction=0), atol=1e-4, rtol=0)
    styled = decoder.styled(maps, means, deviations)
    for found, wanted in zip(moments(styled), (means, deviations), strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-3)
    assert decoder(styled).shape == (2, 3, 48, 56)


@pytest.mark.parametrize("name", ["lite0", "random"])
def test_a_network_that_is_looked_through_gives_maps_of_four_sizes_and_learns_nothing(name: Seen) -> None:
    network = loss_network(name, "StyleTransfer")
    images = torch.rand(2, 3, 48, 64) * 2 - 1
    maps = network.network(images)
    assert [list(one.shape[1:]) for one in maps] == [
        [channels, 48 // level, 64 // level] for channels, level in zip(CHANNELS[name], LEVELS, strict=True)
    ]
    assert all(float(one.min()) >= 0 and float(one.std()) > 0 for one in maps)
    assert len(network.network(images, 2)) == 2
    assert not [*network.parameters()]
    assert not network.state_dict()


def test_what_blocks_widen_leads_to_the_same_outputs() -> None:
    """The wide maps of a block are those that its own layers make of the outputs before it."""
    found = loss_network("lite0", "StyleTransfer").network
    assert isinstance(found, Lite0Maps)
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    blocks = found.network.blocks
    before = found.network.maps(images)[1]  # of block 2, which block 3 takes
    torch.testing.assert_close(found(images)[1], blocks[3].layers[0](before))  # type: ignore[index,operator]


def test_filters_that_were_drawn_are_always_the_same_and_see_no_plain_surface() -> None:
    torch.manual_seed(1)
    one = RandomMaps()
    torch.manual_seed(2)
    images = torch.rand(1, 3, 32, 32)
    assert torch.equal(one(images)[3], RandomMaps()(images)[3])
    assert float(one(torch.full((1, 3, 32, 32), 0.7))[0][:, :, 1:-1, 1:-1].detach().max()) < 1e-5
