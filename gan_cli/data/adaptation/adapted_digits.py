"""scikit-learn's digits to adapt between two looks of them, with nothing to download."""

from functools import lru_cache
from typing import Annotated, Literal

import torch
from torch import Tensor

from gan_cli.batches import ImageBatch
from gan_cli.data.adaptation.adaptation import AdaptationDataModule, Side
from gan_cli.data.datamodules import Split
from gan_cli.data.images import sources
from gan_cli.data.images.styled_digits import rendered
from gan_cli.data.pairs.photo_blocks import blocks
from gan_cli.data.parts import LabelledImages
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.ranges import BatchSize, Processes, Range
from gan_cli.seeding import stream

Look = Literal["blended", "inverted", "thick", "red"]

BACKGROUNDS = 4
"""Each training digit is before so many patches of the photographs; a held-out one is before one."""


class AdaptedDigits(AdaptationDataModule):
    """Plain digits with labels, and digits of another look without: before photographs, as MNIST-M. No download.

    Of scikit-learn's 1,437 training digits a half is of the source and the others of the target, drawn from a fixed
    seed, so that no digit is trained on in both domains. The 360 held-out digits are in both. The right answer to a
    translation is known: see `in_both_domains`.

    Args:
        look: The target's look. "blended": |patch - digit|, with patches of scikit-learn's photographs (Ganin et al.
            2016, arXiv:1505.07818, section 5.2.4); other pieces of these are held out. The others are those of
            `StyledDigits`.
        reverse: Whether the plain digits are the target, and the others have the labels.
        image_size: Side of the images in pixels.
        batch_size: Images of each domain per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "digits CC BY 4.0; photographs CC BY 2.0 (danielbuechele and vultilion on Flickr)"
    layout = "nothing: it is made of digits and photographs that come with scikit-learn"
    offline = True
    natural = False
    classes = tuple("0123456789")
    image_channels = 3

    def __init__(
        self,
        look: Look = "blended",
        reverse: bool = False,
        image_size: Annotated[int, Range(16, 128)] = 32,
        batch_size: BatchSize = 64,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.look: Look = look
        self.reverse = reverse
        self.image_size = image_size

    @property
    def domains(self) -> tuple[str, str]:
        return (self.look, "plain") if self.reverse else ("plain", self.look)

    def side(self, side: Side, split: Split) -> LabelledImages:
        train = split == "train"
        digits, labels = sources.digits(train, self.image_size)
        if train:
            order = torch.randperm(len(digits), generator=stream("adapted digits"))
            mine = order.chunk(2)[("source", "target").index(side)].sort().values
            digits, labels = digits[mine], labels[mine]
        if (side == "source") == self.reverse:
            copies = BACKGROUNDS if train and self.look == "blended" else 1
            digits, labels = digits.repeat_interleave(copies, 0), labels.repeat_interleave(copies)
            images = seen(digits, self.look, train)
        else:
            images = rendered(digits, "plain")
        return LabelledImages(TensorStore(images), labels, Framing(self.image_size, self.image_size, False))

    def in_both_domains(self) -> tuple[ImageBatch, ImageBatch]:
        """The held-out digits as the source has them and, in the same order, as the target has them."""
        return self.whole("source", "test"), self.whole("target", "test")


def seen(digits: Tensor, look: Look, train: bool) -> Tensor:
    """Digits, uint8 [N, 1, H, W], in a look, uint8 [N, 3, H, W]: a function of these arguments alone."""
    if look != "blended":
        return rendered(digits, look)
    return blended(digits, patches(len(digits), digits.shape[2], train))


def blended(digits: Tensor, backgrounds: Tensor) -> Tensor:
    """|patch - digit| in each channel, uint8 [N, 3, H, W], of digits [N, 1, H, W] and patches [N, 3, H, W]."""
    return (backgrounds.short() - digits.short()).abs().to(torch.uint8)


@lru_cache(maxsize=4)
def patches(count: int, image_size: int, train: bool) -> Tensor:
    """Patches of the two photographs that come with scikit-learn, uint8 [count, 3, S, S], always the same."""
    photographs = blocks("china2flower", image_size, not train)
    pieces = [block.target[0] for of_one in photographs for block in of_one]
    random = stream("backgrounds", int(train))
    found = []
    for number in torch.randint(len(pieces), (count,), generator=random).tolist():
        height, width = pieces[number].shape[1:]
        top = int(torch.randint(height - image_size + 1, (), generator=random))
        left = int(torch.randint(width - image_size + 1, (), generator=random))
        found.append(pieces[number][:, top : top + image_size, left : left + image_size])
    return torch.stack(found)
