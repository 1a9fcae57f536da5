"""`gan describe` and its Python side, and sentences as `gan sample` writes them: untrained models of both kinds."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import CaptionedDigits, CaptionedMovingDigits
from gan_cli.errors import UserError
from gan_cli.media.films import write_film
from gan_cli.media.pictures import save_png
from gan_cli.variants import GAN, CaptionGAN
from tests.inference import translators
from tests.variant_rows import DESCRIBING, OF_IMAGES


def saved(model: Any, path: Path, **facts: Any) -> Path:
    """Writes a checkpoint as the end of a training does."""
    return translators.saved(model, path, **facts)


@pytest.fixture(scope="module")
def of_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    facts = CaptionedMovingDigits(4, 16).record()
    return saved(CaptionGAN(**DESCRIBING), tmp_path_factory.mktemp("films") / "last.ckpt", **facts)


@pytest.fixture(scope="module")
def of_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    facts = CaptionedDigits(16).record()
    model = CaptionGAN(**{**DESCRIBING, **OF_IMAGES})
    return saved(model, tmp_path_factory.mktemp("images") / "last.ckpt", **facts)


@pytest.fixture
def gan(workdir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types a verb; gives what it says, or, where it refuses, what it says then."""

    def typed(ckpt: Path, *words: Any, verb: str = "describe", refused: bool = False) -> str:
        code = main([verb, "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.out + told.err if refused else told.out

    return typed


def film(path: str, frames: int = 4, side: int = 16, rate: int = 4) -> Tensor:
    """A square that moves, uint8 [1, T, S, S], as a GIF."""
    video = torch.zeros(1, frames, side, side, dtype=torch.uint8)
    for number in range(frames):
        video[0, number, 4:8, number : number + 4] = 200
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_film(video.unbind(1), Path(path), rate)
    return video


def test_a_film_is_described_as_python_describes_it(gan: Any, of_films: Path) -> None:
    video = film("film.gif")
    told = gan(of_films, "--input", "film.gif")
    (one,) = load(of_films).describe(video)
    assert told == f"film.gif: {one.sentence}\n"
    assert 0 < one.fit < 1
    assert one.log_likelihood < 0


def test_several_sentences_have_scores_and_come_in_their_order(gan: Any, of_films: Path) -> None:
    video = film("film.gif")
    told = gan(of_films, "--input", "film.gif", "--num", 6, "--seed", 3, "--output", "said.json").splitlines()
    wanted = load(of_films).describe("film.gif", 6, 3)
    assert wanted == load(of_films).describe(video, 6, 3)
    assert told[0].startswith(f"film.gif: {len(wanted)} sentences")
    assert [line.split(maxsplit=2)[2] for line in told[1:-1]] == [one.sentence for one in wanted]
    assert told[-1] == "written: said.json"
    found = json.loads(Path("said.json").read_text())["film.gif"]
    assert [one["sentence"] for one in found] == [one.sentence for one in wanted]
    fits = [one["fit"] for one in found]
    assert fits == sorted(fits, reverse=True)
    assert fits == pytest.approx([one.fit for one in wanted])
    assert load(of_films).describe(video)[0] in wanted
    assert len(load(of_films).describe(video, 6, truncation_psi=0.0)) < len(wanted)  # by their noise alone


def test_a_text_has_lines_that_a_set_of_captions_may_have(gan: Any, of_films: Path) -> None:
    film("films/a.gif")
    film("films/b.gif", frames=9, side=24)
    gan(of_films, "--input", "films", "--num", 3, "--output", "captions.txt")
    rows = [line.split("\t") for line in Path("captions.txt").read_text().splitlines()]
    assert {place for place, _ in rows} == {"films/a.gif", "films/b.gif"}
    assert all(sentence for _, sentence in rows)


def test_of_a_longer_film_the_middle_counts_or_what_is_asked_for(gan: Any, of_films: Path) -> None:
    film("long.gif", frames=10)
    model = load(of_films)
    sees = model.model.media["clip"]
    assert torch.equal(sees.read(Path("long.gif")), sees.shot(Path("long.gif"), 0.75))  # type: ignore[attr-defined]
    gan(of_films, "--input", "long.gif", "--start", 1.5)
    told = gan(of_films, "--input", "long.gif", "--start", 2, refused=True)
    assert "refused: long.gif: at 4 a second it has 10 of the 4 frames that are needed, 2 from there on" in told


def test_films_that_cannot_be_described_are_named_and_the_others_are(gan: Any, of_films: Path) -> None:
    film("films/good.gif")
    film("films/short.gif", frames=3)
    Path("films/broken.mp4").write_bytes(b"no film")
    told = gan(of_films, "--input", "films", "--output", "said.json", refused=True)
    assert "refused: films/short.gif: at 4 a second it has 3 of the 4 frames that are needed" in told
    assert "refused: films/broken.mp4: " in told
    assert "2 of the inputs could not be described, 1 done" in told
    assert list(json.loads(Path("said.json").read_text())) == ["films/good.gif"]


def test_what_makes_no_sense_is_refused(gan: Any, of_films: Path, of_images: Path) -> None:
    save_png(torch.zeros(1, 16, 16, dtype=torch.uint8), Path("picture.png"))
    film("film.gif")
    assert "input: nowhere.mp4 does not exist" in gan(of_films, "--input", "nowhere.mp4", refused=True)
    assert "refused: picture.png: " in gan(of_films, "--input", "picture.png", refused=True)
    assert "is no file this verb writes" in gan(of_films, "--output", "said.csv", refused=True)
    assert "start: it is of films that --input names" in gan(
        of_images, "--input", "film.gif", "--start", 1, refused=True
    )
    told = gan(of_films, "--given", "film.gif", "--truncation_psi", 1.5, verb="sample", refused=True)
    assert "truncation_psi: 1.5 is no share of words' probability; take 0 to 1" in told
    assert "num: " in gan(of_films, "--num", 0, refused=True)
    other = saved(GAN(image_size=16), Path("other.ckpt"))
    assert "GAN describes nothing in words; type --ckpt with a checkpoint of CaptionGAN" in gan(other, refused=True)
    assert not Path("said.csv").exists()
    with pytest.raises(UserError, match="give uint8"):
        load(of_films).describe(torch.zeros(1, 3, 16, 16, dtype=torch.uint8))
    film("short.gif", frames=2)
    with pytest.raises(UserError, match=r"clip: .*short.gif"):
        load(of_films).describe("short.gif")


def test_images_are_described_of_any_size(gan: Any, of_images: Path) -> None:
    save_png(torch.randint(256, (3, 20, 33), dtype=torch.uint8), Path("pictures/one.png"))
    save_png(torch.randint(256, (1, 16, 16), dtype=torch.uint8), Path("pictures/two.png"))
    told = gan(of_images, "--input", "pictures")
    assert [line.partition(":")[0] for line in told.splitlines()] == ["pictures/one.png", "pictures/two.png"]
    assert load(of_images).describe(Path("pictures/two.png"))[0].sentence == told.splitlines()[1].partition(": ")[2]


def test_without_an_input_test_things_are_taken(gan: Any, tmp_path: Path) -> None:
    kinds = ((CaptionedMovingDigits(), {"num_frames": 8}), (CaptionedDigits(), OF_IMAGES))
    for data, arguments in kinds:
        model = CaptionGAN(**{**DESCRIBING, "image_size": 32, **arguments})
        told = gan(saved(model, tmp_path / "last.ckpt", **data.record())).splitlines()
        assert len(told) == 8
        assert told[0].startswith("example000000: ")


def test_sample_writes_lines_files_and_a_page_with_what_is_described(gan: Any, of_films: Path) -> None:
    video = film("film.gif")
    gan(of_films, "--given", "film.gif", "--num", 5, "--output", "said.txt", verb="sample")
    model = load(of_films)
    wanted = model.model.medium.lines(model.sample(5, given={"clip": video[None]}))
    assert Path("said.txt").read_text().splitlines() == wanted
    gan(of_films, "--given", "film.gif", "--num", 2, "--output", "out", verb="sample")
    assert [path.read_text().strip() for path in sorted(Path("out").glob("*.txt"))] == wanted[:2]
    (page,) = Path("out").glob("*.png")
    with Image.open(page) as picture:
        assert picture.width > 2 * 64  # two strips of four frames
        assert len(picture.getcolors(256) or ()) > 1
