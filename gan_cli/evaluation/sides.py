"""What is compared in `gan evaluate`: images of folders, archives and .npz files, or statistics of features."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.evaluation import folders
from gan_cli.evaluation.arrays import StoredArray, arrays_in
from gan_cli.evaluation.collections import Collection
from gan_cli.evaluation.point_files import SUFFIXES, points_at
from gan_cli.media import reading
from gan_cli.media.points import Points
from gan_cli.metrics.distances import Gaussian

IMAGES = ("images", "arr_0")
"""Names of arrays of images, as `gan sample` and as guided-diffusion and BigGAN's authors write them."""
LABELS = ("labels", "arr_1")
"""Names of their classes."""
STATISTICS = ("mu", "sigma")
"""Names of the mean and the covariance of features, as all who compute FID write them."""
TAKEN = "taken are arr_0 or images (uint8 [N, H, W, C]), points [N, D], and mu with sigma (statistics of features)"


class Side(NamedTuple):
    """One of the two that are compared.

    Attributes:
        images: The images, or points; None if there are only statistics.
        gaussian: The mean and the covariance of features that somebody else computed; None if there are none.
        origin: Where it comes from.
        taken: What was taken from a file, in words.
    """

    images: Collection | None
    gaussian: Gaussian | None
    origin: str
    taken: tuple[str, ...] = ()


def side_at(path: Path, side: int | None, channels: int | None = None) -> Side:
    """What a folder, a .zip, a .npz, or a .csv or .npy of points holds.

    Args:
        path: Where it is.
        side: Side in pixels of the squares that images are resized to (`folders.RESIZING`); None refuses different
            sizes.
        channels: C wanted, 1 or 3; None takes the first image's.

    Raises:
        UserError: If there are no images and no statistics, or they cannot be read.
    """
    if path.suffix in SUFFIXES:
        return Side(points_at(path), None, str(path))
    if path.suffix != ".npz":
        return Side(folders.images_at(path, side, channels), None, str(path))
    arrays = arrays_in(path)
    if Points.name in arrays:
        return Side(points_at(path), None, str(path))
    name = next((name for name in IMAGES if name in arrays), None)
    gaussian = _gaussian(path, arrays) if set(STATISTICS) <= arrays.keys() else None
    if name is None and gaussian is None:
        raise UserError(f"evaluate: {path} holds {', '.join(map(str, arrays.values())) or 'nothing'}; {TAKEN}")
    told = [f"{name}: {len_of(arrays[name]):,} images, uint8 {_order(path, arrays[name])}"] if name else []
    told += [f"mu, sigma: statistics of {len(gaussian.mean):,} features"] if gaussian else []
    if left := sorted(arrays.keys() - {name, *(STATISTICS if gaussian else ())}):
        told.append(f"not used: {', '.join(f'{one} (labels)' if one in LABELS else one for one in left)}")
    images = _of_array(path, arrays[name], side, channels) if name else None
    return Side(images, gaussian, str(path), (f"{path}: {'; '.join(told)}",))


def len_of(array: StoredArray) -> int:
    """How many rows an array has."""
    return array.shape[0] if array.shape else 0


def _gaussian(path: Path, arrays: dict[str, StoredArray]) -> Gaussian:
    mean, covariance = (arrays[name] for name in STATISTICS)
    width = len_of(mean)
    if len(mean.shape) != 1 or not width or covariance.shape != (width, width):
        raise UserError(f"evaluate: {path} holds {mean} and {covariance}, and not mu [F] and sigma [F, F]")
    found = Gaussian(mean.all().astype(np.float64), covariance.all().astype(np.float64))
    if not (np.isfinite(found.mean).all() and np.isfinite(found.covariance).all()):
        raise UserError(f"evaluate: {path} holds numbers in mu or sigma that are not finite; compute them anew")
    if (np.diag(found.covariance) < 0).any() or not np.allclose(found.covariance, found.covariance.T, atol=1e-3):
        raise UserError(
            f"evaluate: {path} holds a sigma that is no covariance: it must be symmetric, with no variance below 0"
        )
    return found


def _order(path: Path, array: StoredArray) -> str:
    """The order of an array's dimensions, in words.

    Raises:
        UserError: If it holds no images.
    """
    if len(array.shape) != 4 or not all(array.shape):
        raise UserError(f"evaluate: {path} holds {array}, and not uint8 [N, H, W, C]")
    if array.dtype != np.uint8:
        raise UserError(f"evaluate: {path} holds {array}, and not uint8; {_way_to_uint8(array)}")
    colours = (1, 3, 4)
    if array.shape[3] in colours:
        return "[N, H, W, C]"
    if array.shape[1] in colours:
        return "[N, C, H, W]"
    raise UserError(f"evaluate: {path} holds {array}, whose images have {array.shape[3]} channels, and not 1, 3 or 4")


def _way_to_uint8(array: StoredArray) -> str:
    """How to save an array, judged by its first image."""
    first = array.rows([0])
    low, high = float(first.min()), float(first.max())
    if low >= 0 and high > 1:
        return "save x.round().astype('uint8') of it"
    ways = {True: "((x + 1) * 127.5)", False: "(x * 255)"}
    return f"its first image goes from {low:.2f} to {high:.2f}: save {ways[low < 0]}.round().astype('uint8') of it"


def _of_array(path: Path, array: StoredArray, side: int | None, channels: int | None) -> Collection:
    last = _order(path, array) == "[N, H, W, C]"
    there = array.shape[3 if last else 1]
    wanted = channels or (1 if there == 1 else 3)

    def read(numbers: Tensor) -> Tensor:
        rows = array.rows(numbers.tolist())
        images = torch.from_numpy(rows if last else rows.transpose(0, 2, 3, 1))
        return torch.stack([_image(image, side, wanted) for image in images])

    return Collection(str(path), "", len_of(array), read)


def _image(pixels: Tensor, side: int | None, channels: int) -> Tensor:
    """An image [H, W, C] as uint8 [C, H, W], as those of files are brought to size and colours."""
    height, width, there = pixels.shape
    if there == channels and side in (None, height) and side in (None, width):
        return pixels.permute(2, 0, 1).contiguous()
    image = Image.fromarray((pixels[:, :, 0] if there == 1 else pixels).numpy())
    return reading.to_tensor(folders.sized(reading.to_mode(image, channels), side), channels)
