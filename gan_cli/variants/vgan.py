"""VGAN: Vondrick et al. 2016, "Generating Videos with Scene Dynamics", arXiv:1609.02612."""

from typing import Any, ClassVar, cast

from torch import Tensor

from gan_cli.batches import VideoBatch
from gan_cli.media.videos import Videos
from gan_cli.networks.vgan import Scene, VGANDiscriminator, VGANGenerator
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Channels, Decay, Few, LearningRate, Pixels, Weight, Width
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule


class VGAN(LatentModule):
    """Videos of something that moves in front of a background that does not (Vondrick et al. 2016).

    A stream of 3-D convolutions makes the foreground and a mask, one of 2-D convolutions the background; `parts` shows
    them apart. Departures: no layer before a batch normalisation has a bias; the discriminator has one logit instead of
    two; and it judges what is made for the generator's step by its new weights, where the authors' code uses what it
    said before its own step.

    Args:
        num_frames: T, a multiple of a quarter of `image_size`; comes from the data, as the next two.
        image_size: Side of the frames in pixels, 16, 32, 64 or 128.
        image_channels: C.
        base_channels: Channels of the maps next to the video, in both players; doubled with each halving of it.
        lambda_mask: Weight of the mask's mean, which has it show the background where nothing moves.
        latent_dim: Z; both streams begin with the same z.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **further: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or there are no networks for such videos.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Vondrick et al. 2016, "Generating Videos with Scene Dynamics", arXiv:1609.02612',
        discriminator="L_D = -E[log D(x)] - E[log(1 - D(G(z)))]",
        generator="L_G = -E[log D(G(z))] + lambda_mask |m|, G(z) = m f + (1 - m) b, |m| averaged over its elements",
        printed={
            "num_frames": 32,
            "image_size": 64,
            "image_channels": 3,
            "base_channels": 64,
            "lambda_mask": 0.1,
            "latent_dim": 100,
            "latent_distribution": "normal",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
        },
        why={},
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"videos": Videos},)
    PARTS = ("foreground", "background", "mask")
    makes = "videos"

    def __init__(
        self,
        num_frames: Few = 32,
        image_size: Pixels = 64,
        image_channels: Channels = 3,
        base_channels: Width = 64,
        lambda_mask: Weight = 0.1,
        latent_dim: Width = 100,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **further: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **further,
        )
        self.lambda_mask = lambda_mask
        sizes = (num_frames, image_size, image_channels)
        self.generator = VGANGenerator(*sizes, latent_dim, base_channels)
        self.discriminator = VGANDiscriminator(*sizes, base_channels)
        self.finish_players()

    def scenes(self, latents: Tensor, ema: bool = True) -> Scene:
        """What videos are put together of, from the same inputs as `forward`."""
        return cast(Scene, self.picture_maker(ema)(latents))

    def forward(self, latents: Tensor, ema: bool = True) -> Tensor:
        """Videos [N, C, T, H, W] in [-1, 1] from latents [N, Z]."""
        return self.scenes(latents, ema).video

    def parts(self, latents: Tensor, ema: bool = True, **given: Tensor) -> dict[str, Tensor]:
        return self.scenes(latents, ema).parts

    def discriminator_losses(self, batch: VideoBatch) -> Losses:
        fake: Scene = self.generator(self.latents("discriminator"))
        real_logits, fake_logits = self.judge(batch.videos, fake.video)
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: VideoBatch) -> Losses:
        fake: Scene = self.generator(self.latents("generator"))
        adversarial = non_saturating_generator_loss(self.judge_fake(fake.video))
        return {"adversarial": adversarial, "mask": self.lambda_mask * fake.mask.float().mean()}

    def held_out_measures(self, batch: VideoBatch) -> Losses:
        """The mask's mean, and the share of pixels in which it shows the foreground more than the background."""
        latents = self.noise("measured", self.latent_dim, distribution=self.latent_distribution)
        return self.scenes(latents).measures
