"""A small GAN of trajectories, after Gupta et al. 2018, "Social GAN", arXiv:1803.10892, without its pooling."""

from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from trajectories import Scenes, Trajectories

from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.latent import LatentModule


class TrajectoryGAN(LatentModule):
    """The next steps of people, given those observed: an encoder and a decoder, and the best of several guesses.

    Departures: a person alone, as there are no others in a scene; and the decoder adds to the last step's move, so that
    it begins with who walks on as before.

    Args:
        future_steps: Steps to make; comes from the data.
        hidden_dim: Units of each recurrent network.
        guesses: Of which the best is drawn to the truth (section 3.4, the variety loss).
        lambda_variety: Weight of its squared distance.
        latent_dim: Z.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        **further: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"observed": Trajectories, "future": Trajectories},)
    GIVEN: ClassVar[tuple[str, ...]] = ("observed",)
    makes = "future"

    def __init__(
        self,
        future_steps: int = 12,
        hidden_dim: int = 32,
        guesses: int = 10,
        lambda_variety: float = 1.0,
        latent_dim: int = 8,
        generator_lr: float = 1e-3,
        discriminator_lr: float = 1e-3,
        **further: Any,
    ) -> None:
        super().__init__(latent_dim=latent_dim, generator_lr=generator_lr, discriminator_lr=discriminator_lr, **further)
        check("guesses", guesses, guesses >= 1, "of 1 or more")
        self.guesses = guesses
        self.lambda_variety = lambda_variety
        self.generator = Generator(future_steps, hidden_dim, latent_dim)
        self.discriminator = Discriminator(hidden_dim)
        self.finish_players()

    def forward(self, latents: Tensor, observed: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Steps [N, T', 2] from latents [N, Z] and observed steps [N, T, 2], in metres."""
        return cast(Tensor, self.picture_maker(ema)(latents, observed))

    def discriminator_losses(self, batch: Scenes) -> Losses:
        fake = self.fakes("discriminator", batch.observed)
        real_logits, fake_logits = self.judge((batch.future, batch.observed), (fake, batch.observed))
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: Scenes) -> Losses:
        guesses = self.guessed(batch, self.guesses)
        squared = (guesses - batch.future[:, None]).square().sum(3).mean(2)
        fake_logits = self.judge_fake((guesses[:, 0], batch.observed))
        return {
            "adversarial": non_saturating_generator_loss(fake_logits),
            "variety": self.lambda_variety * squared.amin(1).mean(),
        }

    def guessed(self, batch: Scenes, count: int) -> Tensor:
        """So many guesses for each person, [N, count, T', 2]."""
        latents = self.noise("guesses", count, self.latent_dim, distribution=self.latent_distribution)
        made = self.generator(latents.flatten(0, 1), batch.observed.repeat_interleave(count, dim=0))
        return cast(Tensor, made.unflatten(0, (-1, count)))

    def held_out_logits(self, batch: Scenes) -> Tensor:
        return cast(Tensor, self.discriminator(batch.future, batch.observed))

    def held_out_measures(self, batch: Scenes) -> Losses:
        """How far in metres one guess is from the truth, the best of 20, and who just walks on as before."""
        ahead = torch.arange(1, batch.future.shape[1] + 1, device=self.device)[:, None]
        on = batch.observed[:, -1:] + ahead * batch.observed[:, -2:].diff(dim=1)
        errors = (self.guessed(batch, 20) - batch.future[:, None]).norm(dim=3).mean(2)
        return {
            "ade": errors[:, 0].mean(),
            "ade_best_of_20": errors.amin(1).mean(),
            "ade_constant_velocity": (on - batch.future).norm(dim=2).mean(),
        }


class Generator(nn.Module):
    """What was observed and noise in one state, from which one move after the other is made."""

    def __init__(self, future_steps: int, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.future_steps = future_steps
        self.encoder = nn.GRU(2, hidden_dim, batch_first=True)
        self.mixing = nn.Linear(hidden_dim + latent_dim, hidden_dim)
        self.decoder = nn.GRUCell(2, hidden_dim)
        self.turn = nn.Linear(hidden_dim, 2)

    def forward(self, latents: Tensor, observed: Tensor) -> Tensor:
        ahead = frames_of(observed)
        moves = observed.diff(dim=1) @ ahead
        state = torch.tanh(self.mixing(torch.cat([self.encoder(moves)[1][0], latents], dim=1)))
        move, made = moves[:, -1], []
        for _ in range(self.future_steps):
            state = self.decoder(move, state)
            move = move + self.turn(state)
            made.append(move)
        return observed[:, -1:] + (torch.stack(made, dim=1) @ ahead.mT).cumsum(1)


class Discriminator(nn.Module):
    """Whether moves, those observed and those that follow, are one person's."""

    def __init__(self, hidden_dim: int) -> None:
        super().__init__()
        self.encoder = nn.GRU(2, hidden_dim, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden_dim, hidden_dim), nn.LeakyReLU(0.2), nn.Linear(hidden_dim, 1))

    def forward(self, future: Tensor, observed: Tensor) -> Tensor:
        moves = torch.cat([observed, future], dim=1).diff(dim=1) @ frames_of(observed)
        return cast(Tensor, self.head(self.encoder(moves)[1][0]).squeeze(1))


def frames_of(observed: Tensor) -> Tensor:
    """Ahead and to the left as people see it, [N, 2, 2]: both networks see moves from where a person came."""
    across, up = (observed[:, -1] - observed[:, 0]).unbind(1)
    angle = torch.atan2(up, across)
    return torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(-1, 2, 2)
