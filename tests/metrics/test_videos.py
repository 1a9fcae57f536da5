from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.data import MovingDigits
from gan_cli.data.videos import comparison
from gan_cli.metrics import video_classifier
from gan_cli.metrics.row_table import RowTable
from gan_cli.metrics.video_classifier import broken
from gan_cli.metrics.videos import FramesAndChanges, motion, reduced, shuffled
from gan_cli.seeding import stream

STEPS = 120


class Digits(MovingDigits):
    """Small ones, whose classifiers are kept in a folder of their own."""

    folder = Path()

    @property
    def metrics_folder(self) -> Path:
        return self.folder


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Digits:
    data = Digits(num_frames=8, image_size=16)
    data.folder = tmp_path_factory.mktemp("kept")
    return data


@pytest.fixture(scope="module")
def table(digits: Digits) -> RowTable:
    """The table of videos that are real ones played backwards, which only knowing where they come from would tell."""
    numbers = torch.arange(200)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(video_classifier, "STEPS", STEPS)
        patch.setattr(video_classifier, "FRAME_STEPS", STEPS)
        patch.setattr(comparison, "MOST", 400)
        return digits.compared(digits.part("test")[numbers].batch.videos.flip(2), numbers, "test")


def row(table: RowTable, name: str) -> dict[str, Any]:
    return dict(zip(table.kinds, table.rows[name], strict=True))


def test_broken_time_is_seen_by_what_looks_at_time_and_not_by_single_frames(table: RowTable) -> None:
    real = row(table, "held-out videos")
    for name in ("their frames, shuffled", "their first frame, frozen"):
        fooled = row(table, name)
        assert fooled["frames_and_changes"] > 2 * real["frames_and_changes"], name
        assert fooled["actions"] > 2 * real["actions"], name
        assert fooled["broken_time"] > 0.4, name
        assert (
            abs(fooled["single_frames"] - real["single_frames"]) < 0.2 * row(table, "the mean of them")["single_frames"]
        )
    assert real["broken_time"] < 0.2


def test_videos_that_are_always_the_same_are_far_from_real_ones(table: RowTable) -> None:
    real, mean = row(table, "held-out videos"), row(table, "the mean of them")
    assert row(table, "eight of them, repeated")["frames_and_changes"] > 2 * real["frames_and_changes"]
    assert row(table, "eight of them, repeated")["actions"] > 1.5 * real["actions"]
    for measure in ("frames_and_changes", "actions", "single_frames"):
        assert mean[measure] > 3 * real[measure], measure
    assert 80 < mean["frames_and_changes"] < 300  # two parts, each about as far as its whole variance


def test_motion_is_a_share_of_real_motion(table: RowTable) -> None:
    assert row(table, "held-out videos")["motion"] == pytest.approx(1, abs=0.1)
    assert row(table, "made")["motion"] == row(table, "held-out videos")["motion"]
    assert row(table, "their first frame, frozen")["motion"] == 0
    assert row(table, "their frames, shuffled")["motion"] > 1.3
    assert row(table, "their frames, shuffled")["order"] == pytest.approx(1, abs=0.05)
    assert row(table, "held-out videos")["order"] < 0.8
    assert row(table, "their first frame, frozen")["order"] is None


def test_a_table_tells_what_it_is_of(table: RowTable) -> None:
    assert list(table.rows)[:2] == ["made", "held-out videos"]
    assert table.values().keys() == table.kinds.keys()
    assert "200 videos beside 400 training ones" in table.notes[0]
    assert sum("no FVD" in note for note in table.notes) == 2


def test_classifiers_are_trained_once_and_kept(
    digits: Digits, table: RowTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_classifier, "STEPS", STEPS)
    monkeypatch.setattr(video_classifier, "_learned", lambda *_: pytest.fail("trained again"))
    yardstick = digits.yardstick
    again = video_classifier.judges(yardstick.videos, yardstick.labels, 10, digits.name, digits.folder)
    assert torch.equal(again.of_videos(yardstick.videos[:9])[0], yardstick.known_actions[:9])


@pytest.mark.usefixtures("without_lite0")
def test_without_classes_there_is_no_classifier_of_actions(digits: Digits, tmp_path: Path) -> None:
    class Unlabelled(Digits):
        class_names = ()

    data = Unlabelled(num_frames=8, image_size=16)
    data.folder = tmp_path
    assert data.own_measures is not None
    assert list(data.own_measures.kinds) == ["frames_and_changes", "single_frames", "motion", "order"]
    made = digits.part("test")[torch.arange(30)].batch.videos
    found = data.compared(made, torch.arange(30), "test")
    assert len(found.values()) == 4
    assert "principal components of frames" in found.notes[2]
    assert Digits(num_frames=1).own_measures is None


def test_broken_videos_have_real_frames_in_another_order() -> None:
    time = torch.arange(9, dtype=torch.uint8)[None, None, :, None, None].expand(40, 1, 9, 2, 2).contiguous()
    orders = broken(time, stream("broken"))[:, 0, :, 0, 0].int()
    steps = orders.diff(dim=1)
    assert not (steps == 1).all(1).any()
    assert (orders[2::4, -1] < 5).all()  # they stop
    assert ((steps[3::4] != 1).sum(1) <= 2).all()  # they jump, and at most begin again


def test_large_and_long_videos_are_made_smaller() -> None:
    videos = torch.randint(256, (3, 3, 70, 48, 40), generator=stream("large"), dtype=torch.uint8)
    assert reduced(videos).shape == (3, 3, 32, 32, 32)
    few = videos[:, :, :6, :20, :20]
    assert torch.equal(reduced(few), few)
    assert motion(shuffled(few)) > 0
    assert FramesAndChanges.of(few)(few).shape[0] == 3
