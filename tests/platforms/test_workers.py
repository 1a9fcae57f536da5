"""Loaders' processes that are started anew and not forked, as on macOS and Windows: what goes to them is pickled."""

import pickle
from collections.abc import Callable, Iterator
from multiprocessing import get_start_method
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, multiprocessing

from gan_cli.data import (
    Boxes,
    CaptionedClips,
    Captions,
    Clips,
    Degraded,
    GANDataModule,
    ImageFolder,
    MapFolder,
    PairedFolder,
    PortraitFilms,
    StyleFolder,
    UnpairedFolder,
)
from gan_cli.data.loading import PartLoader
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import MemoryStore
from tests.data import pictures
from tests.data.boxes import layouts
from tests.data.captions import test_caption_folder
from tests.media.films import levels, save

FEW: dict[str, Any] = {"image_size": 16, "batch_size": 2}


def images(root: Path, *folders: str, width: int = 24) -> str:
    for folder in folders:
        for number in range(6):
            pictures.write(root / folder / f"{number}.png", width, 24)
    return str(root)


def films(root: Path) -> str:
    for number in range(6):
        save(levels(8), root / f"{number}.gif")
    return str(root)


def captioned(root: Path) -> Path:
    test_caption_folder.folder(root)
    test_caption_folder.comma(root)
    return root


def captioned_films(root: Path) -> str:
    films(root)
    lines = "".join(f"{number}.gif,it grows lighter\n" for number in range(6))
    (root / "captions.csv").write_text(f"file_name,caption\n{lines}")
    return str(root)


def boxes(root: Path) -> str:
    layouts.voc(root)
    return str(root)


def label_maps(root: Path) -> str:
    for number in range(6):
        pictures.write(root / "labels" / f"{number}.png", 24, 24, mode="L")
    return images(root, "images")


CLIPS = {"num_frames": 4, "held_out": 0.3, **FEW}
SETS: dict[str, Callable[[Path], GANDataModule]] = {
    "images": lambda root: ImageFolder(root=images(root, "a", "b"), **FEW),
    "images, some broken": lambda root: ImageFolder(root=images(root, "a", "b"), on_error="skip", **FEW),
    "images in memory": lambda root: ImageFolder(root=images(root, "a", "b"), cache="memory", **FEW),
    "pairs": lambda root: PairedFolder(root=images(root, "train", "val", width=48), **FEW),
    "domains": lambda root: UnpairedFolder(root=images(root, "trainA", "trainB", "testA", "testB"), **FEW),
    "styles": lambda root: StyleFolder(root=images(root, "content", "style"), **FEW),
    "blurred": lambda root: Degraded(images="ImageFolder", degradation="camera", root=images(root, "a"), **FEW),
    "masked": lambda root: Degraded(images="ImageFolder", degradation="masks", root=images(root, "a"), **FEW),
    "captions": lambda root: Captions(root=str(captioned(root)), **FEW),
    "boxes": lambda root: Boxes(root=boxes(root), **FEW),
    "clips": lambda root: Clips(root=films(root), **CLIPS),
    "captioned clips": lambda root: CaptionedClips(root=captioned_films(root), **CLIPS),
    "portraits": lambda root: PortraitFilms(root=films(root), **FEW),
    "label maps": lambda root: MapFolder(root=label_maps(root), num_values=256, **FEW),
}


@pytest.fixture
def by_name() -> Iterator[None]:
    """Memory is shared by names of files, as there is no other way on macOS and Windows."""
    before = multiprocessing.get_sharing_strategy()
    multiprocessing.set_sharing_strategy("file_system")
    yield
    multiprocessing.set_sharing_strategy(before)


def arrived(value: Any) -> Any:
    """What a process that was started anew has of a thing that it is given."""
    return pickle.loads(bytes(ForkingPickler.dumps(value)))


def same(first: Any, second: Any) -> bool:
    pairs = [(one, other) for one, other in zip(first, second, strict=True) if isinstance(one, Tensor)]
    return bool(pairs) and all(torch.equal(one, other) for one, other in pairs)


def trained_on(data: GANDataModule) -> Part:
    data.setup("fit")
    assert data.train_set is not None
    return data.train_set


@pytest.mark.usefixtures("by_name")
@pytest.mark.parametrize("kind", SETS)
def test_a_process_that_is_started_anew_gets_the_set(kind: str, workdir: Path) -> None:
    part = trained_on(SETS[kind](workdir / "set"))
    loader = PartLoader(part, [torch.arange(2)], 2, 0)
    there, collate, begin = arrived((part, loader.collate_fn, loader.worker_init_fn))
    assert (collate, begin) == (loader.collate_fn, loader.worker_init_fn)
    span = Span(0, 0, 2)
    assert same(part[span].batch, there[span].batch)


@pytest.mark.usefixtures("by_name")
def test_what_one_process_has_decoded_the_others_have(workdir: Path) -> None:
    part: Any = trained_on(SETS["images in memory"](workdir / "set"))
    assert isinstance(part.store, MemoryStore)
    there = arrived(part)
    there[torch.arange(len(part))]
    assert part.store.at_hand


@pytest.fixture
def anew() -> Iterator[None]:
    """Processes are started anew."""
    before = get_start_method()
    multiprocessing.set_start_method("spawn", force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.mark.slow
@pytest.mark.usefixtures("anew", "by_name")
def test_a_worker_that_is_started_anew_loads_what_this_process_would(workdir: Path) -> None:
    part = trained_on(SETS["clips"](workdir / "set"))
    spans = [Span(0, start, start + 2) for start in (0, 2, 4)]
    loaded = list(PartLoader(part, spans, 2, num_workers=1))
    assert all(same(one.batch, part[span].batch) for one, span in zip(loaded, spans, strict=True))
