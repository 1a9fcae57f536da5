"""Patches of two real photographs, to translate between, with nothing to download."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch, PairedBatch, UnpairedBatch
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split
from gan_cli.data.pairs.photo_blocks import REGIONS, SCALES, Block, Task, blocks
from gan_cli.data.pairs.translation_sets import facts_between, side_of
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span, spread
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps, map_facts
from gan_cli.ranges import BatchSize, Pixels, Processes
from gan_cli.seeding import stream

EPOCH = 1024
"""This many patches are called a pass, although there are many more."""
LINES = 0.05
"""Edges cover at least this share of a patch's pixels: half of all places are sky or a dark background, which tell
nothing and which instance normalisation erases."""
TRIES = 16
"""At most this many places are tried until one has enough edges."""
SMALLEST = 16
LARGEST = 128
"""Largest side of a patch in pixels: two rows of blocks in a photograph of 427x640 have 213 pixels each."""


class Window(NamedTuple):
    """Where a patch is.

    Attributes:
        block: The block's number.
        scale: The scale's number.
        top: Its first row.
        left: Its first column.
        mirrored: Whether left and right change places.
    """

    block: int
    scale: int
    top: int
    left: int
    mirrored: bool = False


class Patches(Part):
    """Patches of blocks: at random places to train on, or held out by number.

    Args:
        sources: The blocks that the first side is cut from.
        targets: Those of the second side.
        size: Side of a patch in pixels.
        paired: Whether both sides always show one place; then the two lists are the same.
        flip: Whether training patches are mirrored at random.
    """

    def __init__(
        self, sources: Sequence[Block], targets: Sequence[Block], size: int, paired: bool, flip: bool = False
    ) -> None:
        self.blocks = (sources, targets)
        self.size = size
        self.paired = paired
        self.flip = flip

    def __len__(self) -> int:
        return EPOCH

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        cuts = [torch.stack([self.cut(side, window) for window in self._windows(side, places)]) for side in (0, 1)]
        return LoadedBatch(PairedBatch(*cuts) if self.paired else UnpairedBatch(*cuts))

    def cut(self, side: int, window: Window) -> Tensor:
        """A patch of one side, uint8 [C, H, W]."""
        return self._shown(self.blocks[side][window.block][side], window)

    def _shown(self, scales: Sequence[Tensor], window: Window) -> Tensor:
        shown = scales[window.scale][:, window.top : window.top + self.size, window.left : window.left + self.size]
        return shown.flip(2) if window.mirrored else shown

    def _has_lines(self, side: int, window: Window) -> bool:
        drawing = self._shown(self.blocks[side][window.block].drawing, window)
        return float((drawing == 0).float().mean()) >= LINES

    def _windows(self, side: int, places: Span | Tensor) -> list[Window]:
        use = "patch" if self.paired else f"patch/{'ab'[side]}"
        seed, positions = (places.seed, places.positions) if isinstance(places, Span) else (0, places.tolist())
        return [self._random(side, stream(seed, use, position)) for position in positions]

    def _random(self, side: int, random: torch.Generator) -> Window:
        for _ in range(TRIES):
            window = self._drawn(side, random)
            if self._has_lines(side, window):
                break
        return window

    def _drawn(self, side: int, random: torch.Generator) -> Window:
        shares = torch.rand(5, generator=random).tolist()
        block, scale = int(shares[0] * len(self.blocks[side])), int(shares[1] * len(SCALES))
        height, width = self.blocks[side][block][side][scale].shape[1:]
        top, left = int(shares[2] * (height - self.size + 1)), int(shares[3] * (width - self.size + 1))
        return Window(block, scale, top, left, self.flip and shares[4] < 0.5)


class HeldOutPatches(Patches):
    """Nine places of each block, three by three from corner to corner, not reduced; without those of few edges."""

    def __init__(self, sources: Sequence[Block], targets: Sequence[Block], size: int, paired: bool) -> None:
        super().__init__(sources, targets, size, paired)
        self.places = [
            [window for number in range(9 * len(blocks)) if self._has_lines(side, window := self._place(side, number))]
            for side, blocks in enumerate(self.blocks)
        ]

    def __len__(self) -> int:
        return max(map(len, self.places))

    def _windows(self, side: int, places: Span | Tensor) -> list[Window]:
        assert isinstance(places, Tensor)
        mine = self.places[side]
        return [mine[number] for number in spread(places, len(self), len(mine)).tolist()]

    def _place(self, side: int, number: int) -> Window:
        block, place = divmod(number, 9)
        height, width = self.blocks[side][block][side][0].shape[1:]
        return Window(block, 0, place // 3 * (height - self.size) // 2, place % 3 * (width - self.size) // 2)


class PhotoPatches(GANDataModule):
    """Patches of scikit-learn's two photographs: edges2photo, gray2photo, regions2photo, china2flower. No download.

    Both photographs (427x640) are cut into blocks of at least 1.6 patches, which are trained on and held out in turn,
    as the fields of a chessboard. A patch lies within one block, and everything, edges too, is computed block by
    block: nothing held out reaches training. Training patches are cut at random places of blocks that are reduced by
    1, 1.25 or 1.5, and mirrored at random: at 64 pixels there are 24 blocks to train on with about 60,000 places, at
    128 there are 6 with about 58,000. Held out are nine places of each block. At least 5 % of a patch's pixels are
    edges; other places are left out, which are half of all: sky and a dark background.

    Args:
        root: Not used; every set takes it.
        image_size: Side of the patches in pixels, from 16 to 128.
        batch_size: Patches per step and process.
        num_workers: Processes that cut beside the training; 0 is the fastest.
        task: "edges2photo" and "gray2photo" are from 1 channel to 3; "regions2photo" is from label maps of eight kinds
            of regions of like colour; "china2flower" is between the two photographs, of which there are no pairs.
        paired: Whether the two sides of an example are one place. Otherwise they come from two halves of the blocks, so
            that no source's target is among the targets; what is held out is in pairs all the same.
        flip: Whether training patches are mirrored at random.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://scikit-learn.org/stable/datasets/loading_other_datasets.html"
    licence = "CC BY 2.0 (china.jpg: danielbuechele, flower.jpg: vultilion, both on Flickr)"
    layout = "nothing: the photographs come with scikit-learn"
    offline = True

    def __init__(
        self,
        root: str = "data",
        image_size: Pixels = 64,
        batch_size: BatchSize = 16,
        num_workers: Processes = 0,
        task: Task = "edges2photo",
        paired: bool = True,
        flip: bool = True,
    ) -> None:
        super().__init__(batch_size, num_workers)
        if not SMALLEST <= image_size <= LARGEST:
            raise UserError(
                f"data.image_size: {image_size} is not possible, the photographs have room for patches of {SMALLEST} "
                f"to {LARGEST} pixels; take 64 or 128"
            )
        self.image_size = image_size
        self.task: Task = task
        self.paired = paired and task != "china2flower"
        self.flip = flip
        source = LabelMaps(tuple(REGIONS), tuple(REGIONS.values())) if task == "regions2photo" else Images()
        first, second = ("source", "target") if self.paired else ("a", "b")
        self.fields = {first: source, second: Images()}

    @property
    def facts(self) -> Facts:
        source, target = self.task.split("2")
        channels = (3, 3) if self.task == "china2flower" else (1, 3)
        facts = facts_between(self.name, self.image_size, (source, target), channels)
        return {**facts, **map_facts(tuple(REGIONS))} if self.task == "regions2photo" else facts

    def part(self, split: Split) -> Patches:
        if split != "train":
            return self._held_out_part()
        china, flower = blocks(self.task, self.image_size, held_out=False)
        both = [*china, *flower]
        if self.task == "china2flower":
            sides = (china, flower)
        else:
            sides = (both, both) if self.paired else (both[::2], both[1::2])
        return Patches(*sides, self.image_size, self.paired, self.flip)

    def held_out_pairs(self) -> PairedBatch:
        """All held-out patches with their targets, uint8, whether or not training has pairs.

        Raises:
            UserError: If the task has none.
        """
        if self.task == "china2flower":
            raise UserError("data.task: china2flower has no pairs; take edges2photo or gray2photo")
        part = self.part("test")
        batch = part[torch.arange(len(part))].batch
        return PairedBatch(*batch)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        side = side_of(domain, self.facts["domains"])
        part = self._held_out_part()
        return [
            NamedImage(f"{domain}-{number:03d}.png", partial(part.cut, side, window))
            for number, window in enumerate(part.places[side])
        ]

    def _held_out_part(self) -> HeldOutPatches:
        china, flower = blocks(self.task, self.image_size, held_out=True)
        both = [*china, *flower]
        sides = (china, flower) if self.task == "china2flower" else (both, both)
        return HeldOutPatches(*sides, self.image_size, self.paired)
