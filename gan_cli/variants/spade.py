"""SPADE: Park et al. 2019, "Semantic Image Synthesis with Spatially-Adaptive Normalization", arXiv:1903.07291."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gan_cli import seeding
from gan_cli.batches import EdgedBatch, PairedBatch
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps, edges_of
from gan_cli.media.pictures import to_float
from gan_cli.networks import layouts
from gan_cli.networks.efficientnet_lite import in_colours
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.loss_networks import LossNetwork, Seen, loss_network
from gan_cli.networks.multi_scale import MultiScaleDiscriminator
from gan_cli.networks.spade import Doublings, Norm, SemanticPlanes, SPADEEncoder, SPADEGenerator
from gan_cli.networks.spectral_norm import spectra_untouched
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.objectives.layers import matched_layers, weighted_layers
from gan_cli.objectives.variational import divergence_from_normal
from gan_cli.ranges import Channels, Decay, Few, LearningRate, Pixels, Range, Weight, Width, WidthOrNone
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, in_three_channels

LAYER_WEIGHTS = (1 / 16, 1 / 8, 1 / 4, 1.0)
"""Of the maps of half, a quarter, an eighth and a sixteenth of the images' size, as the authors weigh VGG's."""


class Synthesised(NamedTuple):
    """A batch with the generator's images, which both descents use.

    Attributes:
        planes: The label maps' planes, [N, P, H, W].
        real: [N, C, H, W].
        fake: [N, C, H, W], with the generator's graph.
        divergence: How far each image's style is from N(0, 1), [N]; 0 where there are no styles.
    """

    planes: Tensor
    real: Tensor
    fake: Tensor
    divergence: Tensor


class SPADE(TranslationModule):
    """Images of label maps, by normalisation whose scale and shift depend on the place (Park et al. 2019, equation 1).

    The generator steps first, as in the authors' code, and with it, where there are styles, the encoder that reads them
    in images; then the discriminator, on the images that the generator made before its step, which that code makes
    anew. The perceptual term looks through EfficientNet-Lite0 or a network that was drawn, not through VGG, whose
    weights need a download; each layer's difference is divided by the size of what is wanted.

    Args:
        image_size: Side of the images that it learns from, in pixels; a multiple of 2^num_doublings.
        target_channels: C of the images.
        num_labels: K, the classes of the label maps; from the data.
        instance_edges: Whether the edges of single things are known beside the classes; from the data.
        latent_dim: Z of the style, which an encoder reads in an image; 0 makes one image of each label map.
        base_channels: Channels of the generator's last map, and of the encoder's first.
        discriminator_channels: Channels of the discriminators' first layer.
        hidden_channels: Of the layer between label map and scale and shift, in each normalisation.
        num_doublings: How often the generator doubles its first map: 5 in the paper, 6 for Cityscapes, 4 for images
            below 128 pixels.
        norm: What the generator normalises by: "batch", or "instance" for batches below 8, whose statistics are not
            those of the pictures made after training.
        num_scales: Discriminators, each of which sees images half as large.
        features: The network that looks: "lite0" (EfficientNet-Lite0, of ImageNet), or "random", one that was drawn.
        lambda_perceptual: Weight of what that network sees; 0 turns it off.
        lambda_feature: Weight of what the discriminators' layers see; 0 turns it off.
        lambda_kl: Weight of the styles' divergence from N(0, 1), summed over the batch as in the authors' code.
        generator_lr: Learning rate of the generator and of the encoder.
        discriminator_lr: Learning rate of the discriminators.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Park et al. 2019, "Semantic Image Synthesis with Spatially-Adaptive Normalization", arXiv:1903.07291',
        discriminator="L_D = E[max(0, 1 - D_k(m, x))] + E[max(0, 1 + D_k(m, G(m, z)))], averaged over the scales k",
        generator="L_GE = -E[D_k(m, G(m, z))] + lambda_feature sum_layers E[|D_k(m, x) - D_k(m, G(m, z))|]\n"
        "  + lambda_perceptual sum_layers w E[|F(x) - F(G(m, z))|] + lambda_kl KL(E(x) || N(0, 1))\n"
        "The generator steps first, as in the authors' code; the paper names no order.",
        printed={
            "image_size": "256, Cityscapes 512x256",
            "target_channels": 3,
            "num_labels": "COCO-Stuff 183, ADE20K 151, Cityscapes 35",
            "instance_edges": "not for ADE20K",
            "latent_dim": "256, tables without",
            "base_channels": 64,
            "discriminator_channels": 64,
            "hidden_channels": 128,
            "num_doublings": "5, Cityscapes 6",
            "norm": "batch",
            "num_scales": 2,
            "features": "VGG19",
            "lambda_perceptual": 10.0,
            "lambda_feature": 10.0,
            "lambda_kl": 0.05,
            "generator_lr": 1e-4,
            "discriminator_lr": 4e-4,
            "adam_betas": "(0, 0.999), code (0, 0.9)",
        },
        why={
            "image_size": "images are square",
            "num_labels": "comes from the data",
            "instance_edges": "comes from the data",
            "latent_dim": "as for the tables",
            "num_doublings": "Cityscapes' config has 6",
            "features": "VGG's weights need a download",
            "adam_betas": "as in the code, by which the results are",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"source": LabelMaps, "target": Images},)
    makes = "target"
    GIVEN: ClassVar[tuple[str, ...]] = ("reference", "edges")
    generator: nn.ModuleDict

    def __init__(
        self,
        image_size: Pixels = 256,
        target_channels: Channels = 3,
        num_labels: Annotated[int, Range(1, 256)] = 183,
        instance_edges: bool = True,
        latent_dim: WidthOrNone = 0,
        base_channels: Width = 64,
        discriminator_channels: Width = 64,
        hidden_channels: Width = 128,
        num_doublings: Doublings = 5,
        norm: Norm = "batch",
        num_scales: Few = 2,
        features: Seen = "lite0",
        lambda_perceptual: Weight = 10.0,
        lambda_feature: Weight = 10.0,
        lambda_kl: Weight = 0.05,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 4e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.9),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        multiple = 2**num_doublings
        check("image_size", image_size, image_size % multiple == 0, f"that is a multiple of {multiple} (num_doublings)")
        self.target_channels, self.num_labels, self.instance_edges = target_channels, num_labels, instance_edges
        self.latent_dim, self.features = latent_dim, features
        self.lambda_perceptual, self.lambda_feature, self.lambda_kl = lambda_perceptual, lambda_feature, lambda_kl
        planes = num_labels + instance_edges
        images = (target_channels, base_channels)
        made = SPADEGenerator(image_size, planes, *images, hidden_channels, latent_dim, num_doublings, norm)
        encoder = {"encoder": SPADEEncoder(image_size, *images, latent_dim)} if latent_dim else {}
        self.generator = nn.ModuleDict({"synthesis": made, **encoder})
        self.discriminator = MultiScaleDiscriminator(planes + target_channels, discriminator_channels, 4, num_scales)
        self.planes = SemanticPlanes(num_labels)
        self.looking: Frozen[LossNetwork] | None = None
        self.finish_players()

    def forward(
        self,
        images: Tensor,
        direction: str = "",
        ema: bool = True,
        reference: Tensor | None = None,
        edges: Tensor | None = None,
        latents: Tensor | None = None,
    ) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] of label maps int64 [N, 1, H, W]; H and W as `sizes` says.

        Args:
            images: The label maps; values from 0 to K - 1.
            direction: There is only one.
            ema: The averaged networks where there are any, or those that are trained.
            reference: Images [N, C, H', W'] of any size, each of which gives a style: its mean.
            edges: Where one thing meets another, [N, 1, H, W]; without them where one class meets another.
            latents: From N(0, 1), [N, Z], of which each is a style; without these, and without a reference, all are
                that of seed 0.
        """
        networks = cast(nn.ModuleDict, self.picture_maker(ema))
        styles = self._styles(networks, images, reference, latents)
        return cast(Tensor, networks["synthesis"](self._planes(images, edges), *styles))

    def setup(self, stage: str) -> None:
        """Takes up the network that looks, for all but making pictures, which needs none.

        Raises:
            UserError: If its weights are not installed.
        """
        if self.lambda_perceptual and stage != "predict" and self.looking is None:
            self.looking = loss_network(self.features, "SPADE").to(self.device)
            layouts.lay_out(self.looking, self.memory_format)

    def descending(self) -> Iterable[str]:
        return reversed(tuple(super().descending()))

    def shared(self, batch: PairedBatch | EdgedBatch) -> Synthesised:
        planes = self._planes(batch.source, getattr(batch, "edges", None))
        if not self.latent_dim:
            fake = self.generator["synthesis"](planes)
            return Synthesised(planes, batch.target, fake, fake.new_zeros(len(fake)))
        mean, log_variance = self.generator["encoder"](batch.target)
        styles = mean + (log_variance / 2).exp() * self.noise("style", self.latent_dim)
        fake = self.generator["synthesis"](planes, styles)
        return Synthesised(planes, batch.target, fake, divergence_from_normal(mean, log_variance))

    def discriminator_losses(self, batch: Synthesised) -> Losses:
        pairs = [self._pair(batch.planes, images) for images in (batch.real, batch.fake.detach())]
        seen = [scale[-1].chunk(2) for scale in self.discriminator(torch.cat(pairs))]
        self.watch_outputs(*(torch.cat([one.flatten() for one in logits]) for logits in zip(*seen, strict=True)))
        return {"adversarial": torch.stack([discriminator_hinge(*logits) for logits in seen]).mean()}

    def generator_losses(self, batch: Synthesised) -> Losses:
        fake = self.discriminator(self._pair(batch.planes, batch.fake))
        losses = {"adversarial": torch.stack([critic_generator_loss(scale[-1]) for scale in fake]).mean()}
        if self.lambda_feature:
            with torch.no_grad(), spectra_untouched(self.discriminator):
                real = self.discriminator(self._pair(batch.planes, batch.real))
            layers = ([scale[:-1] for scale in seen] for seen in (fake, real))
            losses["feature"] = self.lambda_feature * matched_layers(*layers)
        if self.lambda_perceptual:
            losses["perceptual"] = self.lambda_perceptual * self._perceptual(batch.fake, batch.real)
        if self.lambda_kl and self.latent_dim:
            losses["kl"] = self.lambda_kl * self.rows.total * batch.divergence.mean()
        return losses

    def held_out_logits(self, batch: PairedBatch | EdgedBatch) -> Tensor:
        planes = self._planes(batch.source, getattr(batch, "edges", None))
        return torch.cat([scale[-1].flatten() for scale in self.discriminator(self._pair(planes, batch.target))])

    def held_out_measures(self, batch: PairedBatch | EdgedBatch) -> Losses:
        return {"l1": l1_loss(self._of_batch(batch).float(), batch.target)}

    @property
    def takes(self) -> tuple[str, ...]:
        """What `forward` takes beside label maps: a reference if there are styles, edges if they are known."""
        wanted = {"reference": self.latent_dim > 0, "edges": self.instance_edges}
        return tuple(name for name in super().takes if wanted[name])

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return 1, self.target_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(cast(SPADEGenerator, self.generator["synthesis"]).multiple, tile=0)

    def columns(self, batch: PairedBatch | EdgedBatch) -> tuple[Tensor, ...]:
        """Each label map in its colours, the image made of it, with styles also in the real one's, and the real one."""
        colours = to_float(self.media["source"].each_pictured(batch.source))
        made = [self._of_batch(batch), *([self._of_batch(batch, reference=batch.target)] if self.latent_dim else [])]
        return tuple(map(in_three_channels, (colours, *made, batch.target)))

    def _of_batch(self, batch: PairedBatch | EdgedBatch, **given: Tensor) -> Tensor:
        """Images of a batch's label maps."""
        return cast(Tensor, self(batch.source, edges=getattr(batch, "edges", None), **given))

    def _planes(self, labels: Tensor, edges: Tensor | None) -> Tensor:
        """The planes of label maps, [N, P, H, W]."""
        if not self.instance_edges:
            return cast(Tensor, self.planes(labels))
        return cast(Tensor, self.planes(labels, edges_of(labels) if edges is None else edges))

    def _styles(
        self, networks: nn.ModuleDict, labels: Tensor, reference: Tensor | None, latents: Tensor | None
    ) -> tuple[Tensor, ...]:
        """The latents of the styles asked for, [N, Z], if there are styles."""
        if not self.latent_dim:
            return ()
        if reference is not None:
            return (networks["encoder"](self.laid_out(reference))[0],)
        if latents is None:
            drawn = seeding.draw((1, self.latent_dim), "normal", seeding.stream(0, "verb"))
            latents = seeding.sent(drawn, labels.device).expand(len(labels), -1)
        return (latents,)

    def _pair(self, planes: Tensor, images: Tensor) -> Tensor:
        """What the discriminators judge: label map beside image, [N, P + C, H, W]."""
        return self.laid_out(torch.cat([planes.to(images.dtype), images], dim=1))

    def _perceptual(self, fake: Tensor, real: Tensor) -> Tensor:
        """How far images are from the real ones in what the network that looks makes of them; a scalar."""
        assert self.looking is not None
        look = self.looking.network
        with torch.no_grad():
            wanted = look(in_colours(real))
        return weighted_layers(look(in_colours(fake)), wanted, LAYER_WEIGHTS)
