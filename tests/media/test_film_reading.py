from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from gan_cli.media import film_reading
from gan_cli.media.film_reading import Film, Kind, film_at, frames_of, length_of, seen_at
from gan_cli.media.films import first_frame
from gan_cli.media.reading import Unreadable
from tests.media.films import level, levels, save, video, with_a_hole


def shown(path: Path, rate: int | None = None, stride: int = 1) -> list[int]:
    film = film_at(path)
    return [level(image) for image in frames_of(film, seen_at(length_of(film), rate, stride))]


@pytest.mark.parametrize(
    ("name", "kind", "rate"),
    [("a.gif", "animation", 10), ("a.mp4", "video", 10), ("a.png", "strip", None), ("a", "frames", None)],
)
def test_a_film_of_each_kind_is_its_frames_in_order(tmp_path: Path, name: str, kind: Kind, rate: int | None) -> None:
    path = save(levels(12), tmp_path / name)
    assert film_at(path) == Film(path, kind)
    assert length_of(film_at(path)) == (12, rate, (16, 16), False)
    assert shown(path) == list(range(12))
    assert shown(path, stride=5) == [0, 5, 10]


@pytest.mark.parametrize("suffix", [".avi", ".mkv", ".mov"])
def test_videos_of_other_containers_are_read(tmp_path: Path, suffix: str) -> None:
    assert shown(video(tmp_path / f"a{suffix}", range(20))) == list(range(20))


def test_late_frames_are_found_without_those_before(tmp_path: Path) -> None:
    film = film_at(video(tmp_path / "a.mp4", [number % 25 for number in range(300)]))
    assert [level(image) for image in frames_of(film, [270, 271, 299])] == [20, 21, 24]


def test_a_film_is_brought_to_another_rate(tmp_path: Path) -> None:
    path = save(levels(12), tmp_path / "a.gif")
    assert shown(path, rate=5) == [0, 2, 4, 6, 8, 10]
    assert shown(path, rate=20)[:5] == [0, 0, 1, 1, 2]
    assert shown(path, rate=10) == list(range(12))
    assert shown(save(levels(12), tmp_path / "frames"), rate=5) == list(range(12))  # nothing says its rate


def test_frames_that_last_longer_are_seen_more_often(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), 10 * number) for number in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[100, 300, 100])
    length = length_of(film_at(tmp_path / "a.gif"))
    assert (length.frames, length.rate, length.varies) == (5, Fraction(10), True)
    assert shown(tmp_path / "a.gif") == [0, 1, 1, 1, 2]


def test_of_a_variable_rate_the_frames_at_even_times_are_taken(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", range(8), times=[0, 1, 2, 3, 7, 8, 9, 10])
    assert length_of(film_at(path)).varies
    assert shown(path) == [0, 1, 2, 3, 3, 3, 3, 4, 5, 6, 7]


def test_a_frame_is_not_shown_for_ever_because_of_one_wild_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_reading, "LONGEST", 3)
    path = video(tmp_path / "wild.mkv", range(5), times=[0, 1, 2, 5000, 5001])
    assert shown(path) == [0, 1, 2, 2, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"no film", "a.mp4", "damaged, or no film"),
        (b"", "a.avi", "damaged, or no film"),
        (b"text", "a.txt", "no image"),
    ],
)
def test_what_is_no_film_says_why(tmp_path: Path, content: bytes, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable, match=reason):
        length_of(film_at(tmp_path / name))


def test_a_picture_that_is_no_row_and_a_folder_without_pictures_are_no_films(tmp_path: Path) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    with pytest.raises(Unreadable, match="30x20 is no row of square frames"):
        length_of(film_at(tmp_path / "a.png"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(Unreadable, match="without pictures"):
        film_at(tmp_path / "empty")
    with pytest.raises(Unreadable, match="no such file"):
        film_at(tmp_path / "nothing.gif")


def test_a_film_may_break_only_where_it_is_read(tmp_path: Path) -> None:
    film = film_at(with_a_hole(tmp_path / "frames"))
    assert length_of(film).frames == 12
    assert [level(image) for image in frames_of(film, range(5))] == [0, 1, 2, 3, 4]
    with pytest.raises(Unreadable, match=r"frame5\.png: no image"):
        list(frames_of(film, range(12)))


def test_a_video_that_ends_early_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", range(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    count = length_of(film_at(path)).frames
    assert 0 < count < 20
    assert shown(path) == list(range(count))


@pytest.mark.parametrize("suffix", [".gif", ".mp4", ".mkv"])
def test_damaged_files_are_read_or_say_so(tmp_path: Path, suffix: str) -> None:
    path = save(levels(8), tmp_path / "a.gif") if suffix == ".gif" else video(tmp_path / f"a{suffix}", range(8))
    whole, random = path.read_bytes(), Random(0)
    for _ in range(25):
        content = bytearray(whole)
        for _ in range(5):
            content[random.randrange(len(content))] = random.randrange(256)
        path.write_bytes(content)
        with suppress(Unreadable):
            shown(path)


def test_a_video_that_says_it_is_larger_than_memory_is_unreadable(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", range(8))
    before, table, after = path.read_bytes().partition(b"stss")
    path.write_bytes(before + table + after[:4] + (3 << 28).to_bytes(4) + after[8:])  # rows of the table of key frames
    for read in (shown, first_frame):
        with pytest.raises(Unreadable, match=r"a\.mp4: damaged.*memory"):
            read(path)
