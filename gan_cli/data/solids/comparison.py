"""Made solids beside real ones, in one table with rows that learn nothing or everything by heart."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.data.datamodules import Split
from gan_cli.metrics import solids as measures
from gan_cli.metrics.row_table import Kind, RowTable
from gan_cli.seeding import stream

if TYPE_CHECKING:
    from gan_cli.data.solids.solid_sets import SolidDataModule

HELD_OUT = 128
"""So many held-out solids are compared with."""
TRAINING = 2_000
"""So many solids to train on are looked through for the nearest one."""

KINDS = {
    "coverage": Kind("coverage", "higher"),
    "matching_distance": Kind("matching distance x1000", "lower"),
    "overlap": Kind("IoU with the nearest held-out", "higher"),
    "occupancy": Kind("occupancy"),
    "parts": Kind("parts"),
    "floating": Kind("floating"),
    "empty": Kind("empty"),
    "overlap_training": Kind("IoU with the nearest training"),
    "overlap_other": Kind("IoU with the nearest other"),
}
"""What is measured, in the order of a table."""


def table(data: "SolidDataModule", made: Tensor, split: Split) -> RowTable:
    """The table of made solids; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: uint8 [M, 1, D, H, W] of 0 and 1.
        split: The part that they are compared with.
    """
    held_out = _some(data, split, HELD_OUT, "held out")
    training = _some(data, "train", TRAINING, "training")
    count = len(made)
    rows = {
        "made": made[:, 0].bool(),
        "training solids": training[:count],
        "held-out solids": held_out,
        "the mean solid": _mean(training)[None].expand(count, -1, -1, -1),
        "two training solids at once": _either(training, count),
        "voxels drawn each for itself": _marginals(training, count),
        "one training solid": training[:1].expand(count, -1, -1, -1),
    }
    notes = (
        f"made: {count:,} solids; compared with {len(held_out):,} held-out and {len(training):,} training ones",
        "coverage and matching distance: by chamfer distances between all voxels of the surfaces, in squares of the "
        f"grid's side; higher coverage is better, {min(1.0, count / len(held_out)):.2f} at most, and a lower distance",
        "nearest training: near 1 is by heart; nearest other: near 1 is one solid again and again. A row is not "
        "compared with itself",
        "parts and floating (the share of voxels outside the largest part) are to be as of held-out solids",
    )
    found = {name: _measured(solids, held_out, training, name) for name, solids in rows.items()}
    return RowTable(f"{data.name} {split}: solids of {made.shape[-1]} voxels a side", KINDS, found, notes)


def _measured(solids: Tensor, held_out: Tensor, training: Tensor, name: str) -> list[float | None]:
    """The numbers of one row; what would compare a row with itself is left out."""
    is_held_out, is_training = name == "held-out solids", name in ("training solids", "one training solid")
    apart = None if is_held_out else measures.chamfer_distances(solids, held_out)
    pieces = measures.parts(solids)
    full = solids.flatten(1).any(1)
    there = bool(full.any())
    return [
        None if apart is None else measures.coverage(apart),
        None if apart is None else 1000 * measures.minimum_matching_distance(apart),
        None if is_held_out else float(measures.nearest_overlap(solids, held_out).mean()),
        float(measures.occupancy(solids).mean()),
        float(pieces.number[full].float().mean()) if there else None,
        float(pieces.floating[full].mean()) if there else None,
        float((~full).float().mean()),
        None if is_training else float(measures.nearest_overlap(solids, training).mean()),
        float(measures.nearest_overlap(solids, solids, itself=True).mean()) if len(solids) > 1 else None,
    ]


def _some(data: "SolidDataModule", split: Split, most: int, use: str) -> Tensor:
    """Solids of a part, drawn by a fixed seed, bool [N, D, H, W]."""
    part = data.at_hand(split)
    chosen = torch.randperm(len(part), generator=stream(0, use))[:most]
    batch = part[chosen].batch
    solids: Tensor = batch.real[:, 0].bool()
    return solids


def _mean(training: Tensor) -> Tensor:
    """The mean of all, full from a half of its largest value on, or little of it would be."""
    mean = training.float().mean(0)
    full: Tensor = mean >= mean.max() / 2
    return full


def _either(training: Tensor, count: int) -> Tensor:
    """Two of them drawn into one grid."""
    one, other = (torch.randint(len(training), (count,), generator=stream(0, use)) for use in ("one", "other"))
    return training[one] | training[other]


def _marginals(training: Tensor, count: int) -> Tensor:
    """Each voxel is full as often as in the training solids, whatever its neighbours are."""
    mean = training.float().mean(0)
    return torch.rand(count, *mean.shape, generator=stream(0, "voxels")) < mean


def facts_of(data: "SolidDataModule") -> list[str]:
    """How full the solids of a set are, for `gan data check`."""
    lines = []
    for name, split in (("train", "train"), ("held out", "test")):
        solids = data.part(split)[torch.arange(len(data.part(split)))].batch.real[:, 0]  # type: ignore[arg-type]
        full = measures.occupancy(solids)
        alike = len(solids) - len({one.numpy().tobytes() for one in solids})
        lines.append(
            f"{name}: {float(full.mean()):.1%} of the voxels are full ({float(full.min()):.1%} to "
            f"{float(full.max()):.1%}); touching the end of the grid: {int(touching(solids).sum()):,}; alike: {alike:,}"
        )
    return lines


def touching(solids: Tensor) -> Tensor:
    """Which solids, [N, D, H, W], have a full voxel on a face of the grid, bool [N]."""
    ends = [solids.index_select(axis, torch.tensor([0, solids.shape[axis] - 1])) for axis in (1, 2, 3)]
    return torch.stack([end.flatten(1).any(1) for end in ends]).any(0)
