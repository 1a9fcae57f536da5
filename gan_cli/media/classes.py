"""Classes of things by number, as classifiers tell them."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_cli.media.medium import Medium


@dataclass(frozen=True)
class Classes(Medium):
    """A class for each thing: kept and shown as int64 [N], made as probabilities [N, K]."""

    name: ClassVar[str] = "classes"

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return kept

    def kept(self, made: Tensor) -> Tensor:
        return made.argmax(1) if made.is_floating_point() else made
