"""Made videos beside real ones, in one table with rows whose time is broken or that were learned by heart."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.data.datamodules import Split
from gan_cli.metrics.distances import frechet_distance, kernel_distance
from gan_cli.metrics.features import imagenet_at_hand, load_features
from gan_cli.metrics.row_table import Kind, OwnMeasures, RowTable
from gan_cli.metrics.undefined import Undefined
from gan_cli.metrics.video_classifier import Judges, judges
from gan_cli.metrics.videos import (
    ACTIONS,
    BASELINES,
    BROKEN,
    CHANGES,
    MOTION,
    ORDER,
    SINGLE,
    Components,
    FramesAndChanges,
    motion,
    order,
    reduced,
)

if TYPE_CHECKING:
    from gan_cli.data.videos.video_sets import VideoDataModule

THINGS = 400
"""How many made videos are measured."""
MOST = 1000
"""At most so many training videos are they held against."""
A_VIDEO = 2
"""So many frames of a video are judged alone."""
SLOW = 200
"""By a network of ImageNet, which takes its time, at most so many frames are judged of each row."""


def measures(classes: int) -> OwnMeasures:
    """What is measured of made videos of a set with so many classes."""
    told: dict[str, Kind] = {"actions": ACTIONS, "broken_time": BROKEN} if classes > 1 else {}
    kinds = {"frames_and_changes": CHANGES, **told, "single_frames": SINGLE, "motion": MOTION, "order": ORDER}
    return OwnMeasures(kinds, things=THINGS)


class Yardstick:
    """The training videos of a set as every measure sees them; made once, however often models are measured.

    Args:
        data: The set.
    """

    def __init__(self, data: "VideoDataModule") -> None:
        self.data = data
        part = data.at_hand("train")
        numbers = torch.arange(min(MOST, len(part))) * len(part) // min(MOST, len(part))
        loaded = [part[piece].batch for piece in numbers.split(64)]
        self.videos = torch.cat([reduced(batch.videos) for batch in loaded])
        self.labels = torch.cat([batch.labels for batch in loaded]) if len(data.classes) > 1 else torch.tensor([])
        self.features = FramesAndChanges.of(self.videos)
        self.known = self.features(self.videos)
        self.motion = motion(self.videos)

    @cached_property
    def judges(self) -> Judges | None:
        """The set's classifiers; None where it has no classes."""
        classes = len(self.data.classes)
        if classes < 2:
            return None
        return judges(self.videos, self.labels, classes, self.data.name, self.data.metrics_folder)

    @cached_property
    def frame_features(self) -> tuple[str, Callable[[Tensor], Tensor]]:
        """What makes features [N, F] of single frames uint8 [N, C, H, W], and its name."""
        if self.judges is not None:
            return "a classifier of single frames", self.judges.of_frames
        if (found := imagenet_at_hand(self.data.metrics_folder)) is not None:
            network = load_features(found, self.data.metrics_folder)
            return found, lambda frames: network(_some(frames, SLOW))
        axes = Components.of(_single(self.videos).flatten(1).float())
        return "principal components of frames", lambda frames: axes(frames.flatten(1).float())

    @cached_property
    def known_actions(self) -> Tensor:
        """The training videos' features of actions."""
        assert self.judges is not None
        return self.judges.of_videos(self.videos)[0]

    @cached_property
    def known_frames(self) -> Tensor:
        """The features of the training videos' single frames."""
        return self.frame_features[1](_single(self.videos))

    def measured(self, videos: Tensor) -> Mapping[str, float | None]:
        """Each measure of videos, as `reduced` gives them; None where it means nothing."""
        numbers: dict[str, float | None] = {
            "frames_and_changes": _or_none(frechet_distance, self.features(videos), self.known),
            "single_frames": _thousandths(self.frame_features[1](_single(videos)), self.known_frames),
            "motion": motion(videos) / self.motion if self.motion else None,
            "order": _or_none(order, videos),
        }
        if self.judges is not None:
            features, told = self.judges.of_videos(videos)
            numbers["actions"] = _or_none(frechet_distance, features, self.known_actions)
            numbers["broken_time"] = float(told.float().mean())
        return numbers


def table(data: "VideoDataModule", made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made videos; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: uint8 [N, C, T, H, W].
        numbers: Of the real videos that each was made beside, int64 [N].
        split: The part that these are of.
    """
    yardstick, kinds = data.yardstick, measures(len(data.classes)).kinds
    held_out = data.at_hand(split)
    real = torch.cat([reduced(held_out[piece].batch.videos) for piece in numbers.unique().split(64)])
    alike = min(len(made), len(real))
    rows = {"made": reduced(made[torch.arange(alike) * len(made) // alike]), "held-out videos": real[:alike]}
    rows |= {name: become(real[:alike]) for name, become in BASELINES.items()}
    found = {name: yardstick.measured(videos) for name, videos in rows.items()}
    notes = [
        f"every row: {alike:,} videos beside {len(yardstick.videos):,} training ones, at {real.shape[-1]} pixels and "
        f"{real.shape[2]} frames; with other numbers of them, distances are others",
        "frames and changes: Frechet distance of mean frames and of squared changes from frame to frame, by principal "
        "components, in per cent of the training videos' variance; this is no FVD",
    ]
    if "actions" in kinds:
        notes.append(
            "actions: Frechet distance, likewise, in features of a small classifier of this set's classes that also "
            "tells broken time; told as broken: the share of videos that it says it of; no FVD either"
        )
    notes.append(
        f"single frames: kernel distance (KID) x 1000 in features of {yardstick.frame_features[0]}, in whatever order"
    )
    notes.append(
        "next / any frame: squared difference to the next frame, as a share of that to any other of the video; about 1 "
        "where frames are in no order, however much moves"
    )
    notes.append("what is made is as good as real where its numbers are those of held-out videos")
    values = {name: [one.get(kind) for kind in kinds] for name, one in found.items()}
    return RowTable(f"{data.name} {split}: videos of {data.num_frames} frames", kinds, values, notes)


def _single(videos: Tensor) -> Tensor:
    """A few frames of each, uint8 [M, C, H, W]."""
    chosen = torch.linspace(0, videos.shape[2] - 1, A_VIDEO + 2)[1:-1].round().long()
    return videos[:, :, chosen].transpose(1, 2).flatten(0, 1)


def _some(frames: Tensor, most: int) -> Tensor:
    """At most so many of them, evenly from all."""
    count = min(most, len(frames))
    return frames[torch.arange(count) * len(frames) // count]


def _thousandths(first: Tensor, second: Tensor) -> float | None:
    return _or_none(lambda *sides: 1000 * kernel_distance(*sides).value, first, second)


def _or_none(measure: Callable[..., float], *sides: Tensor) -> float | None:
    try:
        return measure(*sides)
    except Undefined:
        return None
