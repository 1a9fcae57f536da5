"""DANN: Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", arXiv:1505.07818 (JMLR 17)."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NamedTuple, cast

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from gan_cli.batches import AdaptationBatch
from gan_cli.networks.adaptation import DigitClassifier, DomainHead
from gan_cli.objectives.adaptation import falling_rate, reversed_gradient, rising_weight
from gan_cli.objectives.adversarial import discriminator_cross_entropy
from gan_cli.ranges import Decay, Interval, LearningRate, Weight, Width
from gan_cli.variants.adaptation import AdaptationModule, class_loss
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import refuse
from gan_cli.variants.schedules import FALLS


class Seen(NamedTuple):
    """A batch as both players see it.

    Attributes:
        logits: Class logits of the source images, [N, K], with the generator's graph.
        labels: Their classes, int64 [N].
        source: What the discriminator is shown of the source images, [N, F], with the generator's graph.
        target: The same of the target images.
    """

    logits: Tensor
    labels: Tensor
    source: Tensor
    target: Tensor


class DANN(AdaptationModule):
    """Features that tell the class and not the domain (Ganin et al. 2016, equation 9): a reversed gradient.

    The generator is the whole classifier, the discriminator the domain head. Both descend on the same features of a
    batch, the generator first and judged by the discriminator as it was, which is the paper's single step. How much the
    domains count rises, and the learning rates fall, over `schedule_steps`.

    The domains' loss is the mean over the images of both, as in tf-dann; equation 9 adds up two means, which doubles
    lambda. Departure: the domain head has one output, of which the two of the paper's are a function. The paper's is
    shown what the convolutions make; `domain_input` features shows it the first hidden layer, by which USPS gains most.

    Args:
        domain_input: What the discriminator is shown: "maps", the output of the convolutions, or "features", of the
            first hidden layer.
        domain_dim: Units of its hidden layer.
        lambda_domain: The weight of the domains that is reached.
        schedule_steps: Batches in which the weight rises and the rates fall; constant after them.
        momentum: Of gradient descent, for both players.
        generator_lr: Learning rate of the classifier at the beginning.
        discriminator_lr: Learning rate of the domain head at the beginning.
        **classifier: Further arguments of `AdaptationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", arXiv:1505.07818',
        discriminator="L_D = -E[log D(f(t))] - E[log(1 - D(f(s)))], f the features, t of the target, s of the source",
        generator="L_G = -E[log P(y | s)] - lambda L_D, lambda = 2 / (1 + exp(-10 p)) - 1",
        printed={
            "image_size": 28,
            "image_channels": 3,
            "architecture": "dann",
            "base_channels": 32,
            "hidden_dim": 100,
            "domain_input": "maps",
            "domain_dim": 100,
            "lambda_domain": 1.0,
            "schedule_steps": "not printed",
            "momentum": 0.9,
            "generator_lr": 0.01,
            "discriminator_lr": 0.01,
        },
        why={
            "image_size": "comes from the data",
            "base_channels": "0 takes the architecture's",
            "hidden_dim": "0 takes the architecture's",
            "schedule_steps": "tf-dann's length of a run",
        },
    )
    SETTLES = ("adam_betas", "n_critic")
    generator: DigitClassifier
    discriminator: DomainHead

    def __init__(
        self,
        domain_input: Literal["maps", "features"] = "maps",
        domain_dim: Width = 100,
        lambda_domain: Weight = 1.0,
        schedule_steps: Interval = 8_600,
        momentum: Decay = 0.9,
        generator_lr: LearningRate = 0.01,
        discriminator_lr: LearningRate = 0.01,
        **classifier: Any,
    ) -> None:
        refuse(classifier, dict.fromkeys(FALLS, 0), "rates fall by --model.schedule_steps here")
        super().__init__(generator_lr=generator_lr, discriminator_lr=discriminator_lr, **classifier)
        self.domain_input = domain_input
        self.lambda_domain, self.schedule_steps, self.momentum = lambda_domain, schedule_steps, momentum
        self.generator = self.new_classifier()
        shown = self.generator.encoder.map_size if domain_input == "maps" else self.generator.encoder.hidden_dim
        self.discriminator = DomainHead(shown, (domain_dim,))
        self.finish_players()

    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        return cast(Tensor, self.picture_maker(ema)(images))

    @property
    def progress(self) -> float:
        """How far the schedules are, from 0 to 1."""
        return min(1.0, self.counters.batches / self.schedule_steps)

    def make_optimizer(self, player: str) -> Optimizer:
        network = cast(nn.Module, getattr(self, player))
        return SGD(network.parameters(), lr=self.learning_rates[player], momentum=self.momentum)

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Lets both rates fall, as the paper has it."""
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rates[player] * falling_rate(self.progress)

    def descending(self) -> Iterable[str]:
        return ("generator", "discriminator")

    def shared(self, batch: AdaptationBatch) -> Seen:
        encoder, head, count = self.generator.encoder, self.generator.head, len(batch.source)
        maps = encoder.maps(torch.cat([batch.source, batch.target]))
        if self.domain_input == "maps":
            return Seen(head(encoder.hidden(maps[:count])), batch.labels, maps[:count], maps[count:])
        features = encoder.hidden(maps)
        return Seen(head(features[:count]), batch.labels, features[:count], features[count:])

    def generator_losses(self, batch: Seen) -> Losses:
        losses = {"class": class_loss(batch.logits, batch.labels)}
        if weight := self.lambda_domain * rising_weight(self.progress):
            turned = [reversed_gradient(features, weight) for features in (batch.target, batch.source)]
            losses["domain"] = told_apart(*self.discriminator(torch.cat(turned)).chunk(2))
        return losses

    def discriminator_losses(self, batch: Seen) -> Losses:
        shown = torch.cat([batch.target, batch.source]).detach()
        real_logits, fake_logits = self.discriminator(shown).chunk(2)
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": told_apart(real_logits, fake_logits)}

    def held_out_logits(self, batch: AdaptationBatch) -> Tensor:
        encoder = self.generator.encoder
        shown = encoder.maps if self.domain_input == "maps" else encoder
        return cast(Tensor, self.discriminator(shown(batch.target)))


def told_apart(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The domains' cross-entropy, averaged over the images of both."""
    return discriminator_cross_entropy(real_logits, fake_logits) / 2
