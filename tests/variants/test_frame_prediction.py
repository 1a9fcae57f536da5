from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.batches import VideoBatch
from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import FramePrediction
from gan_cli.variants.places import Place
from gan_cli.variants.windows import around, patches
from tests.variant_rows import PREDICTING


def ready(**arguments: Any) -> FramePrediction:
    """A model as a trainer leaves it before a step on eight videos."""
    torch.manual_seed(0)
    model = FramePrediction(**{**PREDICTING, **arguments})
    model._place = Place(Rows(0, 8, 8), 0, 0)
    model.watch = lambda *_: None  # type: ignore[method-assign]
    return model


def numbered(frames: int = 6, side: int = 32) -> VideoBatch:
    """Videos whose pixels are the number of their frame."""
    videos = torch.arange(float(frames))[:, None, None].expand(8, 1, -1, side, side)
    return VideoBatch(videos, torch.zeros(8, dtype=torch.int64))


def numbers_in(frames: Tensor) -> list[list[float]]:
    return frames[:, :, 0, 0].tolist()


def test_the_frames_that_follow_are_learned_from_those_before_them() -> None:
    model = ready(past_frames=2, future_frames=2)
    given, wanted = model.example(numbered(), "generator")
    starts = [first for first, _ in numbers_in(given)]
    assert len(set(starts)) > 1
    assert set(starts) <= {0, 1, 2}
    assert numbers_in(given) == [[start, start + 1] for start in starts]
    assert numbers_in(wanted) == [[start + 2, start + 3] for start in starts]
    assert numbers_in(model.example(numbered(), "discriminator").given) != numbers_in(given)


def test_frames_between_are_learned_from_every_second_one_around_them() -> None:
    model = ready(target="between")
    given, wanted = model.example(numbered(9), "generator")
    for (middle,), four in zip(numbers_in(wanted), numbers_in(given), strict=True):
        assert four[1:3] == [middle - 1, middle + 1]
        assert {(number - middle) % 2 for number in four} == {1}
        assert four == sorted(four)


def test_the_first_and_the_last_frame_are_given_twice_where_the_video_ends() -> None:
    assert around(torch.tensor([1, 2, 3, 6, 7]), 4, 8).tolist() == [
        [0, 0, 2, 4],
        [1, 1, 3, 5],
        [0, 2, 4, 6],
        [3, 5, 7, 7],
        [4, 6, 8, 8],
    ]


def test_patches_are_drawn_where_something_moves() -> None:
    frames = torch.zeros(1, 1, 2, 40, 48)
    frames[..., 1, 20:24, 36:40] = 1
    shares = torch.linspace(0, 1, 200)
    moving = patches(frames.expand(200, -1, -1, -1, -1), shares, 8, "moving")
    anywhere = patches(frames.expand(200, -1, -1, -1, -1), shares, 8, "anywhere")
    assert moving.shape == (200, 1, 2, 8, 8)
    hit, by_chance = ((found.flatten(1).amax(1) > 0).float().mean() for found in (moving, anywhere))
    assert hit > 0.8
    assert by_chance < 0.15


def test_what_follows_goes_on_from_what_was_made() -> None:
    model, frames = ready().eval(), torch.rand(2, 1, 5, 32, 32) * 2 - 1
    both = model.continued(frames, 2)
    first = model.continued(frames, 1)
    assert torch.equal(both[:, :, :1], first)
    assert torch.equal(model.continued(torch.cat([frames, first], dim=2), 1), both[:, :, 1:])
    assert model.continued(frames, 0).shape == (2, 1, 0, 32, 32)


def test_frames_of_any_size_are_filled_up_and_cut_back() -> None:
    model = ready(scales=4).eval()
    frames = torch.rand(1, 1, 4, 21, 33) * 2 - 1
    assert model.continued(frames, 3).shape == (1, 1, 3, 21, 33)
    filled = torch.nn.functional.pad(frames[0], (0, 7, 0, 3), mode="replicate")[None]
    assert torch.allclose(model.continued(frames, 1), model.continued(filled, 1)[..., :21, :33])


@pytest.mark.parametrize("frames", [5, 6])
def test_videos_keep_what_is_given_of_them(frames: int) -> None:
    model, batch = ready(target="between", num_frames=frames).eval(), numbered(frames)
    given = model.given(batch)
    made = model(torch.zeros(8, 0), **given)
    assert made.shape == batch.videos.shape
    assert model.known_numbers == ([0, 2, 4] if frames == 5 else [0, 2, 4, 5])
    assert torch.equal(made[:, :, model.known_numbers], batch.videos[:, :, model.known_numbers])


def test_terms_are_weighted_and_can_be_left_out() -> None:
    batch = numbered()
    one, other = (ready(lambda_gdl=weight).generator_losses(batch)["gradients"].item() for weight in (1.0, 3.0))
    assert other == pytest.approx(3 * one, rel=1e-5)
    assert set(ready(lambda_adversarial=0.0, lambda_gdl=0.0).generator_losses(batch)) == {"pixels"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"patch_size": 33}, r"model.patch_size: 33 is more than the 32 pixels"),
        ({"patch_size": 16}, r"model.patch_size: patches of 16 pixels are not possible; take a size of 32 or more"),
        ({"target": "between", "past_frames": 3}, r"model.past_frames: 3 is not possible; take a value of 2, 4, 6"),
        ({"target": "between", "future_frames": 2}, r"model.future_frames: 2 is not possible"),
        ({"num_frames": 4}, r"data.num_frames: 4 are too few to learn from; take 5 or more"),
        ({"optimizer": "sgd", "adam_betas": (0.5, 0.9)}, r"model.adam_betas: SGD has none"),
        ({"lambda_p": 0.0, "lambda_gdl": 0.0, "lambda_adversarial": 0.0}, r"model.lambda_p: 0.0 is not possible"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        FramePrediction(**{**PREDICTING, **arguments})
