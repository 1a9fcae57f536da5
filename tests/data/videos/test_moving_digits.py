import torch

from gan_cli.data import Digits, MovingDigits
from gan_cli.data.sampling import Span


def test_a_digit_moves_on_a_straight_way_and_stays_whole() -> None:
    batch = MovingDigits().part("train")[torch.arange(200)].batch
    assert batch.videos.shape == (200, 1, 16, 32, 32)
    light = batch.videos.flatten(3).int().sum(3)
    assert torch.equal(light.amax(2), light.amin(2))
    rows = torch.arange(32.0)
    weights = batch.videos[:, 0].float()
    middle = (weights.sum(3) * rows).sum(2) / weights.sum((2, 3))  # of gravity, in each frame
    steps = middle.diff(dim=1)
    assert 0.5 < float(steps.abs().mean()) < 2
    assert float((steps.diff(dim=1).abs() <= 1.01).float().mean()) > 0.8  # but where an edge throws it back


def test_videos_are_functions_of_the_seed_and_held_out_digits_are_held_out() -> None:
    train = MovingDigits().part("train")
    assert torch.equal(train[torch.arange(9)].batch.videos, MovingDigits().part("train")[torch.arange(9)].batch.videos)
    assert not torch.equal(train.ways, MovingDigits(seed=1).part("train").ways)
    assert len(train) == 4 * len(Digits().part("train"))
    held_out = MovingDigits(ways=1).part("test")
    labels = Digits().part("test").labels
    assert torch.equal(held_out.labels, labels)
    assert torch.equal(train[Span(0, 0, 5)].batch.labels, train[Span(0, 0, 5)].batch.labels)


def test_a_frame_of_any_size_holds_its_digit() -> None:
    for side in (16, 17, 64):
        videos = MovingDigits(num_frames=3, image_size=side).part("test")[torch.arange(5)].batch.videos
        assert videos.shape == (5, 1, 3, side, side)
        assert bool(videos.flatten(3).amax(3).gt(100).all())
