"""Latents in files: what is written is read again, and what does not fit is refused in a line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_cli import load
from gan_cli.errors import UserError
from gan_cli.inference.latent_files import Latents, generator_digest, read_latents, write_latents
from gan_cli.inference.spaces import styles_of
from gan_cli.variants.base import AdversarialModule
from tests.tiny_styles import LATENT_DIM, LAYERS, WIDTH


@pytest.fixture(scope="module")
def styled(styles_checkpoint: Path) -> AdversarialModule:
    return load(styles_checkpoint).model


@pytest.fixture(scope="module")
def classes(class_styles_checkpoint: Path) -> AdversarialModule:
    return load(class_styles_checkpoint).model


Z, W, W_PLUS = (LATENT_DIM,), (WIDTH,), (LAYERS, WIDTH)


@pytest.mark.parametrize(("space", "shape"), [("z", Z), ("w", W), ("w+", W_PLUS)])
def test_what_is_written_is_read_again(classes: AdversarialModule, tmp_path: Path, space: Any, shape: Any) -> None:
    written = Latents(space, torch.randn(3, *shape), torch.tensor([9, 0, 4]), ("a", "b.jpg", "ünï"))
    path = write_latents(tmp_path / "new" / "x.npz", classes, written)
    read = read_latents(path, classes)
    assert (read.space, read.names) == (space, written.names)
    assert read.rows.equal(written.rows)
    assert read.labels is not None
    assert read.labels.tolist() == [9, 0, 4]
    inputs = read.inputs(classes)
    assert inputs.shape == (3, *(Z if space == "z" else W_PLUS))
    if space == "w":
        assert all(inputs[:, layer].equal(written.rows) for layer in range(LAYERS))


def test_styles_are_in_w_only_where_all_layers_are_alike(styled: AdversarialModule) -> None:
    styles = styles_of(styled, torch.randn(2, LATENT_DIM))
    assert Latents.of_styles(styles).inputs(styled).equal(styles)
    mixed = torch.cat([styles[:1, :2], styles[1:, 2:]], dim=1)
    assert (Latents.of_styles(styles).space, Latents.of_styles(mixed).space) == ("w", "w+")
    assert Latents.of_styles(mixed).rows.equal(mixed)


def test_a_digest_tells_a_checkpoint_from_others(
    styled: AdversarialModule, classes: AdversarialModule, styles_checkpoint: Path
) -> None:
    digest = generator_digest(styled)
    other = load(styles_checkpoint).model
    assert generator_digest(other) == digest
    with torch.no_grad():
        next(other.generator.parameters())[0] += 1e-3
    assert digest not in (generator_digest(other), generator_digest(classes))


def refusal(model: AdversarialModule, path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_latents(path, model)
    told = str(caught.value)
    assert "\n" not in told
    return told.replace(f"{path}", "FILE")


GOOD: dict[str, Any] = {"space": "z", "latents": np.zeros((2, *Z), np.float32)}
TAKES = "this StyleGAN2 takes"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"space": None}, "FILE holds no space; gan sample --save_latents FILE writes both"),
        ({"space": None, "latents": None}, "FILE holds no space and no latents; "),
        ({"space": "s"}, "FILE is of the space s; take z, w or w+"),
        ({"model": "0123456789abcdef"}, "FILE belongs to another model; type the --ckpt that it was made with"),
        ({"latents": np.zeros((2, 9))}, f"FILE holds latents [2, 9] of the space z; {TAKES} [N, 8]"),
        ({"latents": np.zeros(8)}, f"FILE holds latents [8] of the space z; {TAKES} [N, 8]"),
        ({"latents": np.zeros(())}, f"FILE holds latents [] of the space z; {TAKES} [N, 8]"),
        ({"latents": np.zeros((0, 8))}, f"FILE holds latents [0, 8] of the space z; {TAKES} [N, 8], N from 1"),
        ({"space": "w+", "latents": np.zeros((1, 6))}, f"FILE holds latents [1, 6] of the space w+; {TAKES} [N, 6, 6]"),
        ({"space": "w", "latents": np.zeros((1, 6, 6))}, f"latents [1, 6, 6] of the space w; {TAKES} [N, 6]"),
        ({"latents": np.array(["a"])}, "FILE holds latents of <U1; take float32"),
        ({"latents": np.array([[0.0] * 8, [np.inf] * 8])}, "FILE holds numbers that are not finite, first in row 1"),
        ({"labels": np.array([0, 10])}, "FILE has the label 10; there are 0 to 9"),
        ({"labels": np.array([-1, 0])}, "FILE has the label -1; there are 0 to 9"),
        ({"labels": np.array([0])}, "FILE has labels [1] for 2 latents; take one for each"),
        ({"labels": np.array([0.5, 1])}, "FILE holds labels of float64; take int64"),
        ({"names": np.array(["a", "a"])}, "FILE has impossible names; take one for each, all different"),
        ({"names": np.array(["a", "../b"])}, "FILE has impossible names; "),
        ({"names": np.array(["a"])}, "FILE has impossible names; "),
        ({"names": np.array(["a", None])}, "FILE is no whole .npz file of numbers and names; write it anew"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(
    classes: AdversarialModule, tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    content = {name: array for name, array in {**GOOD, **arrays}.items() if array is not None}
    np.savez(tmp_path / "x.npz", **content)
    assert message in refusal(classes, tmp_path / "x.npz")


def test_a_file_of_another_kind_is_refused_in_a_line(classes: AdversarialModule, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    assert refusal(classes, path) == "latents: FILE does not exist; type a file of latents, .npz"
    assert refusal(classes, tmp_path) == "latents: FILE is a folder; type a file of latents, .npz"
    np.savez(path, **GOOD)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:-100], whole[:200] + b"x" * 20 + whole[220:]):
        path.write_bytes(content)
        assert refusal(classes, path) == "latents: FILE is no whole .npz file of numbers and names; write it anew"
    np.save(path.with_suffix(".npy"), GOOD["latents"])
    path.write_bytes(path.with_suffix(".npy").read_bytes())
    assert "FILE is no whole .npz file" in refusal(classes, path)


def test_a_model_without_styles_or_classes_says_so(checkpoint: Path, styled: AdversarialModule, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, **{**GOOD, "labels": np.array([0, 1])})
    assert refusal(styled, path) == "latents: FILE has labels, and this StyleGAN2 is not conditional"
    np.savez(path, space="w", latents=np.zeros((1, 8)))
    dcgan = load(checkpoint).model
    assert refusal(dcgan, path) == "latents: FILE holds styles, in w, and DCGAN makes things from z alone"


def test_what_is_no_latent_is_not_written(styled: AdversarialModule, tmp_path: Path) -> None:
    for name, rows in (
        ("x.npz", torch.zeros(1, 9)),
        ("x.npz", torch.full((1, 8), torch.nan)),
        ("x.txt", torch.zeros(1, 8)),
    ):
        with pytest.raises(UserError):
            write_latents(tmp_path / name, styled, Latents("z", rows))
    assert not list(tmp_path.iterdir())
