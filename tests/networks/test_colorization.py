import torch

from gan_cli.networks.colorization import ColorizationNetwork
from tests.networks.counting import count


def made_and_hints(**arguments: int) -> tuple[ColorizationNetwork, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return ColorizationNetwork(4, **arguments).eval(), torch.rand(1, 1, 64, 64) * 100, torch.zeros(1, 3, 64, 64)


def test_the_papers_network_has_the_papers_size() -> None:
    with torch.device("meta"):
        assert count(ColorizationNetwork()) == 34_187_027


def test_colours_are_of_the_size_of_the_picture_and_bins_of_a_quarter_of_it() -> None:
    network, light, hints = made_and_hints(bins=9)
    colours = network(light[:, :, :32], hints[:, :, :32], told=True)
    assert colours.ab.shape == (1, 2, 32, 64)
    assert colours.ab.abs().max() <= 1
    assert colours.logits is not None
    assert colours.logits.shape == (1, 9, 8, 16)
    assert network(light, hints).logits is None


def test_all_but_the_last_two_groups_learn_from_bins_alone_where_bins_are_learned() -> None:
    network, light, hints = made_and_hints(bins=9)
    network(light, hints, told=True).ab.sum().backward()
    taught = {name.partition(".")[0] for name, weight in network.named_parameters() if weight.grad is not None}
    assert taught == {"up9", "short9", "group9", "up10", "short10", "last"}
    colours = network(light, hints, told=True)
    assert colours.logits is not None
    colours.logits.sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_a_palette_and_a_hint_reach_every_pixel_around() -> None:
    network, light, hints = made_and_hints(palette=5)
    network.train()  # nothing is normalised yet by what it has not seen
    plain = network(light, hints, torch.zeros(1, 5)).ab
    by_palette = network(light, hints, torch.ones(1, 5)).ab
    assert (by_palette != plain).flatten(2).any(1).float().mean() > 0.99
    hints[:, :, 30:34, 30:34] = 1
    by_hint = network(light, hints, torch.zeros(1, 5)).ab
    assert (by_hint != plain)[..., 16:48, 16:48].any(1).float().mean() > 0.99


def test_colours_in_float32_go_into_a_network_of_another_precision() -> None:
    network, light, hints = made_and_hints()
    assert network.double()(light, hints).ab.dtype == torch.float64
