"""The common part of sets of two domains with the same classes, of which one's labels are never trained on."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from gan_cli.batches import ImageBatch
from gan_cli.data.adaptation.sides import AdaptationPart
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split, class_facts
from gan_cli.data.pairs.translation_sets import facts_between, side_of
from gan_cli.data.parts import LabelledPart
from gan_cli.media.classes import Classes
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium

Side = Literal["source", "target"]

SIDES: tuple[Side, Side] = ("source", "target")
AT_ONCE = 4096
"""At most this many images are read at a time."""


class AdaptationDataModule(GANDataModule):
    """Images of a labelled source domain and of a target domain, which have the same size, channels and classes.

    Batches to train on have no label of a target image. `labelled` and `side` give them, to judge with and for a
    ceiling: what is trained on them alone.

    Attributes:
        image_size: Side of the images of both domains in pixels.
    """

    fields: Mapping[str, Medium] = {"source": Images(), "target": Images(), "labels": Classes()}
    image_size: int

    @property
    @abstractmethod
    def domains(self) -> tuple[str, str]:
        """The names of the source and of the target domain."""

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers."""

    @property
    @abstractmethod
    def image_channels(self) -> int:
        """C of the images of both domains, 1 or 3."""

    @abstractmethod
    def side(self, side: Side, split: Split) -> LabelledPart:
        """A part of a domain, with its labels.

        Raises:
            UserError: If it is not there, or not whole.
        """

    @property
    def facts(self) -> Facts:
        channels = self.image_channels
        facts = facts_between(self.name, self.image_size, self.domains, (channels, channels))
        return {**facts, **class_facts(self.classes)}

    def part(self, split: Split) -> AdaptationPart:
        return AdaptationPart(self.side("source", split), self.side("target", split))

    def whole(self, side: Side, split: Split) -> ImageBatch:
        """All images of a part of a domain with their labels: uint8 [M, C, H, W] and int64 [M]; never augmented."""
        whole = self.at_hand(split)
        assert isinstance(whole, AdaptationPart)
        part = whole.source if side == "source" else whole.target
        batches = [part[numbers].batch for numbers in torch.arange(len(part)).split(AT_ONCE)]
        return ImageBatch(*(torch.cat(tensors) for tensors in zip(*batches, strict=True)))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        side = SIDES[side_of(domain, self.domains)] if domain else "source"
        part = self.side(side, "test")
        named = [f"{self.classes[label]}-{number:05d}.png" for number, label in enumerate(part.labels.tolist())]
        return [NamedImage(name, partial(_image, part, number)) for number, name in enumerate(named)]

    def notes(self) -> list[str]:
        """The classes of both sides with their counts."""
        lines = []
        for side, domain in zip(SIDES, self.domains, strict=True):
            for told, split in (("train", "train"), ("held out", "test")):
                counts = Counter(self.side(side, split).labels.tolist())  # type: ignore[arg-type]
                named = ", ".join(f"{name} {counts[number]:,}" for number, name in enumerate(self.classes))
                use = " (labels to judge only)" if side == "target" else ""
                lines.append(f"{side} {domain}, {told}{use}: {counts.total():,} ({named})")
        return lines


def _image(part: LabelledPart, number: int) -> Tensor:
    images: Tensor = part[torch.tensor([number])].batch.images
    return images[0]
