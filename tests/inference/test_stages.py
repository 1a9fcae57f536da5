"""Pictures of sentences by stages or at several sizes, by the verbs and from Python."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from tests.conftest import TINY_FLAGS

CPU = ("--trainer.accelerator", "cpu")
SMALL = {
    "stackgan": ("--model.stage_one_steps", "1"),
    "stackgan_pp": ("--model.num_scales", "2"),
}
PARTS = {"stackgan": "stage_one", "stackgan_pp": "8"}
"""What the first of a picture's parts is called."""


@pytest.fixture(scope="module", params=SMALL)
def last(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a tiny model of each kind."""
    root = tmp_path_factory.mktemp(request.param)
    small = ["--model.embedding_dim", "8", "--model.matching_steps", "1", "--model.condition_dim", "4"]
    small += ["--model.ema_decay", "0", "--model.generator_lr", "0.02"]  # so that pictures differ after few steps
    small += ["--data.renderings", "1", "--model.discriminator_channels", "4", *SMALL[request.param]]
    places = ["--trainer.max_steps", "6", "--trainer.default_root_dir", str(root), *TINY_FLAGS]
    GANCLI(["fit", "--config", f"{request.param}.yaml", *small, *places])
    return next(root.glob("*/version_0/last.ckpt"))


def gan(verb: str, last: Path, *words: object) -> int:
    return main([verb, "--ckpt", str(last), *map(str, words), *CPU])


def images(path: str) -> Tensor:
    return torch.from_numpy(np.load(path)["images"]).permute(0, 3, 1, 2)


def test_a_picture_is_a_function_of_its_line_and_its_seed(last: Path, workdir: Path) -> None:
    Path("lines.txt").write_text("a thick red three\na thin blue 7 in the middle\n")
    for name, words in {"four": (4, 16), "alone": (2, 1)}.items():
        flags = ("--num", words[0], "--batch_size", words[1], "--output", f"{name}.npz")
        assert gan("sample", last, "--given", "text=lines.txt", *flags) == 0
    made, alone = images("four.npz"), images("alone.npz")
    assert torch.equal(load(last).sample(4, given={"text": ["a thick red three", "a thin blue 7 in the middle"]}), made)
    assert (alone.int() - made[:2].int()).abs().max() <= 1
    assert len({tuple(one.flatten().tolist()) for one in made}) == 4


def test_smaller_pictures_are_shown_alone_or_below_the_last(last: Path, workdir: Path) -> None:
    part = PARTS["stackgan_pp" if "stackganpp" in str(last) else "stackgan"]
    said = ("--given", "text=a thick red three", "--num", 2)
    for flags in ((), ("--part", part), ("--part", "all")):
        assert gan("sample", last, *said, *flags, "--output", f"{flags[-1] if flags else 'whole'}.npz") == 0
    whole, small, every = images("whole.npz"), images(f"{part}.npz"), images("all.npz")
    assert torch.equal(every, torch.cat([whole, small], dim=2))
    assert torch.equal(small, small[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3))
    assert not torch.equal(small, whole)
    assert torch.equal(load(last).sample(2, given={"text": "a thick red three"}, part=part), small)
    assert gan("sample", last, *said, "--part", "all", "--output", "page.png") == 0
    with Image.open("page.png") as page:
        assert page.height > 2 * 16


def test_a_walk_goes_from_sentence_to_sentence(last: Path, workdir: Path) -> None:
    words = ("--given", "text=a red three", "--to", "text=a blue seven", "--walks", 2, "--steps", 3)
    assert gan("interpolate", last, *words, "--output", "walk.png") == 0
    assert gan("interpolate", last, *words, "--output", "walk.gif") == 0


def test_parts_that_there_are_not_are_refused(last: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gan("sample", last, "--given", "text=a red three", "--part", "mask") == 2
    assert "part: mask is none of a StackGAN" in capsys.readouterr().err
