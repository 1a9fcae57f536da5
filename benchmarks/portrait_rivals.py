"""Pix2Pix on the films that LivingPortraits learns from: a picture and the edges of a frame become that frame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn

from gan_cli.batches import LoadedBatch, PairedBatch
from gan_cli.data import Facts, GANDataModule, PortraitDataModule
from gan_cli.data.datamodules import Split
from gan_cli.data.pairs.edge_maps import edges
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import to_float, to_uint8
from gan_cli.networks.layers import evaluating
from gan_cli.variants import Pix2Pix

AT_ONCE = 16
SMALL: dict[str, Any] = {"base_channels": 24, "patch_size": 16}
"""How the paper's networks are shrunk, as LivingPortraits' are."""


def edges_of(frames: Tensor) -> Tensor:
    """The edges of frames, which tell neither colours nor who is shown, but where everything is, uint8 [N, 1, S, S].

    Args:
        frames: uint8 [N, C, S, S].
    """
    grey = frames.float().mean(1).round().to(torch.uint8).numpy()
    return torch.from_numpy(np.stack([edges(frame) for frame in grey]))[:, None]


def sketched(source: Tensor, driving: Tensor) -> Tensor:
    """Pictures with the edges of frames behind their channels, uint8 [N, C + 1, S, S]."""
    return torch.cat([source, edges_of(driving)], dim=1)


class Sketches(Part):
    """The pairs of frames of a part, as Pix2Pix takes them."""

    def __init__(self, pairs: Part) -> None:
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        loaded = self.pairs[places]
        source, driving = loaded.batch
        mirrored = dict(zip(("source", "target"), loaded.mirrored.values(), strict=False))
        return LoadedBatch(PairedBatch(sketched(source, driving), driving), mirrored)


class SketchedPortraits(GANDataModule):
    """A set of portraits for Pix2Pix.

    Args:
        portraits: The set.
    """

    fields: ClassVar[Mapping[str, Medium]] = {"source": Images(), "target": Images()}  # type: ignore[misc]

    def __init__(self, portraits: PortraitDataModule) -> None:
        super().__init__(portraits.batch_size, 0)
        self.portraits = portraits

    @property
    def facts(self) -> Facts:
        return {**self.portraits.facts, "name": self.name}

    def part(self, split: Split) -> Sketches:
        return Sketches(self.portraits.at_hand(split))


def rival(portraits: PortraitDataModule, file: Path, steps: int, minutes: float) -> tuple[Pix2Pix, int]:
    """Pix2Pix on a set, trained now or read from a file; and how many steps it has had.

    Args:
        portraits: The set.
        file: Where it is kept.
        steps: How many steps it is trained for.
        minutes: At most so long.
    """
    channels = portraits.image_channels
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "image_size": portraits.image_size,
        "source_channels": channels + 1,
        "target_channels": channels,
    }
    model = Pix2Pix(**sizes, **SMALL)
    if not file.is_file():
        trainer = Trainer(
            max_steps=steps,
            max_epochs=-1,
            max_time={"seconds": round(60 * minutes)},
            limit_val_batches=0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
        trainer.fit(model, datamodule=SketchedPortraits(portraits))
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"weights": model.state_dict(), "steps": model.counters.batches}, file)
    kept = torch.load(file, map_location="cpu", weights_only=True)
    model.load_state_dict(kept["weights"])
    return model, kept["steps"]


@torch.no_grad()
def redrawn(model: Pix2Pix, source: Tensor, driving: Tensor) -> Tensor:
    """What Pix2Pix makes of pictures and the edges of frames, uint8 [N, C, S, S], without noise."""
    network: nn.Module = model
    with evaluating(network):
        pieces = zip(source.split(AT_ONCE), driving.split(AT_ONCE), strict=True)
        return torch.cat([to_uint8(model(to_float(sketched(*pair)), dropout=False)) for pair in pieces])
