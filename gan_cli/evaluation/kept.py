"""What a network makes of real images, kept from run to run: the features, or their mean and covariance alone."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.evaluation.collections import BATCH, Collection
from gan_cli.files import write_atomically
from gan_cli.metrics.distances import Gaussian
from gan_cli.metrics.feature_networks import FeatureNetwork, FeatureRows
from gan_cli.metrics.undefined import at_least


def features_of(images: Collection, network: FeatureNetwork, folder: Path) -> FeatureRows:
    """The outputs of a network for images, kept for the next time; one of several processes computes them.

    Raises:
        UserError: If the file it is kept in is damaged.
    """
    found = _kept("features", images, network, folder, lambda: _look(images, network)._asdict())
    return FeatureRows(found["features"], found.get("logits"))


def statistics_of(images: Collection, network: FeatureNetwork, folder: Path) -> Gaussian:
    """The mean and the covariance of a network's features of images, kept for the next time as `mu` and `sigma`.

    Only one batch of images and features is in memory, so that they may be as many as a set has.

    Raises:
        UserError: If the file it is kept in is damaged.
        Undefined: If there are fewer than two.
    """
    at_least(2, images.total)

    def make() -> dict[str, Tensor | None]:
        count, batches = images.total, _batches(images, network)
        first = next(batches).features.double()
        # about a value near the mean, so that no large numbers are taken from each other
        middle = first.mean(0)
        sums, products = torch.zeros_like(middle), torch.zeros(2 * middle.shape, dtype=torch.float64)
        for rows in chain([first], (part.features.double() for part in batches)):
            sums += (rows - middle).sum(0)
            products += (rows - middle).T @ (rows - middle)
        return {"mu": middle + sums / count, "sigma": (products - torch.outer(sums, sums) / count) / (count - 1)}

    found = _kept("statistics", images, network, folder, make)
    return Gaussian(found["mu"].numpy(), found["sigma"].numpy())


def _kept(
    what: str,
    images: Collection,
    network: FeatureNetwork,
    folder: Path,
    make: Callable[[], Mapping[str, Tensor | None]],
) -> dict[str, Tensor]:
    """Tensors by name, made once for images and a network: by one of several processes, and read by the others."""
    if not images.key:
        return {name: tensor for name, tensor in make().items() if tensor is not None}
    path = folder / f"{what}-{images.key}-{network.key}-{images.total}.npz"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not path.is_file():
            made = {name: tensor.numpy() for name, tensor in make().items() if tensor is not None}
            write_atomically(path, lambda file: np.savez(file, allow_pickle=False, **made))
    try:
        with np.load(path) as kept:
            return {name: torch.from_numpy(kept[name]) for name in kept.files}
    except (ValueError, OSError, EOFError) as error:
        raise UserError(f"features: {path} is damaged; remove it, and it is made anew") from error


def _batches(images: Collection, network: FeatureNetwork) -> Iterator[FeatureRows]:
    return (network.rows(images.read(numbers)) for numbers in torch.arange(images.total).split(BATCH))


def _look(images: Collection, network: FeatureNetwork) -> FeatureRows:
    parts = list(_batches(images, network))
    logits = [part.logits for part in parts if part.logits is not None]
    return FeatureRows(torch.cat([part.features for part in parts]), torch.cat(logits) if logits else None)
