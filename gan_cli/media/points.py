"""Points of the plane, which mean something only together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.scatter import scatter


@dataclass(frozen=True)
class Points(Medium):
    """Points, float [N, D] in the set's own units everywhere; drawn over real ones and the discriminator's surface."""

    name: ClassVar[str] = "points"
    FACTS: ClassVar[tuple[str, ...]] = ("point_dim",)
    usual: ClassVar[int] = 2500
    beside_real: ClassVar[int] = 2500

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        if mirrored is not None:
            raise UserError("data.flip: points have no left and right to change places; leave it out")
        return kept

    def kept(self, made: Tensor) -> Tensor:
        return made.float()

    def features(self, choose: Callable[[], Any]) -> Any | None:
        return choose()

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        return scatter(kept, beside.real, beside.judge)

    def walks(self, kept: Tensor, beside: Beside) -> Tensor:
        return scatter(kept, beside.real, beside.judge, as_paths=True)
