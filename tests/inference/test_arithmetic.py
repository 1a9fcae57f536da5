"""`gan arithmetic`: where concepts, results and their neighbours lie, and the picture of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.errors import UserError
from gan_cli.inference.arithmetic import Concept, concepts_of, neighbourhood, on_prior, result_of
from gan_cli.inference.latents import seeded_latents

KING = [Concept(1, (1, 2, 3)), Concept(-1, (4, 5, 6)), Concept(1, (7, 8, 9))]


def gan(*words: Any) -> None:
    verbs.run([*map(str, words), "--trainer.accelerator", "cpu"])


def test_concepts_are_typed_as_seeds_between_commas() -> None:
    assert concepts_of(["1-3", "7"], ["[4, 5]"]) == [Concept(1, (1, 2, 3)), Concept(1, (7,)), Concept(-1, (4, 5))]


def test_a_result_has_the_direction_of_the_sum_and_the_length_of_the_prior() -> None:
    result = result_of(KING, 100, "normal")
    one, two, three = (seeded_latents(concept.seeds, 100, "normal").mean(0) for concept in KING)
    expected = one - two + three
    assert float(result.norm()) == pytest.approx(10, rel=1e-5)
    torch.testing.assert_close(result / 10, expected / expected.norm())


def test_under_a_uniform_prior_a_result_stays_in_its_range() -> None:
    alone = [Concept(1, (seed,)) for seed in (1, 2, 3)]
    latents = seeded_latents([1, 2, 3], 100, "uniform")
    assert torch.equal(result_of(alone, 100, "uniform"), latents.sum(0).clamp(-1, 1))
    assert float(neighbourhood(result_of(alone, 100, "uniform"), "uniform", 0).abs().max()) <= 1


def test_neighbours_are_around_the_result_within_a_quarter() -> None:
    result = result_of(KING, 100, "normal")
    nine = neighbourhood(result, "normal", seed=0)
    away = (nine - result).abs()
    assert torch.equal(nine[4], result)
    assert 0.24 < float(away.max()) <= 0.25
    assert all(float(distance) > 0.2 for distance in away.amax(1)[[0, 1, 2, 3, 5, 6, 7, 8]])
    assert torch.equal(nine, neighbourhood(result, "normal", seed=0))
    assert not torch.equal(nine[0], neighbourhood(result, "normal", seed=1)[0])


def test_nothing_has_no_direction() -> None:
    with pytest.raises(UserError, match="minus: what is added is taken away again"):
        on_prior(torch.zeros(1, 4), "normal")


def test_the_picture_shows_seeds_means_and_nine_results(checkpoint: Path, workdir: Path) -> None:
    words = ("arithmetic", "--ckpt", checkpoint, "--plus", "1,2,3", "--minus", "4,5,6", "--plus", "7,8,9")
    for folder in ("one", "two"):
        gan(*words, "--output", f"{folder}/a.png")
    gan(*words, "--seed", 1, "--output", "three/a.png")
    one, two, three = (Path(f"{folder}/a.png").read_bytes() for folder in ("one", "two", "three"))
    assert one == two
    assert one != three
    picture = np.array(Image.open("one/a.png"))
    first = load(checkpoint).sample(1, seed=1)[0, 0].repeat_interleave(4, 0).repeat_interleave(4, 1).numpy()
    assert np.abs(picture[2:66, 2:66].astype(int) - first).max() <= 1
    nine = load(checkpoint).arithmetic([[1, 2, 3], [7, 8, 9]], [[4, 5, 6]])
    assert nine.shape == (9, 1, 16, 16)
    middle = nine[4, 0].repeat_interleave(4, 0).repeat_interleave(4, 1).numpy()
    shown = picture[-132:-68, -132:-68]
    assert np.abs(shown.astype(int) - middle).max() <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "plus: no concept is added; type the seeds of one, such as --plus 1,2,3"),
        (("--plus", "1,x"), "plus: 1,x is no list of seeds; take whole numbers and ranges"),
        (("--plus", "1", "--minus", "-2"), "minus: -2 is no list of seeds|minus"),
        (("--plus", "1", "--minus", "1"), "minus: what is added is taken away again"),
        (("--plus", "1", "--labels", "3"), "labels: this DCGAN is not conditional; leave them out"),
        (("--plus", "1", "--output", "x.gif"), "output: x.gif has no ending this verb writes; take a .png"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    checkpoint: Path, workdir: Path, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        gan("arithmetic", "--ckpt", checkpoint, *words)
    assert not list(workdir.iterdir())
