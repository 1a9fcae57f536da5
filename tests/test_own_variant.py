"""CONTRIBUTING's example, as a user would have it: a file in a folder of one's own, and the command."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_cli import load
from gan_cli.__main__ import main

FLAGS = "--trainer.accelerator cpu --trainer.enable_progress_bar false"
FIT = f"fit --module my_gan --model MyGAN --data Rings --model.width 16 {FLAGS}"
TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")


def example() -> str:
    """The Python of the chapter."""
    (found,) = re.findall(r'```python\n("""A GAN of my own.*?)```', TEXT, re.DOTALL)
    return str(found)


@pytest.fixture
def folder(workdir: Path) -> Iterator[Path]:
    """A folder with the example in it, and nothing of it on the path."""
    (workdir / "my_gan.py").write_text(example())
    path = list(sys.path)
    yield workdir
    sys.path[:] = path
    sys.modules.pop("my_gan", None)


@pytest.mark.usefixtures("without_lite0")  # whose features of a thousand images take ten seconds
def test_the_example_trains_goes_on_samples_and_reports(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(f"{FIT} --trainer.max_steps 2".split()) == 0
    assert "--module my_gan" in capsys.readouterr().out  # the next command is said with it
    assert main(f"{FIT} --trainer.max_steps 4 --ckpt_path last".split()) == 0
    run = Path("checkpoints/mygan-rings/version_0")
    assert torch.load(run / "last.ckpt", weights_only=True)["gan_cli"]["counters"]["batches"] == 4
    assert main(["sample", "--module", "my_gan", "--output", "a.npz", "--num", "5"]) == 0
    assert np.load("a.npz")["images"].shape == (5, 16, 16, 1)
    assert load(run / "last.ckpt", module="my_gan").sample(2).shape == (2, 1, 16, 16)
    assert main(["report", "--module", "my_gan"]) == 0
    assert (run / "report.html").is_file()


def test_the_example_is_listed_and_its_set_is_looked_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "MyGAN", "--module", "my_gan"]) == 0
    assert "width" in capsys.readouterr().out
    assert main(["data", "check", "Rings", "--module", "my_gan"]) == 0
    assert "train: 1,000" in capsys.readouterr().out


def test_arguments_that_would_do_nothing_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for argument in ("architecture resnet", "pack 2", "generator_batch_multiple 2"):
        assert main(f"{FIT} --trainer.max_steps 1 --model.{argument}".split()) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"gan: model.{argument.split()[0]} is no argument here")
        assert "generator_architecture" not in said  # an argument of others


def test_the_example_is_short() -> None:
    assert len([line for line in example().splitlines() if line.strip()]) <= 60
