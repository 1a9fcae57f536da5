"""StarGAN: Choi et al. 2018, "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
Translation", arXiv:1711.09020."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gan_cli import seeding
from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.networks.layers import Upsampling, class_shares
from gan_cli.networks.layouts import BesidePlanes
from gan_cli.networks.stargan import DomainDiscriminator
from gan_cli.networks.translator import ResidualTranslator
from gan_cli.objectives.adversarial import critic_generator_loss, critic_loss
from gan_cli.objectives.penalties import gradient_penalty
from gan_cli.ranges import Channels, Classes, Decay, Few, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants import label_vectors
from gan_cli.variants.base import Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.label_vectors import LabelSets, classification
from gan_cli.variants.translation import Sizes, TranslationModule, in_square, in_three_channels


class DomainTranslator(nn.Module):
    """A translator that is told the wanted domain by extra planes, one for each domain, filled with 1 or 0.

    Args:
        translator: Takes C + K channels.
    """

    def __init__(self, translator: nn.Module) -> None:
        super().__init__()
        self.translator = translator
        self.beside_planes = BesidePlanes()

    def forward(self, images: Tensor, wanted: Tensor) -> Tensor:
        """Images [N, C, H, W] from images [N, C, H, W] and shares of domains [N, K]."""
        return cast(Tensor, self.translator(self.beside_planes(images, wanted)))


class StarGAN(TranslationModule):
    """One translator for any number of domains, or of attributes (Choi et al. 2018, equations 5 and 6).

    A direction is the domain wanted. Where an image has attributes, it is the one to change, or several with pluses
    between, as in `Blond_Hair+Young`: a hair colour takes the place of the other ones, any other attribute is turned
    into its opposite, and the rest stays as the image has it, as it was told or as the discriminator reads it.

    Several sets may be learned from together (section 3.2): an image's labels are known for its own set alone, and a
    mask tells the generator which set's labels count. Batches are of each set in turn, and as in the authors' code the
    generator steps on one of each after `n_critic` of each.

    The paper writes D(x) as if the discriminator had one output. It has a map of patches, and the authors' code, which
    is followed here, takes its mean in the adversarial terms and the slope of its sum in the penalty.

    Args:
        image_size: Side of the images in pixels, a power of two from 16.
        image_channels: C.
        num_classes: K, the domains or attributes, of all sets together; at least two.
        label_sets: How many of them belong to each set that is learned from, and whether an image has any of them or
            one, such as ("5 attributes", "8 classes"); () where there is one set.
        base_channels: Channels of the first layer of the generator, and of the discriminator.
        num_blocks: Residual blocks of the generator.
        lambda_cls: Weight of both classification terms.
        lambda_rec: Weight of the way back to the original domain.
        lambda_gp: Weight of the gradient penalty.
        upsampling: "deconvolution" as in the paper, or "resize", which leaves no checkerboard.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        n_critic: Steps of the discriminator, one a batch, for each of the generator.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Choi et al. 2018, "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image '
        'Translation", arXiv:1711.09020',
        discriminator="L_D = -E[D(x)] + E[D(G(x, c))] + lambda_gp E[(|grad D(mix)| - 1)^2] "
        "- lambda_cls E[log P(c' | x)]",
        generator="L_G = -E[D(G(x, c))] - lambda_cls E[log P(c | G(x, c))] + lambda_rec E[|x - G(G(x, c), c')|]",
        printed={
            "image_size": 128,
            "image_channels": 3,
            "num_classes": "5 attributes, or 8 expressions",
            "base_channels": 64,
            "num_blocks": 6,
            "lambda_cls": 1.0,
            "lambda_rec": 10.0,
            "lambda_gp": 10.0,
            "upsampling": "deconvolution",
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": (0.5, 0.999),
            "n_critic": 5,
            "constant_epochs": "10, CelebA",
            "decay_epochs": "10, CelebA",
        },
        why={
            "num_classes": "comes from the data",
            "constant_epochs": "belongs to the length of a run",
            "decay_epochs": "belongs to the length of a run",
        },
    )

    TAKES_ATTRIBUTES = True
    discriminator: DomainDiscriminator

    def __init__(
        self,
        image_size: Pixels = 128,
        image_channels: Channels = 3,
        num_classes: Classes = 5,
        label_sets: tuple[str, ...] = (),
        base_channels: Width = 64,
        num_blocks: Annotated[int, Range(1, 256)] = 6,
        lambda_cls: Weight = 1.0,
        lambda_rec: Weight = 10.0,
        lambda_gp: Weight = 10.0,
        upsampling: Upsampling = "deconvolution",
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        n_critic: Few = 5,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            n_critic=n_critic,
            **optimisation,
        )
        power_of_two = image_size >= 16 and not image_size & (image_size - 1)
        check("image_size", image_size, power_of_two, "of 16, 32, 64, ...")
        if num_classes < 2:
            raise UserError(f"model: StarGAN needs domains, and this data has {num_classes}; take another with --data")
        self.num_classes = num_classes
        self.label_sets = label_vectors.parsed(label_sets, num_classes)
        self.image_channels = image_channels
        self.lambda_cls, self.lambda_rec, self.lambda_gp = lambda_cls, lambda_rec, lambda_gp
        translator = ResidualTranslator(
            image_channels + num_classes + len(label_sets),
            image_channels,
            base_channels,
            num_blocks,
            padding="zeros",
            affine=True,
            kernel=4,
            bias=False,
            upsampling=upsampling,
        )
        self.generator = DomainTranslator(translator)
        self.discriminator = DomainDiscriminator(image_size, image_channels, num_classes, base_channels)
        self.finish_players()

    def forward(self, images: Tensor, direction: str, ema: bool = True, source_labels: Tensor | None = None) -> Tensor:
        """Translated images [N, C, H, W] in [-1, 1] from images [N, C, H, W]; H and W multiples of 4.

        Args:
            images: In [-1, 1].
            direction: A domain's name, or those of several attributes with pluses between.
            ema: The averaged generator where there is one, or the one that is trained.
            source_labels: The images' own labels, [N, K]; those that are NaN, or all of them, are read by the
                discriminator if the direction depends on them.
        """
        self.check_direction(direction)
        source = torch.zeros(len(images), self.num_classes, device=images.device)
        if self.starts_from(direction):
            source = self._completed(images, source_labels, direction)
        wanted = label_vectors.changed(source, self._numbers(direction), self.directions, self._sets)
        return cast(Tensor, self.picture_maker(ema)(images, self._planes(wanted)))

    def starts_from(self, direction: str) -> tuple[str, ...]:
        place, kind = label_vectors.set_of(self._numbers(direction)[0], self._sets)
        return self.directions[place] if kind == "attributes" else ()

    def read_labels(self, images: Tensor) -> Tensor:
        logits: Tensor = self.discriminator(self.laid_out(in_square(images, self.image_size)))[:, 1:]
        return label_vectors.from_logits(logits, self._sets)

    def _completed(self, images: Tensor, told: Tensor | None, direction: str) -> Tensor:
        """The images' labels, read where nobody told what the direction starts from."""
        if told is None:
            return self.read_labels(images)
        told = told.to(images.device, torch.float32)
        place, _ = label_vectors.set_of(self._numbers(direction)[0], self._sets)
        if not bool(told[:, place].isnan().any()):
            return told
        return torch.where(told.isnan(), self.read_labels(images), told)

    def descending(self) -> Iterable[str]:
        if not self.label_sets:
            return super().descending()
        last_round = (self.counters.batches // len(self.label_sets) + 1) % self.n_critic == 0
        return ("discriminator", "generator") if last_round else ("discriminator",)

    def discriminator_losses(self, batch: ImageBatch) -> Losses:
        real, fake = batch.images, self._translated(batch).detach()
        real_outputs, fake_outputs = self.judge(real, fake.to(real.dtype))
        real_scores, fake_scores = real_outputs[:, 0], fake_outputs[:, 0]
        self.watch_outputs(real_scores, fake_scores)
        losses = {
            "adversarial": critic_loss(real_scores, fake_scores),
            "class": self.lambda_cls * classification(real_outputs[:, 1:], batch.labels, self.label_sets),
        }
        if self.lambda_gp:
            shares = (self.noise("mixing", distribution="uniform") + 1) / 2
            losses["penalty"] = self.lambda_gp * gradient_penalty(self._summed_scores, real, fake, shares)
        return losses

    def generator_losses(self, batch: ImageBatch) -> Losses:
        fake = self._translated(batch)
        outputs = self.judge_fake(fake)
        losses = {
            "adversarial": critic_generator_loss(outputs[:, 0]),
            "class": self.lambda_cls * classification(outputs[:, 1:], self._targets(batch.labels), self.label_sets),
        }
        if self.lambda_rec:
            back = self.generator(fake, self._planes(batch.labels))
            losses["reconstruction"] = self.lambda_rec * l1_loss(back.float(), batch.images)
        return losses

    def _summed_scores(self, images: Tensor) -> Tensor:
        """The sum of the scores of each image's patches, [N], which the penalty is on the slope of."""
        scores: Tensor = self.discriminator(images)[:, 0] * self.discriminator.patches
        return scores

    def _translated(self, batch: ImageBatch) -> Tensor:
        return cast(Tensor, self.generator(batch.images, self._planes(self._targets(batch.labels))))

    def _targets(self, labels: Tensor) -> Tensor:
        """The domains wanted: those of the batch's images in another order, so that no impossible mixture is asked."""
        everyones, world_size = labels, 1
        if self._trainer is not None:
            world_size = self.trainer.world_size
            everyones = cast(Tensor, self.all_gather(labels)).reshape(-1, *labels.shape[1:])
        part = self.rows.start - self.global_rank * (self.rows.total // world_size)
        order = torch.randperm(
            len(everyones), generator=seeding.stream(self.noise_seed, "targets", self.counters.batches, part)
        )
        mine = order[self.global_rank * len(labels) :][: len(labels)]
        return everyones[seeding.sent(mine, labels.device)]

    def _planes(self, labels: Tensor) -> Tensor:
        return label_vectors.planes(class_shares(labels, self.num_classes), self._sets)

    def _numbers(self, direction: str) -> list[int]:
        return [self.directions.index(name) for name in dict.fromkeys(direction.split("+"))]

    @property
    def _sets(self) -> LabelSets:
        """The sets of labels; of one alone, the data says what its labels are."""
        return self.label_sets or (
            (self.num_classes, "attributes" if self.data_facts.get("attributes") else "classes"),
        )

    def held_out_logits(self, batch: ImageBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.images))[:, 0]

    def held_out_measures(self, batch: ImageBatch) -> Losses:
        logits: Tensor = self.discriminator(batch.images)[:, 1:]
        right = label_vectors.accuracy(logits, class_shares(batch.labels, self.num_classes), self._sets)
        kept = self.picture_maker()(batch.images, self._planes(batch.labels))
        return {"accuracy": right, "identity": l1_loss(kept.float(), batch.images)}

    @property
    def directions(self) -> tuple[str, ...]:
        names = tuple(self.data_facts.get("class_names") or ())
        return names or tuple(str(number) for number in range(self.num_classes))

    def check_direction(self, direction: str) -> None:
        for name in direction.split("+"):
            super().check_direction(name)
        label_vectors.check_together(direction, self._numbers(direction), self.directions, self._sets)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(ResidualTranslator.MULTIPLE, tile=0)

    def columns(self, batch: ImageBatch) -> tuple[Tensor, ...]:
        labels = class_shares(batch.labels, self.num_classes)
        translated = [self(batch.images, direction, source_labels=labels) for direction in self.directions]
        return tuple(map(in_three_channels, (batch.images, *translated)))
