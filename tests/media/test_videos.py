from pathlib import Path

import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.media.medium import Beside, medium_of
from gan_cli.media.videos import Videos
from gan_cli.seeding import stream
from tests.media.films import levels, save, video

VIDEOS = Videos(frame_rate=8)


def noise(*shape: int) -> torch.Tensor:
    return torch.randint(256, shape, generator=stream("videos"), dtype=torch.uint8)


def test_videos_go_to_a_model_and_back_and_their_medium_into_a_checkpoint() -> None:
    kept = noise(2, 3, 4, 8, 8)
    assert torch.equal(VIDEOS.kept(VIDEOS.shown(kept)), kept)
    mirrored = VIDEOS.shown(kept, torch.tensor([True, False]))
    assert torch.equal(VIDEOS.kept(mirrored), torch.stack([kept[0].flip(-1), kept[1]]))
    assert medium_of(VIDEOS.record()) == VIDEOS


def test_a_page_shows_as_many_frames_as_fit_from_the_first_to_the_last() -> None:
    (strip,) = VIDEOS.pictures(levels(16, side=32, channels=1)[None])
    assert strip.shape == (1, 32, 512)
    (short,) = VIDEOS.pictures(levels(16, side=200, channels=1)[None])
    assert short.shape == (1, 200, 400)
    assert short[0, 0, ::200].tolist() == [0, 150]
    assert VIDEOS.pictures(levels(1)[None]).shape == (1, 3, 16, 16)


def test_classes_begin_in_new_rows_of_a_page() -> None:
    labels = torch.tensor([4, 4, 4, 7, 7, 7])
    page = VIDEOS.page(noise(6, 1, 3, 8, 8), Beside(labels=labels, names=["a"] * 8))
    assert page.shape[1] == 4 * 10 + 2  # two rows for each of them
    assert page.shape[2] < 100
    assert VIDEOS.page(noise(6, 1, 3, 8, 8), Beside()).shape[1] == 3 * 10 + 2  # as near to a square as they go


def test_walks_are_columns_of_strips_and_in_a_film_all_play_at_once() -> None:
    walks = noise(2, 3, 1, 5, 8, 8)
    page = VIDEOS.walks(walks, Beside())
    assert page.shape == (1, 3 * 10 + 2, 2 * 42 + 2)
    assert torch.equal(page[:, 2:10, 44:84], VIDEOS.pictures(walks[1, :1])[0])  # the second walk begins at the top
    film = VIDEOS.film(walks, Beside())
    assert len(film) == 5
    assert film[0].shape == (1, 2 * 10 + 2, 3 * 10 + 2)
    assert torch.equal(film[4][:, 2:10, 12:20], walks[0, 1, :, 4])


def test_a_film_of_several_leaves_what_is_missing_in_their_square_white() -> None:
    videos = noise(3, 1, 5, 8, 8)
    film = VIDEOS.film(videos[None], Beside())
    assert film[4].shape == (1, 2 * 10 + 2, 2 * 10 + 2)
    assert torch.equal(film[4][:, 12:20, 2:10], videos[2, :, 4])
    assert film[4][:, 12:20, 12:20].unique().tolist() == [255]


@pytest.mark.parametrize("name", ["one.gif", "one.frames", "one.png"])
def test_a_video_comes_back_from_its_file(tmp_path: Path, name: str) -> None:
    one = levels(6)[:1].contiguous()
    one[:, 2] = one[:, 1]
    if name == "one.png":
        save(one, tmp_path / name)
    else:
        VIDEOS.write(one, tmp_path / name)
    assert torch.equal(VIDEOS.read(tmp_path / name.removesuffix(".frames")), one)


def test_an_mp4_comes_back_nearly_and_colours_are_kept(tmp_path: Path) -> None:
    coloured = levels(6, side=32)
    coloured[0] = 200
    VIDEOS.write(coloured, tmp_path / "one.mp4")
    back = VIDEOS.read(tmp_path / "one.mp4")
    assert back.shape == coloured.shape
    assert (back.int() - coloured.int()).abs().max() < 12


def test_a_film_of_another_rate_is_brought_to_the_models(tmp_path: Path) -> None:
    fast = video(tmp_path / "fast.mp4", range(20), rate=16)
    assert VIDEOS.read(fast).shape[:2] == (1, 10)


def test_what_is_no_film_is_refused_with_what_to_take(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film")
    with pytest.raises(UserError, match=r"given: .*a\.mp4 is no film .*\n?.*take a GIF, a video, a folder of frames"):
        VIDEOS.read(tmp_path / "a.mp4")
    save(levels(2), tmp_path / "odd")
    save(levels(3, side=20)[:, 2:], tmp_path / "other")
    (tmp_path / "other" / "frame0.png").rename(tmp_path / "odd" / "frame9.png")
    with pytest.raises(UserError, match="differ in size"):
        VIDEOS.read(tmp_path / "odd")
