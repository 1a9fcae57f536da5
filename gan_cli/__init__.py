"""Generative adversarial networks on PyTorch Lightning: `gan` on the command line, `load` in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli._version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gan_cli.inference.api import TrainedGAN

__all__ = ["__version__", "import_weights", "load", "share"]


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


def import_weights(
    files: str | Path | Sequence[str | Path],
    format: str,
    *,
    licence: str = "",
    source: str = "",
    dropout: float | None = None,
    image_size: int | None = None,
    names: Sequence[str] | None = None,
    attributes: bool | None = None,
    name: str | None = None,
    output: str | Path | None = None,
) -> Path:
    """A checkpoint of others' weights, as `gan import` makes it; nothing in their files is run.

    `load(import_weights("latest_net_G.pth", "cyclegan"))` is then the model.

    Args:
        files: One, or those of one model; of two generators the one from a to b first.
        format: "pix2pix", "cyclegan", "stargan", "stargan_v2", "stylegan2", "srgan", "biggan", "vqgan" or "sngan".
        licence: Under which the files are given; it is kept with the weights.
        source: Where they are from, such as an address; likewise.
        dropout: Share of the values that pix2pix's dropout sets to 0, where a file cannot tell.
        image_size: Side of the images in pixels, where the networks take any.
        names: Of the classes, or of both domains.
        attributes: Whether an image may be of several of StarGAN's classes at once.
        name: A further part of the run's name.
        output: The file to write; None makes a run's folder below checkpoints/.

    Returns:
        The checkpoint that was written.

    Raises:
        UserError: If a file cannot be read, is of no such format, or the output is there already.
    """
    from pathlib import Path

    from gan_cli.imports.imported import Told, import_weights

    several = [files] if isinstance(files, str | Path) else list(files)
    told = Told(dropout, image_size, None if names is None else tuple(names), attributes)
    return import_weights(several, format, told, licence=licence, source=source, name=name, output=output).checkpoint
