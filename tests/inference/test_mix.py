"""`gan mix`: whose styles are in which layers, the table, and single files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.errors import UserError
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.latent_files import Latents, read_latents
from gan_cli.inference.mix import mixed
from gan_cli.inference.numbers import read_numbers
from tests.tiny_styles import LATENT_DIM, LAYERS, WIDTH


def gan(ckpt: Path, *words: Any) -> None:
    verbs.run(["mix", "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])


@pytest.fixture(scope="module")
def styled(styles_checkpoint: Path) -> TrainedGAN:
    return load(styles_checkpoint)


@pytest.fixture(scope="module")
def classes(class_styles_checkpoint: Path) -> TrainedGAN:
    return load(class_styles_checkpoint)


def cell(name: str, row: int, column: int) -> Any:
    """A picture of a table, int [16, 16]."""
    top, left = 2 + 18 * row, 2 + 18 * column
    return np.array(Image.open(name)).astype(int)[top : top + 16, left : left + 16]


def test_layers_are_the_columns_and_the_others_the_rows() -> None:
    rows, columns = torch.zeros(2, 5, 3), torch.ones(4, 5, 3)
    table = mixed(rows, columns, (0, 3))
    assert table.shape == (2, 4, 5, 3)
    assert table[..., 0].unique(dim=0).unique(dim=1).flatten().tolist() == [1, 0, 0, 1, 0]
    assert not rows.any()


def test_the_table_has_its_sources_in_front_and_on_top(
    styled: TrainedGAN, styles_checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gan(styles_checkpoint, *("--rows", "7,2", "--columns", "3-5", "--layers", "0-2,4", "--output", "table.png"))
    assert capsys.readouterr().out.splitlines() == [
        "from the columns: 0 (4 px), 1 (8 px), 2 (8 px), 4 (16 px)",
        "from the rows: 3 (16 px), 5 (16 px)",
        "written: table.png",
    ]
    assert Image.open("table.png").size == (4 * 18 + 2, 3 * 18 + 2)
    assert (cell("table.png", 0, 0) == 255).all()
    table = styled.mix([7, 2], [3, 4, 5], [0, 1, 2, 4])
    styles = styled.styles([2, 5])
    both = torch.stack([styles[1 if layer in (0, 1, 2, 4) else 0, layer] for layer in range(LAYERS)])
    assert int((styled(both[None])[0].int() - table[1, 2].int()).abs().max()) <= 1
    for row, seed in enumerate((7, 2), 1):
        assert np.abs(cell("table.png", row, 0) - styled.sample(1, seed)[0, 0].numpy()).max() <= 1
        for column, other in enumerate((3, 4, 5), 1):
            assert np.abs(cell("table.png", 0, column) - styled.sample(1, other)[0, 0].numpy()).max() <= 1
            assert np.abs(cell("table.png", row, column) - table[row - 1, column - 1, 0].numpy()).max() <= 1


def test_no_layer_and_all_layers_are_the_sources(styled: TrainedGAN) -> None:
    every = styled.mix([0, 1], [2], range(LAYERS))
    assert int((every[:, 0].int() - styled.sample(1, 2).int()).abs().max()) <= 1
    half = styled.mix([0], [2], [5], truncation_psi=0.0, noise="none")
    assert int((half[0].int() - styled.sample(1, 7, truncation_psi=0.0, noise="none").int()).abs().max()) <= 1


def test_single_files_are_named_by_their_sources(styles_checkpoint: Path, workdir: Path) -> None:
    gan(styles_checkpoint, *("--rows", 1, "--columns", "2,3", "--format", "both", "--output", "both"))
    assert sorted(path.name for path in Path("both").iterdir()) == [
        "column-seed000002.png",
        "column-seed000003.png",
        "mix-1-by-2,3-layers-0-2.png",
        "row-seed000001-column-seed000002.png",
        "row-seed000001-column-seed000003.png",
        "row-seed000001.png",
    ]
    gan(styles_checkpoint, *("--rows", 1, "--columns", 2, "--format", "files", "--output", "files"))
    for name in ("row-seed000001", "row-seed000001-column-seed000002"):
        ours, theirs = (np.array(Image.open(f"{folder}/{name}.png")).astype(int) for folder in ("files", "both"))
        assert np.abs(ours - theirs).max() <= 1


def test_rows_and_columns_have_classes_of_their_own(
    classes: TrainedGAN, class_styles_checkpoint: Path, workdir: Path
) -> None:
    words = ("--rows", 1, "--columns", 2, "--labels", 3, "--column_labels", 8, "--output", "table.png")
    gan(class_styles_checkpoint, *words)
    table = classes.mix([1], [2], [0, 1, 2], labels=[3], column_labels=[8])
    assert np.abs(cell("table.png", 1, 0) - classes.sample(1, 1, labels=[3])[0, 0].numpy()).max() <= 1
    assert np.abs(cell("table.png", 0, 1) - classes.sample(1, 2, labels=[8])[0, 0].numpy()).max() <= 1
    assert np.abs(cell("table.png", 1, 1) - table[0, 0, 0].numpy()).max() <= 1


@pytest.mark.parametrize("typed", ["rows", "columns"])
def test_a_file_stands_in_for_what_is_not_typed(
    styled: TrainedGAN, styles_checkpoint: Path, workdir: Path, typed: str
) -> None:
    saved = Latents("w+", torch.randn(2, LAYERS, WIDTH))
    styled.write_latents("x.npz", saved)
    assert read_latents(Path("x.npz"), styled.model).rows.equal(saved.rows)
    gan(styles_checkpoint, f"--{typed}", 4, "--latents", "x.npz", "--output", "table.png")
    own, other = (1, 0), (0, 1)  # where the first of the two is
    place = own if typed == "columns" else other
    assert np.abs(cell("table.png", *place) - styled("x.npz")[0, 0].numpy()).max() <= 1
    assert np.abs(cell("table.png", *place[::-1]) - styled.sample(1, 4)[0, 0].numpy()).max() <= 1


def test_lists_hold_numbers_and_ranges_in_their_order() -> None:
    assert read_numbers("[7, 0-2,2]", "rows", "seeds") == [7, 0, 1, 2, 2]
    for text in ("3-1", "1,,2", "-1", "1.5", "", "0-9999999"):
        with pytest.raises(UserError, match=r"^rows: "):
            read_numbers(text, "rows", "seeds")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--layers", "4-6"), "layers: there is no layer 6; this generator has 0 to 5"),
        (("--layers", "x"), "layers: x is no list of layers; take whole numbers and ranges, such as 0-3,7"),
        (("--rows", "1,,2"), "rows: 1,,2 is no list of seeds; take whole numbers and ranges"),
        (("--rows", "0-9999", "--columns", "0-999"), "rows times columns: 10000000 is not possible"),
        (("--labels", "3"), "labels: this StyleGAN2 is not conditional; leave them out"),
        (("--latents", "no.npz"), "latents: no.npz does not exist; type a file of latents, .npz"),
        (("--latents", "x", "--rows", "1", "--columns", "2"), "latents: rows and columns are both typed; leave one"),
        (("--output", "x.gif"), "output: x.gif has no ending this verb writes; take .png or a folder"),
        (("--format", "files", "--output", "x.png"), "format: files does not go with output x.png; take grid or both"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    styles_checkpoint: Path, workdir: Path, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        gan(styles_checkpoint, *words)
    assert not list(workdir.iterdir())


def test_a_variant_without_styles_says_so(checkpoint: Path, workdir: Path) -> None:
    message = "ckpt: DCGAN has no styles to mix; take a variant that has, such as StyleGAN2"
    with pytest.raises(UserError, match=message):
        gan(checkpoint)
    with pytest.raises(UserError, match=message):
        load(checkpoint).mix([1], [2], [0])


def test_the_python_side_makes_things_of_latents_and_styles(classes: TrainedGAN) -> None:
    made = classes.sample(2, 5, labels=[3, 8]).int()
    latents = classes.latents([5, 6], labels=[3, 8])
    styles = classes.styles(latents)
    assert styles.equal(classes.styles([5, 6], labels=[3, 8]))
    for source in (latents, styles, Latents.of_styles(styles)):
        assert int((classes(source).int() - made).abs().max()) <= 1
    assert int((classes(latents.rows, labels=[3, 8]).int() - made).abs().max()) <= 1
    walk = classes.interpolate(Latents.of_styles(styles), steps=2)
    assert int((walk.int() - made).abs().max()) <= 1
    loud, louder = (classes(styles[[0, 0]], noise="random"), classes.sample(2, 5, labels=[3], noise="random"))
    assert not loud[0].equal(loud[1])
    assert loud.shape == louder.shape


def test_the_python_side_names_what_is_wrong(styled: TrainedGAN, tmp_path: Path) -> None:
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: styled(torch.zeros(2, LATENT_DIM + 1)), r"what was handed over holds latents \[2, 9\] of the space z"),
        (
            lambda: styled(torch.full((1, LATENT_DIM), torch.nan)),
            "what was handed over holds numbers that are not finite",
        ),
        (lambda: styled.styles([-1]), "source: .* is not possible"),
        (lambda: styled.styles([]), "0 images are none"),
        (lambda: styled.mix([0], [1], [6]), "layers: there is no layer 6; this generator has 0 to 5"),
        (
            lambda: styled.sample(1, noise=cast(Any, "loud")),
            "noise: 'loud' is not possible|noise: loud is not possible",
        ),
        (lambda: styled.interpolate(styled.latents([0, 1]), steps=1), "steps: 1 is no walk"),
    ]
    for call, message in calls:
        with pytest.raises(UserError, match=message):
            call()
