"""Solids in a folder of files: grids of voxels and meshes, by class or without."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_cli.batches import SolidBatch
from gan_cli.data import caches
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Split
from gan_cli.data.parts import InMemory
from gan_cli.data.solids import comparison
from gan_cli.data.solids.solid_sets import Size, SolidDataModule
from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.media import meshes, solid_files
from gan_cli.media.grids import Axis, Grid
from gan_cli.ranges import BatchSize, Processes, Range, Share

FOLDERS: dict[Split, tuple[str, ...]] = {"train": ("train",), "val": ("val", "test"), "test": ("test", "val")}
"""The folders that a part is in, whichever comes first."""
TURN = re.compile(r"(?P<model>.*\d.*)_(?P<turn>\d{1,2})")
"""Names of ShapeNet's and ModelNet's voxels: a model's number, and that of its turn."""
TURNS = 12
"""So many turns of a model there are, 30 degrees each."""


class Taken(NamedTuple):
    """The solids of some files.

    Attributes:
        solids: uint8 [N, 1, S, S, S].
        files: Where each comes from.
        sizes: How often a grid in a file had each shape.
        open: The meshes that are not closed.
        empty: The files without a full voxel.
        broken: The files that cannot be read, and why.
    """

    solids: Tensor
    files: tuple[Path, ...]
    sizes: dict[str, int]
    open: tuple[Path, ...]
    empty: tuple[Path, ...]
    broken: dict[Path, str]


class Solids(SolidDataModule):
    """Solids in files: .npy, .mat (ShapeNet's and ModelNet's), .binvox, and meshes (.obj, .off, .stl, .ply, .glb).

    Files that cannot be read, and solids without a voxel, are left out and named by `gan data check`.

    Args:
        root: The folder. `train`, `val` and `test` below it, or below each class (ModelNet), make the parts; without
            them some models are held out. Folders below these are classes.
        volume_size: Voxels along each side: 16, 32 or 64. Grids are padded to a power of two, and doubled or halved;
            meshes are scaled to fill them but for a voxel.
        up: The axis that points up in the files; None for the usual one of each kind: y in .binvox, .obj and .glb, z in
            the others.
        turned_back: Whether solids whose names end in the number of a turn (`chair_000000182_7`: the seventh of twelve)
            are turned back to the first.
        turns: The turns that are taken, by number; all if none is named.
        held_out: The share of models that are held out where no folder says which; all turns of a model, which its name
            tells, stay together.
        cache_dir: Folder of the caches: what was made of files is kept there, and read again as long as they are the
            same.
        batch_size: Solids per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible, or there is nothing.
    """

    home = "https://shapenet.org"
    licence = "ShapeNet and ModelNet: research only; otherwise that of the files"
    layout = "root/[{train,val,test}/][<class>/]*.{npy,mat,binvox,obj,off,stl,ply,glb}, or root/<class>/{train,test}/*"

    def __init__(
        self,
        root: str = "data/solids",
        volume_size: Size = 32,
        up: Literal["x", "y", "z"] | None = None,
        turned_back: bool = False,
        turns: tuple[Annotated[int, Range(1, TURNS)], ...] = (),
        held_out: Share = 0.1,
        cache_dir: str = "data/cache",
        batch_size: BatchSize = 64,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(volume_size, batch_size, num_workers)
        self.root = root
        self.up: Axis | None = up
        self.turned_back = turned_back
        self.turns = turns
        self.held_out = held_out
        self.cache_dir = cache_dir

    @cached_property
    def found(self) -> dict[str, list[Path]]:
        """The files of each class; of the only one under "" where no folders tell.

        Raises:
            UserError: If there are none.
        """
        root = Path(self.root)
        if not root.is_dir():
            raise UserError(f"data.root: {root} is no folder; name one with solids ({', '.join(solid_files.ENDINGS)})")
        classes: dict[str, list[Path]] = defaultdict(list)
        for file in sorted(root.rglob("*")):
            if file.suffix.lower() in solid_files.ENDINGS and self._wanted(file):
                inner = [name for name in file.relative_to(root).parts[:-1] if name not in FOLDERS]
                classes[inner[0] if inner else ""].append(file)
        if not classes:
            turns = f" of the turns {', '.join(map(str, self.turns))}" if self.turns else ""
            raise UserError(f"data.root: {root} has no solids{turns}; it takes {self.layout}")
        return dict(classes)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(name or "other" for name in sorted(self.found)) if self.found.keys() - {""} else ()

    def files(self, split: Split) -> list[list[Path]]:
        """The files of a part, class by class.

        Raises:
            UserError: If there are none.
        """
        root = Path(self.root)
        every = [self.found[name] for name in sorted(self.found)]
        inside = {part for each in every for file in each for part in file.relative_to(root).parts[:-1]}
        if "train" in inside and len(inside & FOLDERS.keys()) > 1:
            folder = next(name for name in FOLDERS[split] if name in inside)
            return [[file for file in each if folder in file.relative_to(root).parts] for each in every]
        apart = [held_out_of(each, self.held_out) for each in every]
        return [
            [file for file in each if (model_of(file) in held) == (split != "train")]
            for each, held in zip(every, apart, strict=True)
        ]

    def part(self, split: Split) -> InMemory:
        each = [self._taken(files) for files in self.files(split)]
        solids = torch.cat([taken.solids for taken in each])
        if not len(solids):
            reasons = {reason for taken in each for reason in taken.broken.values()}
            told = f": {min(reasons)}" if reasons else ""
            raise UserError(
                f"data.root: nothing in {self.root} to {'train on' if split == 'train' else 'hold out'}{told}\n"
                "gan data check tells what is there"
            )
        labels = torch.cat([torch.full((len(taken.solids),), number) for number, taken in enumerate(each)])
        return InMemory(SolidBatch(solids, labels))

    def notes(self) -> list[str]:
        taken = self._every()
        sizes = sum((Counter(one.sizes) for one in taken), Counter())
        models = {model_of(file) for one in taken for file in one.files}
        count = sum(len(one.files) for one in taken)
        return [
            f"models: {len(models):,}" + (f", in {count:,} turns" if count > len(models) else ""),
            "sizes in the files: " + ", ".join(f"{size} ({number:,})" for size, number in sizes.most_common(8)),
            *comparison.facts_of(self),
        ]

    def mistakes(self) -> dict[str, list[str]]:
        taken = self._every()
        return {
            "cannot be read": [f"{file} ({why})" for one in taken for file, why in one.broken.items()],
            "without a full voxel, and left out": [str(file) for one in taken for file in one.empty],
            "meshes that are not closed, in which only what is enclosed is full": [
                str(file) for one in taken for file in one.open
            ],
        }

    def unreadable_files(self) -> list[Path]:
        return [file for one in self._every() for file in one.broken]

    def _every(self) -> list[Taken]:
        return [self._taken(files) for split in ("train", "test") for files in self.files(split)]

    def _wanted(self, file: Path) -> bool:
        named = TURN.fullmatch(file.stem)
        return not self.turns or (named is not None and int(named["turn"]) in self.turns)

    def _taken(self, files: Sequence[Path]) -> Taken:
        recipe = (self.volume_size, self.up, self.turned_back)
        self._check_room(len(files))
        key = (*recipe, tuple(files), self.cache_dir)
        if key not in self._known:
            self._known[key] = cached(files, Path(self.cache_dir), *recipe)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[object, Taken]:
        return {}


def model_of(file: Path) -> str:
    """The name of the model that a file shows, whichever turn of it."""
    named = TURN.fullmatch(file.stem)
    return named["model"] if named else file.stem


def held_out_of(files: Sequence[Path], share: float) -> frozenset[str]:
    """The models that are held out, evenly from all of these files; one at least where there are two."""
    models = list(dict.fromkeys(map(model_of, files)))
    stride = Fraction(share).limit_denominator(1000)
    held = [model for place, model in enumerate(models) if int((place + 1) * stride) > int(place * stride)]
    return frozenset(held or models[1:][-1:])


def cached(files: Sequence[Path], folder: Path, size: int, up: Axis | None, turned_back: bool) -> Taken:
    """The solids of files, read now, or as they were made of the same files before.

    Args:
        files: In order.
        folder: Of all caches; where it cannot be written, nothing is kept.
        size: S.
        up: The axis that points up; None for the usual one.
        turned_back: Whether numbered turns are turned back.
    """
    if not files:
        return Taken(torch.zeros(0, 1, size, size, size, dtype=torch.uint8), (), {}, (), (), {})
    recipe = f"solids 1 {size} {up} {turned_back}"
    digest = caches.digest_of(recipe, [File(file.parent, file.name, file.stem) for file in files])
    kept = folder / f"solids-{size}-{digest[:16]}.npz"
    if kept.is_file():
        return _kept(kept, files, size)
    shape, codes, bits = [], [], []
    for file in files:
        grid, told, code = _read(file, size, up, turned_back)
        bits.append(np.packbits(grid.reshape(-1)))
        shape.append(told)
        codes.append(code)
    arrays: dict[str, Any] = {"solids": np.stack(bits), "told": np.array(shape), "codes": np.array(codes)}
    with suppress(OSError):  # it is read anew the next time
        write_atomically(kept, lambda out: np.savez_compressed(out, **arrays))
    return _of_arrays(arrays, files, size)


SOUND, OPEN, BROKEN = 0, 1, 2
"""What has become of a file: a solid, a mesh that is not closed, nothing."""


def _read(file: Path, size: int, up: Axis | None, turned_back: bool) -> tuple[Grid, str, int]:
    """A file's grid, its shape in words (or why there is none), and what has become of it."""
    named = TURN.fullmatch(file.stem) if turned_back else None
    try:
        found = solid_files.read(file, size, up, -360 / TURNS * (int(named["turn"]) - 1) if named else 0.0)
    except solid_files.Unreadable as reason:
        return np.zeros((size,) * 3, np.uint8), str(reason), BROKEN
    is_mesh = file.suffix.lower() in meshes.READ
    shape = "meshes" if is_mesh else "x".join(map(str, found.shape))
    return found.grid, shape, SOUND if found.closed else OPEN


def _kept(path: Path, files: Sequence[Path], size: int) -> Taken:
    with np.load(path, allow_pickle=False) as arrays:
        return _of_arrays(dict(arrays), files, size)


def _of_arrays(arrays: dict[str, Any], files: Sequence[Path], size: int) -> Taken:
    """What was made of files: bits of the grids, [N, S^3 / 8], what is told of each, and what has become of it."""
    grids = np.unpackbits(arrays["solids"], axis=1).reshape(-1, 1, size, size, size)
    told, codes = arrays["told"].tolist(), arrays["codes"]
    full = [bool(grid.any()) for grid in grids]
    sound = np.asarray((codes != BROKEN) & np.array(full))
    return Taken(
        torch.from_numpy(grids[sound].copy()),
        tuple(file for file, one in zip(files, sound.tolist(), strict=True) if one),
        dict(Counter(one for one, code in zip(told, codes, strict=True) if code != BROKEN)),
        tuple(file for file, code in zip(files, codes, strict=True) if code == OPEN),
        tuple(file for file, code, one in zip(files, codes, full, strict=True) if code != BROKEN and not one),
        {file: why for file, why, code in zip(files, told, codes, strict=True) if code == BROKEN},
    )
