"""Fields of a batch beside images: masks of whole numbers, videos, and what is mirrored with what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli.batches import LoadedBatch
from gan_cli.data import Facts, GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.media.images import Images, flipped
from gan_cli.media.medium import Medium
from gan_cli.seeding import stream_indices
from gan_cli.variants.base import Losses
from tests.toys import ToyGAN


@dataclass(frozen=True)
class Stencils(Medium):
    """What is where in an image, by numbers: whole ones outside a model and in it, [N, H, W] or [N, 1, H, W]."""

    name: ClassVar[str] = "masks"

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return kept.long() if mirrored is None else flipped(kept.long(), mirrored)

    def kept(self, made: Tensor) -> Tensor:
        return made.to(torch.uint8)


class Masked(NamedTuple):
    """Images with two masks that say the same."""

    images: Tensor
    masks: Tensor
    flat: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        return self.images


class Halves(Part):
    """Images whose left half is light, each with masks that say so; every second one is to be mirrored."""

    def __len__(self) -> int:
        return 32

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers = stream_indices(len(self), *places) if isinstance(places, Span) else places
        left = torch.zeros(len(numbers), 1, 16, 16, dtype=torch.uint8)
        left[..., :8] = 1
        batch = Masked(left * 255, left * 3, left[:, 0] * 3, torch.zeros_like(numbers))
        return LoadedBatch(batch, dict.fromkeys(("images", "masks", "flat"), numbers % 2 == 1))


class MaskedData(GANDataModule):
    """A set of them."""

    fields: Mapping[str, Medium] = {"images": Images(), "masks": Stencils(), "flat": Stencils()}

    @property
    def facts(self) -> Facts:
        return {"name": self.name, "image_size": 16, "image_channels": 1, "num_classes": 10}

    def part(self, split: Split) -> Halves:
        return Halves()


def check(batch: Any) -> None:
    """Whole numbers, and exactly where the image is light."""
    light = (batch.images > 0).long()
    assert not batch.masks.is_floating_point()
    assert not batch.flat.is_floating_point()
    assert torch.equal(batch.masks, light * 3)
    assert torch.equal(batch.flat, light[:, 0] * 3)


def test_masks_stay_whole_and_are_mirrored_with_their_images() -> None:
    data = MaskedData(batch_size=4)
    batch: Any = data.on_device(Halves()[torch.arange(4)])
    check(batch)
    assert batch.masks[:, 0, 0, 0].tolist() == [3, 0, 3, 0]


class Checking(ToyGAN):
    """Looks at what it is given in each step."""

    def discriminator_losses(self, batch: Any) -> Losses:
        check(batch)
        return super().discriminator_losses(batch)

    def held_out_measures(self, batch: Any) -> Losses:
        check(batch)
        return {"light": batch.flat.float().mean()}


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_masks_reach_the_losses_whole(quiet_trainer: Callable[..., Trainer], precision: Any) -> None:
    trainer = quiet_trainer(max_steps=3, precision=precision, limit_val_batches=1, val_check_interval=1)
    trainer.fit(Checking(accumulate=2), MaskedData(batch_size=8))
    assert trainer.callback_metrics["metric/light"] == 1.5


def test_a_video_is_mirrored_from_left_to_right_and_not_turned_upside_down() -> None:
    videos = torch.arange(2 * 3 * 2 * 4 * 5).view(2, 3, 2, 4, 5)
    turned = flipped(videos, torch.tensor([False, True]))
    assert torch.equal(turned[0], videos[0])
    assert torch.equal(turned[1], videos[1].flip(-1))
    assert not torch.equal(turned[1], videos[1].flip(-2))
