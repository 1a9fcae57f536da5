"""`gan predict` and its Python side: one untrained model of each kind for all."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from torch import Tensor

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import MovingDigits
from gan_cli.media.films import write_film
from gan_cli.media.pictures import save_png
from gan_cli.variants import GAN, FramePrediction
from tests.inference.translators import saved
from tests.media.films import save
from tests.variant_rows import PREDICTING

FACTS = MovingDigits(num_frames=6).record()


def made_checkpoint(folder: Path, **arguments: Any) -> Path:
    torch.manual_seed(0)
    return saved(FramePrediction(**PREDICTING, **arguments), folder / "last.ckpt", **FACTS)


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_checkpoint(tmp_path_factory.mktemp("next"))


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_checkpoint(tmp_path_factory.mktemp("between"), target="between")


@pytest.fixture
def gan(workdir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types a verb; gives what it says, or, where it refuses, what it says then."""

    def typed(ckpt: Path, *words: Any, verb: str = "predict", refused: bool = False) -> str:
        code = main([verb, "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.out + told.err if refused else told.out

    return typed


def film(frames: int = 9, height: int = 32, width: int = 32, channels: int = 1) -> Tensor:
    """A grey square that moves, uint8 [C, T, H, W]."""
    video = torch.zeros(channels, frames, height, width, dtype=torch.uint8)
    for number in range(frames):
        video[0, number, 8:16, number : number + 8] = 200
    return video


def gif(path: str, video: Tensor, rate: int = 10) -> Tensor:
    write_film(video.unbind(1), Path(path), rate)
    return video


def grey_frames(path: str) -> Tensor:
    with Image.open(path) as image:
        frames = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(image)]
    return torch.from_numpy(np.stack(frames))[None]


def test_a_film_goes_on(gan: Any, following: Path) -> None:
    """The GIF has the film and what follows, bit for bit what Python gives; single frames are numbered on from it."""
    video = gif("film.gif", film())
    gan(following, "--input", "film.gif", "--frames", 3, "--output", "next.gif")
    written = grey_frames("next.gif")
    further = load(following).predict(video, 3)
    assert further.shape == (1, 3, 32, 32)
    assert torch.equal(written[:, :9], video)
    assert torch.equal(written[:, 9:], further)
    assert Image.open("next.gif").info["duration"] == 100
    gan(following, "--input", "film.gif", "--frames", 3, "--format", "frames", "--output", "made")
    names = sorted(path.name for path in Path("made/film").iterdir())
    assert names == ["000009.png", "000010.png", "000011.png"]
    assert torch.equal(grey_frames("made/film/000010.png")[0], further[0, 1:2])


def test_what_a_film_has_is_shown_above_what_is_made(gan: Any, following: Path) -> None:
    video = gif("film.gif", film())
    told = gan(following, "--input", "film.gif", "--start", 5, "--frames", 3, "--output", "out")
    assert "frame 3, made" in told
    assert "frame 1, the last given frame" in told
    scores = json.loads(Path("out/scores.json").read_text())
    rows = scores["films"]["film.gif"]
    assert [len(rows[name]) for name in ("made", "the last given frame")] == [3, 3]
    assert scores["columns"][:2] == ["psnr", "psnr_moving"]
    both = grey_frames("out/film.gif")
    assert both.shape == (1, 8, 2 + 2 * 34, 36)
    assert torch.equal(both[:, :, 2:34, 2:34], video[:, :8])
    made = load(following).predict(video[:, :5], 3)
    assert torch.equal(both[:, 5:, 36:68, 2:34], made)
    assert Image.open("out/film.png").size == (2 + 7 * 34, 2 + 2 * 34)
    gan(following, "--input", "film.gif", "--truth", "--frames", 4, "--output", "same.png")
    assert len(json.loads(Path("same.json").read_text())["films"]["film.gif"]["made"]) == 4


def test_without_a_film_test_videos_are_taken(gan: Any, following: Path) -> None:
    told = gan(following)
    folder = following.parent / "pictures" / "predict"
    assert len(list(folder.glob("example*.gif"))) == len(list(folder.glob("example*.png"))) == 8
    assert "films: 8, frame by frame" in told
    assert f"written: {folder / 'scores.json'}" in told


def test_films_are_frames_strips_or_in_folders(gan: Any, following: Path) -> None:
    """Of any size; each is at its place below the output."""
    video = film(6, 20, 27)
    for number, frame in enumerate(video.unbind(1)):
        save_png(frame, Path(f"films/run/{number}.png"))
    save_png(film(5, 24, 24).transpose(1, 2).flatten(2), Path("films/strips/walk.png"))
    gif("films/hop.gif", film())
    gan(following, "--input", "films", "--format", "frames", "--frames", 2, "--output", "out")
    found = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*.png"))
    expected = {"hop": (9, 10), "run": (6, 7), "strips/walk": (5, 6)}
    assert found == [f"{name}/{number:06d}.png" for name, numbers in expected.items() for number in numbers]
    assert torch.equal(grey_frames("out/run/000007.png")[0], load(following).predict(video, 2)[0, 1:])


def test_of_a_film_every_so_many_th_frame_counts(gan: Any, following: Path) -> None:
    video = gif("film.gif", film(9), 20)
    gan(following, "--input", "film.gif", "--every", 2, "--frames", 2, "--output", "next.gif")
    written = grey_frames("next.gif")
    assert torch.equal(written[:, :5], video[:, ::2])
    assert torch.equal(written[:, 5:], load(following).predict(video[:, ::2], 2))
    assert Image.open("next.gif").info["duration"] == 100
    told = gan(following, "--input", "film.gif", "--every", 3, refused=True)
    assert "refused: film.gif: it has 3 of the 4 frames that are needed" in told


def test_films_that_cannot_go_on_are_named_and_the_others_are_made(gan: Any, following: Path) -> None:
    gif("films/short.gif", film(3))
    gif("films/good.gif", film())
    colours = torch.zeros(3, 6, 32, 32, dtype=torch.uint8)
    colours[0, :, :, :16] = 255
    colours[0, torch.arange(6), torch.arange(6)] = 100
    gif("films/red.gif", colours)
    Path("films/broken.mp4").write_bytes(b"no film")
    told = gan(following, "--input", "films", "--output", "out", refused=True)
    assert "refused: films/short.gif: it has 3 of the 4 frames that are needed" in told
    assert "refused: films/red.gif: it is in colours, and this model's frames are grey" in told
    assert "refused: films/broken.mp4: " in told
    assert "gan: input: 3 of the films could not be gone on with, 1 done; see above" in told
    assert sorted(path.name for path in Path("out").iterdir()) == ["good.gif", "good.png"]


def test_films_get_frames_between_theirs(gan: Any, between: Path) -> None:
    video = gif("film.gif", film(4))
    gan(between, "--input", "film.gif", "--times", 4, "--output", "slow.gif")
    written = grey_frames("slow.gif")
    assert written.shape == (1, 13, 32, 32)
    assert torch.equal(written[:, ::4], video)
    assert torch.equal(written, load(between).predict("film.gif", 4))
    assert Image.open("slow.gif").info["duration"] == 20  # 40 frames a second are 25 milliseconds, in hundredths
    told = gan(between, "--input", "film.gif", "--truth", "--output", "out")
    assert "frame 1, made" in told
    assert len(json.loads(Path("out/scores.json").read_text())["films"]["film.gif"]["made"]) == 1


def test_films_of_one_name_are_all_kept(gan: Any, following: Path) -> None:
    for path in ("film.gif", "a/film.gif", "other.gif"):
        gif(path, film(5))
    save(film(5), Path("film.mp4"))
    gan(following, "--input", "film.gif", "film.mp4", "a/film.gif", "other.gif", "--format", "strip", "--output", "out")
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "film-2.gif.png",
        "film.gif.png",
        "film.mp4.png",
        "other.png",
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--times", 2), "times: this model makes the frames that follow"),
        (("--start", 3), "start: 3 frames are too few for this model; give it 4 or more"),
        (("--start", 5, "--truth"), "truth: it means nothing beside --start"),
        (("--format", "avi"), "format: avi is unknown; take one of gif, mp4, strip, frames"),
        (("--output", "a.wav"), "output: a.wav has no ending this verb writes; take .gif, .mp4, .png or a folder"),
        (("--output", "film.gif"), "output: film.gif is one of the inputs"),
        (("--output", "a.gif", "--format", "mp4"), "format: mp4 does not go with output a.gif"),
        (("--input", "film.gif", "other.gif", "--output", "a.gif"), "output: a.gif is one file, and there are 2"),
        (("--input", "nowhere.gif"), "input: nowhere.gif does not exist"),
    ],
)
def test_what_cannot_be_asked_is_told(gan: Any, following: Path, words: tuple[Any, ...], told: str) -> None:
    for path in ("film.gif", "other.gif", "a/film.gif", "b/film.gif"):
        gif(path, film(5))
    usual = () if "--input" in words else ("--input", "film.gif")
    assert told in gan(following, *usual, *words, refused=True)


def test_frames_between_have_options_of_their_own(gan: Any, between: Path) -> None:
    assert "frames: this model makes frames between others" in gan(between, "--frames", 3, refused=True)
    assert "times: 3 is not possible; take 2, 4, 8" in gan(between, "--times", 3, refused=True)


def test_other_models_predict_no_frames(gan: Any, tmp_path: Path) -> None:
    path = saved(GAN(image_size=16, image_channels=1), tmp_path / "last.ckpt", name="Digits")
    assert "ckpt: GAN predicts no frames" in gan(path, refused=True)


def test_there_is_nothing_to_walk_through(gan: Any, following: Path) -> None:
    told = gan(following, verb="interpolate", refused=True)
    assert "FramePrediction makes one thing of each given one, without noise; type gan predict" in told
    assert "type gan predict" in told


def test_scores_stand_beside_what_learns_nothing(gan: Any, following: Path) -> None:
    gan(following, "--data", "MovingDigits", "--data.num_frames", 6, "--data.ways", 1, verb="test")
    own = json.loads((following.parent / "metrics.json").read_text())["own"]
    assert list(own["rows"])[:4] == [
        "1 ahead, predicted",
        "1 ahead, last frame",
        "1 ahead, 2 last - previous",
        "1 ahead, last frame, blurred",
    ]
    assert own["rows"]["1 ahead, last frame"]["gradient_energy"] == pytest.approx(1, abs=0.05)


def test_python_takes_films_and_videos_alike(following: Path, between: Path, workdir: Path) -> None:
    video, model = gif("film.gif", film()), load(following)
    assert torch.equal(model.predict("film.gif"), model.predict(video))
    assert model.predict(video).shape[1] == 2
    several = torch.stack([video, video.flip(3)])
    assert torch.equal(model.predict(several, 3)[1], model.predict(several[1], 3))
    assert load(between).predict(several).shape == (2, 1, 17, 32, 32)
    for frames, told in ((video.float(), "are none"), (video[:, :3], "3 are too few"), ("nowhere.gif", "nowhere")):
        with pytest.raises(ValueError, match=told):
            model.predict(frames)
