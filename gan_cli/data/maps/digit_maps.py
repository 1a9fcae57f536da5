"""Digits as label maps: what a network of semantic images learns from with nothing downloaded."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

import torch
from torch import Tensor

from gan_cli.batches import EdgedBatch
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split
from gan_cli.data.images import sources
from gan_cli.data.maps.map_sets import DOMAINS
from gan_cli.data.pairs.translation_sets import facts_between, side_of
from gan_cli.data.parts import InMemory
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps, edges_of, map_facts
from gan_cli.media.masks import Masks
from gan_cli.media.medium import Medium
from gan_cli.ranges import BatchSize, Processes, Range

NAMES = ("background", *"0123456789")
INK = 96
"""From this level on, a pixel is of its digit."""


class DigitMaps(GANDataModule):
    """Label maps of scikit-learn's digits: background, or one of ten digits, with their edges. No download.

    Each of the 1,437 training digits and of the 360 held-out ones is a grey picture and a map of eleven classes.

    Args:
        root: Not used; every set takes it.
        image_size: Side of the images in pixels.
        batch_size: Images per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0"
    layout = "nothing: it is made of the digits that come with scikit-learn"
    offline = True
    natural = False
    fields: Mapping[str, Medium] = {"source": LabelMaps(NAMES), "target": Images(), "edges": Masks()}

    def __init__(
        self,
        root: str = "data",
        image_size: Annotated[int, Range(16, 4_096)] = 32,
        batch_size: BatchSize = 64,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.image_size = image_size

    @property
    def facts(self) -> Facts:
        facts = facts_between(self.name, self.image_size, DOMAINS, (1, 1))
        return {**facts, **map_facts(NAMES), "instance_edges": True}

    def part(self, split: Split) -> InMemory:
        return InMemory(self._batch(split))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        batch, side = self._batch("test"), side_of(domain, DOMAINS)
        images: Tensor = batch[side]
        return [
            NamedImage(
                f"{number:05d}.png",
                partial(images.__getitem__, number),
                beside=(("edges", partial(batch.edges.__getitem__, number)),) if side == 0 else (),
            )
            for number in range(len(images))
        ]

    def _batch(self, split: Split) -> EdgedBatch:
        images, labels = sources.digits(split == "train", self.image_size)
        numbers = (labels + 1)[:, None, None, None] * (images >= INK)
        return EdgedBatch(numbers.to(torch.uint8), images, edges_of(numbers))
