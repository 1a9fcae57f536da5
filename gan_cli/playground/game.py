"""A GAN of points that is trained step by step while somebody looks on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import reduce
from itertools import islice
from math import isfinite
from operator import add
from time import monotonic
from typing import cast

import torch
from torch import Tensor, nn

from gan_cli import seeding
from gan_cli.batches import PointBatch
from gan_cli.errors import Diverged
from gan_cli.metrics.modes import count_modes
from gan_cli.playground.distributions import POOL, of_settings
from gan_cli.playground.frames import Covered, Frame, Moment
from gan_cli.playground.objectives import OBJECTIVES, variant_of
from gan_cli.playground.settings import REACH, Settings
from gan_cli.seeding import Rows
from gan_cli.variants import descents
from gan_cli.variants.chosen_networks import ChosenNetworks

SHOWN = 256
"""Generated points of a frame."""
SIDE = 40
"""The surface is computed at so many places a side, in the middle of as many squares."""
COUNTED, LEAST = 1000, 8
"""Modes are counted with so many points, and need so many: the share that the protocol's 20 of 2,500 are."""


class Game:
    """Two networks, the points they fight over, and what has happened so far.

    What is trained is a variant of the package; only the loop is another one than Lightning's. All that happens is a
    function of the settings and the number of steps, however the steps are asked for.

    Args:
        settings: What is played.
    """

    def __init__(self, settings: Settings) -> None:
        self.steps = 0
        self._batches = 0
        self._start(settings)

    # Playing

    def play(self, steps: int, seconds: float = float("inf"), arrows: bool = False) -> Frame:
        """Trains for some steps, each as many of the discriminator as the settings say and then one of the generator.

        Args:
            steps: How many; 0 only looks.
            seconds: After so long no further step begins, and the frame says which one was the last.
            arrows: Whether the frame says where the generated points are pulled to.

        Raises:
            Diverged: If a loss is no longer finite; the game is over then, unless it is restarted.
        """
        until = monotonic() + seconds
        moments = []
        for moment in islice(self._moments(), steps):
            moments.append(moment)
            if monotonic() >= until:
                break
        return self.look(moments, arrows)

    def change(self, settings: Settings, restart: bool = False) -> None:
        """Goes on with other settings.

        The networks stay if they fit the new settings; the optimizers begin anew. Else, or if asked to, all does.
        """
        kept = None if restart or not self.settings.same_networks(settings) else self.variant
        if kept is None:
            self.steps = self._batches = 0
        self._start(settings, kept)

    def _start(self, settings: Settings, kept: ChosenNetworks | None = None) -> None:
        self.settings = settings
        self.distribution = of_settings(settings)
        self.real = self.distribution.make(POOL, settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seeding.mix(settings.seed, "playground"))
            # The networks are those of one objective for all, or R3GAN's would lack the bias that others need.
            networks = kept or variant_of(settings.but(objective="non_saturating"))
            self.variant = variant_of(settings)
        if not kept:
            spread_out(networks.generator, self._latents("spread", COUNTED), settings.spread)
        self.variant.generator, self.variant.discriminator = networks.generator, networks.discriminator
        self.optimizers = {player: self.variant.make_optimizer(player) for player in self.variant.players}

    def _moments(self) -> Iterator[Moment]:
        while True:
            for _ in range(self.settings.n_critic):
                discriminator = self._descend("discriminator")
            generator = self._descend("generator")
            self.steps += 1
            yield Moment(self.steps, discriminator[0], *generator)

    def _descend(self, player: str) -> tuple[float, float]:
        """One step of a player on a batch of its own; gives its loss and the norm of its gradient."""
        optimizer = self.optimizers[player]
        others = (other for name, other in self.optimizers.items() if name != player)
        size = self.settings.batch_size
        with descents.frozen(descents.weights_of(*others)), self._at_batch(size):
            loss = reduce(add, getattr(self.variant, f"{player}_losses")(self._batch(size)).values())
            loss.backward()
        norm = float(descents.clipped(optimizer, 0))
        optimizer.step()
        optimizer.zero_grad()
        self._batches += 1
        if not isfinite(loss.item()) or not isfinite(norm):
            raise Diverged(f"the {player}'s loss is no longer finite after step {self.steps}; take lower rates")
        return loss.item(), norm

    def _batch(self, size: int) -> PointBatch:
        start = self._batches * size
        places = seeding.stream_indices(POOL, self.settings.seed, start, start + size)
        return PointBatch(self.real[places], torch.zeros(size, dtype=torch.int64))

    def _at_batch(self, size: int) -> AbstractContextManager[None]:
        return self.variant.at(Rows(0, size, size), self.settings.seed, self._batches)

    # Looking

    @torch.no_grad()
    def look(self, moments: list[Moment] | None = None, arrows: bool = False) -> Frame:
        """What is to be seen now: generated points, the surface, and how the modes are covered.

        Args:
            moments: The steps since somebody last looked.
            arrows: Whether to say where the generated points are pulled to.
        """
        made = self.variant(self._latents("shown", SHOWN))
        objective = OBJECTIVES[self.settings.objective]
        surface = cast(Tensor, self.variant.surface(places()))
        return Frame(
            step=self.steps,
            samples=made,
            surface=(surface.sigmoid() if objective.as_probability else surface).reshape(SIDE, SIDE),
            arrows=self.pull(made) if arrows else None,
            covered=self.covered(),
            moments=tuple(moments or ()),
        )

    def covered(self) -> Covered | None:
        """How generated points cover the distribution's modes; None where it has none that are known."""
        modes = self.distribution.modes
        if modes is None:
            return None
        with torch.no_grad():
            made = self.variant(self._latents("counted", COUNTED))
        scores = count_modes(made, modes.centres, modes.deviation, LEAST)
        return Covered(scores.modes, len(modes.centres), scores.high_quality)

    def pull(self, points: Tensor) -> Tensor:
        """Minus the gradient of the generator's loss at each of some generated points, as if there were one, [N, 2]."""
        with torch.enable_grad(), self._at_batch(len(points)):
            leaf = points.detach().requires_grad_()
            with self._making(leaf), descents.frozen(self.variant.discriminator.parameters()):
                loss = reduce(add, self.variant.generator_losses(self._batch(len(points))).values())
            (gradient,) = torch.autograd.grad(loss, leaf)
        return -len(points) * gradient

    @contextmanager
    def _making(self, points: Tensor) -> Iterator[None]:
        """Within the block, the generator makes these points, whatever its latents."""
        generator = self.variant.generator
        self.variant.generator = _Made(points)
        try:
            yield
        finally:
            self.variant.generator = generator

    def _latents(self, use: str, count: int) -> Tensor:
        """The same at every look, so that points are seen to move."""
        return seeding.draw((count, self.settings.latent_dim), "normal", seeding.stream(self.settings.seed, use))


class _Made(nn.Module):
    """A generator of given points."""

    def __init__(self, points: Tensor) -> None:
        super().__init__()
        self.points = points

    def forward(self, latents: Tensor) -> Tensor:
        return self.points


@torch.no_grad()
def spread_out(generator: nn.Module, latents: Tensor, spread: float) -> None:
    """Lets a generator's points begin around the middle, by its last layer; He's first weights put them anywhere.

    Args:
        generator: Its last linear layer is changed.
        latents: [N, Z].
        spread: Standard deviation of its points afterwards, over both coordinates.
    """
    last = [layer for layer in generator.modules() if isinstance(layer, nn.Linear)][-1]
    made = generator(latents)
    scale = spread / (made - made.mean(0)).square().mean().sqrt().clamp(min=1e-6)
    last.weight *= scale
    last.bias.copy_(-scale * made.mean(0))


def places() -> Tensor:
    """Where the surface is computed, row by row from the top, [SIDE * SIDE, 2]."""
    steps = (torch.arange(SIDE) + 0.5) * (2 * REACH / SIDE) - REACH
    return torch.cartesian_prod(-steps, steps).flip(1)
