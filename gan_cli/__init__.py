"""Generative adversarial networks on PyTorch Lightning: `gan` on the command line, `load` in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli._version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gan_cli.inference.api import TrainedGAN

__all__ = ["__version__", "load", "share"]


def load(path: str | Path, device: str = "cpu", module: str | Sequence[str] | None = None) -> TrainedGAN:
    """A trained GAN from its checkpoint alone: `load("X.ckpt").sample(16, seed=0)` gives uint8 images [16, C, H, W].

    `.interpolate(...)` walks between them; a translator has `.translate(...)`.

    Args:
        path: The checkpoint, a run's folder, a folder of `gan share`, or `hub:user/name`; nothing in it is executed.
        device: Where to compute, such as "cpu" or "cuda".
        module: Name of a trusted module that defines the variant, or several, where it is none of gan-cli's.

    Raises:
        UserError: If the file is no whole checkpoint of a known variant.
    """
    from gan_cli.inference.api import TrainedGAN  # torch is imported only now

    return TrainedGAN(path, device, module)


def share(
    ckpt: str | Path,
    to: str | Path,
    licence: str = "",
    private: bool = False,
    module: str | Sequence[str] | None = None,
) -> str:
    """A model folder with its card, or a model on the hub, as `gan share` makes it; `load` takes both back.

    Args:
        ckpt: The checkpoint, or what else `load` takes.
        to: A new folder, or `hub:user/name`.
        licence: That of the weights, by the hub's names such as "mit".
        private: Whether a new name on the hub is seen by its owner alone.
        module: As for `load`.

    Returns:
        The folder, or the address on the hub.

    Raises:
        UserError: If the checkpoint is none, the folder holds something else, or the hub refuses.
    """
    from gan_cli.reports import sharing

    return sharing.share(ckpt, to, licence, private, module)
