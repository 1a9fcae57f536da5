"""The verbs on a model with styles, by class and not: noise, truncation, latents from files, and both spaces."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import load, verbs
from gan_cli.errors import UserError
from gan_cli.evaluation import neighbours
from gan_cli.inference.latent_files import Latents, read_latents, write_latents
from tests.tiny_styles import LATENT_DIM, LAYERS, WIDTH


def gan(verb: str, ckpt: Path, *words: Any) -> None:
    verbs.run([verb, "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])


def images(name: str) -> Tensor:
    """What `gan sample --output x.npz` wrote, int [N, H, W, C], so that it can be subtracted."""
    return torch.from_numpy(np.load(name)["images"].astype(int))


def picture(name: str) -> Any:
    return np.array(Image.open(name)).astype(int)


def test_noise_is_the_same_in_all_images_or_that_of_each_seed_or_none(styles_checkpoint: Path, workdir: Path) -> None:
    for mode in ("const", "random", "none"):
        gan("sample", styles_checkpoint, "--num", 5, "--noise", mode, "--output", f"{mode}.npz")
    const, random, none = (images(f"{mode}.npz") for mode in ("const", "random", "none"))
    gan("sample", styles_checkpoint, "--num", 5, "--output", "usual.npz")
    assert const.equal(images("usual.npz"))
    assert len({part.numpy().tobytes() for part in (const, random, none)}) == 3
    gan(
        "sample",
        styles_checkpoint,
        *("--num", 2, "--seed", 3, "--noise", "random", "--batch_size", 1, "--output", "2.npz"),
    )
    assert int((images("2.npz") - random[3:]).abs().max()) <= 1  # bytes are promised for one batch size
    gan("sample", styles_checkpoint, "--num", 3, "--truncation_psi", 0, "--noise", "random", "--output", "same.npz")
    gan("sample", styles_checkpoint, "--num", 3, "--truncation_psi", 0, "--output", "mean.npz")
    same, mean = images("same.npz"), images("mean.npz")
    assert mean[0].equal(mean[1])
    assert not same[0].equal(same[1])
    assert len({one.numpy().tobytes() for one in mean}) == 1


def test_truncation_draws_styles_to_their_mean_whatever_the_class(class_styles_checkpoint: Path) -> None:
    trained = load(class_styles_checkpoint)
    model: Any = trained.model
    mean = model.ema.network.mean_style.expand(1, LAYERS, WIDTH)
    labels = torch.tensor([3, 8])
    latents = torch.randn(2, LATENT_DIM)
    with torch.no_grad():
        styles = model.styles(latents, labels=labels)
        half = model(latents, labels, truncation_psi=0.5)
        torch.testing.assert_close(half, model(mean + (styles - mean) / 2))
        torch.testing.assert_close(model(latents, labels, truncation_psi=0.0), model(mean).expand(2, -1, -1, -1))
        assert not styles.allclose(model.styles(latents, labels=labels.flip(0)))
    assert int((trained.sample(2, truncation_psi=0).int() - trained.sample(1, truncation_psi=0).int()).abs().max()) <= 1


@pytest.mark.parametrize(
    ("verb", "words"),
    [("interpolate", ("--walks", 1, "--steps", 2)), ("arithmetic", ("--plus", 1)), ("mix", ("--rows", 1))],
)
def test_noise_reaches_every_verb_that_makes_pictures(
    styles_checkpoint: Path, workdir: Path, verb: str, words: tuple[Any, ...]
) -> None:
    for mode in ("random", "none"):
        gan(verb, styles_checkpoint, *words, "--noise", mode, "--output", f"{mode}.png")
    assert not np.array_equal(picture("random.png"), picture("none.png"))


def test_neighbours_are_looked_for_with_the_noise_typed(
    styles_checkpoint: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(neighbours, "render", lambda *_, conditions, **__: asked.update(conditions))
    gan("neighbours", styles_checkpoint, *("--data", "Digits", "--seed", 3, "--samples", 16, "--noise", "random"))
    assert asked["noise"].tolist() == list(range(3, 19))


@pytest.mark.parametrize("space", ["z", "w"])
def test_a_walk_between_classes_begins_and_ends_with_them(
    class_styles_checkpoint: Path, workdir: Path, space: str
) -> None:
    words = ("--walks", 1, "--steps", 3, "--space", space)
    gan("interpolate", class_styles_checkpoint, *words, "--labels", "3,8", "--output", "walk.png")
    ends = [load(class_styles_checkpoint).sample(1, seed=seed, labels=[label]) for seed, label in ((0, 3), (1, 8))]
    for column, end in zip((2, 2 + 2 * 18), ends, strict=True):
        assert np.abs(picture("walk.png")[2:18, column : column + 16] - end[0, 0].numpy()).max() <= 1
    gan("interpolate", class_styles_checkpoint, *words, "--labels", 3, "--output", "three.png")
    last = load(class_styles_checkpoint).sample(1, seed=1, labels=[3])
    assert np.abs(picture("three.png")[2:18, 38:54] - last[0, 0].numpy()).max() <= 1
    gan("interpolate", class_styles_checkpoint, *words, "--keyframes", 1, "--labels", "3,8", "--output", "held.png")
    last = load(class_styles_checkpoint).sample(1, seed=0, labels=[8])
    assert np.abs(picture("held.png")[2:18, 38:54] - last[0, 0].numpy()).max() <= 1


def test_the_python_side_walks_between_classes_in_w_too(class_styles_checkpoint: Path) -> None:
    trained = load(class_styles_checkpoint)
    for space in ("z", "w"):
        walk = trained.interpolate([4, 5], steps=3, labels=[3, 8], space=space).int()
        assert int((walk[0] - trained.sample(1, seed=4, labels=[3])[0].int()).abs().max()) <= 1
        assert int((walk[2] - trained.sample(1, seed=5, labels=[8])[0].int()).abs().max()) <= 1


def test_concepts_are_added_in_w_for_each_class(class_styles_checkpoint: Path, workdir: Path) -> None:
    trained = load(class_styles_checkpoint)
    model: Any = trained.model
    nines = trained.arithmetic([[1, 2], [3]], [[4]], labels=[3, 8], space="w")
    assert nines.shape[0] == 18
    for nine, label in zip(nines.split(9), (3, 8), strict=True):
        with torch.no_grad():
            styles = trained.styles([1, 2, 3, 4], labels=[label])
            expected = model(styles[:2].mean(0, keepdim=True) + styles[2:3] - styles[3:])
        assert int((nine[4].int() - model.medium.kept(expected)[0].int()).abs().max()) <= 1
    gan("arithmetic", class_styles_checkpoint, "--plus", "1,2", "--labels", "3,8", "--output", "a.png")
    assert Path("a.png").stat().st_size


def saved(ckpt: Path, *words: Any) -> Latents:
    gan("sample", ckpt, "--num", 4, "--save_latents", "l.npz", "--output", "made.npz", *words)
    return read_latents(Path("l.npz"), load(ckpt).model)


@pytest.mark.parametrize("space", ["z", "w"])
def test_saved_latents_make_the_same_images_again(class_styles_checkpoint: Path, workdir: Path, space: str) -> None:
    latents = saved(class_styles_checkpoint, "--space", space, "--labels", "7,1", "--seed", 5)
    assert (latents.space, latents.names) == (space, tuple(f"seed00000{seed}" for seed in (5, 6, 7, 8)))
    assert latents.labels is not None
    assert latents.labels.tolist() == [7, 1, 7, 1]
    gan("sample", class_styles_checkpoint, "--latents", "l.npz", "--output", "again.npz")
    again = np.load("again.npz")
    assert int((images("again.npz") - images("made.npz")).abs().max()) <= 1
    assert again["names"].tolist() == list(latents.names)
    assert again["labels"].tolist() == [7, 1, 7, 1]
    gan("sample", class_styles_checkpoint, "--latents", "l.npz", "--format", "files", "--output", "files")
    assert sorted(path.stem for path in Path("files").iterdir()) == list(latents.names)


def test_latents_of_z_can_be_made_into_another_class(class_styles_checkpoint: Path, workdir: Path) -> None:
    saved(class_styles_checkpoint)
    gan("sample", class_styles_checkpoint, "--latents", "l.npz", "--labels", 2, "--output", "two.npz")
    two = load(class_styles_checkpoint).sample(4, labels=[2]).permute(0, 2, 3, 1)
    assert int((images("two.npz") - two.int()).abs().max()) <= 1


@pytest.mark.parametrize(("words", "walks"), [((), 1), (("--walks", 2), 2), (("--keyframes", 2), 2)])
def test_a_walk_passes_the_rows_of_a_file(
    styles_checkpoint: Path, workdir: Path, words: tuple[Any, ...], walks: int
) -> None:
    saved(styles_checkpoint, "--space", "w")
    gan("interpolate", styles_checkpoint, "--latents", "l.npz", "--steps", 3, *words, "--output", "walk.png")
    steps = {1: 7, 2: 3}[walks]
    sheet, made = picture("walk.png"), images("made.npz")[..., 0].numpy()
    assert sheet.shape == (walks * 18 + 2, steps * 18 + 2)
    for row in range(4):
        top, left = (0, 2 * row) if walks == 1 else (row // 2, 2 * (row % 2))
        shown = sheet[2 + 18 * top : 18 + 18 * top, 2 + 18 * left : 18 + 18 * left]
        assert np.abs(shown - made[row]).max() <= 1


def test_latents_of_a_dcgan_work_in_z(checkpoint: Path, workdir: Path) -> None:
    saved(checkpoint)
    gan("sample", checkpoint, "--latents", "l.npz", "--output", "again.npz")
    assert int((images("again.npz") - images("made.npz")).abs().max()) <= 1
    gan("interpolate", checkpoint, "--latents", "l.npz", "--output", "walk.png")


LATENTS = ("--latents", "l.npz")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sample", "--noise", "loud"), "noise: loud is unknown; take random, const or none"),
        (("sample", "--space", "w"), "space: it is that of --save_latents, which is missing; leave it out"),
        (("sample", "--save_latents", "x.txt"), "latents: x.txt has no ending for latents; take .npz"),
        (("sample", "--save_latents", "x.npz", "--space", "s"), "space: StyleGAN2 has no space s; take z or w"),
        (("sample", *LATENTS, "--num", 2), "num: it means nothing beside --latents; leave one of the two out"),
        (("sample", *LATENTS, "--seed", 2), "seed: it means nothing beside --latents"),
        (("sample", *LATENTS, "--labels", 2), "labels: these latents are styles, in w, and their class is settled"),
        (("interpolate", *LATENTS, "--space", "z"), "space: these latents are styles, in w, and there is no way back"),
        (("interpolate", *LATENTS, "--walks", 2), "latents: l.npz holds 3 rows, which are not 2 walks of 1 each"),
        (("interpolate", *LATENTS, "--keyframes", 4), "latents: l.npz holds 3 rows, which are not 0 walks of 4 each"),
        (("interpolate", "--latents", "no.npz"), "latents: no.npz does not exist; type a file of latents, .npz"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    class_styles_checkpoint: Path, workdir: Path, words: tuple[Any, ...], message: str
) -> None:
    write_latents(Path("l.npz"), load(class_styles_checkpoint).model, Latents("w", torch.zeros(3, WIDTH)))
    with pytest.raises(UserError, match=message):
        gan(words[0], class_styles_checkpoint, *words[1:])
    assert [path.name for path in workdir.iterdir()] == ["l.npz"]


def test_more_classes_than_latents_to_pass_are_refused(class_styles_checkpoint: Path, workdir: Path) -> None:
    saved(class_styles_checkpoint)
    with pytest.raises(UserError, match="labels: 5 classes are more than the 4 latents that a walk passes here"):
        gan("interpolate", class_styles_checkpoint, *LATENTS, "--labels", "0,1,2,3,4")


def test_a_variant_without_noise_says_so(checkpoint: Path, workdir: Path) -> None:
    with pytest.raises(UserError, match="noise: this DCGAN adds no noise to its maps; leave it out"):
        gan("sample", checkpoint, "--noise", "random")
