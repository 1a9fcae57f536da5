"""Conditional VGAN: Vondrick et al. 2016, "Generating Videos with Scene Dynamics", arXiv:1609.02612, future
generation; printed values are those of the authors' code."""

from typing import Any, ClassVar, cast

from torch import Tensor
from torch.nn.functional import l1_loss

from gan_cli.batches import VideoBatch
from gan_cli.media.frames import Frames
from gan_cli.media.medium import Medium
from gan_cli.media.videos import Videos
from gan_cli.networks.vgan import ConditionalVGANGenerator, Scene, VGANDiscriminator
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Channels, Decay, Few, LearningRate, Pixels, Weight, Width
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule


class ConditionalVGAN(LatentModule):
    """Videos that a still picture begins, each of them what could come next (Vondrick et al. 2016, future generation).

    There is no noise: a picture has one video. An encoder makes a map of the picture, from which VGAN's two streams
    begin. Departures are those of `VGAN`.

    Args:
        num_frames: T, a multiple of a quarter of `image_size`; comes from the data, as the next two.
        image_size: Side of the frames in pixels, 16, 32, 64 or 128.
        image_channels: C.
        base_channels: Channels of the maps next to the picture and to the video, in both players; doubled with each
            halving of them.
        lambda_first: Weight of the mean absolute difference between the video's first frame and the picture.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **further: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or there are no networks for such videos.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Vondrick et al. 2016, "Generating Videos with Scene Dynamics", arXiv:1609.02612, future '
        "generation; printed values are those of the authors' code",
        discriminator="L_D = -E[log D(x)] - E[log(1 - D(G(x_0)))]",
        generator="L_G = -E[log D(G(x_0))] + lambda_first |x_0 - G(x_0)_0|",
        printed={
            "num_frames": 32,
            "image_size": 64,
            "image_channels": 3,
            "base_channels": 128,
            "lambda_first": 10,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
        },
        why={},
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"videos": Videos},)
    GIVEN: ClassVar[tuple[str, ...]] = ("first",)
    PARTS = ("foreground", "background", "mask")
    SETTLES = ("latent_dim", "latent_distribution")
    makes = "videos"

    def __init__(
        self,
        num_frames: Few = 32,
        image_size: Pixels = 64,
        image_channels: Channels = 3,
        base_channels: Width = 128,
        lambda_first: Weight = 10.0,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **further: Any,
    ) -> None:
        super().__init__(
            0,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **further,
        )
        self.lambda_first = lambda_first
        self.frames = Frames(image_size, image_channels)
        sizes = (num_frames, image_size, image_channels)
        self.generator = ConditionalVGANGenerator(*sizes, base_channels)
        self.discriminator = VGANDiscriminator(*sizes, base_channels)
        self.finish_players()

    @property
    def media(self) -> dict[str, Medium]:
        return {**super().media, "first": self.frames}

    def given(self, batch: VideoBatch) -> dict[str, Tensor]:
        return {"first": batch.videos[:, :, 0]}

    def scenes(self, first: Tensor, ema: bool = True) -> Scene:
        """What videos are put together of, from first frames [N, C, H, W] in [-1, 1]."""
        return cast(Scene, self.picture_maker(ema)(first))

    def forward(self, latents: Tensor, first: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Videos [N, C, T, H, W] in [-1, 1].

        Args:
            latents: [N, 0]: there is no noise.
            first: Their first frames, [N, C, H, W] in [-1, 1].
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return self.scenes(first, ema).video

    def parts(self, latents: Tensor, ema: bool = True, **given: Tensor) -> dict[str, Tensor]:
        return self.scenes(given["first"], ema).parts

    def discriminator_losses(self, batch: VideoBatch) -> Losses:
        fake: Scene = self.generator(**self.given(batch))
        real_logits, fake_logits = self.judge(batch.videos, fake.video)
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: VideoBatch) -> Losses:
        made = self.generator(**self.given(batch)).video
        return {
            "adversarial": non_saturating_generator_loss(self.judge_fake(made)),
            "first": self.lambda_first * l1_loss(made[:, :, 0].float(), batch.videos[:, :, 0]),
        }

    def held_out_measures(self, batch: VideoBatch) -> Losses:
        """The mask's mean and share, and how far the first frame is from the picture, in [-1, 1]."""
        scenes = self.scenes(self.given(batch)["first"])
        first = l1_loss(scenes.video[:, :, 0].float(), batch.videos[:, :, 0])
        return {**scenes.measures, "first": first}
