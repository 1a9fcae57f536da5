"""IcGAN: Perarnau et al. 2016, "Invertible Conditional GANs for image editing", arXiv:1611.06355."""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, one_hot
from torch.optim import Optimizer

from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.media.attributes import Attributes
from gan_cli.media.medium import Medium
from gan_cli.metrics import attribute_editing
from gan_cli.metrics.row_table import OwnMeasures
from gan_cli.networks.icgan import IcGANDiscriminator, IcGANEncoder, IcGANGenerator, signed
from gan_cli.networks.layers import class_shares, evaluating
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Channels, Classes, Decay, LearningRate, Pixels, Steps, Width
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import refuse
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.schedules import FALLS

CONDITIONAL_GAN = "conditional_gan"
"""The name of the checkpoint at the end of the GAN's training, before that of the encoders."""
ENCODERS = ("latent_encoder", "label_encoder")


class Encoded(NamedTuple):
    """What the encoders read in images.

    Attributes:
        latents: [N, Z].
        labels: How much there is of each class or attribute, [N, K] from 0 to 1; only 0 and 1 unless it is asked for.
    """

    latents: Tensor
    labels: Tensor


class IcGAN(LatentModule):
    """A conditional GAN, and two encoders that find the latent and the attributes of a picture (Perarnau et al. 2016).

    So a picture can be made again with other attributes. The first `gan_steps` batches train the GAN, at whose end the
    run keeps a checkpoint of the name `CONDITIONAL_GAN`; all further ones train the encoders, each by its own squared
    error, while the generator stays: that of latents on images that it makes of the batch's attributes, as many as
    there are real ones, and that of attributes on the real images. They are told nothing of each other.

    Where the data has attributes, a picture is made from any of them (`--given red+thick`); where it has classes, from
    one (`--labels 3`).

    Departures: the authors make their generated images once, as many as the set has, where here every batch has new
    ones; wrong attributes are those of another image of the batch, with one changed at random where the two have the
    same; layers in front of batch normalisation have no bias.

    Args:
        image_size: Side of the square images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        num_classes: K, classes or attributes; comes from the data.
        latent_dim: Z.
        base_channels: Channels of the layers next to the image, of generator and discriminator.
        encoder_channels: Channels of the encoders' first layer.
        latent_hidden: Numbers of the layer before the last in the encoder of latents.
        label_hidden: The same in the encoder of attributes.
        gan_steps: Batches that train the GAN, before the encoders; 0 leaves it as it is, as behind `--init`.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        encoder_lr: Learning rate of both encoders.
        adam_betas: Adam's two decay rates, for generator and discriminator.
        encoder_betas: The same for the encoders.
        **prior: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or the data has no classes.
    """

    GIVEN: ClassVar[tuple[str, ...]] = ("labels", "attributes")
    TAKES_ATTRIBUTES: ClassVar[bool] = True
    SETTLES = FALLS
    players: ClassVar[tuple[str, ...]] = ("discriminator", "generator", *ENCODERS)
    own_measures: ClassVar[OwnMeasures | None] = attribute_editing.OWN
    CARD: ClassVar[Card | None] = Card(
        paper='Perarnau et al. 2016, "Invertible Conditional GANs for image editing", arXiv:1611.06355',
        discriminator="L_D = -E[log D(x, y)] - (E[log(1 - D(G(z, y), y))] + E[log(1 - D(x, y_wrong))]) / 2",
        generator="L_G = -E[log D(G(z, y), y)]; then L_Ez = E[|z - Ez(G(z, y))|^2], L_Ey = E[|y - Ey(x)|^2]",
        printed={
            "image_size": 64,
            "image_channels": 3,
            "num_classes": "18, CelebA",
            "latent_dim": 100,
            "latent_distribution": "normal",
            "base_channels": 64,
            "encoder_channels": 32,
            "latent_hidden": 4096,
            "label_hidden": 512,
            "gan_steps": "25 passes",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "encoder_lr": 1e-4,
            "adam_betas": (0.5, 0.999),
            "encoder_betas": (0.1, 0.999),
        },
        why={
            "num_classes": "comes from the data",
            "gan_steps": "of CelebA's 182,638 faces in batches of 64",
        },
    )

    discriminator: IcGANDiscriminator
    latent_encoder: IcGANEncoder
    label_encoder: IcGANEncoder
    together: Tensor
    """How many training images have both of two attributes, int64 [K, K]; all 0 before the training."""
    seen_images: Tensor
    """How many training images there are, int64."""

    def __init__(
        self,
        image_size: Pixels = 64,
        image_channels: Channels = 3,
        num_classes: Classes = 18,
        latent_dim: Width = 100,
        base_channels: Width = 64,
        encoder_channels: Width = 32,
        latent_hidden: Width = 4096,
        label_hidden: Width = 512,
        gan_steps: Steps = 71_000,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        encoder_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        encoder_betas: tuple[Decay, Decay] = (0.1, 0.999),
        **prior: Any,
    ) -> None:
        rates: dict[str, Any] = {"generator_lr": generator_lr, "discriminator_lr": discriminator_lr}
        super().__init__(latent_dim=latent_dim, adam_betas=adam_betas, **rates, **prior)
        refuse(prior, dict.fromkeys(FALLS, 0), "IcGAN's rates stay, and its phases end by numbers of batches")
        self.learning_rates |= dict.fromkeys(ENCODERS, encoder_lr)
        self.encoder_betas = encoder_betas
        self._needs(1, num_classes)
        self.image_size, self.image_channels = image_size, image_channels
        self.num_classes = num_classes
        self.gan_steps = gan_steps
        self.generator = IcGANGenerator(image_size, image_channels, latent_dim, num_classes, base_channels)
        self.discriminator = IcGANDiscriminator(image_size, image_channels, num_classes, base_channels)
        sizes = (image_size, image_channels, encoder_channels)
        self.latent_encoder = IcGANEncoder(*sizes, latent_hidden, latent_dim)
        self.label_encoder = IcGANEncoder(*sizes, label_hidden, num_classes)
        self.register_buffer("together", torch.zeros(num_classes, num_classes, dtype=torch.int64))
        self.register_buffer("seen_images", torch.zeros((), dtype=torch.int64))
        self.finish_players()

    def _needs(self, least: int, there: int) -> None:
        if there < least:
            raise UserError(
                f"model: IcGAN needs attributes or classes, and this data has {there}; take another with --data"
            )

    # What it makes pictures from

    @property
    def has_attributes(self) -> bool:
        """Whether an image may have any of the attributes of its data, or it has exactly one class."""
        return bool(self.data_facts.get("attributes"))

    @property
    def takes(self) -> tuple[str, ...]:
        return ("attributes",) if self.has_attributes else ("labels",)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes or attributes, in the order of their numbers."""
        told = tuple(map(str, self.data_facts.get("class_names") or ()))
        return told or tuple(str(number) for number in range(self.num_classes))

    @property
    def media(self) -> dict[str, Medium]:
        return {**super().media, "attributes": Attributes(self.names)}

    def given(self, batch: ImageBatch) -> dict[str, Tensor]:
        return {"attributes": self.shares(batch.labels)} if self.has_attributes else {"labels": batch.labels}

    def shares(self, labels: Tensor) -> Tensor:
        """How much there is of each class or attribute, [N, K] from 0 to 1; 1/2 where nothing is known."""
        return class_shares(labels, self.num_classes).nan_to_num(0.5)

    def forward(  # type: ignore[override]
        self, latents: Tensor, labels: Tensor | None = None, attributes: Tensor | None = None, ema: bool = True
    ) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z].

        Args:
            latents: From the prior, or those of images.
            labels: Classes, int64 [N], or shares of them, [N, K]; where the data has classes.
            attributes: From 0 to 1, [N, K]; where the data has attributes.
            ema: The averaged generator where there is one, or the one that is trained.

        Raises:
            ValueError: If neither is given, or there are not K attributes.
        """
        told = attributes if labels is None else labels
        if told is None:
            raise ValueError("images are made from attributes or classes, and none are given")
        shares = self.shares(told)
        if shares.shape[1:] != (self.num_classes,):
            raise ValueError(f"an image has {self.num_classes} attributes here")
        return cast(Tensor, self.picture_maker(ema)(latents, shares.to(latents.device)))

    def told(self, shares: Tensor) -> dict[str, Tensor]:
        """What `forward` is to be given for shares of classes, or attributes, [N, K]."""
        return {self.takes[0]: shares}

    def between(self, first: dict[str, Tensor], last: dict[str, Tensor], shares: Tensor) -> dict[str, Tensor]:
        start, end = first["attributes"], last["attributes"]
        return {"attributes": torch.lerp(start, end, shares[:, None].to(start))}

    @property
    def encodes(self) -> bool:
        """Whether the encoders have been trained."""
        return self.counters.batches > self.gan_steps

    def encode(self, images: Tensor, soft: bool = False) -> Encoded:
        """What the encoders read in images.

        Args:
            images: [N, C, H, W] in [-1, 1], of the model's size.
            soft: Whether labels stay between 0 and 1 as they are read; otherwise they are 0 or 1, as the authors have
                it, and of classes just one is 1.
        """
        images = self.laid_out(images)
        read = (self.label_encoder(images) + 1) / 2
        if soft:
            shares = read.clamp(0, 1)
        elif self.has_attributes:
            shares = (read > 0.5).to(read.dtype)
        else:
            shares = one_hot(read.argmax(1), self.num_classes).to(read.dtype)
        return Encoded(self.latent_encoder(images), shares)

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # it takes a label

    # Training

    @property
    def trains_gan(self) -> bool:
        """Whether the next batch trains the GAN; otherwise the encoders."""
        return self.counters.batches < self.gan_steps

    def on_fit_start(self) -> None:
        """Counts which attributes training images have together; in every process the same.

        Raises:
            UserError: If there is one class alone.
        """
        super().on_fit_start()
        self._needs(1 if self.has_attributes else 2, self.num_classes)
        data = getattr(self.trainer, "datamodule", None)
        labels = getattr(getattr(data, "train_set", None), "labels", None)
        if not self.counters.batches and labels is not None and len(labels):
            there = class_shares(labels, self.num_classes).nan_to_num(0).double()
            self.together.copy_((there.T @ there).round().long())
            self.seen_images.fill_(len(labels))

    def make_optimizer(self, player: str) -> Optimizer:
        optimizer = super().make_optimizer(player)
        if player in ENCODERS:
            for group in optimizer.param_groups:
                group["betas"] = self.encoder_betas
        return optimizer

    def descending(self) -> Iterable[str]:
        return super().descending() if self.trains_gan else ENCODERS

    @property
    def phases(self) -> dict[str, int]:
        return {CONDITIONAL_GAN: self.gan_steps}

    def discriminator_losses(self, batch: ImageBatch) -> Losses:
        shares = self.shares(batch.labels)
        fake = self.generator(self.latents("discriminator"), shares)
        right, made, wrong = self.judge((batch.images, shares), (fake, shares), (batch.images, self._wrong(shares)))
        self.watch_outputs(right, made)
        self.watch("logits/wrong", wrong)
        # Both kinds of fault together weigh as much as the generated images alone would.
        return {"adversarial": discriminator_cross_entropy(right, torch.cat([made, wrong]))}

    def generator_losses(self, batch: ImageBatch) -> Losses:
        shares = self.shares(batch.labels)
        logits = self.judge_fake((self.generator(self.latents("generator"), shares), shares))
        return {"adversarial": non_saturating_generator_loss(logits)}

    def latent_encoder_losses(self, batch: ImageBatch) -> Losses:
        latents = self.noise("latents/latent_encoder", self.latent_dim, distribution=self.latent_distribution)
        network = self.picture_maker()
        with torch.no_grad(), evaluating(network):
            made = network(latents, self.shares(batch.labels))
        return {"latents": mse_loss(self.latent_encoder(made), latents)}

    def label_encoder_losses(self, batch: ImageBatch) -> Losses:
        wanted = signed(self.shares(batch.labels))
        return {"labels": mse_loss(self.label_encoder(batch.images), wanted)}

    def _wrong(self, shares: Tensor) -> Tensor:
        """Labels of other images of the batch, [N, K]; where they are an image's own, one of them is another."""
        drawn = (self.noise("wrong labels", distribution="uniform") + 1) / 2
        others = shares.roll(1, 0)
        if self.has_attributes:
            chosen = one_hot((drawn * self.num_classes).long().clamp(max=self.num_classes - 1), self.num_classes)
            changed = (shares - chosen).abs()
        else:
            steps = 1 + (drawn * (self.num_classes - 1)).long().clamp(max=self.num_classes - 2)
            changed = one_hot((shares.argmax(1) + steps) % self.num_classes, self.num_classes).to(shares)
        return torch.where((others == shares).all(1, keepdim=True), changed.to(shares), others)

    # Held-out images

    def held_out_logits(self, batch: ImageBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.images, self.shares(batch.labels)))

    def held_out_measures(self, batch: ImageBatch) -> Losses:
        """Of images that the encoders read: the error of making them again, and the share of labels read rightly."""
        if not self.encodes:
            return {}
        found = self.encode(batch.images)
        again = self(found.latents, **self.told(found.labels))
        right = (found.labels == self.shares(batch.labels)).float().mean()
        return {"reconstruction": (again.float() - batch.images).abs().mean(), "labels_right": right}


def excluding(together: Tensor, images: int, least: float = 10.0) -> Tensor:
    """Which attributes exclude each other, bool [K, K]: no training image has both, where chance alone would show some.

    Args:
        together: How many training images have both of two attributes, int64 [K, K].
        images: How many there are.
        least: So many images are expected to have both, at least, if neither attribute depended on the other.
    """
    counts = together.diagonal().double()
    expected = counts[:, None] * counts[None] / max(1, images)
    return (together == 0) & (expected >= least)


def editing(model: Any) -> IcGAN:
    """The model, if it can read images and make them again with other attributes.

    Raises:
        UserError: If it cannot, or its encoders have not been trained yet.
    """
    if not isinstance(model, IcGAN):
        raise UserError(
            f"ckpt: {type(model).__name__} reads no attributes in pictures; take a checkpoint of IcGAN, or type "
            "--directions for latents"
        )
    if not model.encodes:
        raise UserError(
            f"ckpt: the encoders of this IcGAN are trained after batch {model.gan_steps:,}, and it has seen "
            f"{model.counters.batches:,}; go on with gan fit --ckpt_path last"
        )
    return model
