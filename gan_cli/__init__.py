"""Generative adversarial networks on PyTorch Lightning: `gan` on the command line, `load` in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli._version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gan_cli.inference.api import TrainedGAN

__all__ = ["__version__", "load"]


def load(path: str | Path, device: str = "cpu", module: str | Sequence[str] | None = None) -> TrainedGAN:
    """A trained GAN from its checkpoint alone: `load("X.ckpt").sample(16, seed=0)` gives uint8 images [16, C, H, W].

    `.interpolate(...)` walks between them; a translator has `.translate(...)`.

    Args:
        path: The checkpoint; nothing in it is executed.
        device: Where to compute, such as "cpu" or "cuda".
        module: Name of a trusted module that defines the variant, or several, where it is none of gan-cli's.

    Raises:
        UserError: If the file is no whole checkpoint of a known variant.
    """
    from gan_cli.inference.api import TrainedGAN  # torch is imported only now

    return TrainedGAN(path, device, module)
