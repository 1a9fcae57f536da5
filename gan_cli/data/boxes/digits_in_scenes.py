"""Digits of many sizes on cuts of photographs, whose boxes are known."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.batches import PairedBatch
from gan_cli.data.boxes.box_part import BoxPart
from gan_cli.data.boxes.box_set import BoxDataModule
from gan_cli.data.datamodules import NamedImage, Split
from gan_cli.data.images import sources
from gan_cli.data.pairs.photo_patches import PhotoPatches
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.ranges import BatchSize, Many, Processes, Range, Seed
from gan_cli.seeding import stream

SMALLEST, LARGEST = 1 / 8, 3 / 4
"""Sides of the digits' squares, as shares of the image's; they are drawn evenly by their logarithm."""
TRIES = 20
"""So many places are tried for a digit; if each overlaps another, it is left out."""
INK = 0.35
"""Where a digit's stroke is at least so dense, it belongs to the digit's box."""
HELD_OUT = 300
"""So many scenes are held out."""


class DigitsInScenes(BoxDataModule):
    """scikit-learn's digits on cuts of its two photographs, from an eighth to three quarters of a side. No download.

    Held-out scenes have digits and blocks of the photographs that training has not (see `PhotoPatches`). A digit is
    light on dark ground and dark on light ground, in a tint of its own; boxes are around the strokes and never overlap.

    Args:
        image_size: Side of the scenes in pixels, up to 128.
        num_scenes: Scenes to train on; 300 others are held out.
        most_digits: At most so many digits are in a scene; one at least.
        split_seed: Chooses digits, sizes, places and colours.
        batch_size: Scenes per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0 (digits), CC BY 2.0 (china.jpg: danielbuechele, flower.jpg: vultilion, both on Flickr)"
    layout = "nothing: it is made of the digits and photographs that come with scikit-learn"
    offline = True
    image_channels = 3
    names = tuple(map(str, range(10)))

    def __init__(
        self,
        image_size: Annotated[int, Range(32, 128)] = 64,
        num_scenes: Many = 2000,
        most_digits: Annotated[int, Range(1, 20)] = 5,
        split_seed: Seed = 0,
        batch_size: BatchSize = 16,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.image_size = image_size
        self.num_scenes, self.most_digits = num_scenes, most_digits
        self.split_seed = split_seed
        self._parts: dict[bool, BoxPart] = {}

    @property
    def small_side(self) -> int:
        return self.image_size // 6

    @property
    def most_boxes(self) -> int:
        return self.most_digits

    def part(self, split: Split) -> BoxPart:
        train = split == "train"
        if train not in self._parts:
            self._parts[train] = self._made(train)
        return self._parts[train]

    def test_inputs(self, domain: str) -> list[NamedImage]:
        part = self.part("test")
        return [
            NamedImage(f"scene{number:04d}.png", lambda number=number: part.store[torch.tensor([number])][0])  # type: ignore[misc]
            for number in range(len(part))
        ]

    def _made(self, train: bool) -> BoxPart:
        side = self.image_size
        random = stream(self.split_seed, "digits in scenes", int(train))
        digits, labels = sources.digits(train, 8)
        grounds = PhotoPatches(image_size=side, task="gray2photo").part("train" if train else "test")
        count = self.num_scenes if train else HELD_OUT
        batch = grounds[torch.arange(count) % len(grounds)].batch
        assert isinstance(batch, PairedBatch)
        scenes = batch.target.clone()
        boxes = [self._filled(scene, digits.float() / 255, labels, random) for scene in scenes]
        return BoxPart(TensorStore(scenes), boxes, self.most_digits, Framing(side, side, flip=False))

    def _filled(self, scene: Tensor, digits: Tensor, labels: Tensor, random: torch.Generator) -> Tensor:
        """Draws digits into a scene, and gives their boxes, [B, 6]."""
        side = self.image_size
        found: list[Tensor] = []
        for _ in range(int(torch.randint(1, self.most_digits + 1, (), generator=random))):
            share = float(torch.rand((), generator=random))
            size = max(6, round(side * SMALLEST * (LARGEST / SMALLEST) ** share))
            number = int(torch.randint(len(digits), (), generator=random))
            strokes = interpolate(digits[number : number + 1], [size, size], mode="bilinear", antialias=size < 8)[0, 0]
            within = _bounds(strokes >= INK)
            for _ in range(TRIES):
                corner = torch.randint(side - size + 1, (2,), generator=random)
                box = within + corner.flip(0).repeat(2)
                if not any(_meet(box, other) for other in found):
                    _paint(scene, strokes, corner.tolist(), random)
                    found.append(torch.cat([box, labels[number : number + 1]]).float())
                    break
        rows = torch.stack(found)
        return torch.cat([rows, rows.new_ones(len(rows), 1)], dim=1)


def _bounds(there: Tensor) -> Tensor:
    """Left, top, right and bottom of what is there, int64 [4]."""
    rows, columns = there.any(1).nonzero()[:, 0], there.any(0).nonzero()[:, 0]
    return torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def _meet(one: Tensor, other: Tensor) -> bool:
    """Whether two boxes are less than a pixel apart."""
    return bool((one[:2] <= other[2:4]).all() and (other[:2] <= one[2:4]).all())


def _paint(scene: Tensor, strokes: Tensor, corner: list[int], random: torch.Generator) -> None:
    """Draws strokes into a scene: light ones on dark ground, dark ones on light ground, in any tint."""
    (top, left), size = corner, len(strokes)
    ground = scene[:, top : top + size, left : left + size].float()
    tint = 70 * torch.rand(3, 1, 1, generator=random)
    colour = 255 - tint if float(ground.mean()) < 128 else tint
    painted = ground + (colour - ground) * strokes
    scene[:, top : top + size, left : left + size] = painted.round().to(torch.uint8)
