"""What DVDGAN has of its own: two logits, and a choice of frames for each video."""

from typing import Any

import pytest
import torch

from gan_cli.batches import VideoBatch
from gan_cli.errors import UserError
from gan_cli.objectives.adversarial import discriminator_hinge
from gan_cli.seeding import Rows
from gan_cli.variants import DVDGAN
from gan_cli.variants.places import Place

TINY: dict[str, Any] = {
    "num_frames": 6,
    "image_size": 32,
    "image_channels": 1,
    "num_classes": 3,
    "frames_judged": 3,
    "latent_dim": 4,
    "base_channels": 1,
    "embedding_dim": 2,
}


def ready(start: int = 0, stop: int = 8, **arguments: Any) -> Any:
    """A model as a trainer leaves it before a step on some rows of a batch of eight."""
    torch.manual_seed(0)
    model = DVDGAN(**{**TINY, **arguments})
    model._place = Place(Rows(start, stop, 8), 0, 0)
    model.watch = lambda *_: None  # type: ignore[method-assign]
    return model


def batch(count: int = 8) -> VideoBatch:
    return VideoBatch(torch.rand(count, 1, 6, 32, 32) * 2 - 1, torch.arange(count) % 3)


def test_each_video_has_a_choice_of_different_frames_of_its_own() -> None:
    model, videos = ready(), batch().videos
    frames = model.frames("real", videos)
    assert frames.shape == (8, 3)
    assert all(len(set(each)) == 3 and max(each) < 6 for each in frames.tolist())
    assert len({tuple(each) for each in frames.tolist()}) > 4
    assert not torch.equal(frames, model.frames("fake", videos))


def test_the_choice_does_not_depend_on_how_a_batch_is_dealt_out() -> None:
    whole = ready().frames("real", batch().videos)
    halves = [ready(start, start + 4).frames("real", batch(4).videos) for start in (0, 4)]
    assert torch.equal(torch.cat(halves), whole)


def test_shorter_videos_are_judged_frame_by_frame_as_a_whole() -> None:
    model = ready(frames_judged=8)
    assert sorted(model.frames("real", batch().videos)[0].tolist()) == [0, 1, 2, 3, 4, 5]


def test_each_network_has_a_hinge_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    model, logits = ready(), (torch.tensor([[5.0, 0.0]] * 8), torch.tensor([[-5.0, 0.5]] * 8))
    monkeypatch.setattr(model, "judge", lambda *_: logits)
    losses = model.discriminator_losses(batch())
    assert losses["spatial"] == 0  # beyond the margin, which the temporal one's logits do not make up for
    assert losses["temporal"] == discriminator_hinge(torch.zeros(1), torch.full((1,), 0.5)) == 2.5


def test_without_classes_nothing_is_told() -> None:
    model = ready(num_classes=0)
    assert model.takes == ()
    losses = {**model.discriminator_losses(batch()), **model.generator_losses(batch())}
    assert torch.stack(list(losses.values())).isfinite().all()


def test_other_sizes_are_refused_with_a_way_out() -> None:
    with pytest.raises(UserError, match=r"model.image_size: 48 is not possible; take a value of 32, 64, .*image_size"):
        ready(image_size=48)
