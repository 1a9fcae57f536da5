"""Batches that hold more and smaller images at the beginning of a run."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from gan_cli.batches import ImageBatch, LoadedBatch
from gan_cli.data.parts import InMemory, LabelledImages
from gan_cli.data.portioned import Portioned, Share
from gan_cli.data.sampling import Span, StreamSampler
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.portions import Portion, Portions

SIDE = 8
IMAGES = torch.randint(0, 256, (20, 3, SIDE, SIDE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


class Falling(Portions):
    """Three times the batch at half the size, up to the 24th image."""

    varies = True

    def at(self, shown: int) -> Portion:
        return Portion(3, 2) if shown < 24 else Portion()


def spans(rank: int = 0, world_size: int = 1, position: int = 0) -> list[Span]:
    made = StreamSampler(
        20, 4 // world_size, seed=0, rank=rank, world_size=world_size, position=lambda: position, portions=Falling()
    )
    return list(made)


def loaded(span: Span, rank: int = 0, at_once: int = 4, part: Any = None) -> LoadedBatch:
    part = part or InMemory(ImageBatch(IMAGES, torch.arange(20)))
    return Portioned(part, Falling(), Share(rank, at_once), ["images"])[span]


def test_batches_follow_each_other_whatever_they_hold() -> None:
    assert [(span.start, span.stop) for span in spans()] == [(0, 12), (12, 24), (24, 28), (28, 32), (32, 36)]
    assert spans(position=12)[:3] == spans()[1:4]


def test_two_processes_share_what_one_would_see_at_the_size_that_it_would_have() -> None:
    for alone, first, second in zip(spans(), spans(0, 2), spans(1, 2), strict=True):
        halves = [loaded(half, rank, 2).batch for rank, half in enumerate((first, second))]
        assert torch.equal(torch.cat([half.images for half in halves]), loaded(alone).batch.images)


def test_images_are_means_over_squares_rounded_as_integers_are() -> None:
    plain = InMemory(ImageBatch(IMAGES, torch.arange(20)))[spans()[0]].batch
    small = loaded(spans()[0]).batch
    assert small.images.dtype == torch.uint8
    assert torch.equal(small.images, adaptive_avg_pool2d(plain.images.double(), SIDE // 2).round().to(torch.uint8))
    assert torch.equal(small.labels, plain.labels)
    assert loaded(spans()[2]).batch.images.shape == (4, 3, SIDE, SIDE)


class Noting(TensorStore):
    """Notes how many images are asked for at a time."""

    def __init__(self, images: Tensor) -> None:
        super().__init__(images)
        self.asked: list[int] = []

    def __getitem__(self, numbers: Tensor) -> Tensor:
        self.asked.append(len(numbers))
        return super().__getitem__(numbers)


def test_no_more_full_images_are_in_memory_than_in_the_last_batch() -> None:
    store = Noting(IMAGES)
    part = LabelledImages(store, torch.zeros(20, dtype=torch.int64), Framing(SIDE, SIDE, flip=True, dequantise=True))
    batch = loaded(spans()[0], part=part)
    assert store.asked == [4, 4, 4]
    assert torch.equal(batch.mirrored["images"], part[spans()[0]].mirrored["images"])
    assert torch.equal(batch.keys["images"], part[spans()[0]].keys["images"])


def test_images_by_number_stay_whole() -> None:
    part = Portioned(InMemory(ImageBatch(IMAGES, torch.arange(20))), Falling(), Share(0, 4), ["images"])
    assert torch.equal(part[torch.tensor([3, 5])].batch.images, IMAGES[[3, 5]])
    assert len(part) == 20
    assert part.at_hand
