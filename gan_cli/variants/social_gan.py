"""SocialGAN: Gupta et al. 2018, "Social GAN: Socially Acceptable Trajectories with Generative Adversarial Networks",
arXiv:1803.10892; printed values are those of the authors' script run_traj.sh."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from torch import Tensor

from gan_cli.batches import SceneBatch
from gan_cli.errors import UserError
from gan_cli.media.paths import Paths
from gan_cli.metrics.futures import constant_velocity, errors
from gan_cli.networks.crowds import Crowd
from gan_cli.networks.social_gan import FutureGenerator, PathDiscriminator, Pooling
from gan_cli.objectives.futures import Compared, shared_cross_entropy, variety_loss
from gan_cli.ranges import Few, LearningRate, Weight, Width
from gan_cli.variants import judging
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

WATCHED = 20
"""So many futures of each held-out scene are made, as papers do."""


class SocialGAN(LatentModule):
    """Where people go next, together, given where they were (Gupta et al. 2018, arXiv:1803.10892).

    An LSTM reads each person's steps, a pooling module tells what the neighbours are about, and another LSTM makes the
    steps that follow; the best of several futures is drawn to the truth (section 3.4). Departures: terms are averaged
    scene by scene, so that parts of a batch count by their scenes; the discriminator's last layer is linear (see
    `PathDiscriminator`); and each scene, not each batch, has soft labels of its own.

    Args:
        future_steps: Steps to make; from the data.
        pooling: Whether neighbours are pooled: "none" (SGAN in the paper), "once" before the decoder (SGAN-P), or also
            after "every_step" of it.
        pooled_discriminator: Whether the discriminator judges people among their neighbours too.
        guesses: K, of which the best is drawn to the truth; 20 in the paper's tables.
        lambda_variety: Weight of its squared error, a mean over scenes. The authors sum over the scenes of a batch, of
            which their script has 32.
        compared: What that error is of: "displacements" from step to step, as in the authors' code, or "positions",
            whose errors add up.
        lambda_adversarial: Weight of the adversarial term; 0 trains no discriminator.
        embedding_dim: Numbers that displacements and relative places are embedded in.
        hidden_dim: Units of the generator's LSTMs, Z of which are noise at first.
        discriminator_dim: Units of the discriminator's LSTM.
        mlp_dim: Units of the other layers.
        pooled_dim: Numbers that neighbours are pooled to.
        latent_dim: Z; one z serves all people of a scene.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        n_critic: Steps of the discriminator for each of the generator.
        generator_clip_norm: Largest norm of the generator's gradient; 0 is no limit.
        **further: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Gupta et al. 2018, "Social GAN: Socially Acceptable Trajectories with Generative Adversarial Networks", '
        "arXiv:1803.10892",
        discriminator="L_D = BCE(D(X, Y), U(0.7, 1.2)) + BCE(D(X, G(X, z)), U(0, 0.3))",
        generator="L_G = BCE(D(X, G(X, z)), U(0.7, 1.2)) + lambda_variety min_k |Y - G(X, z_k)|^2",
        printed={
            "future_steps": "8 or 12",
            "pooling": "none (SGAN), once (SGAN-P)",
            "pooled_discriminator": False,
            "guesses": "20, script 10",
            "lambda_variety": "1, summed over the batch's scenes",
            "compared": "displacements",
            "embedding_dim": 16,
            "hidden_dim": 32,
            "discriminator_dim": 64,
            "mlp_dim": 64,
            "pooled_dim": 32,
            "latent_dim": 8,
            "generator_lr": 1e-3,
            "discriminator_lr": 1e-3,
            "n_critic": 2,
            "generator_clip_norm": 1.5,
        },
        why={
            "future_steps": "comes from the data",
            "pooling": "as in the script",
            "guesses": "as in the tables",
            "lambda_variety": "a mean over the 32 scenes of the script's batch",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"observed": Paths, "future": Paths},)
    GIVEN: ClassVar[tuple[str, ...]] = ("observed",)
    makes = "future"

    def __init__(
        self,
        future_steps: Few = 8,
        pooling: Pooling = "once",
        pooled_discriminator: bool = False,
        guesses: Few = 20,
        lambda_variety: Weight = 32.0,
        compared: Compared = "displacements",
        lambda_adversarial: Weight = 1.0,
        embedding_dim: Width = 16,
        hidden_dim: Width = 32,
        discriminator_dim: Width = 64,
        mlp_dim: Width = 64,
        pooled_dim: Width = 32,
        latent_dim: Width = 8,
        generator_lr: LearningRate = 1e-3,
        discriminator_lr: LearningRate = 1e-3,
        n_critic: Few = 2,
        generator_clip_norm: Weight = 1.5,
        **further: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            n_critic=n_critic,
            generator_clip_norm=generator_clip_norm,
            **further,
        )
        if latent_dim >= hidden_dim:
            raise UserError(
                f"model.latent_dim: {latent_dim} leaves nothing of a state of {hidden_dim} numbers for what was seen; "
                "take fewer, or a larger --model.hidden_dim"
            )
        self.guesses = guesses
        self.lambda_variety = lambda_variety
        self.compared: Compared = compared
        self.lambda_adversarial = lambda_adversarial
        sizes = (embedding_dim, hidden_dim, mlp_dim, pooled_dim)
        self.generator = FutureGenerator(future_steps, latent_dim, *sizes, pooling)
        self.discriminator = PathDiscriminator(embedding_dim, discriminator_dim, mlp_dim, pooled_discriminator)
        self.finish_players()

    def descending(self) -> Iterable[str]:
        return super().descending() if self.lambda_adversarial else ("generator",)

    def forward(self, latents: Tensor, observed: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Places [N, P, T', 2] from latents [N, Z] and observed places [N, P, T, 2], in metres.

        Args:
            latents: From the prior, one for each scene.
            observed: NaN where a scene has fewer than P people, as in what is made.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return cast(Tensor, self.picture_maker(ema)(latents, observed))

    def discriminator_losses(self, batch: SceneBatch) -> Losses:
        fake = self.generator(self.latents("discriminator"), batch.observed, batch.people)
        judged = (batch.future, batch.observed), (fake, batch.observed)
        real_logits, fake_logits = judging.judge(self.discriminator, *judged, people=batch.people)
        self.watch_outputs(real_logits, fake_logits)
        shares = Crowd.of(batch.observed, batch.people).shares
        real_term = shared_cross_entropy(real_logits, self.soft_labels("real", 0.7, 1.2), shares)
        fake_term = shared_cross_entropy(fake_logits, self.soft_labels("fake", 0.0, 0.3), shares)
        return {"adversarial": real_term + fake_term}

    def generator_losses(self, batch: SceneBatch) -> Losses:
        guesses = self.guessed(batch, self.guesses)
        shares = Crowd.of(batch.observed, batch.people).shares
        error = variety_loss(guesses, batch.future, shares, self.compared)
        losses = {"variety": self.lambda_variety * error}
        if self.lambda_adversarial:
            logits = judging.judge_fake(self.discriminator, (guesses[:, -1], batch.observed), people=batch.people)
            wanted = self.soft_labels("wanted", 0.7, 1.2)
            losses["adversarial"] = self.lambda_adversarial * shared_cross_entropy(logits, wanted, shares)
        return losses

    def guessed(self, batch: SceneBatch, count: int) -> Tensor:
        """So many futures of each scene, [N, count, P, T', 2]."""
        latents = self.noise("guesses", count, self.latent_dim, distribution=self.latent_distribution)
        return cast(Tensor, self.generator(latents, batch.observed, batch.people))

    def soft_labels(self, use: str, low: float, high: float) -> Tensor:
        """A target for each scene, uniform from one number to another, [N]."""
        return low + (high - low) * (self.noise(f"labels/{use}", distribution="uniform") + 1) / 2

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # a future is judged beside what was observed

    def held_out_logits(self, batch: SceneBatch) -> Tensor:
        """The mean logit of each scene's people, [N]."""
        logits = self.discriminator(batch.future, batch.observed, batch.people)
        return cast(Tensor, (logits * Crowd.of(batch.observed, batch.people).shares).sum(1))

    def held_out_measures(self, batch: SceneBatch) -> Losses:
        """Mean errors in metres: of the best of 20 futures for a scene, of one future, of who walks on as before."""
        on = constant_velocity(batch.observed, batch.future.shape[2])
        several, people = errors(self.guessed(batch, WATCHED), batch.future)
        alone, _ = errors(on[:, None], batch.future)
        means = several.sum(0) / people.sum()
        return {"ade": means[0], "ade_mean": means[4], "ade_constant_velocity": alone[:, 0].sum() / people.sum()}
