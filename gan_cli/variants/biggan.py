"""BigGAN and BigGAN-deep: Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
arXiv:1809.11096."""

from typing import Annotated, Any, ClassVar, Literal

from torch import Tensor, nn
from torch.optim import Optimizer

from gan_cli.networks.biggan import BigGANGenerator, parts_of
from gan_cli.networks.biggan_deep import BigGANDeepBody, BigGANDeepGenerator
from gan_cli.networks.sagan import SAGANBody, told_by_tables
from gan_cli.objectives.orthogonality import pull_rows_apart
from gan_cli.ranges import (
    Channels,
    Classes,
    Decay,
    Few,
    LearningRate,
    Pixels,
    PixelsOrNone,
    Range,
    Steps,
    Weight,
    Width,
    WidthOrNone,
)
from gan_cli.variants.base import check
from gan_cli.variants.card import Card
from gan_cli.variants.descents import bare_optimizers
from gan_cli.variants.hinge import HingeModule, attention_side

EPSILON = 1e-6
"""Of spectral normalisation, as in the author's scripts."""


class BigGAN(HingeModule):
    """Wide networks and large batches; each stage is told the class and its part of the latents (Brock et al. 2019).

    Defaults are the paper's for ImageNet at 128 pixels, with the author's PyTorch code where the paper says nothing
    (https://github.com/ajbrock/BigGAN-PyTorch). A batch of 2,048 images is one on a single device too, by `accumulate`.
    Truncation is an option of sampling: `gan sample --truncation_threshold`.

    Departures: statistics of batch normalisation are those of each process, or part of a batch; the generator's
    average copies the vectors of power iteration instead of averaging them.

    Args:
        image_size: Side of the square images in pixels, a power of two from 16 to 512.
        image_channels: C.
        num_classes: K; above 0 both players are told the class.
        latent_dim: Z; what is no multiple of the number of stages and one more is rounded down to it.
        base_channels: Channels next to the image at 128 pixels; a quarter of all widths up to 32 pixels.
        embedding_dim: Numbers of the class's embedding, which all stages share. 0 is without it and with the latents in
            one piece: each normalisation has a table of its own, as in the author's script for CIFAR-10.
        attention: Side of the maps with self-attention; 0 has none, None is 64, or half the image's side where that
            is less.
        deep: The networks of BigGAN-deep: narrow blocks, twice as many, which are all told the whole latents.
        initialisation: What first weights are drawn from: orthogonal matrices, or N(0, 0.02) ("normal").
        lambda_orthogonal: Weight of the penalty on the products of a generator's rows; 0 turns it off.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        adam_epsilon: What Adam adds to the root that it divides by.
        n_critic: Steps of the discriminator for each of the generator.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        ema_start: Generator step from which on there is an average; before, it is a copy. 0 is at once, with a weight
            that is small at first.
        **optimisation: Further arguments of `HingeModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis",\n'
        "arXiv:1809.11096",
        discriminator="L_D = E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))],\n"
        "each weight W of both players as W / sigma(W)",
        generator="L_G = -E[D(G(z, y), y)] + beta |W^T W * (1 - I)|^2 of each W of G",
        printed={
            "image_size": 128,
            "image_channels": 3,
            "num_classes": 1000,
            "latent_dim": 120,
            "base_channels": 96,
            "embedding_dim": 128,
            "attention": 64,
            "initialisation": "orthogonal",
            "lambda_orthogonal": 1e-4,
            "generator_lr": 5e-5,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.0, 0.999),
            "adam_epsilon": 1e-6,
            "n_critic": 2,
            "ema_decay": 0.9999,
            "ema_start": "20000 in the author's scripts",
            "latent_distribution": "normal",
        },
        why={
            "num_classes": "comes from the data, once it is asked for",
            "attention": "the same; half the image's side where that is less",
            "ema_start": "the same",
        },
    )

    def __init__(
        self,
        image_size: Pixels = 128,
        image_channels: Channels = 3,
        num_classes: Classes = 0,
        latent_dim: Width = 120,
        base_channels: Width = 96,
        embedding_dim: WidthOrNone = 128,
        attention: PixelsOrNone | None = None,
        deep: bool = False,
        initialisation: Literal["orthogonal", "normal"] = "orthogonal",
        lambda_orthogonal: Weight = 1e-4,
        generator_lr: LearningRate = 5e-5,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.999),
        adam_epsilon: Annotated[float, Range(0, 1, without="low")] = 1e-6,
        n_critic: Few = 2,
        ema_decay: Decay = 0.9999,
        ema_start: Steps = 20_000,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            num_classes,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            n_critic=n_critic,
            ema_decay=ema_decay,
            **optimisation,
        )
        self.adam_epsilon, self.ema_start, self.lambda_orthogonal = adam_epsilon, ema_start, lambda_orthogonal
        parts = 1 if deep or not embedding_dim else parts_of(image_size)
        check("latent_dim", latent_dim, latent_dim >= parts, f"of {parts} or more: as many parts are made of it")
        self.latent_dim = latent_dim - latent_dim % parts
        check("embedding_dim", embedding_dim, embedding_dim > 0 or not deep, "above 0: the deep networks share one")
        where = attention_side(attention, image_size, usual=64)
        sizes = (image_size, image_channels, self.latent_dim, base_channels, where)
        generator: nn.Module
        if deep:
            generator = BigGANDeepGenerator(*sizes, num_classes, embedding_dim)
        elif embedding_dim:
            generator = BigGANGenerator(*sizes, num_classes, embedding_dim)
        else:
            generator = told_by_tables(*sizes, num_classes)
        body = (BigGANDeepBody if deep else SAGANBody)(image_size, image_channels, base_channels, where)
        self.make_players(generator, body, initialisation, EPSILON)

    def make_optimizer(self, player: str) -> Optimizer:
        optimizer = super().make_optimizer(player)
        for group in optimizer.param_groups:
            group["eps"] = self.adam_epsilon
        return optimizer

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        generators = bare_optimizers(self)[self.players.index("generator")]
        if self.lambda_orthogonal and optimizer is generators:
            pull_rows_apart(layer_weights(self.generator), self.lambda_orthogonal)
        super().on_before_optimizer_step(optimizer)

    def average_weight(self) -> float:
        if self.origin or not self.ema_start:
            return super().average_weight()
        return self.ema_decay if self.counters.generator_steps >= self.ema_start else 0.0


def layer_weights(generator: nn.Module) -> list[Tensor]:
    """The weights of convolutions and linear layers; embeddings and tables of classes are none."""
    layers = (layer for layer in generator.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
    return [weight for layer in layers for weight in layer.parameters()]
