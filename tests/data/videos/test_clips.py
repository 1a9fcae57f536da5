from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.command.checking import guessed
from gan_cli.data import Clips
from gan_cli.data.doctor import contact_sheet, diagnose
from gan_cli.data.sampling import Span
from gan_cli.data.stores import BrokenFile
from gan_cli.data.videos import frame_stores
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import content_key
from gan_cli.media.film_reading import Film, frames_of
from tests.media.films import levels, save, video, with_a_hole


def clips(root: Path, **arguments: Any) -> Clips:
    small = {"num_frames": 4, "image_size": 16, "image_channels": 1, "batch_size": 1, "held_out": 0.3}
    return Clips(**{"root": str(root), "cache_dir": str(root.parent / "cache"), **small, **arguments})


def shown(data: Clips, split: Any = "train") -> list[list[int]]:
    """The levels of each clip's frames, as `levels` numbers them."""
    part = data.part(split)
    means = part[torch.arange(len(part))].batch.videos.float().mean((1, 3, 4)) / 10
    return [[round(mean) for mean in clip] for clip in means.tolist()]


@pytest.fixture
def actions(tmp_path: Path) -> Path:
    """Two classes of films of all kinds, and files that are none."""
    root = tmp_path / "films"
    save(levels(8), root / "jump" / "1.gif")
    save(levels(9), root / "jump" / "2")
    video(root / "jump" / "3.mkv", range(10))
    save(levels(12), root / "walk" / "a.jpg")
    save(levels(12), root / "walk" / "b.jpg")
    save(levels(12), root / "walk" / "c.jpg")
    (root / "about.txt").write_text("films")
    return root


def test_films_of_all_kinds_are_cut_into_clips_with_their_classes(actions: Path) -> None:
    data = clips(actions, held_out_films="jump/3*, c")
    assert data.facts["class_names"] == ("jump", "walk")
    assert [film.path.name for film in data.films("train")] == ["1.gif", "2", "a.jpg", "b.jpg"]
    assert [film.path.name for film in data.films("test")] == ["3.mkv", "c.jpg"]
    assert shown(data) == [[0, 1, 2, 3], [4, 5, 6, 7]] * 2 + [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] * 2
    assert data.part("train").labels.tolist() == [0] * 4 + [1] * 6
    assert data.frame_rate == 10


def test_a_share_of_each_class_is_held_out_by_film(actions: Path) -> None:
    data = clips(actions)
    train, held_out = set(data.films("train")), set(data.films("test"))
    assert not train & held_out
    assert [film.path.parent.name for film in data.films("val")] == ["jump", "walk"]
    assert data.films("val") == data.films("test")
    assert clips(actions, split_seed=3).films("val") != data.films("val") or clips(actions, split_seed=4).films("val")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"hop": 2}, [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [6, 7, 8, 9]]),
        ({"stride": 2}, [[0, 2, 4, 6]]),
        ({"frame_rate": 5}, [[0, 2, 4, 6]]),
        ({"num_frames": 12}, [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9]]),
    ],
)
def test_clips_overlap_are_thinned_and_repeat_the_last_frame(
    tmp_path: Path, arguments: dict[str, int], expected: list[list[int]]
) -> None:
    save(levels(10), tmp_path / "films" / "train" / "a.gif")
    save(levels(10), tmp_path / "films" / "test" / "a.gif")
    assert shown(clips(tmp_path / "films", **arguments)) == expected


def test_caches_give_the_same_frames_and_each_film_is_decoded_once(
    actions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []

    def watched(film: Film, numbers: Sequence[int]) -> Iterator[Any]:
        decoded.append(film.path.name)
        return frames_of(film, numbers)

    monkeypatch.setattr(frame_stores, "frames_of", watched)
    every = [shown(clips(actions, cache=cache, hop=1)) for cache in ("none", "memory", "disk")]
    assert every[0] == every[1] == every[2]
    films = [film.path.name for film in clips(actions).films("train")]
    assert sorted(decoded) == sorted(films * 3)
    shown(clips(actions, cache="disk", hop=1))
    assert len(decoded) == 3 * len(films)


def test_mirrored_clips_are_the_same_however_they_are_asked_for(actions: Path) -> None:
    part = clips(actions, flip=True).part("train")
    whole = part[Span(0, 0, 8)].mirrored["videos"]
    halves = [part[Span(0, start, start + 4)].mirrored["videos"] for start in (0, 4)]
    assert torch.equal(whole, torch.cat(halves))
    assert "videos" not in part[torch.arange(2)].mirrored


def test_a_film_that_cannot_be_opened_is_named_or_left_out(actions: Path) -> None:
    (actions / "jump" / "0.mp4").write_bytes(b"no film")
    with pytest.raises(UserError, match=r"data.root: 1 of the films cannot be read: .*0\.mp4 .*\n.*on_error skip"):
        clips(actions, held_out_films="c").part("train")
    data = clips(actions, held_out_films="c", on_error="skip")
    assert len(data.part("train")) == 4 + 2 + 6
    assert [path.name for path in data.unreadable_files()] == ["0.mp4"]


def test_another_film_of_the_class_stands_in_for_one_that_breaks(actions: Path) -> None:
    with_a_hole(actions / "walk" / "0")
    with pytest.raises(BrokenFile, match=r"walk/0 cannot be read"):
        shown(clips(actions, held_out_films="c"))
    data = clips(actions, held_out_films="c", on_error="skip")
    assert shown(data)[-9:] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] * 3
    assert [path.name for path in data.unreadable_files()] == ["0"]


def test_a_check_tells_what_is_there_and_what_is_wrong(actions: Path) -> None:
    (actions / "jump" / "0.mp4").write_bytes(b"no film")
    (actions / "jump" / "empty.gif").touch()
    save(levels(2), actions / "walk" / "short.gif")
    save(levels(8)[:, [3] * 8], actions / "walk" / "still")
    with_a_hole(actions / "walk" / "d")
    data = clips(actions, held_out_films="c", on_error="skip", cache="none")
    diagnosis = diagnose(data)
    text = "\n".join(diagnosis.facts)
    for words in (
        "train: 8 films",
        "shorter than that: 1 (their last frame is repeated)",
        "held out: 1 films, 12 frames taken, 3 clips of 4 frames",
        "rows of frames (3)",
        "frames of a film: 2 to 12",
        "frames a second: 10 (3)",
        "left out, being no films: .txt (1)",
    ):
        assert words in text, words
    found = {finding.what: finding.places for finding in diagnosis.findings}
    assert {Path(place.split(" (")[0]).name for place in found["cannot be read"]} == {"0.mp4", "empty.gif", "d"}
    assert [Path(place).name for place in found["in which nothing moves"]] == ["still"]
    (alike,) = found["both trained on and held out"]
    assert "c.jpg" in alike
    sheet = contact_sheet(data)
    assert sheet is not None
    assert guessed(actions) == "Clips"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"stride": 2, "frame_rate": 5}, "data.stride: 2 and data.frame_rate 5 both thin films"),
        ({"image_channels": 2}, "data.image_channels: 2 is not possible"),
        ({"held_out_films": "nobody"}, "data.held_out_films: no film below .* is named nobody"),
        ({"held_out_films": "*"}, "names all films"),
        ({"num_frames": 99, "short": "leave_out"}, "of 99 frames or more; take fewer, or --data.short repeat"),
    ],
)
def test_what_cannot_be_is_refused(actions: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        clips(actions, **arguments).part("train")


def test_a_folder_without_films_is_refused(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    with pytest.raises(UserError, match="no films below"):
        clips(tmp_path / "films").part("train")
    with pytest.raises(UserError, match="is no folder"):
        clips(tmp_path / "nowhere").part("train")


def test_clips_that_are_too_few_for_a_batch_are_called_so(actions: Path) -> None:
    data = clips(actions, batch_size=1000)
    with pytest.raises(UserError, match=r"data.batch_size: 1000 is more than the \d+ videos of Clips"):
        data.setup("fit")


def test_real_rows_of_frames_are_films_of_their_classes(real_data: Path, tmp_path: Path) -> None:
    root = real_data / "weizmann_actions" / "actions"
    data = Clips(root=str(root), num_frames=16, image_size=32, image_channels=1, cache_dir=str(tmp_path))
    assert data.classes == ("0", "1", "3", "4")
    assert len(data.films("train")) + len(data.films("test")) == 24
    assert not diagnose(data).findings
    batch = data.part("train")[torch.arange(4)].batch
    assert batch.videos.shape == (4, 1, 16, 32, 32)
    assert guessed(root) == "Clips"


def test_real_videos_are_whole(real_data: Path, tmp_path: Path) -> None:
    data = Clips(root=str(real_data / "portraits"), image_size=32, frame_rate=5, cache_dir=str(tmp_path))
    assert [film.kind for film in data.found.films] == ["video"] * len(data.found.films)
    assert len(data.part("train")) >= 2


def test_kept_features_belong_to_films_and_how_they_are_cut(actions: Path) -> None:
    key = content_key(clips(actions), "train")
    assert content_key(clips(actions, cache="disk"), "train") == key
    assert content_key(clips(actions), "test") != key
    assert content_key(clips(actions, hop=2), "train") != key
    save(levels(7), next(film.path for film in clips(actions).films("train") if film.kind == "strip"))
    assert content_key(clips(actions), "train") != key
