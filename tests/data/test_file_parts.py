"""Training from files: resumed runs, loaders of several processes, and what a batch depends on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli.data import DomainFolder, UnpairedFolder
from gan_cli.data.sampling import Span
from tests.data import pictures
from tests.toys import ToyGAN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders with eleven and six grey pictures."""
    root = tmp_path_factory.mktemp("domains")
    for name, count in (("cat", 11), ("dog", 6)):
        for number in range(count):
            pictures.write(root / name / f"{number}.png", mode="L")
    return root


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_run_sees_the_files_as_the_uninterrupted_one(
    folder: Path, tmp_path: Path, quiet_trainer: Callable[..., Trainer], num_workers: int
) -> None:
    def train(steps: int, workers: int, resume: Path | None = None) -> dict[str, Tensor]:
        torch.manual_seed(0)
        model = ToyGAN(num_classes=2)
        data = DomainFolder(
            root=str(folder), image_size=16, image_channels=1, load_size=20, batch_size=4, num_workers=workers
        )
        quiet_trainer(max_steps=steps, checkpoint_every=5).fit(model, data, ckpt_path=resume)
        return model.state_dict()

    whole = train(9, workers=0)
    train(5, num_workers)
    resumed = train(9, num_workers, tmp_path / "run" / "last.ckpt")
    assert all(torch.equal(resumed[name], value) for name, value in whole.items())


def test_any_cut_of_the_stream_is_shown_alike(folder: Path) -> None:
    part = UnpairedFolder(root=str(folder), image_size=16, num_workers=0).part("train")
    whole = part[Span(3, 0, 12)]
    for one, parts in zip(whole, zip(part[Span(3, 0, 5)], part[Span(3, 5, 12)], strict=True), strict=True):
        assert torch.equal(one, torch.cat(parts))
    assert not torch.equal(whole.a, part[Span(4, 0, 12)].a)


def test_the_two_domains_are_cut_and_mirrored_apart(folder: Path) -> None:
    framing = UnpairedFolder(root=str(folder), image_size=16, load_size=24, num_workers=0).framing
    a, b = ([framing.view(0, f"crop/{domain}", position) for position in range(20)] for domain in "ab")
    assert a != b


def test_held_out_images_are_never_augmented(folder: Path) -> None:
    augmented: Any = DomainFolder(root=str(folder), image_size=16, load_size=24, num_workers=0)
    plain: Any = DomainFolder(root=str(folder), image_size=16, load_size=0, flip=False, num_workers=0)
    numbers = torch.arange(2)
    assert torch.equal(augmented.part("val")[numbers].images, plain.part("val")[numbers].images)
    span = Span(0, 0, 8)
    assert not torch.equal(augmented.part("train")[span].images, plain.part("train")[span].images)


def test_the_arguments_that_a_checkpoint_keeps_make_the_same_set(folder: Path) -> None:
    data = UnpairedFolder(root=str(folder), a_name="dog", image_size=16, split_seed=3, num_workers=0)
    again = UnpairedFolder(**data.hparams)
    assert again.facts == data.facts
    assert again.files("train") == data.files("train")
    assert all(isinstance(value, int | float | str | bool | None) for value in data.hparams.values())
