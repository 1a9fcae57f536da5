"""ADDA: Tzeng et al. 2017, "Adversarial Discriminative Domain Adaptation", arXiv:1702.05464."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor

from gan_cli.batches import AdaptationBatch
from gan_cli.networks.adaptation import Architecture, DigitClassifier, DigitEncoder, DomainHead
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Decay, LearningRate, Steps, Width
from gan_cli.variants.adaptation import AdaptationModule, class_loss
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card

ON_SOURCE = "source"
"""The name of the checkpoint at the end of the training on source labels: what adaptation is compared with."""


class Encoded(NamedTuple):
    """A batch as the discriminator sees it.

    Attributes:
        source: Of the source images, by the source's encoder, [N, F], without a graph.
        target: Of the target images, by the target's encoder, [N, F], with the generator's graph.
    """

    source: Tensor
    target: Tensor


class ADDA(AdaptationModule):
    """An encoder of target images whose features pass for those of source images (Tzeng et al. 2017, equation 9).

    In the first `source_steps` batches the classifier alone learns, from source images and their labels; then the run
    keeps a checkpoint of the name `ON_SOURCE`, and the generator, the target's encoder, begins as the source's. From
    there the classifier stays as it is, and the discriminator and the generator learn against each other.

    Args:
        source_steps: Batches that train the classifier alone; 0 as behind `--init`.
        domain_input: What the discriminator is shown: "logits", what the fixed classifier says, as in the authors'
            code, or "features", what the encoders make.
        domain_dim: Units of each of its two hidden layers.
        architecture: The classifier, see `AdaptationModule`.
        classifier_lr: Learning rate of the classifier.
        generator_lr: Learning rate of the target's encoder.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **classifier: Further arguments of `AdaptationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Tzeng et al. 2017, "Adversarial Discriminative Domain Adaptation", arXiv:1702.05464',
        discriminator="L_D = -E[log D(M_s(s))] - E[log(1 - D(M_t(t)))]",
        generator="L_G = -E[log D(M_t(t))]; before it, M_s and C descend on -E[log C(y | M_s(s))]",
        printed={
            "image_size": 28,
            "image_channels": 1,
            "architecture": "lenet",
            "base_channels": 20,
            "hidden_dim": 500,
            "source_steps": 10_000,
            "domain_input": "logits",
            "domain_dim": 500,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
        },
        why={
            "image_size": "comes from the data",
            "image_channels": "comes from the data",
            "base_channels": "0 takes the architecture's",
            "hidden_dim": "0 takes the architecture's",
        },
    )
    players = ("classifier", "discriminator", "generator")
    classifier: DigitClassifier
    generator: DigitEncoder
    discriminator: DomainHead

    def __init__(
        self,
        source_steps: Steps = 10_000,
        domain_input: Literal["logits", "features"] = "logits",
        domain_dim: Width = 500,
        architecture: Architecture = "lenet",
        classifier_lr: LearningRate = 1e-3,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **classifier: Any,
    ) -> None:
        super().__init__(
            architecture=architecture,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **classifier,
        )
        self.learning_rates["classifier"] = classifier_lr
        self.source_steps = source_steps
        self.domain_input = domain_input
        self.classifier = self.new_classifier()
        self.generator = self.new_encoder()
        shown = self.num_classes if domain_input == "logits" else self.generator.hidden_dim
        self.discriminator = DomainHead(shown, (domain_dim, domain_dim), slope=0.2)
        self.finish_players()

    @property
    def is_on_source(self) -> bool:
        """Whether the next batch trains the classifier alone."""
        return self.counters.batches < self.source_steps

    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        if self.is_on_source:
            return self.classify_by_source(images)
        return cast(Tensor, self.classifier.head(self.picture_maker(ema)(images)))

    def classify_by_source(self, images: Tensor) -> Tensor:
        """Class logits [N, K] of images [N, C, H, W], without adaptation."""
        return cast(Tensor, self.classifier(images))

    def descending(self) -> Iterable[str]:
        return ("classifier",) if self.is_on_source else super().descending()

    @property
    def phases(self) -> dict[str, int]:
        return {ON_SOURCE: self.source_steps}

    def on_phase_end(self, phase: str) -> None:
        """Has the target's encoder begin as the source's."""
        self.generator.load_state_dict(self.classifier.encoder.state_dict())
        if self.ema is not None:
            self.ema.update(self.generator, 0.0)

    def shared(self, batch: AdaptationBatch) -> AdaptationBatch | Encoded:
        if self.is_on_source:
            return batch
        with torch.no_grad():
            source = self._presented(self.classifier.encoder(batch.source))
        return Encoded(source, self._presented(self.generator(batch.target)))

    def classifier_losses(self, batch: AdaptationBatch) -> Losses:
        return {"class": class_loss(self.classifier(batch.source), batch.labels)}

    def discriminator_losses(self, batch: Encoded) -> Losses:
        real_logits, fake_logits = self.judge(batch.source, batch.target.detach())
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: Encoded) -> Losses:
        return {"adversarial": non_saturating_generator_loss(self.judge_fake(batch.target))}

    def _presented(self, features: Tensor) -> Tensor:
        """Features as the discriminator is shown them."""
        return cast(Tensor, self.classifier.head(features)) if self.domain_input == "logits" else features

    def held_out_logits(self, batch: AdaptationBatch) -> Tensor:
        return cast(Tensor, self.discriminator(self._presented(self.classifier.encoder(batch.source))))

    def held_out_measures(self, batch: AdaptationBatch) -> Losses:
        """The source's accuracy by its own encoder; that of the target's says nothing of source images."""
        return {"accuracy": (self.classify_by_source(batch.source).argmax(1) == batch.labels).float().mean()}
