"""USPS as it is published, in one of two layouts: the text files of LIBSVM, or one HDF5 file."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch

from gan_cli.batches import ImageBatch
from gan_cli.data.images import sources
from gan_cli.data.images.image_sets import DownloadedDataModule
from gan_cli.errors import UserError

HDF5 = "usps.h5"
"""The file of the other layout: groups `train` and `test`, with `data` [M, 256] in 0..1 and `target` [M]."""
SIDE = 16
"""Side of the originals in pixels."""


class USPS(DownloadedDataModule):
    """7,291 digits of envelopes and 2,007 held out, 16x16, resampled to the size wanted. Downloads 8 MB into `root`.

    `root` or `root/usps` may also hold `usps.h5`, the HDF5 file that much work on adaptation has passed on; it is
    taken where it is there, and needs h5py (the extra `usps`).
    """

    home = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps"
    licence = "for research only (Hull 1994, a database of the US Postal Service)"
    layout = "root/usps.bz2 and usps.t.bz2, downloaded at the first use, 8 MB; or root/usps.h5 (needs gan-cli[usps])"
    published = sources.USPS
    image_channels = 1
    class_names = tuple("0123456789")

    def prepare_data(self) -> None:
        if self._hdf5 is None:
            super().prepare_data()

    def read(self, train: bool) -> ImageBatch:
        if self._hdf5 is None:
            return super().read(train)
        images, labels = read_hdf5(self._hdf5, "train" if train else "test")
        return ImageBatch(sources.sized(images, self.image_size), labels)

    @property
    def _hdf5(self) -> Path | None:
        places = (Path(self.root) / HDF5, Path(self.root) / "usps" / HDF5)
        return next((path for path in places if path.is_file()), None)


def read_hdf5(path: Path, part: Literal["train", "test"]) -> ImageBatch:
    """A part of USPS from an HDF5 file: uint8 [M, 1, 16, 16] and int64 labels [M].

    Args:
        path: The file.
        part: The group in it.

    Raises:
        UserError: If h5py is not installed, or the file is damaged or holds something else.
    """
    try:
        import h5py  # an extra
    except ImportError as error:
        raise UserError(
            f"data.root: {path} needs h5py to be read; install gan-cli[usps], or put usps.bz2 and usps.t.bz2 "
            "in another folder"
        ) from error
    try:
        with h5py.File(path) as file:
            pixels, labels = (np.asarray(file[part][name]) for name in ("data", "target"))
    except (OSError, KeyError) as error:
        raise UserError(f"data.root: {path} cannot be read as USPS: {str(error).strip(chr(39))}") from error
    if pixels.ndim != 2 or pixels.shape[1] != SIDE**2 or labels.shape != pixels.shape[:1]:
        raise UserError(
            f"data.root: {path} has {part}/data {list(pixels.shape)} with {part}/target {list(labels.shape)}; "
            f"USPS has [M, {SIDE**2}] with [M]"
        )
    if not (pixels.min() >= 0 and pixels.max() <= 1 and labels.min() >= 0 and labels.max() <= 9):
        raise UserError(f"data.root: {path} has values out of range; {part}/data is in 0..1, {part}/target in 0..9")
    images = torch.from_numpy(np.rint(pixels * 255).astype(np.uint8)).view(-1, 1, SIDE, SIDE)
    return ImageBatch(images, torch.from_numpy(labels.astype(np.int64)))
