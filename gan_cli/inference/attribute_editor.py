"""Pictures read by a model's encoders, and made again with other attributes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_cli.inference.attribute_changes import Column, applied
from gan_cli.media.pictures import to_float, to_uint8
from gan_cli.variants.icgan import Encoded, IcGAN

AT_ONCE = 64


class Editor:
    """What reads pictures and makes them again.

    Args:
        model: In eval mode.
        ema: The averaged generator, or the one that was trained.
        soft: Whether attributes stay between 0 and 1 as they are read; otherwise they are there or not.
    """

    def __init__(self, model: IcGAN, ema: bool = True, soft: bool = False) -> None:
        self.model, self.ema, self.soft = model, ema, soft

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H and W of its pictures."""
        return self.model.image_channels, self.model.image_size, self.model.image_size

    @torch.no_grad()
    def read(self, pictures: Tensor) -> Encoded:
        """Latents [N, Z] and attributes [N, K] of pictures, uint8 [N, C, S, S]; on the CPU."""
        found = [self.model.encode(to_float(some.to(self.model.device)), self.soft) for some in pictures.split(AT_ONCE)]
        return Encoded(*(torch.cat(parts).float().cpu() for parts in zip(*found, strict=True)))

    @torch.no_grad()
    def made(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Pictures, uint8 [N, C, S, S] on the CPU, of latents [N, Z] and attributes [N, K]."""
        parts = []
        for some, told in zip(latents.split(AT_ONCE), labels.split(AT_ONCE), strict=True):
            given = self.model.told(told.to(self.model.device))
            parts.append(to_uint8(self.model(some.to(self.model.device), ema=self.ema, **given)).cpu())
        return torch.cat(parts)


def edited_labels(model: IcGAN, labels: Tensor, columns: Sequence[Column]) -> Tensor:
    """The attributes of each input in each column, [N, S, K], of those read in them, [N, K]."""
    return torch.stack([applied(model, labels, column) for column in columns], dim=1)


def swapped_labels(labels: Tensor, other: Tensor) -> Tensor:
    """Attributes of each input and of its other one exchanged, [N, 2, K]: the other's for the input, then its own.

    Args:
        labels: Of the inputs, [N, K].
        other: Of the other ones, [N, K].
    """
    return torch.stack([other, labels], dim=1)
