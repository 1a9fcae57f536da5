"""`gan animate` and its Python side: an untrained model, whose points nonetheless are somewhere."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import DrawnFaces
from gan_cli.errors import UserError
from gan_cli.inference import animator
from gan_cli.inference.driving import motion, nearest, normal, relative
from gan_cli.media.film_reading import film_at, frames_of, length_of
from gan_cli.media.films import write_film
from gan_cli.media.pictures import save_png
from gan_cli.networks.key_points import KeyPoints
from gan_cli.variants import GAN, LivingPortraits
from tests.inference import translators
from tests.variant_rows import ANIMATING


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    facts = DrawnFaces(image_size=16).record()
    model: Any = LivingPortraits(**ANIMATING)
    return translators.saved(model, tmp_path_factory.mktemp("run") / "last.ckpt", **facts)


@pytest.fixture
def gan(workdir: Path, ckpt: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types the verb; gives what it says, or, where it refuses, what it says then."""

    def typed(*words: Any, refused: bool = False) -> str:
        code = main(["animate", "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.out + told.err

    return typed


@pytest.fixture
def faces(workdir: Path) -> DrawnFaces:
    """Pictures one.png and two.png of two people, and a film of a third."""
    data = DrawnFaces(num_films=20, num_frames=21, image_size=24)
    part = data.part("test")
    for number, name in enumerate(["one", "two"]):
        save_png(part.frames(torch.tensor([number]), torch.tensor([4]))[0], Path(f"{name}.png"))
    write_film(part.frames(torch.full((21,), 2), torch.arange(21)), Path("film.mp4"), Fraction(30_000, 1001))
    return data


def frames(path: str) -> Tensor:
    """The frames of a film, uint8 [T, H, W, C]."""
    film = film_at(Path(path))
    images = frames_of(film, range(length_of(film).frames))
    return torch.stack([torch.frombuffer(bytearray(i.convert("RGB").tobytes()), dtype=torch.uint8) for i in images])


def test_a_picture_gets_the_films_frames_and_rate(gan: Any, faces: DrawnFaces) -> None:
    told = gan("--source", "one.png", "--driving", "film.mp4", "--output", "made.mp4")
    length = length_of(film_at(Path("made.mp4")))
    assert (length.frames, length.rate, length.size) == (21, Fraction(30_000, 1001), (16, 16))
    assert "written: made.mp4 (21 frames of one.png, held as in frame 0)" in told


def test_side_by_side_are_picture_film_and_result(gan: Any, faces: DrawnFaces) -> None:
    gan("--source", "one.png", "--driving", "film.mp4", "--output", "made.gif", "--beside", "--rate", 10)
    length = length_of(film_at(Path("made.gif")))
    assert (length.frames, length.rate) == (21, Fraction(10))
    assert length.size[0] > 3 * length.size[1] - 16 > 16


def test_frames_go_into_a_folder_and_python_gives_the_same(gan: Any, faces: DrawnFaces, ckpt: Path) -> None:
    gan("--source", "one.png", "--driving", "film.mp4", "--output", "out", "--format", "frames")
    written = frames("out/one-by-film")
    made = load(ckpt).animate("one.png", "film.mp4")
    assert made.shape == (3, 21, 16, 16)
    assert torch.equal(made.permute(1, 2, 3, 0).flatten(1), written.view(21, -1))


def test_of_several_pictures_one_is_moved_or_each(gan: Any, faces: DrawnFaces) -> None:
    told = gan("--source", "one.png", "two.png", "--driving", "film.mp4", "--output", "one", "--start", "best")
    assert [path.name for path in Path("one").iterdir()] == ["film.mp4"]
    assert told.count("written") == 1
    gan("--source", "one.png", "two.png", "--driving", "film.mp4", "--output", "all", "--each")
    assert sorted(path.name for path in Path("all").iterdir()) == ["one-by-film.mp4", "two-by-film.mp4"]


def test_a_long_film_is_never_in_memory_as_a_whole(faces: DrawnFaces, ckpt: Path, monkeypatch: Any) -> None:
    seen: list[int] = []
    points = animator.Animator.points

    def counted(self: animator.Animator, images: Tensor) -> KeyPoints:
        seen.append(len(images))
        return points(self, images)

    monkeypatch.setattr(animator, "AT_ONCE", 4)
    monkeypatch.setattr(animator.Animator, "points", counted)
    load(ckpt).animate("one.png", "film.mp4")
    assert max(seen) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--source", "one.png"], "driving: type --driving with a film"),
        (["--driving", "film.mp4"], "source: type --source with a picture"),
        (["--source", "no.png", "--driving", "film.mp4"], "source: no.png does not exist"),
        (["--source", "film.txt", "--driving", "film.mp4"], "source: film.txt is nothing that can be read"),
        (["--source", "one.png", "--driving", "no.mp4"], "driving: no.mp4 does not exist"),
        (["--source", "one.png", "--driving", "film.mp4", "--start", "21"], "start: 21 is not possible; .* 21 frames"),
        (["--source", "one.png", "--driving", "film.mp4", "--start", "first"], "start: 'first' is no frame"),
        (["--source", "one.png", "--driving", "film.mp4", "--crop", "1,2,3"], "crop: '1,2,3' is no part of a picture"),
        (["--source", "one.png", "--driving", "film.mp4", "--crop", "0,0,0,9"], "w and h 1 or more"),
        (["--source", "one.png", "--driving", "film.mp4", "--crop", "9,9,20,20"], "9,9,20,20 is not within its 24x24"),
        (["--source", "one.png", "--driving", "film.mp4", "--crop", "0,0,7,9"], "its square has 7 pixels"),
        (["--source", "one.png", "--driving", "film.mp4", "--source_crop", "9,9,20,20"], "one.png is not possible"),
        (["--source", "one.png", "--driving", "film.mp4", "--format", "avi"], "format: avi is unknown"),
        (["--source", "one.png", "--driving", "film.mp4", "--output", "a.avi"], "output: a.avi has no ending"),
        (["--source", "one.png", "--driving", "film.mp4", "--output", "film.mp4"], "film.mp4 is one of the inputs"),
        (["--source", "one.png", "--driving", "film.mp4", "--absolute", "--no_scaled"], "it means nothing beside"),
        (["--source", "one.png", "two.png", "--each", "--driving", "film.mp4", "--output", "a.gif"], "there are 2 to"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(gan: Any, faces: DrawnFaces, words: list[str], message: str) -> None:
    Path("film.txt").write_text("no picture")
    before = sorted(Path().rglob("*"))
    told = gan(*words, refused=True)
    assert re.search(message, told), told
    assert sorted(Path().rglob("*")) == before


def test_a_film_in_which_nothing_moves_drives_nothing(gan: Any, faces: DrawnFaces) -> None:
    still = torch.full((12, 3, 24, 24), 90, dtype=torch.uint8)
    write_film(still, Path("still.gif"), 10)
    write_film(still[:1], Path("single.mp4"), 10)
    told = gan("--source", "one.png", "--driving", "still.gif", "film.mp4", "--output", "out", refused=True)
    assert "refused: still.gif: nothing moves in it: the model's key points stay within 0.00 % of the picture" in told
    assert "1 of the films drive nothing, 1 done" in told
    assert Path("out/one-by-film.mp4").is_file()
    told = gan("--source", "one.png", "--driving", "single.mp4", refused=True)
    assert "it has one frame, and nothing moves in a picture" in told


def test_points_that_say_nothing_of_a_film_are_warned_of(gan: Any, faces: DrawnFaces) -> None:
    told = gan("--source", "one.png", "--driving", "film.mp4", "--output", "made.mp4")  # the model has learned nothing
    assert "warning: film.mp4: the model's key points do not tell what moves in it" in told


def test_python_refuses_what_is_none(faces: DrawnFaces, ckpt: Path) -> None:
    gan, film = load(ckpt), torch.zeros(3, 4, 24, 24, dtype=torch.uint8)
    with pytest.raises(UserError, match=r"driving: .*nothing moves in it"):
        gan.animate("one.png", film)
    with pytest.raises(UserError, match=r"driving: torch.float32 \[3, 4, 24, 24\] is none"):
        gan.animate("one.png", film.float())
    with pytest.raises(UserError, match=r"source: torch.uint8 \[3, 4, 24, 24\] is none"):
        gan.animate(film, "film.mp4")
    with pytest.raises(UserError, match="is no part of a picture"):
        gan.animate("one.png", "film.mp4", crop=(0, 0, 0, 9))
    with pytest.raises(UserError, match="start: -1 is not"):
        gan.animate("one.png", "film.mp4", start=-1)


def test_other_models_animate_nothing(workdir: Path) -> None:
    facts = DrawnFaces(image_size=16).record()
    model: Any = GAN(image_size=16, image_channels=1)
    other = translators.saved(model, Path("gan.ckpt"), **facts)
    with pytest.raises(UserError, match="GAN animates no pictures"):
        load(other).animate("one.png", "film.mp4")


def some_points(count: int) -> KeyPoints:
    random = torch.Generator().manual_seed(count)
    return KeyPoints(
        torch.rand(count, 5, 2, generator=random), torch.eye(2) + torch.rand(count, 5, 2, 2, generator=random)
    )


def test_relative_motion_begins_where_the_picture_is_and_goes_as_far_as_it_is_large() -> None:
    source, film = some_points(1), some_points(4)
    moved = relative(source, film, 2, scaled=False)
    torch.testing.assert_close(moved.places[2:3], source.places)
    torch.testing.assert_close(moved.jacobians[2:3], source.jacobians)
    torch.testing.assert_close(moved.places[3] - moved.places[2], film.places[3] - film.places[2])
    large = KeyPoints(2 * film.places, film.jacobians)
    torch.testing.assert_close(
        relative(source, large, 2, scaled=True).places, relative(source, film, 2, scaled=True).places
    )


def test_the_most_alike_pose_is_found_whatever_its_place_and_size() -> None:
    film = some_points(6)
    alike = KeyPoints(film.places[4:5] / 2 + 0.1, film.jacobians[4:5])
    other = some_points(1)
    assert nearest(KeyPoints(*(torch.cat(both) for both in zip(other, alike, strict=True))), film) == (1, 4)
    torch.testing.assert_close(normal(alike), normal(film.at(slice(4, 5))))
    assert motion(film.at(slice(0, 1))) == 0
