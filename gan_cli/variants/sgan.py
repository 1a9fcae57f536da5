"""SGAN: Odena 2016, "Semi-Supervised Learning with Generative Adversarial Networks", arXiv:1606.01583, with the losses
of Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 5."""

from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from gan_cli.batches import AnyBatch, Batch
from gan_cli.networks.ema import ShadowNetwork
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import running_statistics_untouched
from gan_cli.objectives.adversarial import (
    absolute_feature_matching,
    auxiliary_classification,
    discriminator_cross_entropy,
    feature_matching,
    non_saturating_generator_loss,
    real_logits_of_classes,
)
from gan_cli.ranges import Classes, Decay, LearningRate, Many, Weight
from gan_cli.seeding import sent, stream_indices
from gan_cli.variants.base import Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class SGAN(ChosenNetworks):
    """A classifier of K classes and "generated", from few labels (Odena 2016; Salimans et al. 2016, section 5).

    K logits are learned and the logit of "generated" is fixed at 0. Each step shows the discriminator a batch of images
    whose labels are not looked at, as many of the labelled ones, pass after pass, and as many generated ones. Its
    accuracy is that of its weights averaged over the steps, as the authors test it, and `accuracy_trained` that of
    the trained ones; `gan test` gives both. The defaults are DCGAN's networks and rates, and the real-or-generated part
    in full, as in the text; the authors' own networks (`architecture` sgan_mlp and sgan_cnn) and settings are in the
    configs of its data sets. Departure: the generator matches the features of the batch that the discriminator has just
    seen, where the authors draw another one.

    Args:
        num_classes: K; comes from the data.
        num_labelled: Training images whose label may be used, as many of each class; chosen by the run's seed.
        generator_objective: "feature_matching" (Salimans et al. 2016, section 3.1), which makes the better classifier;
            "absolute_feature_matching", the authors' for SVHN and CIFAR-10; or "adversarial", the non-saturating loss,
            which makes the better pictures.
        lambda_unlabelled: Weight of the real-or-generated part of the discriminator's loss; 0.5 in the authors' code.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average (none in the papers); 0 turns it off.
        discriminator_ema_decay: The same in the discriminator's, which tells classes; smaller at first. 0 turns it off.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range, or the data has no classes.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Odena 2016, "Semi-Supervised Learning with Generative Adversarial Networks", arXiv:1606.01583; '
        'Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498',
        discriminator="L_D = -E[log P(c | x)] - lambda_unlabelled (E[log D(x)] + E[log(1 - D(G(z)))])\n"
        "D = S / (S + 1), S the sum of exp(logit) over the classes",
        generator="L_G = |E[f(x)] - E[f(G(z))]|^2, f the discriminator's features\n"
        "or -E[log D(G(z))] with generator_objective adversarial",
        printed={
            "num_classes": 10,
            "num_labelled": 100,
            "generator_objective": "feature_matching",
            "lambda_unlabelled": "1, in the code 0.5",
            "generator_lr": 3e-3,
            "discriminator_lr": 3e-3,
            "adam_betas": (0.5, 0.999),
            "ema_decay": "none",
            "discriminator_ema_decay": 0.9999,
            "image_size": 28,
            "image_channels": 1,
            "latent_dim": 100,
            "latent_distribution": "uniform on [0, 1]",
            "architecture": "sgan_mlp",
            "base_channels": 1000,
            "generator_base_channels": 500,
        },
        why={
            "lambda_unlabelled": "as the text has it",
            "generator_lr": "DCGAN's, with its networks",
            "discriminator_lr": "as the generator's",
            "ema_decay": "makes samples better and leaves training as it is",
            "image_size": "comes from the data",
            "image_channels": "comes from the data",
            "latent_distribution": "as in our DCGAN",
            "architecture": "DCGAN's, which takes images of any size; theirs is in sgan_mnist.yaml",
            "base_channels": "DCGAN's",
            "generator_base_channels": "as the discriminator's",
        },
    )

    discriminator: Discriminator

    def __init__(
        self,
        num_classes: Classes = 10,
        num_labelled: Many = 100,
        generator_objective: Literal[
            "feature_matching", "absolute_feature_matching", "adversarial"
        ] = "feature_matching",
        lambda_unlabelled: Weight = 1.0,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        ema_decay: Decay = 0.999,
        discriminator_ema_decay: Decay = 0.9999,
        **networks: Any,
    ) -> None:
        super().__init__(
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **networks,
        )
        self.needs_classes(num_classes)
        self.refuse_packs()
        whole = num_labelled >= num_classes and num_labelled % num_classes == 0
        check("num_labelled", num_labelled, whole, f"that is a multiple of the {num_classes} classes")
        self.num_labelled = num_labelled
        self.generator_objective = generator_objective
        self.lambda_unlabelled = lambda_unlabelled
        self.labelled: Batch | None = None
        self.generator = self.generator_design.generator(self.shape, self.latent_dim)
        self.discriminator = Discriminator(self.discriminator_design.body(self.shape), num_classes)
        self.finish_players()
        self.discriminator_ema_decay = discriminator_ema_decay
        self.discriminator_ema = ShadowNetwork(self.discriminator) if discriminator_ema_decay else None
        self.register_load_state_dict_pre_hook(_average_of_what_is_trained)  # type: ignore[no-untyped-call]

    def on_fit_start(self) -> None:
        super().on_fit_start()
        datamodule: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        self.labelled = datamodule.labelled(self.num_labelled, self.seed, self.device)

    def training_step(self, batch: AnyBatch, batch_idx: int) -> None:
        super().training_step(batch, batch_idx)
        if self.discriminator_ema is not None:
            steps = self.counters.batches
            self.discriminator_ema.update(
                self.discriminator, min(self.discriminator_ema_decay, (1 + steps) / (10 + steps))
            )

    def discriminator_losses(self, batch: Batch) -> Losses:
        assert self.labelled is not None
        chosen = sent(self._chosen(len(self.labelled.labels)), self.device)
        images, labels = self.labelled.real[chosen], self.labelled.labels[chosen]
        fakes = [self.presented(self.fakes("discriminator"))] if self.lambda_unlabelled else []
        # Labelled and unlabelled images are both real: one pass, so that batch normalisation sees them together.
        outputs, *of_fakes = self.judge(self.presented(torch.cat([batch.real, self.laid_out(images)])), *fakes)
        unlabelled, labelled = outputs.split([len(batch.labels), len(labels)])
        losses = {"class": auxiliary_classification(labelled, labels)}
        for fake_outputs in of_fakes:
            real_logits, fake_logits = real_logits_of_classes(unlabelled), real_logits_of_classes(fake_outputs)
            self.watch_outputs(real_logits, fake_logits)
            losses["adversarial"] = self.lambda_unlabelled * discriminator_cross_entropy(real_logits, fake_logits)
        return losses

    def generator_losses(self, batch: Batch) -> Losses:
        fake = self.presented(self.fakes("generator"))
        if self.generator_objective == "adversarial":
            return {"adversarial": non_saturating_generator_loss(real_logits_of_classes(self.judge_fake(fake)))}
        with running_statistics_untouched(self.discriminator):
            with torch.no_grad():
                real_features = self.discriminator.features(self.presented(batch.real))
            fake_features = self.discriminator.features(fake)
        distance = feature_matching if self.generator_objective == "feature_matching" else absolute_feature_matching
        return {self.generator_objective: distance(real_features, fake_features)}

    def held_out_logits(self, batch: Batch) -> Tensor:
        return real_logits_of_classes(super().held_out_logits(batch))

    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        """Class logits [N, K] of images [N, C, H, W] in [-1, 1].

        Args:
            images: In [-1, 1].
            ema: The averaged discriminator where there is one, which is what is tested, or the one that is trained.
        """
        network = self.discriminator_ema if ema and self.discriminator_ema is not None else self.discriminator
        return cast(Tensor, network(images))

    def held_out_measures(self, batch: Batch) -> Losses:
        of_trained = self.accuracy(self.discriminator(batch.real), batch.labels)
        if self.discriminator_ema is None:
            return of_trained
        of_averaged = self.accuracy(self.discriminator_ema(batch.real), batch.labels)
        return of_averaged | {f"{name}_trained": value for name, value in of_trained.items()}

    def surface(self, points: Tensor) -> Tensor | None:
        outputs = super().surface(points)
        return None if outputs is None else real_logits_of_classes(outputs)

    def _chosen(self, available: int) -> Tensor:
        """Which labelled images a step shows, int64 [N] on the CPU: pass after pass, a function of seed and step."""
        rows, seed, step = self._here
        start = step * rows.total
        return stream_indices(available, seed, start + rows.start, start + rows.stop, use="labelled")


def _average_of_what_is_trained(model: nn.Module, saved: dict[str, Tensor], prefix: str, *_: Any) -> None:
    """Begins the discriminator's average at its weights, where a checkpoint was written before there was an average."""
    averaged, trained = f"{prefix}discriminator_ema.network.", f"{prefix}discriminator."
    if getattr(model, "discriminator_ema", None) is not None and not any(name.startswith(averaged) for name in saved):
        saved |= {
            averaged + name.removeprefix(trained): weights.float().clone()
            for name, weights in saved.items()
            if name.startswith(trained)
        }
