"""StarGAN v2: Choi et al. 2020, "StarGAN v2: Diverse Image Synthesis for Multiple Domains", arXiv:1912.01865."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from gan_cli import seeding
from gan_cli.batches import ImageBatch, ReferencedBatch
from gan_cli.errors import UserError
from gan_cli.networks.stargan_v2 import ManyDomainsDiscriminator, StyledTranslator, StyleEncoder, StyleMapping
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.penalties import slopes, zero_centred_penalty
from gan_cli.ranges import Channels, Classes, Decay, LearningRate, Pixels, Steps, Weight, Width
from gan_cli.variants import descents
from gan_cli.variants.base import Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, in_square, in_three_channels


class StarGANv2(TranslationModule):
    """One translator for any number of domains and any style of each (Choi et al. 2020, equations 1 to 5).

    A style is drawn from noise by a mapping network, or read in a reference by a style encoder. Each batch has, in this
    order, a step of the discriminator and then one of the generator for each of the two, as the authors' code has them:
    styles from noise first, in whose step the mapping network and the style encoder learn beside the generator, and
    styles of references, in whose step they rest.

    The generator has no high-pass shortcuts, which their CelebA-HQ networks have (`w_hpf` 1): these need a second
    network, trained to find the landmarks of faces. So it is that of AFHQ (`w_hpf` 0) for every set. Unlike in their
    code the averages start from the weights that training starts from, and a reference has another partner each time.

    Args:
        image_size: Side of the images in pixels, a power of two from 16.
        image_channels: C.
        num_classes: K, the domains; at least two.
        latent_dim: Z.
        style_dim: W.
        mapping_width: Of the mapping network's hidden layers.
        base_channels: Channels of the first layer of the other three; the authors take 2^14 / image_size.
        channel_max: No layer has more.
        r1_gamma: Weight of the penalty on the slope at real images, with the paper's factor 1/2.
        lambda_style: Weight of the way back from a translation to its style.
        lambda_diversity: Weight, at first, of the distance between two translations; 2 for AFHQ.
        diversity_steps: Generator steps in which that weight falls to 0, linearly; 0 keeps it.
        lambda_cycle: Weight of the way back to the source.
        generator_lr: Learning rate of the generator and of the style encoder.
        discriminator_lr: Learning rate of the discriminator.
        mapping_lr: Learning rate of the mapping network.
        weight_decay: Of all weights, as part of the gradient.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old averages of the generator, the mapping network and the style encoder.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Choi et al. 2020, "StarGAN v2: Diverse Image Synthesis for Multiple Domains", arXiv:1912.01865',
        discriminator="L_D = -E[log D_y(x)] - E[log(1 - D_y'(G(x, s)))] + r1_gamma/2 E[|grad D_y(x)|^2]",
        generator="L_GFE = -E[log D_y'(G(x, s))] + lambda_style E[|s - E_y'(G(x, s))|] "
        "- lambda_diversity E[|G(x, s) - G(x, s2)|] + lambda_cycle E[|x - G(G(x, s), E_y(x))|]",
        printed={
            "image_size": 256,
            "image_channels": 3,
            "num_classes": "2, or 3 of AFHQ",
            "latent_dim": 16,
            "style_dim": 64,
            "mapping_width": 512,
            "base_channels": 64,
            "channel_max": 512,
            "r1_gamma": 1.0,
            "lambda_style": 1.0,
            "lambda_diversity": 1.0,
            "diversity_steps": 100_000,
            "lambda_cycle": 1.0,
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "mapping_lr": 1e-6,
            "weight_decay": 1e-4,
            "adam_betas": (0.0, 0.99),
            "ema_decay": 0.999,
        },
        why={"num_classes": "comes from the data"},
    )

    GIVEN: ClassVar[tuple[str, ...]] = ("reference",)
    generator: nn.ModuleDict

    def __init__(
        self,
        image_size: Pixels = 256,
        image_channels: Channels = 3,
        num_classes: Classes = 2,
        latent_dim: Width = 16,
        style_dim: Width = 64,
        mapping_width: Width = 512,
        base_channels: Width = 64,
        channel_max: Width = 512,
        r1_gamma: Weight = 1.0,
        lambda_style: Weight = 1.0,
        lambda_diversity: Weight = 1.0,
        diversity_steps: Steps = 100_000,
        lambda_cycle: Weight = 1.0,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
        mapping_lr: LearningRate = 1e-6,
        weight_decay: Weight = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.99),
        ema_decay: Decay = 0.999,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **optimisation,
        )
        power_of_two = image_size >= 16 and not image_size & (image_size - 1)
        check("image_size", image_size, power_of_two, "of 16, 32, 64, ...")
        check("channel_max", channel_max, channel_max >= base_channels, f"of base_channels ({base_channels}) or more")
        if num_classes < 2:
            raise UserError(
                f"model: StarGANv2 needs domains, and this data has {num_classes}; take another with --data"
            )
        self.num_classes, self.image_channels, self.latent_dim = num_classes, image_channels, latent_dim
        self.r1_gamma, self.lambda_style, self.lambda_cycle = r1_gamma, lambda_style, lambda_cycle
        self.lambda_diversity, self.diversity_steps = lambda_diversity, diversity_steps
        self.learning_rates["mapping"] = mapping_lr
        self.weight_decay = weight_decay
        images, widths = (image_size, image_channels), (base_channels, channel_max)
        self.generator = nn.ModuleDict(
            {
                "translator": StyledTranslator(*images, style_dim, *widths),
                "mapping": StyleMapping(latent_dim, style_dim, num_classes, mapping_width),
                "style_encoder": StyleEncoder(*images, style_dim, num_classes, *widths),
            }
        )
        self.discriminator = ManyDomainsDiscriminator(*images, num_classes, *widths)
        self.finish_players()

    def make_optimizer(self, player: str) -> Optimizer:
        optimizer = super().make_optimizer(player)
        groups = optimizer.param_groups
        if player == "generator":
            mapping = {id(weights): weights for weights in self.generator["mapping"].parameters()}
            groups[0]["params"] = [weights for weights in groups[0]["params"] if id(weights) not in mapping]
            rate = {"lr": self.learning_rates["mapping"], "rate": "mapping"}
            optimizer.add_param_group({"params": [*mapping.values()], **rate})
        for group in groups:
            group["weight_decay"] = self.weight_decay
        return optimizer

    def forward(
        self,
        images: Tensor,
        direction: str,
        ema: bool = True,
        reference: Tensor | None = None,
        latents: Tensor | None = None,
    ) -> Tensor:
        """Translated images [N, C, H, W] in [-1, 1] from images [N, C, H, W]; H and W as `sizes` says.

        Args:
            images: In [-1, 1].
            direction: A domain's name.
            ema: The averaged networks where there are any, or those that are trained.
            reference: Images of the domain, [N, C, H', W'], of which each gives a style; of any size, of which the
                square in the middle is looked at.
            latents: From N(0, 1), [N, Z], of which each gives a style; without these, and without a reference, all are
                those of seed 0.
        """
        self.check_direction(direction)
        domains = torch.full((len(images),), self.directions.index(direction), device=images.device)
        latents = self._latents_of(0, images) if latents is None else latents
        networks = cast(nn.ModuleDict, self.picture_maker(ema))
        styles: Tensor = (
            networks["mapping"](latents, domains)
            if reference is None
            else networks["style_encoder"](self.laid_out(in_square(reference, self.image_size)), domains)
        )
        return cast(Tensor, networks["translator"](images, styles)).clamp(-1, 1)

    def descending(self) -> Iterable[str]:
        """Each player twice: by styles from noise, and then, which is the step that counts, by those of references."""
        for player in tuple(super().descending()):
            yield from (f"{player}.latent", player)

    def discriminator_latent_losses(self, batch: ReferencedBatch) -> Losses:
        return self._told_apart(batch, "latent")

    def discriminator_losses(self, batch: ReferencedBatch) -> Losses:
        return self._told_apart(batch, "reference")

    def generator_latent_losses(self, batch: ReferencedBatch) -> Losses:
        return self._translated(batch, "latent")

    def generator_losses(self, batch: ReferencedBatch) -> Losses:
        resting = [*self.generator["mapping"].parameters(), *self.generator["style_encoder"].parameters()]
        with descents.frozen(resting):  # the gradient still passes through the style encoder
            return self._translated(batch, "reference")

    def _told_apart(self, batch: ReferencedBatch, guide: str) -> Losses:
        """What the discriminator descends on; one pass in float32 gives real images' logits and the slopes there."""
        with torch.no_grad():
            fake = self.generator["translator"](batch.images, self._styles(batch, guide))
        if self.r1_gamma:
            real_logits, lengths = slopes(lambda images: self.discriminator(images, batch.labels), batch.images)
            fake_logits = self.judge_fake((fake, batch.wanted))
        else:
            real = (batch.images, batch.labels)
            real_logits, fake_logits = self.judge(real, (fake.to(batch.images.dtype), batch.wanted))
        self.watch_outputs(real_logits, fake_logits)
        losses = {f"{guide}_adversarial": discriminator_cross_entropy(real_logits, fake_logits)}
        if self.r1_gamma:
            losses[f"{guide}_r1"] = self.r1_gamma / 2 * zero_centred_penalty(lengths)
        return losses

    def _translated(self, batch: ReferencedBatch, guide: str) -> Losses:
        """What the generator, and those that learn beside it, descend on."""
        images, labels, _, _, wanted = batch
        translator, encoder = self.generator["translator"], self.generator["style_encoder"]
        styles = self._styles(batch, guide)
        fake = translator(images, styles)
        losses = {"adversarial": non_saturating_generator_loss(self.judge_fake((fake, wanted)))}
        if self.lambda_style:
            losses["style"] = self.lambda_style * l1_loss(encoder(fake, wanted).float(), styles.float())
        if diversity := self.diversity_weight:
            with torch.no_grad():  # of the two, only the first one moves away
                other = translator(images, self._styles(batch, guide, other=True))
            losses["diversity"] = -diversity * l1_loss(fake.float(), other.float())
        if self.lambda_cycle:
            back = translator(fake, encoder(images, labels))
            losses["cycle"] = self.lambda_cycle * l1_loss(back.float(), images)
        return {f"{guide}_{name}": value for name, value in losses.items()}

    @property
    def diversity_weight(self) -> float:
        """The weight of the distance between two translations on this batch, at least 0."""
        if not self.diversity_steps:
            return self.lambda_diversity
        return self.lambda_diversity * max(0.0, 1 - self.counters.generator_steps / self.diversity_steps)

    def _styles(self, batch: ReferencedBatch, guide: str, other: bool = False) -> Tensor:
        """Styles [N, W] of the domains wanted: of fresh noise, the same for both players, or of the references."""
        if guide == "reference":
            reference = batch.other_reference if other else batch.reference
            return cast(Tensor, self.generator["style_encoder"](reference, batch.wanted))
        latents = self.noise("other latents" if other else "latents", self.latent_dim)
        return cast(Tensor, self.generator["mapping"](latents, batch.wanted))

    def held_out_logits(self, batch: ImageBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.images, batch.labels))

    def held_out_measures(self, batch: ImageBatch) -> Losses:
        networks = cast(nn.ModuleDict, self.picture_maker())
        kept = networks["translator"](batch.images, networks["style_encoder"](batch.images, batch.labels))
        return {"identity": l1_loss(kept.float(), batch.images)}

    @property
    def directions(self) -> tuple[str, ...]:
        names = tuple(self.data_facts.get("class_names") or ())
        return names or tuple(str(number) for number in range(self.num_classes))

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(cast(StyledTranslator, self.generator["translator"]).multiple, tile=0)

    def columns(self, batch: ImageBatch) -> tuple[Tensor, ...]:
        """Each image, and it in two styles of each domain from noise; another one, and it in that one's style."""
        images, latents = batch.images, [self._latents_of(seed, batch.images) for seed in (0, 1)]
        made = [self(images, direction, latents=each) for direction in self.directions for each in latents]
        reference, domains = images.roll(1, 0), batch.labels.roll(1, 0).tolist()
        guided = [
            self(images[row : row + 1], self.directions[domain], reference=reference[row : row + 1])
            for row, domain in enumerate(domains)
        ]
        return tuple(map(in_three_channels, (images, *made, reference, torch.cat(guided))))

    def _latents_of(self, seed: int, images: Tensor) -> Tensor:
        """The latent that verbs draw for a seed, for each image, [N, Z]."""
        drawn = seeding.draw((1, self.latent_dim), "normal", seeding.stream(seed, "verb")).to(images.dtype)
        return seeding.sent(drawn, images.device).expand(len(images), -1)
