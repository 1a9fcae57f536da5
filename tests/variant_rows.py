"""Rows for every variant: what `test_variants.py` holds to the contract."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import pytest
import torch
from _pytest.mark.structures import ParameterSet
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.inference.given import fields_given
from gan_cli.inference.rendering import takes_labels
from gan_cli.media.boxes import Boxes
from gan_cli.media.images import Images
from gan_cli.variants import (
    ACGAN,
    ADDA,
    CGAN,
    CUT,
    DANN,
    DCGAN,
    DTN,
    DVDGAN,
    ESRGAN,
    GAN,
    GANCLS,
    LSGAN,
    R3GAN,
    SAGAN,
    SGAN,
    SNGAN,
    SPADE,
    SRGAN,
    TPGAN,
    VGAN,
    VQGAN,
    WGAN,
    WGANGP,
    WGANLP,
    AdaIN,
    AdversarialModule,
    BigGAN,
    CaptionGAN,
    Colorization,
    ConditionalVGAN,
    ContextEncoder,
    CycleGAN,
    DeblurGAN,
    FastGAN,
    FramePrediction,
    IcGAN,
    LivingPortraits,
    MidiNet,
    PerceptualGAN,
    Pix2Pix,
    PixelDA,
    ProgressiveGAN,
    ProjectedGAN,
    SocialGAN,
    StackGAN,
    StackGANpp,
    StarGAN,
    StarGANv2,
    StyleGAN,
    StyleGAN2,
    StyleTransfer,
    VoxelGAN,
    VQTransformer,
)
from gan_cli.variants.adaptation import AdaptationModule
from gan_cli.variants.translation import TranslationModule
from tests.toys import (
    FewAdapted,
    FewAttributed,
    FewBars,
    FewBlurred,
    FewBoxed,
    FewCaptioned,
    FewCrops,
    FewCrossings,
    FewDigits,
    FewEnlarged,
    FewHeads,
    FewHinted,
    FewMaps,
    FewMasked,
    FewMoving,
    FewMovingCaptioned,
    FewPairs,
    FewPortraits,
    FewSolids,
    FewStyled,
    FewStyles,
    FewTransferred,
    FewUnpaired,
    FewVideos,
    with_holes,
)

TINY: dict[str, Any] = {"image_size": 16, "image_channels": 1, "base_channels": 4, "latent_dim": 8}
"""16x16 grey images, networks that train in moments."""


def random_images(*shape: int) -> Tensor:
    """What most translators start from, in [-1, 1]."""
    return torch.rand(shape) * 2 - 1


def random_labels(*shape: int) -> Tensor:
    """Label maps of four classes."""
    return torch.randint(4, shape)


class VariantRow(NamedTuple):
    """A variant in a size that trains in moments.

    Attributes:
        name: What the row is about.
        variant: The class.
        arguments: What it takes beside `TINY`.
        n_critic: Steps of the discriminator for each of the generator.
        turns: Whether the generator's step has a batch of its own.
        plays: Whether there is a discriminator's step at all.
        generator_first: Whether the generator steps before the discriminator.
        resting: Endings of the parameters that a player's first descent leaves where they are, by construction.
        still: Beginnings of such as no descent moves, because they have a phase of their own.
        tells_classes: Whether its discriminator is also a classifier.
        tiny: What makes its networks and images small.
        data: What it trains on, of an image size and a batch size.
        sources: What a translator starts from, of a shape.
        ready: What is done to a new model before it is trained.
    """

    name: str
    variant: type[AdversarialModule]
    arguments: dict[str, Any]
    n_critic: int = 1
    turns: bool = False
    plays: bool = True
    generator_first: bool = False
    resting: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    tells_classes: bool = False
    tiny: dict[str, Any] = TINY
    data: Callable[..., GANDataModule] = FewDigits
    sources: Callable[..., Tensor] = random_images
    ready: Callable[[Any], None] | None = None

    @property
    def round_of_descents(self) -> list[str]:
        """The players in the order in which they descend, up to the batch with the generator's first step."""
        found = [*["discriminator"] * (self.n_critic * self.plays), "generator"]
        return [*found[:-2], *reversed(found[-2:])] if self.generator_first else found

    @property
    def batches_a_round(self) -> int:
        """How many batches such a round takes."""
        return self.n_critic + self.turns

    @property
    def image_size(self) -> int:
        """Side of the images in pixels; of no meaning where there are none."""
        size: int = self.tiny.get("image_size", 16)
        return size

    def make(self, **changes: Any) -> Any:
        """A new model."""
        made = self.variant(**{**self.tiny, **self.arguments, **changes})
        if self.ready is not None:
            self.ready(made)
        return made

    def pictures(self, model: Any, count: int = 4, **options: Any) -> Tensor:
        """Images that a model makes of the same latents, or the same images, whatever the global state."""
        torch.manual_seed(0)
        if isinstance(model, TranslationModule):
            direction = model.directions[-1]
            side = self.image_size // model.sizes.scale
            given = self.sources(count, model.channels(direction)[0], side, side)
            if "reference" in model.takes:
                shape = (count, model.channels(direction)[1], self.image_size, self.image_size)
                options["reference"] = random_images(*shape)
            if "mask" in model.takes:
                options["mask"] = with_holes(given).mask.float()
            return cast(Tensor, model(given, direction, **options))
        if isinstance(model, AdaptationModule):
            side = self.image_size
            return cast(Tensor, model(self.sources(count, model.image_channels, side, side), **options))
        labels = [torch.arange(count) % model.num_classes] if takes_labels(model) else []
        options |= self.given(model, count)
        return cast(Tensor, model(torch.randn(count, model.latent_dim) * 3, *labels, **options))

    def given(self, model: Any, count: int) -> dict[str, Tensor]:
        """What so many things are made from beside noise and classes, by name; of held-out things."""
        return dict(model.given(self.held_out(count))) if fields_given(model) else {}

    def held_out(self, count: int) -> Any:
        """Some of the data that is not trained on, as a model sees it."""
        data = self.data(image_size=self.image_size, batch_size=count)
        return data.on_device(data.part("test")[torch.arange(count)])

    def shape(self, model: Any) -> tuple[int, ...]:
        """Of a thing that a model makes."""
        if isinstance(model, AdaptationModule):
            return (model.num_classes,)
        if isinstance(model.medium, Boxes):
            return (1 if model.reduction else model.candidates, 6)
        if not isinstance(model.medium, Images):
            return tuple(getattr(self.held_out(1), model.makes).shape[1:])
        channels = model.channels(model.directions[-1])[1] if isinstance(model, TranslationModule) else 0
        return channels or self.tiny.get("image_channels", 1), self.image_size, self.image_size


WITHIN_THE_MARGIN = ("discriminator.head.bias",)
"""Before any output leaves the hinge's margin, the real images' pull on it is the generated ones' push."""
BEHIND_A_ZERO = ("widen.weight", "grouped.weight", ".biases")
"""In a residual block whose last convolution starts from 0."""

BEHIND_A_SHARE_OF_ZERO = tuple(
    f"{name}.parametrizations.weight.original" for name in ("query", "key", "value", "output")
)
"""Of self-attention, nothing of which is added before the first step."""

SMALL: dict[str, Any] = {"image_size": 16, "base_channels": 2, "num_blocks": 1}
"""The same for translators."""

CODED: dict[str, Any] = {
    "image_size": 16,
    "base_channels": 4,
    "multipliers": (1, 1),
    "num_blocks": 1,
    "attention_size": 0,
    "latent_channels": 4,
    "num_codes": 16,
    "code_dim": 4,
    "features": "random",
}
"""The same for what makes codes of images: 8x8 of them."""

SEMANTIC: dict[str, Any] = {
    "image_size": 32,
    "num_labels": 4,
    "base_channels": 2,
    "discriminator_channels": 2,
    "hidden_channels": 2,
    "num_doublings": 4,
    "num_scales": 1,  # a second one's logits are no power of two, of which the last bias's gradient is nearly 0
    "features": "random",
}
"""The same for networks that start from label maps."""
PAINTED: dict[str, Any] = {"target_channels": 1, "bottleneck": 8, "overlap": 1}
"""The same for what fills holes."""
SHARPENED: dict[str, Any] = {"source_channels": 1, "target_channels": 1, "features": "pixels", "base_channels": 2}
"""The same for what sharpens."""

STYLED: dict[str, Any] = {
    "image_size": 16,
    "image_channels": 1,
    "latent_dim": 8,
    "style_dim": 8,
    "mapping_depth": 1,
    "channel_base": 64,
    "channel_max": 8,
    "r1_interval": 2,
    "path_interval": 2,
    "noise": False,
}
"""The same for networks with styles; without noise, which is drawn as dropout is."""

REFERENCED: dict[str, Any] = {
    "image_size": 16,
    "num_classes": 4,
    "latent_dim": 4,
    "style_dim": 4,
    "mapping_width": 8,
    "base_channels": 2,
    "channel_max": 4,
}
"""The same for translators with styles."""
RESTING_WITH_REFERENCES = tuple(
    f"generator.{name}"
    for name in dict(StarGANv2(**REFERENCED).generator.named_parameters())
    if not name.startswith("translator")
)
"""What a step by the styles of references leaves where it is: the mapping network and the style encoder."""

FAST: dict[str, Any] = {"image_size": 64, "image_channels": 1, "latent_dim": 8, "base_channels": 1}
"""The same for FastGAN, at the least size that it makes."""
PROJECTED: dict[str, Any] = {**FAST, "lite": True, "feed_size": 32, "heads": 2, "discriminator_channels": 2}
"""The same for its generator in Projected GAN."""
GROWN: dict[str, Any] = {
    "image_size": 16,
    "image_channels": 1,
    "latent_dim": 8,
    "channel_base": 64,
    "channel_max": 8,
    "start_size": 8,
    "stable_kimg": 0.08,
    "fade_kimg": 0.12,
    "batch_multiples": (2, 1),
    "rate_factors": (1.0, 0.5),
}
"""The same for networks that grow: 3 batches of 32 small images, then 7 of 16 in which the last size is faded in."""

STYLED_GROWN: dict[str, Any] = {"style_dim": 8, "mapping_depth": 1}
"""Beside them with styles."""

OTHER_SIZES: tuple[str, ...] = tuple(
    f"{end}_colours.{level}.{kind}" for end in ("to", "from") for level in (0, 2) for kind in ("weight", "bias")
)
"""Their layers for images of 4 and 16 pixels, the first of which are never used, and the second not yet."""
COMING = tuple(f"blocks.1.{layer}.{kind}" for layer in ("first", "second") for kind in ("weight", "bias"))
"""Their blocks of 16 pixels."""
COMING_STYLED: tuple[str, ...] = (
    *(f"discriminator.{name}" for name in COMING),
    *("blocks.2.doubling.weight", "blocks.2.convolution.weight"),
    *(f"blocks.2.{layer}.{name}" for layer in ("first", "second") for name in ("bias", "style.weight", "style.bias")),
)
"""The same with styles, whose first block is that of 4 pixels."""

ENLARGED: dict[str, Any] = {
    "image_size": 16,
    "scale": 2,
    "base_channels": 2,
    "num_blocks": 1,
    "features": "random",
    "pretrain_steps": 0,
}
"""The same for what enlarges images, after its pretraining."""

TURNING: dict[str, Any] = {
    "image_size": 32,
    "image_channels": 1,
    "num_persons": 40,
    "base_channels": 4,
    "discriminator_channels": 4,
    "recogniser_channels": 4,
    "feature_dim": 8,
    "noise_dim": 4,
    "recognition_steps": 0,
    "generator_steps": 1,
}
"""The same for what turns faces, after its recogniser's training."""

LATENT_ROWS = [
    VariantRow("gan", GAN, {"base_channels": 16}),
    VariantRow(
        "gan-tricks", GAN, {"base_channels": 16, "objective": "minimax", "real_target": 0.9, "instance_noise": 0.1}
    ),
    VariantRow("lsgan", LSGAN, {"ema_decay": 0.9}),
    VariantRow("wgan", WGAN, {}, n_critic=5),
    VariantRow("wgan-gp", WGANGP, {"ema_decay": 0.9}, n_critic=5),
    VariantRow("wgan-gp-supervised", WGANGP, {"num_classes": 10}, n_critic=5, tells_classes=True),
    VariantRow("wgan-lp", WGANLP, {}, n_critic=5),
    VariantRow("sngan-cnn", SNGAN, {"architecture": "cnn"}, n_critic=5, resting=WITHIN_THE_MARGIN),
    VariantRow("sngan-resnet", SNGAN, {"ema_decay": 0.9}, n_critic=5),
    VariantRow(
        "sngan-projection", SNGAN, {"architecture": "cnn", "num_classes": 10}, n_critic=5, resting=WITHIN_THE_MARGIN
    ),
    VariantRow("r3gan", R3GAN, {"base_channels": 1, "depth": 1}, turns=True, resting=BEHIND_A_ZERO),
    VariantRow("r3gan-by-class", R3GAN, {"num_classes": 10, "architecture": "dcgan", "norm": "none"}, turns=True),
    VariantRow(
        "r3gan-dcgan", R3GAN, {"architecture": "dcgan", "norm": "none", "schedule_kimg": 0.2, "own_reals": False}
    ),
    VariantRow("dcgan", DCGAN, {}),
    VariantRow(
        "dcgan-augmented",
        DCGAN,
        {"latent_distribution": "uniform", "augment": ("color", "translation", "cutout"), "ema_decay": 0.0},
    ),
    VariantRow("dcgan-packed", DCGAN, {"pack": 2}),
    VariantRow("cgan", CGAN, {}),
    VariantRow("cgan-projection", CGAN, {"conditioning": "projection"}),
    VariantRow("cgan-mismatched", CGAN, {"mismatched_labels": True}),
    VariantRow("acgan", ACGAN, {}, tells_classes=True),
    VariantRow("sgan", SGAN, {"num_labelled": 20}, tells_classes=True),
    VariantRow(
        "sgan-adversarial", SGAN, {"num_labelled": 20, "generator_objective": "adversarial"}, tells_classes=True
    ),
    VariantRow(
        "sgan-cnn",
        SGAN,
        {"num_labelled": 20, "architecture": "sgan_cnn", "generator_objective": "absolute_feature_matching"},
        tells_classes=True,
    ),
    VariantRow("sagan", SAGAN, {"ema_decay": 0.9}, resting=BEHIND_A_SHARE_OF_ZERO),
    VariantRow(
        "biggan",
        BigGAN,
        {"num_classes": 10, "embedding_dim": 4, "attention": 0, "ema_start": 2, "augment": ("translation",)},
        n_critic=2,
    ),
    VariantRow("projected-gan", ProjectedGAN, {}, tiny=PROJECTED),
    VariantRow(
        "progressive-gan",
        ProgressiveGAN,
        {"num_classes": 10},
        tiny=GROWN,
        resting=(*OTHER_SIZES, *COMING),
        tells_classes=True,
    ),
    VariantRow(
        "stylegan",
        StyleGAN,
        {**STYLED_GROWN, "num_classes": 10, "noise": False},
        tiny=GROWN,
        resting=(*OTHER_SIZES, *COMING_STYLED),
    ),
    VariantRow("stylegan2", StyleGAN2, {"lambda_path": 1.0, "lr_decay_end": 100}, tiny=STYLED),
    VariantRow(
        "stylegan2-ada",
        StyleGAN2,
        {"num_classes": 10, "trunk": "orig", "ada_target": 0.01, "ada_kimg": 0.2, "lambda_lecam": 0.1},
        tiny=STYLED,
    ),
    VariantRow("fastgan", FastGAN, {}, tiny=FAST),
]

TELLS_BINS = ("to_bins.weight", "to_bins.bias")
"""Of Colorization, which tells bins of colours only while it is pretrained."""

TRANSFERRED: dict[str, Any] = {
    "image_size": 16,
    "encoder_channels": 2,
    "code_dim": 8,
    "base_channels": 4,
    "discriminator_channels": 4,
    "encoder_steps": 0,
}
"""DTN after its first phase, in a size that trains in moments."""

TRANSLATOR_ROWS = [
    VariantRow("dtn", DTN, {"ema_decay": 0.9}, tells_classes=True, tiny=TRANSFERRED, data=FewTransferred),
    VariantRow(
        "dtn-of-faces",
        DTN,
        {
            "encoder": "lite0",
            "encoder_size": 32,
            "pointwise": True,
            "discriminator_activation": "leaky_relu",
            "constancy": "cosine",
            "lambda_tv": 0.05,
        },
        tiny=TRANSFERRED,
        data=FewUnpaired,
    ),
    VariantRow(
        "pix2pix",
        Pix2Pix,
        {"source_channels": 1, "base_channels": 2, "patch_size": 16},
        tiny={"image_size": 64},  # the least that a U-Net takes
        data=FewPairs,
    ),
    VariantRow(
        "pix2pix-regression",
        Pix2Pix,
        {"source_channels": 1, "base_channels": 2, "lambda_adversarial": 0.0, "upsampling": "resize", "ema_decay": 0.9},
        plays=False,
        tiny={"image_size": 64},
        data=FewPairs,
    ),
    VariantRow(
        "spade",
        SPADE,
        {"latent_dim": 4, "norm": "instance", "ema_decay": 0.9},
        generator_first=True,
        resting=("discriminator.scales.0.last.bias",),
        tiny=SEMANTIC,
        data=FewMaps,
        sources=random_labels,
    ),
    VariantRow(
        "spade-of-maps-alone",
        SPADE,
        {"lambda_feature": 0.0, "lambda_perceptual": 0.0},
        generator_first=True,
        resting=("discriminator.scales.0.last.bias",),
        tiny=SEMANTIC,
        data=FewMaps,
        sources=random_labels,
    ),
    VariantRow(
        "cyclegan",
        CycleGAN,
        {"patch_size": 16, "pool_size": 20},
        generator_first=True,
        tiny=SMALL,
        data=FewUnpaired,
    ),
    VariantRow(
        "cyclegan-no-identity",
        CycleGAN,
        {"patch_size": 16, "lambda_identity": 0.0, "upsampling": "resize", "ema_decay": 0.9},
        generator_first=True,
        tiny=SMALL,
        data=FewUnpaired,
    ),
    VariantRow("context-encoder", ContextEncoder, PAINTED, tiny={"image_size": 16, "base_channels": 2}, data=FewMasked),
    VariantRow(
        "context-encoder-told",
        ContextEncoder,
        {**PAINTED, "region": "anywhere", "told_mask": True, "ema_decay": 0.9},
        tiny={"image_size": 16, "base_channels": 2},
        data=FewMasked,
    ),
    VariantRow(
        "context-encoder-regression",
        ContextEncoder,
        {**PAINTED, "lambda_adversarial": 0.0},
        plays=False,
        tiny={"image_size": 16, "base_channels": 2},
        data=FewMasked,
    ),
    VariantRow(
        "deblurgan",
        DeblurGAN,
        {**SHARPENED, "num_blocks": 1, "patch_size": 16},
        n_critic=5,
        tiny={"image_size": 16},
        data=FewBlurred,
    ),
    VariantRow(
        "deblurgan-v2",
        DeblurGAN,
        {
            **SHARPENED,
            "architecture": "pyramid",
            "scales": "double",
            "objective": "ragan-ls",
            "n_critic": 1,
            "base_channels": 8,
            "lambda_pixel": 0.5,
            "patch_size": 16,
            "ema_decay": 0.9,
        },
        tiny={"image_size": 64},
        data=FewBlurred,
    ),
    VariantRow(
        "cut",
        CUT,
        {"patch_size": 16, "num_patches": 8, "projection_dim": 8, "ema_decay": 0.9},
        tiny=SMALL,
        data=FewUnpaired,
    ),
    VariantRow(
        "fastcut",
        CUT,
        {
            "patch_size": 16,
            "num_patches": 8,
            "projection_dim": 8,
            "lambda_nce": 10.0,
            "identity": False,
            "flip_equivariance": True,
        },
        tiny={**SMALL, "num_blocks": 6},
        data=FewUnpaired,
    ),
    VariantRow(
        "colorization",
        Colorization,
        {"patch_size": 16, "palette": True, "ema_decay": 0.9},
        resting=TELLS_BINS,
        tiny={"image_size": 16, "base_channels": 2},
        data=FewHinted,
    ),
    VariantRow(
        "colorization-pretraining",
        Colorization,
        {"patch_size": 16, "pretraining_steps": 9, "lambda_adversarial": 0.0},
        plays=False,
        tiny={"image_size": 16, "base_channels": 2},
        data=FewHinted,
    ),
    VariantRow(
        "vqgan",
        VQGAN,
        {"image_channels": 1, "disc_start": 0, "discriminator_channels": 2, "patch_size": 16, "ema_decay": 0.9},
        resting=("discriminator.layers.5.bias",),  # within the margins, what is real and what is made pull alike
        tiny=CODED,
    ),
    VariantRow(
        "stargan", StarGAN, {"image_channels": 1, "num_classes": 10}, n_critic=5, tells_classes=True, tiny=SMALL
    ),
    VariantRow(
        "stargan-v2",
        StarGANv2,
        {"diversity_steps": 10, "generator_lr": 1e-3, "mapping_lr": 1e-4, "lr_decay_end": 100},
        resting=RESTING_WITH_REFERENCES,
        tiny=REFERENCED,
        data=FewStyles,
    ),
    VariantRow(
        "style-transfer",
        StyleTransfer,
        {"style_names": ("one", "two"), "ema_decay": 0.9},
        plays=False,
        tiny={**SMALL, "image_size": 32},
        data=FewStyled,
    ),
    VariantRow(
        "adain",
        AdaIN,
        {"features": "random", "base_channels": 2},
        plays=False,
        tiny={"image_size": 16},
        data=FewStyled,
    ),
    VariantRow("srgan", SRGAN, {}, tiny=ENLARGED, data=FewEnlarged),
    VariantRow("tp-gan", TPGAN, {"ema_decay": 0.9}, tiny=TURNING, data=FewHeads),
    VariantRow(
        "esrgan",
        ESRGAN,
        {"growth": 2, "discriminator_architecture": "unet", "lambda_perceptual": 0.0},
        tiny=ENLARGED,
        data=FewEnlarged,
    ),
]

ADAPTED: dict[str, Any] = {"image_size": 16, "base_channels": 2, "hidden_dim": 8, "domain_dim": 4}
"""The same for what is adapted to another domain."""
PAINTED_OVER: dict[str, Any] = {
    "image_size": 16,
    "base_channels": 2,
    "num_blocks": 1,
    "latent_dim": 2,
    "discriminator_channels": 2,
    "tower_channels": 2,
    "tower_dim": 8,
}
"""The same for PixelDA."""

ADAPTATION_ROWS = [
    VariantRow("dann", DANN, {}, generator_first=True, tells_classes=True, tiny=ADAPTED, data=FewAdapted),
    VariantRow(
        "dann-of-features",
        DANN,
        {"domain_input": "features", "architecture": "lenet", "ema_decay": 0.9},
        generator_first=True,
        tells_classes=True,
        tiny=ADAPTED,
        data=FewAdapted,
    ),
    *(
        VariantRow(
            name,
            ADDA,
            {"source_steps": 0, **arguments},
            still=("classifier",),
            tells_classes=True,
            tiny=ADAPTED,
            data=FewAdapted,
        )
        for name, arguments in (("adda", {}), ("adda-of-features", {"domain_input": "features", "ema_decay": 0.9}))
    ),
    VariantRow("pixelda", PixelDA, {}, tells_classes=True, tiny=PAINTED_OVER, data=FewAdapted),
]

SOCIAL: dict[str, Any] = {"hidden_dim": 16, "mlp_dim": 16, "discriminator_dim": 8, "guesses": 3}
"""The same for what foresees people."""

SCENE_ROWS = [
    VariantRow(name, SocialGAN, arguments, n_critic, plays=plays, tiny=SOCIAL, data=FewCrossings)
    for name, arguments, n_critic, plays in (
        ("social-gan", {"ema_decay": 0.9}, 2, True),
        (
            "social-gan-pooled-everywhere",
            {"pooling": "every_step", "pooled_discriminator": True, "compared": "positions"},
            2,
            True,
        ),
        ("social-gan-regression", {"pooling": "none", "lambda_adversarial": 0.0, "n_critic": 1}, 1, False),
    )
]

DETECTING: dict[str, Any] = {
    "image_size": 32,
    "most_boxes": 3,
    "small_side": 8,
    "base_channels": 4,
    "cells": 2,
    "hidden_dim": 8,
    "num_blocks": 1,
    "candidates": 6,
    "pretraining_steps": 0,
}
"""The same for what finds boxes, behind its first phase."""
OF_CROPS: dict[str, Any] = {"image_size": 16, "image_channels": 1, "most_boxes": 1, "reduction": 4}
"""What is different where the boxes are known."""
RESTING_DETECTOR = ("discriminator.trunk", "discriminator.head", "discriminator.perception")
"""What rests behind the first phase."""
BEFORE_THE_RESIDUAL = tuple(
    f"generator.{name}"
    for name in dict(PerceptualGAN(**DETECTING).generator.named_parameters())
    if not name.startswith("residual")
)
"""What stands before a convolution that starts from 0."""

BOX_ROWS = [
    VariantRow(
        "perceptual-gan",
        PerceptualGAN,
        {"ema_decay": 0.9},
        tiny=DETECTING,
        data=FewBoxed,
        still=RESTING_DETECTOR,
        resting=BEFORE_THE_RESIDUAL,
    ),
    VariantRow(
        "perceptual-gan-of-crops",
        PerceptualGAN,
        {"lambda_feature": 1.0},
        tiny={**DETECTING, **OF_CROPS},
        data=FewCrops,
        still=RESTING_DETECTOR,
        resting=BEFORE_THE_RESIDUAL,
    ),
]

MUSIC_ROWS = [
    VariantRow(
        "midinet",
        MidiNet,
        {"ema_decay": 0.9, "generator_steps": 1},
        tiny={"num_pitches": 12, "planes": 2, "base_channels": 2, "hidden": 8, "previous_channels": 2, "latent_dim": 4},
        data=FewBars,
    ),
    VariantRow(
        "midinet-stable",
        MidiNet,
        {"previous_into": "last", "generator_steps": 1},
        tiny={"num_pitches": 12, "planes": 2, "base_channels": 2, "hidden": 8, "previous_channels": 2, "latent_dim": 4},
        data=FewBars,
    ),
]

VIDEOS: dict[str, Any] = {"num_frames": 4, "image_size": 16, "image_channels": 1, "base_channels": 2}
"""The same for what makes videos."""

VIDEO_ROWS = [
    VariantRow("vgan", VGAN, {"latent_dim": 4, "ema_decay": 0.9}, tiny=VIDEOS, data=FewVideos),
    VariantRow("conditional-vgan", ConditionalVGAN, {}, tiny=VIDEOS, data=FewVideos),
    VariantRow(
        "dvdgan",
        DVDGAN,
        {"num_classes": 10, "frames_judged": 2, "latent_dim": 4, "embedding_dim": 4, "ema_decay": 0.9},
        n_critic=2,
        tiny={**VIDEOS, "image_size": 32, "base_channels": 1},
        data=FewVideos,
    ),
]

PREDICTING: dict[str, Any] = {
    "image_size": 32,
    "image_channels": 1,
    "num_frames": 6,
    "scales": 2,
    "base_channels": 4,
    "discriminator_channels": 2,
    "optimizer": "adam",
    "generator_lr": 1e-3,
    "discriminator_lr": 1e-3,
}
"""The same for what makes frames of frames."""

FRAME_ROWS = [
    VariantRow("frame-prediction", FramePrediction, {"ema_decay": 0.9}, tiny=PREDICTING, data=FewMoving),
    VariantRow(
        "frame-prediction-between",
        FramePrediction,
        {"target": "between", "past_frames": 2, "optimizer": "sgd", "p": 2.0, "alpha": 2.0, "patches": "anywhere"},
        tiny=PREDICTING,
        data=FewMoving,
    ),
    VariantRow(
        "frame-prediction-regression",
        FramePrediction,
        {"lambda_adversarial": 0.0, "future_frames": 2, "patch_size": 0},
        plays=False,
        tiny=PREDICTING,
        data=FewMoving,
    ),
]

SOLID: dict[str, Any] = {"volume_size": 8, "base_channels": 4, "latent_dim": 8}
"""The same for solids."""

SOLID_ROWS = [
    VariantRow("voxel-gan", VoxelGAN, {"ema_decay": 0.9}, tiny=SOLID, data=FewSolids),
    VariantRow(
        "voxel-gan-by-class",
        VoxelGAN,
        {"num_classes": 8, "accuracy_limit": 1.0, "latent_distribution": "normal"},
        tiny=SOLID,
        data=FewSolids,
    ),
]

TOLD: dict[str, Any] = {
    "image_size": 16,
    "image_channels": 3,
    "vocabulary_size": 60,
    "text_length": 16,
    "embedding_dim": 8,
    "text_channels": 4,
    "base_channels": 4,
    "discriminator_channels": 4,
    "word_channels": 4,
    "latent_dim": 8,
    "matching_steps": 0,
}
"""The same for what is told in words."""

STACKED: dict[str, Any] = {
    **{name: value for name, value in TOLD.items() if name != "text_channels"},
    "condition_dim": 4,
    "num_residual": 1,
}
"""The same in stages."""
STAGES = [("stage-one", 1000, "second"), ("stage-two", 0, "first")]
"""Names of rows, how long stage one takes there, and what stands still meanwhile."""

WORD_ROWS = [
    VariantRow("gan-cls", GANCLS, {"ema_decay": 0.9}, tiny=TOLD, data=FewCaptioned),
    VariantRow(
        "gan-int",
        GANCLS,
        {"wrong_share": 0.0, "lambda_interpolation": 0.5, "n_critic": 2},
        n_critic=2,
        tiny=TOLD,
        data=FewCaptioned,
    ),
    *(
        VariantRow(
            f"stackgan-{name}",
            StackGAN,
            {"enlargement": 2, "stage_one_steps": steps, "ema_decay": 0.9},
            still=(f"generator.{other}.", f"discriminator.{other}."),
            tiny=STACKED,
            data=FewCaptioned,
        )
        for name, steps, other in STAGES
    ),
    VariantRow("stackgan-pp", StackGANpp, {"num_scales": 2}, tiny=STACKED, data=FewCaptioned),
    VariantRow(
        "stackgan-pp-colours",
        StackGANpp,
        {"num_scales": 2, "lambda_colour": 50.0, "lambda_wrong": 0.5, "lambda_alone": 0.0, "n_critic": 2},
        n_critic=2,
        tiny=STACKED,
        data=FewCaptioned,
    ),
]

DESCRIBING: dict[str, Any] = {
    "num_frames": 4,
    "image_size": 16,
    "image_channels": 1,
    "vocabulary_size": 57,
    "text_length": 16,
    "noise_dim": 4,
    "word_dim": 8,
    "hidden_dim": 8,
    "clip_dim": 8,
    "base_channels": 4,
    "pretraining_steps": 0,
    "judging_steps": 0,
    "rollouts": 1,
    "lambda_likelihood": 0.5,
    "n_critic": 1,
}
"""The same for sentences that are made."""
OF_IMAGES: dict[str, Any] = {"image_channels": 3, "num_frames": 1, "vocabulary_size": 60}

SENTENCE_ROWS = [
    VariantRow("caption-gan", CaptionGAN, {"ema_decay": 0.9}, tiny=DESCRIBING, data=FewMovingCaptioned),
    VariantRow(
        "caption-gan-of-images",
        CaptionGAN,
        {"rollouts": 0, "baseline": "greedy", "n_critic": 2},
        n_critic=2,
        tiny={**DESCRIBING, **OF_IMAGES},
        data=FewCaptioned,
    ),
]

ANIMATING: dict[str, Any] = {
    "image_size": 16,
    "image_channels": 3,
    "num_points": 3,
    "point_channels": 4,
    "motion_channels": 4,
    "base_channels": 4,
    "hourglass_blocks": 2,
    "reduction": 1,
    "halvings": 1,
    "residual_blocks": 1,
    "features": "random",
    "pyramid_levels": 2,
    "discriminator_channels": 2,
    "discriminator_layers": 2,
}
"""The same for what moves pictures."""

PORTRAIT_ROWS = [
    VariantRow(
        "living-portraits",
        LivingPortraits,
        {"ema_decay": 0.9, "blends": True},
        plays=False,
        tiny=ANIMATING,
        data=FewPortraits,
    ),
    VariantRow(
        "living-portraits-judged",
        LivingPortraits,
        {"lambda_adversarial": 1.0, "lambda_feature": 10.0, "norm": "instance", "occlusion": False},
        tiny=ANIMATING,
        data=FewPortraits,
    ),
]

READ: dict[str, Any] = {
    **{name: value for name, value in CODED.items() if name != "features"},
    "multipliers": (1, 1, 1),
    "depth": 2,
    "width": 8,
    "heads": 2,
    "generator_lr": 1e-3,
}
"""The same for what draws codes: 4x4 of them."""


def with_a_first_stage(model: VQTransformer) -> None:
    """Gives a model the codes of a first stage that learned nothing, the same for each that is made after a seed."""
    model.take_up(model.coder.network.state_dict())


CODE_ROWS = [
    VariantRow(
        "vq-transformer",
        VQTransformer,
        {"image_channels": 1, "num_classes": 10, "dropout": 0.1, "kept_codes": 0.9, "ema_decay": 0.9},
        plays=False,
        tiny=READ,
        ready=with_a_first_stage,
    ),
    VariantRow(
        "vq-transformer-alone",
        VQTransformer,
        {"image_channels": 1},
        plays=False,
        tiny=READ,
        ready=with_a_first_stage,
    ),
    VariantRow(
        "vq-transformer-of-words",
        VQTransformer,
        {"vocabulary_size": 60, "text_length": 16},
        plays=False,
        tiny={**READ, "image_channels": 3},
        data=FewCaptioned,
        ready=with_a_first_stage,
    ),
    VariantRow(
        "vq-transformer-of-maps",
        VQTransformer,
        {"num_labels": 4},
        plays=False,
        tiny={**READ, "image_channels": 3},
        data=FewMaps,
        ready=with_a_first_stage,
    ),
]

INVERTIBLE: dict[str, Any] = {
    "image_size": 16,
    "image_channels": 3,
    "num_classes": 3,
    "latent_dim": 8,
    "base_channels": 4,
    "encoder_channels": 4,
    "latent_hidden": 16,
    "label_hidden": 8,
    "gan_steps": 1000,
}
"""The same for what reads pictures again."""

EDITING_ROWS = [
    VariantRow("icgan", IcGAN, {"ema_decay": 0.9}, tiny=INVERTIBLE, data=FewAttributed),
    VariantRow(
        "icgan-by-class",
        IcGAN,
        {"num_classes": 10},
        tiny={**INVERTIBLE, "image_channels": 1},
    ),
]

ROWS = [
    *(
        *LATENT_ROWS,
        *TRANSLATOR_ROWS,
        *SCENE_ROWS,
        *BOX_ROWS,
        *MUSIC_ROWS,
        *VIDEO_ROWS,
        *FRAME_ROWS,
        *SOLID_ROWS,
        *WORD_ROWS,
    ),
    *SENTENCE_ROWS,
    *ADAPTATION_ROWS,
    *PORTRAIT_ROWS,
    *CODE_ROWS,
    *EDITING_ROWS,
]


def as_params(rows: Sequence[VariantRow]) -> list[ParameterSet]:
    """Rows as parameters of a test; all but the first of each variant are slow, because they are many."""
    first = {row.variant: row.name for row in reversed(ROWS)}
    return [
        pytest.param(row, id=row.name, marks=[] if first[row.variant] == row.name else pytest.mark.slow) for row in rows
    ]
