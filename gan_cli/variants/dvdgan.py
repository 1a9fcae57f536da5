"""DVD-GAN: Clark et al. 2019, "Adversarial Video Generation on Complex Datasets", arXiv:1907.06571."""

from typing import Any, ClassVar, cast

from torch import Tensor

from gan_cli.batches import VideoBatch
from gan_cli.media.videos import Videos
from gan_cli.networks.dvdgan import DVDGANDiscriminator, DVDGANGenerator
from gan_cli.networks.first_weights import draw_first_weights
from gan_cli.networks.spectral_norm import normalise_spectrally
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.ranges import Channels, Classes, Decay, Few, LearningRate, Pixels, Width
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule


class DVDGAN(LatentModule):
    """Videos by class, against one discriminator of frames and one of what happens in them (Clark et al. 2019).

    BigGAN's players, with a convolutional recurrent layer at each resolution of the generator. The discriminator has
    two networks, which descend together, each on the hinge of its own logit: the spatial one adds up what it says of
    some frames of each video, the temporal one sees all of them at half their size. Departures: no self-attention, no
    penalty on weights that are not orthogonal; in the recurrent layers, what is read and what is remembered have
    convolutions of their own, each divided by its own largest singular value.

    Args:
        num_frames: T; comes from the data, as the next three.
        image_size: Side of the frames in pixels, a power of two from 32 to 512.
        image_channels: C.
        num_classes: K; above 0 both players are told the class.
        frames_judged: k, frames of each video that the spatial discriminator sees; all where there are fewer.
        latent_dim: Z.
        base_channels: Channels next to the video at 128 pixels; a quarter of all widths up to 32 pixels.
        embedding_dim: Numbers of the class's embedding, which all layers of the generator share.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        n_critic: Steps of the discriminator for each of the generator.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        **further: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or there are no networks for such videos.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Clark et al. 2019, "Adversarial Video Generation on Complex Datasets", arXiv:1907.06571',
        discriminator="of D_S and of D_T each: E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))],\n"
        "each weight W of both players as W / sigma(W)",
        generator="L_G = -E[D_S(G(z, y), y)] - E[D_T(G(z, y), y)]",
        printed={
            "num_frames": "12 to 48",
            "image_size": "64, 128 or 256; 128 for UCF-101",
            "image_channels": 3,
            "num_classes": "600 or 101",
            "frames_judged": 8,
            "latent_dim": 120,
            "latent_distribution": "normal",
            "embedding_dim": 120,
            "generator_lr": 1e-4,
            "discriminator_lr": 5e-4,
            "adam_betas": (0.0, 0.999),
            "n_critic": 2,
            "ema_decay": 0.9999,
        },
        why={
            "num_frames": "comes from the data",
            "image_size": "comes from the data",
            "num_classes": "comes from the data, once it is asked for",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"videos": Videos},)
    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    makes = "videos"

    def __init__(
        self,
        num_frames: Few = 16,
        image_size: Pixels = 128,
        image_channels: Channels = 3,
        num_classes: Classes = 0,
        frames_judged: Few = 8,
        latent_dim: Width = 120,
        base_channels: Width = 96,
        embedding_dim: Width = 120,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 5e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.999),
        n_critic: Few = 2,
        ema_decay: Decay = 0.9999,
        **further: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            n_critic=n_critic,
            ema_decay=ema_decay,
            **further,
        )
        possible = image_size in (32, 64, 128, 256, 512)
        check("image_size", image_size, possible, "of 32, 64, 128, 256 or 512, by --data.image_size")
        if num_classes:
            self.needs_classes(num_classes)
        self.frames_judged = min(frames_judged, num_frames)
        sizes = (image_size, image_channels)
        self.generator = DVDGANGenerator(num_frames, *sizes, latent_dim, base_channels, self.num_classes, embedding_dim)
        self.discriminator = DVDGANDiscriminator(*sizes, base_channels, self.num_classes)
        for player in (self.generator, self.discriminator):
            draw_first_weights(player, "orthogonal")
            normalise_spectrally(player)
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Videos [N, C, T, H, W] in [-1, 1] from latents [N, Z].

        Args:
            latents: From the prior.
            labels: int64 [N], or shares of classes [N, K]; only where the run is by class.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        told = [labels] if self.num_classes and labels is not None else []
        return cast(Tensor, self.picture_maker(ema)(latents, *told))

    def discriminator_losses(self, batch: VideoBatch) -> Losses:
        labels = self.fresh_classes("discriminator")
        fakes = self.fakes("discriminator", *labels)
        real = (batch.videos, self.frames("real", batch.videos), *self.given(batch).values())
        real_logits, fake_logits = self.judge(real, (fakes, self.frames("fake", fakes), *labels))
        self.watch_outputs(real_logits.sum(1), fake_logits.sum(1))
        logits = {name: (real_logits[:, number], fake_logits[:, number]) for number, name in enumerate(NETWORKS)}
        return {name: discriminator_hinge(*pair) for name, pair in logits.items()}

    def generator_losses(self, batch: VideoBatch) -> Losses:
        labels = self.fresh_classes("generator")
        fakes = self.fakes("generator", *labels)
        logits = self.judge_fake((fakes, self.frames("generator", fakes), *labels))
        return {name: critic_generator_loss(logits[:, number]) for number, name in enumerate(NETWORKS)}

    def frames(self, use: str, videos: Tensor) -> Tensor:
        """Which frames of videos [N, C, T, H, W] are judged one by one: k different ones of each, int64 [N, k]."""
        order = self.noise(f"frames/{use}", videos.shape[2], distribution="uniform").argsort(1)
        return order[:, : self.frames_judged]

    def held_out_logits(self, batch: VideoBatch) -> Tensor:
        real = (batch.videos, self.frames("held out", batch.videos), *self.given(batch).values())
        return cast(Tensor, self.discriminator(*real).sum(1))

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # it takes a choice of frames


NETWORKS = ("spatial", "temporal")
"""The discriminator's two, in the order of its logits."""
