"""`gan edit`: things moved along a direction, by the command and in Python, and what is refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.errors import UserError
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.directions.edit import read_strengths
from gan_cli.inference.directions.files import Directions
from gan_cli.inference.latent_files import Latents, read_latents, write_latents
from tests.tiny_styles import LAYERS, WIDTH


@pytest.fixture(scope="module")
def styled(styles_checkpoint: Path) -> TrainedGAN:
    return load(styles_checkpoint)


@pytest.fixture(scope="module")
def found(styled: TrainedGAN, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of three directions of layers 1 to 4."""
    return styled.directions(count=3, layers=[1, 2, 3, 4]).save(tmp_path_factory.mktemp("directions") / "found.npz")


def edit(checkpoint: Path, directions: Path, *words: Any) -> int:
    return main(
        [
            *("edit", "--ckpt", str(checkpoint), "--directions", str(directions)),
            *("--trainer.accelerator", "cpu", *map(str, words)),
        ]
    )


def test_strips_show_what_python_makes(styles_checkpoint: Path, styled: TrainedGAN, found: Path, workdir: Path) -> None:
    words = ("--direction", 1, "--seeds", "4,7-8", "--strength", "-2..1", "--steps", 4, "--output", "x.png")
    assert edit(styles_checkpoint, found, *words) == 0
    picture = np.array(Image.open("x.png"))
    made = styled.edit([4, 7, 8], found, 1, [-2, -1, 0, 1])
    assert made.shape == (3, 4, 1, 16, 16)
    assert picture.shape == (3 * 18 + 2, 4 * 18 + 2)
    for row in range(3):
        for column in range(4):
            shown = picture[2 + 18 * row : 18 + 18 * row, 2 + 18 * column : 18 + 18 * column]
            assert np.abs(shown.astype(int) - made[row, column, 0].numpy()).max() <= 1
    unmoved = styled.sample(1, seed=4)
    assert int((made[0, 2].int() - unmoved[0].int()).abs().max()) <= 1
    assert not made[0, 0].equal(made[0, 3])


def test_a_thing_keeps_its_noise_at_all_strengths(
    styles_checkpoint: Path, styled: TrainedGAN, found: Path, workdir: Path
) -> None:
    made = styled.edit([4, 7], found, 1, [0, 0], noise="random")
    assert made[:, 0].equal(made[:, 1])
    assert not made.equal(styled.edit([4, 7], found, 1, [0, 0]))
    words = ("--direction", 1, "--seeds", "4,7", "--strength", 0, "--noise", "random", "--format", "files")
    assert edit(styles_checkpoint, found, *words, "--output", "out") == 0
    for number, path in enumerate(sorted(Path("out").iterdir())):
        assert np.abs(np.array(Image.open(path)).astype(int) - made[number, 0, 0].numpy()).max() <= 1


def test_edited_latents_are_a_file_that_can_be_edited_again(
    styles_checkpoint: Path, styled: TrainedGAN, found: Path, workdir: Path
) -> None:
    first = ("--direction", 0, "--seeds", "4-5", "--strength", "2", "--output", "a", "--save_latents", "a.npz")
    assert edit(styles_checkpoint, found, *first) == 0
    assert sorted(path.name for path in Path("a").iterdir()) == ["edit-found-0.png"]
    latents = read_latents(Path("a.npz"), styled.model)
    assert latents.names == ("seed000004+2", "seed000005+2")
    directions = Directions.load(found, styled.model)
    away = latents.inputs(styled.model) - styled.styles([4, 5])
    torch.testing.assert_close(away[:, 1:5], (2 * directions.vectors[0]).expand(2, 4, -1), rtol=1e-4, atol=1e-5)
    assert not away[:, [0, 5]].any()
    again = ("--direction", 2, "--latents", "a.npz", "--strength=-1", "--layers", "0,5", "--format", "files")
    assert edit(styles_checkpoint, found, *again, "--output", "b", "--save_latents", "b.npz") == 0
    assert sorted(path.name for path in Path("b").iterdir()) == ["seed000004+2-1.png", "seed000005+2-1.png"]
    twice = read_latents(Path("b.npz"), styled.model)
    further = styled.moved("a.npz", directions, 2, [-1], layers=[0, 5])
    assert twice.rows.equal(further.rows)
    assert twice.names == further.names
    assert styled(twice)[1, 0].equal(torch.from_numpy(np.array(Image.open("b/seed000005+2-1.png"))))


def test_styles_are_truncated_before_they_move(styled: TrainedGAN, found: Path) -> None:
    moved = styled.moved([1], found, 0, [0, 3], truncation_psi=0.0)
    network: Any = styled.model.picture_maker(True)
    torch.testing.assert_close(moved.inputs(styled.model)[0], network.mean_style.expand(LAYERS, -1))
    step = moved.inputs(styled.model)[1, 1] - network.mean_style
    assert float(step.norm()) == pytest.approx(3, rel=1e-4)


def test_a_film_has_a_picture_for_each_strength(styles_checkpoint: Path, found: Path, workdir: Path) -> None:
    words = ("--direction", 0, "--seeds", "0-1", "--strength", "-1..1", "--steps", 3, "--output", "x.gif")
    assert edit(styles_checkpoint, found, *words) == 0
    with Image.open("x.gif") as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]


def test_latents_of_a_model_without_styles_move_in_z(checkpoint: Path, tmp_path: Path, workdir: Path) -> None:
    gan = load(checkpoint)
    directions = gan.directions(count=2)
    made = gan.edit([3], directions, 1, [0, 2])
    latents = gan.latents([3]).rows
    torch.testing.assert_close(gan.moved([3], directions, 1, [2]).rows, latents + 2 * directions.vectors[1])
    assert made[0, 0].equal(gan.sample(1, seed=3)[0])
    assert edit(checkpoint, directions.save(tmp_path / "z.npz"), "--direction", "1", "--output", "x.png") == 0


def test_a_conditional_model_keeps_the_class(class_styles_checkpoint: Path, workdir: Path) -> None:
    gan = load(class_styles_checkpoint)
    directions = gan.directions("pca", 1, num=200)
    made = gan.edit([5], directions, None, [0], labels=[7])
    assert int((made[0, 0].int() - gan.sample(1, seed=5, labels=[7])[0].int()).abs().max()) <= 1
    assert not made[0, 0].equal(gan.edit([5], directions, None, [0], labels=[2])[0, 0])


def test_directions_are_learned_in_python_from_groups_kinds_and_classes(
    styled: TrainedGAN, class_styles_checkpoint: Path
) -> None:
    seeds = list(range(40))
    high = styled.styles(seeds)[:, 0, 2] > styled.styles(seeds)[:, 0, 2].median()
    positive = [seed for seed in seeds if high[seed]]
    negative = [seed for seed in seeds if not high[seed]]
    groups = styled.directions(positive=positive, negative=negative)
    kinds = styled.directions(samples=Latents.of_styles(styled.styles(seeds)), kinds=high.int().tolist())
    assert (groups.names, kinds.names) == (("positive",), ("1",))
    assert abs(float(groups.vectors[0] @ kinds.vectors[0])) > 0.99
    assert float(groups.vectors[0] @ torch.eye(WIDTH)[2]) > 0.5
    classes = load(class_styles_checkpoint).directions("learned", num=60, labels=[1, 4])
    assert set(classes.names) == {"1", "4"}


@pytest.mark.parametrize(
    ("typed", "steps", "strengths"),
    [
        (None, None, [-3, -2, -1, 0, 1, 2, 3]),
        ("-3..3", 3, [-3, 0, 3]),
        ("2..-0.5", 2, [2, -0.5]),
        ("-1e1", None, [-10]),
        ("0", None, [0]),
    ],
)
def test_strengths_are_a_range_or_a_number(typed: str | None, steps: int | None, strengths: list[float]) -> None:
    assert read_strengths(typed, steps, usual=3.0) == pytest.approx(strengths)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--direction", "7"), "direction: 7 is none of the file's; there are 0, 1, 2"),
        ((), "direction: there are 3; take one of 0, 1, 2"),
        (("--direction", "0", "--strength", "3...4"), "strength: 3...4 is no strength; take a range such as -3..3"),
        (("--direction", "0", "--strength", "nan"), "strength: nan is no strength"),
        (("--direction", "0", "--strength", "-3..1e9"), "strength: -3..1e9 is too strong; take numbers from -1,000"),
        (("--direction", "0", "--strength", "2", "--steps", "3"), "steps: a single strength has none"),
        (("--direction", "0", "--steps", "0"), "steps: 0 is not possible; take a whole number from 1 to 1,000"),
        (("--direction", "0", "--layers", "4-6"), "layers: there is no layer 6; this generator has 0 to 5"),
        (("--direction", "0", "--seeds", "x"), "seeds: x is no list of seeds"),
        (("--direction", "0", "--latents", "no.npz"), "latents: no.npz does not exist"),
        (("--direction", "0", "--latents", "no.npz", "--seeds", "1"), "seeds: it means nothing beside --latents"),
        (("--direction", "0", "--labels", "1"), "labels: this StyleGAN2 is not conditional"),
        (("--direction", "0", "--output", "x.txt"), "output: x.txt has no ending this verb writes"),
        (("--direction", "0", "--save_latents", "x.txt"), "latents: x.txt has no ending for latents; take .npz"),
        (("--directions", "no.npz"), "directions: no.npz does not exist; type a file of directions, .npz"),
        (("--directions", "latents.npz"), "directions: latents.npz holds no method; gan directions writes a file"),
        (("--directions", "others.npz"), "directions: others.npz belongs to another model"),
        (("--directions", "wide.npz"), "directions: wide.npz holds no directions that fit this StyleGAN2"),
        (("--directions", "deep.npz"), "directions: there is no layer 9; this generator has 0 to 5"),
        (("--directions", "z.npz", "--layers", "1"), "layers: these directions are of z, which has no layers"),
        (("--directions", "z.npz", "--latents", "latents.npz"), "directions: they are of z, and from latents in w"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    styles_checkpoint: Path,
    styled: TrainedGAN,
    found: Path,
    checkpoint: Path,
    workdir: Path,
    words: Sequence[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_latents(Path("latents.npz"), styled.model, Latents("w", torch.zeros(1, WIDTH)))
    load(checkpoint).directions(count=1).save("others.npz")
    styled.directions(count=1, space="z").save("z.npz")
    with np.load(found) as arrays:
        np.savez("wide.npz", **{**arrays, "directions": np.zeros((3, WIDTH + 1), np.float32)})
        np.savez("deep.npz", **{**arrays, "layers": np.array([0, 9])})
    before = sorted(workdir.iterdir())
    assert edit(styles_checkpoint, found, *words) == 2
    told = capsys.readouterr().err
    assert message in told
    assert len(told.splitlines()) <= 3
    assert sorted(workdir.iterdir()) == before


def test_python_refuses_as_the_command_does(styled: TrainedGAN, checkpoint: Path, found: Path) -> None:
    others = load(checkpoint).directions(count=1)
    for wrong, message in (
        (lambda: styled.edit([0], others), "directions: they belong to another model"),
        (lambda: styled.edit([0], found, 5), "direction: 5 is none of the file's"),
        (lambda: styled.directions(positive=[1, 2]), "negative: a direction lies between two groups"),
        (lambda: styled.directions(samples=[1, 2], kinds=[1]), "kinds: there are 1 for 2 samples"),
        (lambda: styled.directions(kinds=[1]), "samples: give them together with kinds"),
        (lambda: styled.directions("learned"), "method: no latents differ by class here"),
        (lambda: styled.directions(count=0), "count: 0 is not possible"),
    ):
        with pytest.raises(UserError, match=message):
            wrong()


def test_the_verb_takes_the_directions_that_were_found_last(
    styles_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = tmp_path / "last.ckpt"
    checkpoint.write_bytes(styles_checkpoint.read_bytes())
    words = ["edit", "--ckpt", str(checkpoint), "--direction", "1", "--seeds", "0", "--output"]
    assert main([*words, str(tmp_path / "none.png")]) == 2
    assert "gan directions finds some, or type --directions FILE" in capsys.readouterr().err
    assert main(["directions", "--ckpt", str(checkpoint), "--count", "2"]) == 0
    assert main([*words, str(tmp_path / "one.png")]) == 0
    file = str(tmp_path / "pictures" / "directions-sefa.npz")
    assert main([*words, str(tmp_path / "other.png"), "--directions", file]) == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
