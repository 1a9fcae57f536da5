import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.networks.vgan import ConditionalVGANGenerator, Scene, VGANDiscriminator, VGANGenerator
from tests.networks.counting import count

STREAM = 512 + 256 + 128 + 64
"""Biases of a stream of the authors' generator that batch normalisation takes away again."""
CONDITIONAL = (256 + 512 + 1024) + (512 + 256 + 128) + (1024 + 512 + 256 + 128)
"""The same of the encoder, the background and the foreground that begin with a frame."""


def second_logit(width: int) -> int:
    """The authors' discriminator has another logit, of a map of two frames."""
    return width * 2 * 4 * 4 + 1


def test_the_authors_sizes() -> None:
    with torch.device("meta"):
        assert count(VGANGenerator(32, 64, 3)) == 16_245_383 - 2 * STREAM
        assert count(VGANDiscriminator(32, 64, 3)) == 11_057_858 - (128 + 256 + 512) - second_logit(512)
        assert count(ConditionalVGANGenerator(32, 64, 3)) == 68_216_455 - CONDITIONAL
        discriminator = VGANDiscriminator(32, 64, 3, 128)
        assert count(discriminator) == 44_135_810 - (256 + 512 + 1024) - second_logit(1024)


def test_a_video_shows_the_foreground_where_the_mask_is_and_the_background_elsewhere() -> None:
    torch.manual_seed(0)
    foreground, background = torch.rand(2, 3, 4, 8, 8), torch.rand(2, 3, 8, 8)
    mask = (torch.rand(2, 1, 4, 8, 8) > 0.5).float()
    video = Scene(foreground, background, mask).video
    for frame in range(4):
        expected = torch.where(mask[:, :, frame] > 0, foreground[:, :, frame], background)
        assert torch.equal(video[:, :, frame], expected)


def test_both_streams_begin_with_the_same_noise() -> None:
    torch.manual_seed(0)
    scene = VGANGenerator(8, 16, 1, 4, 2)(torch.randn(3, 4))
    assert scene.background.shape == (3, 1, 16, 16)
    assert scene.mask.shape == scene.foreground.shape == (3, 1, 8, 16, 16)
    assert 0 < scene.mask.min() <= scene.mask.max() < 1


@pytest.mark.parametrize(("frames", "size"), [(4, 16), (16, 16), (8, 32), (16, 32), (24, 32)])
def test_videos_of_other_lengths_and_sizes(frames: int, size: int) -> None:
    videos = VGANGenerator(frames, size, 1, 4, 1)(torch.randn(2, 4)).video
    assert videos.shape == (2, 1, frames, size, size)
    assert ConditionalVGANGenerator(frames, size, 1, 1)(videos[:, :, 0]).video.shape == videos.shape
    assert VGANDiscriminator(frames, size, 1, 1)(videos).shape == (2,)


def test_what_no_network_makes_is_refused_with_a_way_out() -> None:
    with pytest.raises(
        UserError, match=r"num_frames: 12 is not possible with frames of 32 pixels; take a multiple of 8"
    ):
        VGANGenerator(12, 32, 1)
    with pytest.raises(UserError, match=r"image_size: 48 is not possible here; take 16, 32, 64, 128"):
        VGANDiscriminator(16, 48, 1)
