"""`gan directions`: what it finds, learns, writes and shows, and what it refuses."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import Digits
from gan_cli.evaluation.judging import judge_of
from gan_cli.inference.directions.files import Directions
from gan_cli.inference.directions.found import by_variance, by_weights
from gan_cli.inference.directions.places import Place, place_in
from gan_cli.inference.directions.samples import Judge, of_classes, of_judge, of_table
from gan_cli.inference.latent_files import Latents, write_latents
from gan_cli.inference.spaces import styles_of
from gan_cli.metrics.separating_plane import separating_plane
from gan_cli.variants.base import AdversarialModule
from tests.tiny_styles import LAYERS, WIDTH

SHORT = ("--steps", "3")


def gan(checkpoint: Path, *words: Any) -> int:
    return main(["directions", "--ckpt", str(checkpoint), "--trainer.accelerator", "cpu", *map(str, words)])


@pytest.fixture
def model(styles_checkpoint: Path) -> AdversarialModule:
    return load(styles_checkpoint).model


@pytest.fixture
def place(model: AdversarialModule) -> Place:
    return place_in(model)


def axis(number: int) -> Tensor:
    return torch.eye(WIDTH)[number]


def test_what_alone_changes_images_is_found_first(place: Place) -> None:
    network: Any = place.model.picture_maker(True)
    with torch.no_grad():
        for layer in (*network.convolutions, *network.to_images):
            layer.style.weight[:, 2] *= 100
    found = by_weights(place, 2, {})
    assert float(found.vectors[0] @ axis(2)) > 0.999
    assert found.values[0] > 20 * found.values[1]


def test_what_differs_most_between_styles_is_found_first(place: Place) -> None:
    network: Any = place.model.picture_maker(True)
    with torch.no_grad():
        network.mapping.layers[-1].weight[3] *= 100
    found = by_variance(place, 1, 500, seed=0)
    assert float(found.vectors[0] @ axis(3)) > 0.999
    assert found.values[0] > 0.99


def test_latents_move_by_strength_in_the_layers_asked_for(place: Place) -> None:
    found = by_variance(place, 2, 500, seed=0)
    latents = torch.randn(3, LAYERS, WIDTH)
    moved = found.moved(latents, 1, [-2, 0, 0.5], layers=[1, 4])
    assert moved.shape == (3, 3, LAYERS, WIDTH)
    assert moved[:, 1].equal(latents)
    away = moved - latents[:, None]
    assert not away[:, :, [0, 2, 3, 5]].any()
    step = found.vectors[1] * found.scales[1]
    torch.testing.assert_close(away[:, 0, 4], (-2 * step).expand(3, -1))
    torch.testing.assert_close(away[:, 2, 1], (0.5 * step).expand(3, -1))
    assert (found.moved(latents, 1, [1])[:, 0] != latents).any(-1).all()


def test_the_command_writes_a_file_a_page_and_a_picture(
    styles_checkpoint: Path, model: AdversarialModule, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gan(styles_checkpoint, "--count", 3, "--layers", "0-2", "--output", "a/x.npz", *SHORT) == 0
    told = capsys.readouterr().out
    found = Directions.load("a/x.npz", model)
    assert (found.method, found.space, found.layers, found.names) == ("sefa", "w", (0, 1, 2), ("0", "1", "2"))
    assert found.vectors.equal(by_weights(place_in(model, layers=[0, 1, 2]), 3, {}).vectors)
    assert all(note in told for note in found.notes)
    assert "written: a/x.html" in told
    page = Path("a/x.html").read_text()
    assert page.count('class="slider"') == 3
    assert page.count("data:image/png") == 3 * 3 + 1
    assert re.findall(r"<output>(.*?)</output>", page) == ["at +0"] * 3
    assert "--directions a/x.npz --direction 0 --strength -3..3" in page
    picture = np.array(Image.open("a/x.png"))
    assert picture.shape == (3 * 18 + 2, picture.shape[1])
    styles = styles_of(model, place_in(model, "z").of_seeds([0]))
    with torch.no_grad():
        network: Any = model.picture_maker(True)
        truncated = torch.lerp(network.mean_style, styles, 0.7)
        made = model.medium.kept(model(found.moved(truncated, 1, [3])[:, 0]))
    assert np.abs(picture[20:36, -18:-2].astype(int) - made[0, 0].numpy()).max() <= 1


def test_of_a_model_without_styles_they_are_in_z_and_no_more_than_there_are(checkpoint: Path, workdir: Path) -> None:
    assert gan(checkpoint, "--output", "x.npz", *SHORT) == 0
    found = Directions.load("x.npz", load(checkpoint).model)
    assert (found.space, found.layers, found.vectors.shape) == ("z", (), (8, 8))
    assert found.names == tuple(map(str, range(8)))


def test_a_direction_between_two_groups_of_seeds(
    styles_checkpoint: Path, place: Place, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    high = (place.vectors(place.of_seeds(range(60)))[:, 4]).argsort().tolist()
    groups = [",".join(map(str, part)) for part in (high[30:], high[:30])]
    words = ("--positive", groups[0], "--negative", groups[1], "--output", "x.npz", *SHORT)
    assert gan(styles_checkpoint, *words) == 0
    found = Directions.load("x.npz", place.model)
    assert (found.method, found.names) == ("learned", ("positive",))
    coordinates = place.vectors(place.of_seeds(range(200))) @ found.vectors[0]
    styles = torch.cat(list(place.drawn(2000, seed=0)))
    assert float(found.scales[0]) == pytest.approx(float((styles @ found.vectors[0]).std()), rel=1e-4)
    there = place.vectors(place.of_seeds(range(200)))[:, 4]
    assert float(torch.corrcoef(torch.stack([coordinates, there]))[0, 1]) > 0.7
    assert "30 against 30 samples" in capsys.readouterr().out


def test_groups_that_mean_nothing_are_seen_as_such(
    styles_checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gan(styles_checkpoint, "--positive", "0-29", "--negative", "30-59", "--output", "x.npz", *SHORT) == 0
    assert "told apart when left out: no better than chance" in capsys.readouterr().out


def test_a_table_tells_the_kinds_of_seeds(place: Place, tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    table.write_text("seed,kind\n5,smile\n7,none\n\n3,smile\n9,none\n")
    found = of_table(place, table, None)
    assert list(found.names) == ["none", "smile"]
    assert found.kinds.tolist() == [1, 0, 1, 0]
    assert found.vectors.equal(place.vectors(place.of_seeds([5, 7, 3, 9])))


def test_a_table_tells_the_kinds_of_latents_in_a_file(
    styles_checkpoint: Path, model: AdversarialModule, workdir: Path
) -> None:
    styles = torch.randn(40, LAYERS, WIDTH)
    names = tuple(f"photo {number}" for number in range(40))
    write_latents(Path("x.npz"), model, Latents("w+", styles, names=names))
    chosen = styles[:, [1, 2]].mean(1)
    rows = [f"photo {number}\t{int(chosen[number, 0] > 0)}" for number in reversed(range(40))]
    Path("x.tsv").write_text("\n".join(rows))
    words = ("--table", "x.tsv", "--latents", "x.npz", "--layers", "1-2", "--output", "y.npz", *SHORT)
    assert gan(styles_checkpoint, *words) == 0
    found = Directions.load("y.npz", model)
    assert found.names == ("1",)
    assert float(found.vectors[0] @ axis(0)) > 0.8
    flipped = chosen.flip(0)
    assert found.vectors[0].allclose(separating_plane(flipped, flipped[:, 0] > 0).normal, atol=1e-5)


def test_styles_are_told_apart_by_the_classes_they_are_mapped_for(class_styles_checkpoint: Path, workdir: Path) -> None:
    words = ("--method", "learned", "--labels", "3,7,8", "--num", 90, "--count", 2, "--output", "x.npz", *SHORT)
    assert gan(class_styles_checkpoint, *words) == 0
    model = load(class_styles_checkpoint).model
    found = Directions.load("x.npz", model)
    assert found.names == ("3", "7")
    place = place_in(model, classes=[3, 7, 8])
    samples = of_classes(place, [str(k) for k in range(10)], 90, 0)
    latents = torch.cat(list(place_in(model, "z").drawn(90, 0)))
    assert samples.kinds.tolist() == [3, 7, 8] * 30
    assert samples.vectors.allclose(styles_of(model, latents, samples.kinds)[:, 0])


def test_a_judge_tells_the_kinds_of_what_is_made(place: Place) -> None:
    def bright(things: Tensor) -> Tensor:
        return things.float().mean((1, 2, 3)).sub(127)[:, None]

    seen = of_judge(place, Judge(bright, ()), 30, 5, {}, batch_size=8, trainer_options={"accelerator": "cpu"})
    with torch.no_grad():
        made = place.model.medium.kept(place.model(place.of_seeds(range(5, 35))))
    assert seen.kinds.tolist() == (bright(made)[:, 0] > 0).int().tolist()
    assert seen.names == ("0", "1")


def test_the_classifier_of_the_data_set_is_the_usual_judge(
    checkpoint: Path, cache: Path, classifier: object, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = Digits(image_size=16)
    judge = judge_of(load(checkpoint).model, lambda: digits, folder=cache)
    real = digits.read(train=False)
    assert judge.names == tuple(map(str, range(10)))
    assert float((judge.answer(real.images).argmax(1) == real.labels).float().mean()) > 0.8
    # four batches have taught nothing: what is made is all of one kind, and that is said
    assert gan(checkpoint, "--method", "learned", "--num", 50, "--cache_dir", cache) == 2
    assert re.search(r"judge: a direction takes two .*; there are 50 of \d$", capsys.readouterr().err.strip())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--method", "ica"), "method: ica is unknown; take one of sefa, pca, learned"),
        (("--layers", "0-9"), "layers: there is no layer 6; this generator has 0 to 5"),
        (("--layers", "first"), "layers: first is no list of layers; take whole numbers and ranges, such as 0-3,7"),
        (("--space", "z", "--layers", "1"), "layers: latents in z have no layers; take --space w, or leave them out"),
        (("--space", "s"), "space: StyleGAN2 has no space s; take z or w"),
        (("--space", "z", "--method", "pca"), "method: in z all directions vary alike, and pca finds none"),
        (("--num", "50"), "num: there is nothing to draw here; leave it out"),
        (("--method", "pca", "--num", "1"), "num: 1 is not enough for styles to vary; take 2 or more"),
        (("--positive", "1,2", "--method", "pca"), "positive: pca needs no samples of known kinds; leave it out"),
        (("--positive", "1,2"), "negative: a direction lies between two groups; type seeds of both"),
        (("--positive", "1,2", "--negative", "2,3"), "positive: seed 2 is in --negative too; take it out of one"),
        (("--positive", "1", "--negative", "2,3"), "positive: a direction takes two samples of a kind and two others"),
        (("--positive", "1-x", "--negative", "2,3"), "positive: 1-x is no list of seeds"),
        (("--table", "no.csv"), "table: no.csv cannot be read (No such file or directory)"),
        (("--table", "x.txt"), "table: x.txt ends in .txt; take a .csv or .tsv"),
        (("--table", "three.csv"), "table: three.csv, line 2: this is no sample and its kind; take two columns"),
        (("--table", "one.csv"), "table: a direction takes two samples of a kind and two others; there are 4 of smile"),
        (("--table", "names.csv"), "table: names.csv has b.png in its first column, which is no seed"),
        (("--latents", "x.npz"), "latents: nothing says what they are; type --table FILE.csv"),
        (("--judge", "x.pt", "--table", "one.csv"), "judge: what samples are is told by --table already"),
        (("--judge", "no.pt"), "judge: no.pt is no file; take classifier, or a TorchScript file"),
        (("--labels", "3"), "labels: this StyleGAN2 is not conditional; leave them out"),
        (("--strength", "-1"), "strength: -1.0 is not possible; take a number above 0 and up to 1,000"),
        (("--output", "x.html"), "output: x.html has no ending this verb writes; take a .npz"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    styles_checkpoint: Path, workdir: Path, words: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("three.csv").write_text("1,smile\n2,smile,3\n")
    Path("one.csv").write_text("".join(f"{seed},smile\n" for seed in range(4)))
    Path("names.csv").write_text("file,kind\nb.png,1\n")
    before = sorted(workdir.iterdir())
    assert gan(styles_checkpoint, *words) == 2
    told = capsys.readouterr().err
    assert message in told
    assert len(told.splitlines()) <= 3
    assert sorted(workdir.iterdir()) == before
