import pytest
import torch

from gan_cli.networks.face_patches import corners, patch_sizes, patches
from gan_cli.networks.face_reader import FaceReader
from gan_cli.networks.layers import larger
from gan_cli.networks.tp_gan import TPGANDiscriminator, TPGANGenerator
from gan_cli.variants.tp_gan import MULTI_PIE
from tests.networks.counting import count

POINTS = torch.tensor(MULTI_PIE).view(1, 5, 2)


def of_layers(*layers: tuple[int, int, int, bool]) -> int:
    """Weights of convolutions: inputs, outputs, side of the filters, and whether a normalisation follows, which has
    twice as many numbers as the bias that it makes needless."""
    return sum(inputs * outputs * side**2 + (2 if norm else 1) * outputs for inputs, outputs, side, norm in layers)


def residual(channels: int, side: int) -> list[tuple[int, int, int, bool]]:
    return [(channels, channels, side, True)] * 2


def test_the_authors_networks_have_so_many_weights() -> None:
    """Layer by layer as in their code at 128 pixels, but for the biases before normalisations and the eyes' inputs."""
    with torch.device("meta"):
        network = TPGANGenerator(128, 3, 64, 256, 100, 340, 0.7, MULTI_PIE, "batch")
        judge = TPGANDiscriminator(128, 3, 64, "batch")
    encoder = [(6, 64, 7, False), *residual(64, 7), (64, 64, 5, True), *residual(64, 5), (64, 128, 3, True)]
    encoder += [*residual(128, 3), (128, 256, 3, True), *residual(256, 3), (256, 512, 3, True), *residual(512, 3) * 4]
    assert count(network.encoder) == of_layers(*encoder) + (8 * 8 * 512 + 1) * 512
    seed = [(64, 32, 3, False), (32, 16, 3, False), (16, 8, 3, False)]
    decoder = [*seed, *residual(576, 2) * 3, (576, 512, 3, True), *residual(256, 3), *residual(768, 3) * 2]
    decoder += [(768, 256, 3, True), *residual(128 + 6 + 32, 3), *residual(256 + 166, 3) * 2, (422, 3, 3, False)]
    decoder += [(422, 128, 3, True), *residual(64 + 6 + 16, 5), *residual(128 + 86 + 3, 3) * 2, (217, 3, 3, False)]
    decoder += [(217, 64, 3, True), *residual(64 + 6 + 8, 7), *residual(64 + 78 + 64 + 3 + 3, 5)]
    decoder += [(212, 64, 5, True), *residual(64, 3), (64, 32, 3, True), (32, 3, 3, False)]
    assert count(network.decoder) == of_layers(*decoder) + (256 + 100 + 1) * 8 * 8 * 64
    for name, channels in {"left_eye": 6, "right_eye": 6, "nose": 3, "mouth": 3}.items():
        local = [(channels, 64, 3, False), *residual(64, 3)]
        for inputs, outputs in ((64, 128), (128, 256), (256, 512)):
            local += [(inputs, outputs, 3, True), *residual(outputs, 3)]
            local += [(outputs, inputs, 3, True), (2 * inputs, inputs, 3, True), *residual(inputs, 3)]
        assert count(network.pathways[name]) == of_layers(*local, *residual(512, 3), (64, 3, 3, False))
    judged = [(3, 64, 3, False), (64, 128, 3, True), (128, 256, 3, True), (256, 512, 3, True), *residual(512, 3)]
    assert count(judge) == of_layers(*judged, (512, 512, 3, True), *residual(512, 3), (512, 1, 1, False))


def test_patches_have_the_papers_sizes_around_the_papers_points() -> None:
    assert patch_sizes(128) == {"left_eye": (40, 40), "right_eye": (40, 40), "nose": (32, 40), "mouth": (32, 48)}
    assert patch_sizes(32)["mouth"] == (8, 12)
    at = {name: corner[0].tolist() for name, corner in corners(POINTS, 128).items()}
    assert at["left_eye"] == [21, 24]  # 41 - 20 and 44 - 20
    rows = torch.arange(128.0)[None, None, :, None].expand(1, 1, 128, 128)
    assert patches(rows, POINTS)["nose"][0, 0, :, 0].tolist() == list(range(at["nose"][0], at["nose"][0] + 32))


def test_a_patch_beyond_the_border_repeats_it() -> None:
    image = torch.arange(32.0).expand(1, 1, 32, 32)
    found = patches(image, torch.full((1, 5, 2), 1.0))["left_eye"]
    assert found[0, 0, 0].tolist() == [27, 28, 29, 30, 31, 31, 31, 31, 31, 31]


@pytest.mark.parametrize("side", [32, 64])
def test_what_local_pathways_make_reaches_the_image_at_their_places(side: int) -> None:
    torch.manual_seed(0)
    network = TPGANGenerator(side, 1, 4, 8, 0, 0, 0.0, MULTI_PIE, "none")
    images = torch.rand(1, 1, side, side) * 2 - 1
    parts = patches(images, POINTS)
    plain = network(images, parts)
    assert [image.shape[2] for image in plain.images] == [side, side // 2, side // 4]
    assert {name: patch.shape[2:] for name, patch in plain.patches.items()} == patch_sizes(side)
    other = network(images, {**parts, "mouth": -parts["mouth"]})
    change = (plain.images[0] - other.images[0]).abs()[0, 0]
    assert change.sum() > 0
    assert change[side // 2 :].sum() > change[: side // 2].sum()  # the mouth is below
    assert torch.equal(plain.images[1], other.images[1])  # smaller images know nothing of patches


def test_a_reader_that_has_learned_nothing_says_the_frontal_places() -> None:
    reader = FaceReader(32, 1, 4, 8, 5, MULTI_PIE)
    seen = reader(torch.rand(3, 1, 32, 32))
    assert torch.allclose(seen.points, POINTS.expand(3, -1, -1))
    assert seen.persons.shape == (3, 5)
    assert seen.maps.shape[2:] == (4, 4)


def test_the_larger_is_the_maximum() -> None:
    one, other = torch.randn(2, 100, dtype=torch.float64)
    assert torch.allclose(larger(one, other), torch.maximum(one, other))
