"""The common part of variants whose latents become styles: the space w, truncation, and mixing."""

from random import Random
from typing import Annotated, Any, ClassVar, cast, get_args

import torch
from torch import Tensor

from gan_cli import seeding
from gan_cli.devices.processes import mean_over_processes
from gan_cli.networks.noise_maps import NoiseMode, seeded_maps
from gan_cli.networks.styled_generator import StyledGenerator
from gan_cli.ranges import Classes, Range, Width
from gan_cli.variants.latent import LatentModule, Player, Space

MEAN_DECAY = 0.995
"""Weight of the old mean style in its moving average, as in the authors' code."""


class StyledModule(LatentModule):
    """Generates images from styles, which a mapping makes of noise.

    Args:
        latent_dim: Z.
        num_classes: K; above 0 both players are told the class.
        style_mixing: The probability that a batch has the styles of other latents from some layer on.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    SPACES: ClassVar[tuple[Space, ...]] = ("z", "w")
    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    TRUNCATES: ClassVar[bool] = True

    def __init__(
        self,
        latent_dim: Width = 512,
        num_classes: Classes = 0,
        style_mixing: Annotated[float, Range(0, 1)] = 0.9,
        **optimisation: Any,
    ) -> None:
        super().__init__(latent_dim, **optimisation)
        self.num_classes = num_classes
        self.style_mixing = style_mixing

    @property
    def style_sides(self) -> tuple[int, ...]:
        return self._network(ema=False).style_sides

    @property
    def noise_modes(self) -> tuple[NoiseMode, ...]:
        return get_args(NoiseMode) if self._network(ema=False).noise_sides else ()

    def forward(  # type: ignore[override]
        self,
        latents: Tensor,
        labels: Tensor | None = None,
        truncation_psi: float = 1.0,
        noise: NoiseMode | Tensor | None = None,
        ema: bool = True,
    ) -> Tensor:
        """Images [N, C, H, W] in [-1, 1].

        Args:
            latents: From the prior, [N, Z], or styles, [N, L, W].
            labels: int64 [N], or shares of classes [N, K]; only where the run is conditional.
            truncation_psi: How far styles are from their mean: 1 leaves them, 0 gives the mean image.
            noise: See `NoiseMode`; or the seed of each image's noise, int64 [N]. None is random in training, and
                otherwise const.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        styles = latents if latents.ndim == 3 else self.styles(latents, ema, labels)
        if truncation_psi != 1:
            styles = self.truncated(styles, truncation_psi, ema)
        return self.synthesised(self._network(ema), styles, self._maps(noise)).clamp(-1, 1)

    def synthesised(
        self, network: StyledGenerator, styles: Tensor, noise: NoiseMode | list[Tensor] | None = None
    ) -> Tensor:
        """Images as a generator makes them of styles [N, L, W]; for the noise see `forward`."""
        return cast(Tensor, network(styles, noise=noise))

    def styles(self, latents: Tensor, ema: bool = True, labels: Tensor | None = None) -> Tensor:
        """Styles [N, L, W] of latents [N, Z]; of a conditional run also of labels, as for `forward`."""
        return self._network(ema).styles(latents, labels)

    def truncated(self, styles: Tensor, truncation_psi: float, ema: bool = True) -> Tensor:
        """Styles [N, L, W] drawn to their mean: 1 leaves them, 0 gives the mean."""
        return torch.lerp(self._network(ema).mean_style.to(styles), styles, truncation_psi)

    def fakes(self, player: Player, *given: Tensor) -> Tensor:
        return self.synthesised(self._network(ema=False), self.training_styles(player, *given))

    @property
    def styles_in_use(self) -> int:
        """How many layers the generator has, each with a style."""
        return self._network(ema=False).num_styles

    def training_styles(self, player: Player, *given: Tensor) -> Tensor:
        """Fresh styles for a player's step, some of them mixed, [N, L, W]; the mean style follows them."""
        network = self._network(ema=False)
        styles = network.styles(self.latents(player), *given)
        self._follow(network.mean_style, styles[:, 0].detach())
        if first := self._first_mixed_layer(player, self.styles_in_use):
            noise = self.noise(f"latents/{player}/mixed", self.latent_dim, distribution=self.latent_distribution)
            styles = torch.cat([styles[:, :first], network.styles(noise, *given)[:, first:]], dim=1)
        return styles

    def _maps(self, noise: NoiseMode | Tensor | None) -> NoiseMode | list[Tensor] | None:
        if not isinstance(noise, Tensor):
            return noise
        sides = self._network(ema=False).noise_sides
        return [maps.to(self.device) for maps in seeded_maps(noise.tolist(), sides)]

    @torch.no_grad()
    def _follow(self, mean_style: Tensor, styles: Tensor) -> None:
        mean_style.lerp_(mean_over_processes(styles.mean(dim=0)), 1 - MEAN_DECAY)

    def _first_mixed_layer(self, player: Player, layers: int) -> int:
        """From which layer on a batch has the styles of others; 0 if it has not."""
        if not self.style_mixing:
            return 0
        place = self._here
        chance = Random(seeding.mix(place.seed, f"mixing/{player}", place.step))  # no number of torch's: no GPU waits
        return chance.randrange(1, layers) if chance.random() < self.style_mixing else 0

    def _network(self, ema: bool) -> StyledGenerator:
        return cast(StyledGenerator, self.picture_maker(ema))
