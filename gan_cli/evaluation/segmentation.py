"""Whether images show what their label maps say, as a network sees it that was trained on the real ones."""

import hashlib
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import torch
from filelock import FileLock
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.file_sets import FileDataModule
from gan_cli.data.sampling import Span
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import BATCH, content_key
from gan_cli.evaluation.measures import Measured, attempted
from gan_cli.files import write_atomically
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps
from gan_cli.metrics import segmentation
from gan_cli.metrics.feature_networks import digest
from gan_cli.metrics.segmentation import NOBODY, MappedImages, Segmenter, confusion, mean_iou, train_segmenter

MEASURE = "miou"
"""The measure's name."""
MOST_TO_LEARN_FROM = 5_000
"""The network is trained on at most this many pairs."""


class MapReader(NamedTuple):
    """What tells the classes of a set's pixels.

    Attributes:
        network: In eval mode.
        labels: The classes of the set.
        origin: How it came about, in words.
    """

    network: Segmenter
    labels: LabelMaps
    origin: str

    def known(self, maps: Tensor) -> Tensor:
        """Label maps as they are kept, with `NOBODY` for pixels whose class nobody knows; int16."""
        return _known(maps, self.labels)


def reads_maps(data: GANDataModule) -> bool:
    """Whether a set's images are made of label maps, so that they can be read again."""
    return isinstance(data.fields.get("source"), LabelMaps) and isinstance(data.fields.get("target"), Images)


def map_reader(data: GANDataModule, folder: Path) -> MapReader:
    """What tells the classes of a set's pixels: kept from earlier, or trained now, by a single process.

    Args:
        data: A set that `reads_maps`.
        folder: Where networks are kept.

    Raises:
        UserError: If its file is damaged, or there is nothing to learn from.
    """
    labels, facts = data.fields["source"], data.facts
    assert isinstance(labels, LabelMaps)
    lesson = cache(partial(_lesson, data, labels))
    content = content_key(data, "train") if isinstance(data, FileDataModule) else _digest(lesson())
    key = f"{data.name}-{facts['image_size']}px-{len(labels.names)}-{content}"
    path = folder / f"segmenter-{key}-{segmentation.STEPS}.pt"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not path.is_file():
            print(f"training a segmentation network on {data.name}, once; it is kept", flush=True)
            with torch.inference_mode(False), torch.enable_grad():
                flips = bool(getattr(data, "flips", False))
                made = train_segmenter(lesson(), len(labels.names), steps=segmentation.STEPS, flip=flips)
            write_atomically(path, lambda file: file.write(segmentation.as_bytes(made)))
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        with torch.random.fork_rng():
            network = Segmenter(**content["arguments"])
        network.load_state_dict(content["state"])
    except Exception as error:  # of many types, all of them about the file
        raise UserError(f"metrics: {path} is damaged; remove it, and it is made anew") from error
    origin = (
        f"a U-Net ({digest(path)}) trained on real pairs of {data.name}, up to {segmentation.LARGEST} pixels a side"
    )
    return MapReader(network.eval(), labels, origin)


def mean_iou_of(
    reader: MapReader, images: Iterable[tuple[Tensor, Tensor]], maps: Callable[[Tensor], Tensor], device: torch.device
) -> Measured:
    """How well all processes' images agree with their label maps.

    Args:
        reader: What tells the classes.
        images: This process's images, uint8, with their numbers.
        maps: Gives the label maps of these numbers, as they are kept.
        device: What computes.
    """
    network = reader.network.to(device)
    count = len(reader.labels.names)
    mine = torch.zeros(count, count, dtype=torch.int64)
    for made, numbers in images:
        mine += confusion(network, made, reader.known(maps(numbers)))
    table = torch.stack(of_all(mine)).sum(0)
    return attempted((MEASURE,), lambda: (mean_iou(table),))


def _lesson(data: GANDataModule, labels: LabelMaps) -> MappedImages:
    """Training images and their label maps, as the first pass over them shows them, made small batch by batch."""
    part = data.at_hand("train")
    count = min(len(part), MOST_TO_LEARN_FROM)
    images, maps = [], []
    for start in range(0, count, BATCH):
        batch = part[Span(0, start, min(start + BATCH, count))].batch
        images.append(segmentation.reduced(batch.target))
        maps.append(segmentation.reduced(_known(batch.source, labels), whole=True))
    return MappedImages(torch.cat(images), torch.cat(maps))


def _digest(lesson: MappedImages) -> str:
    """Digits that change with what is learned from."""
    return hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in lesson)).hexdigest()[:12]


def _known(maps: Tensor, labels: LabelMaps) -> Tensor:
    numbers = maps.to(torch.int16)
    return numbers if labels.unknown < 0 else numbers.where(numbers != len(labels.names) - 1, NOBODY)
