from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.data import PortraitFilms
from gan_cli.data.doctor import diagnose
from gan_cli.data.sampling import Span
from gan_cli.data.stores import BrokenFile
from gan_cli.errors import UserError
from tests.media.films import levels, save, with_a_hole


def portraits(root: Path, **arguments: Any) -> PortraitFilms:
    small = {"image_size": 16, "image_channels": 1, "batch_size": 1, "held_out": 0.4}
    return PortraitFilms(**{"root": str(root), "cache_dir": str(root.parent / "cache"), **small, **arguments})


def shown(data: PortraitFilms, split: Any) -> list[tuple[int, int]]:
    """The levels of the frames of each pair, as `levels` numbers them."""
    part = data.part(split)
    batch = part[torch.arange(len(part))].batch
    means = [(one.float().mean((1, 2, 3)) / 10).round().int().tolist() for one in batch]
    return list(zip(*means, strict=True))


@pytest.fixture
def films(tmp_path: Path) -> Path:
    root = tmp_path / "films"
    for number in range(5):
        save(levels(5), root / f"{number}.gif")
    return root


def test_whole_films_are_held_out(films: Path) -> None:
    data = portraits(films)
    train, test = (set(data.films(split)) for split in ("train", "test"))
    assert (len(train), len(test)) == (3, 2)
    assert not train & test
    assert shown(data, "test") == [(0, place) for _ in range(2) for place in range(1, 5)]
    assert data.facts == {"name": "PortraitFilms", "image_size": 16, "image_channels": 1}


def test_a_checkpoint_knows_the_set_again(films: Path) -> None:
    data = portraits(films, hold_out="ends", reach=2)
    again = PortraitFilms(**data.hparams)
    assert (again.hold_out, again.reach, again.num_frames) == ("ends", 2, 2)
    assert shown(again, "test") == shown(data, "test")


def test_or_the_ends_of_all_of_them(films: Path) -> None:
    data = portraits(films, hold_out="ends")
    assert shown(data, "train") == [(0, place) for _ in range(5) for place in range(1, 3)]
    assert shown(data, "test") == [(3, 4)] * 5
    seen = {round(float(one.float().mean()) / 10) for one in data.part("train")[Span(0, 0, 99)].batch}
    assert max(seen) <= 2
    assert data.content_key("train") != data.content_key("test")


def test_folders_that_are_parts_count_more_than_ends(tmp_path: Path) -> None:
    save(levels(4), tmp_path / "films" / "train" / "a.gif")
    save(levels(3), tmp_path / "films" / "test" / "b.gif")
    assert shown(portraits(tmp_path / "films", hold_out="ends"), "train") == [(0, 1), (0, 2), (0, 3)]


def test_what_does_not_go_together_is_said(films: Path) -> None:
    with pytest.raises(UserError, match="held_out_films: whole films are held out by name"):
        portraits(films, hold_out="ends", held_out_films="1")
    with pytest.raises(UserError, match="too little is left for test"):
        portraits(films, hold_out="ends", held_out=0.1).part("test")
    (films / "alone").mkdir()
    (films / "0.gif").rename(films / "alone" / "0.gif")
    with pytest.raises(UserError, match="no films to judge on"):
        portraits(films / "alone").part("test")


def test_a_damaged_film_has_another_one_stand_in_for_both_frames(tmp_path: Path) -> None:
    with_a_hole(tmp_path / "films" / "a")
    save(levels(12), tmp_path / "films" / "b")
    save(levels(12), tmp_path / "films" / "c")
    data = portraits(tmp_path / "films", held_out_films="c")
    with pytest.raises(BrokenFile, match="films/a cannot be read"):
        shown(data, "train")
    lenient = portraits(tmp_path / "films", held_out_films="c", on_error="skip")
    assert shown(lenient, "train") == [(0, place) for _ in range(2) for place in range(1, 12)]
    assert [path.name for path in lenient.unreadable_files()] == ["a"]


def test_data_check_tells_pairs_and_names_what_is_small_or_still(films: Path) -> None:
    save(levels(1, side=8).expand(-1, 6, -1, -1), films / "still.gif")
    save(levels(6, side=8), films / "small.gif")
    data = portraits(films, hold_out="ends", reach=3)
    found = diagnose(data)
    told = "\n".join([*found.facts, *map(str, found.findings)])
    assert "train: 7 films" in told
    assert "up to 3 frames apart" in told
    assert "clips" not in told
    assert "smaller than the 16 pixels that frames are brought to" in told
    assert "small.gif (8x8)" in told
    assert "still.gif" in told


def test_real_portraits_are_found(real_data: Path, tmp_path: Path) -> None:
    data = PortraitFilms(root=str(real_data / "portraits"), hold_out="ends", cache_dir=str(tmp_path))
    assert len(data.films("train")) >= 3
    assert len(data.part("test")) > 50
    assert any(line.startswith("held out: ") and line.endswith("the ends of the films") for line in data.notes())
