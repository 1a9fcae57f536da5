"""TP-GAN: Huang et al. 2017, "Beyond Face Rotation: Global and Local Perception GAN for Photorealistic and Identity
Preserving Frontal View Synthesis", arXiv:1704.04086; printed values are those of the authors' code."""

from collections.abc import Iterable
from math import prod
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, l1_loss, smooth_l1_loss

from gan_cli.batches import FaceBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.networks.face_patches import PARTS, patches
from gan_cli.networks.face_reader import FaceReader
from gan_cli.networks.layers import initialise
from gan_cli.networks.tp_gan import FrontalFaces, Norm, TPGANDiscriminator, TPGANGenerator
from gan_cli.objectives.adversarial import discriminator_cross_entropy
from gan_cli.objectives.frontal import (
    PRINTED_SIDE,
    asymmetry,
    summed_error,
    target_cross_entropy,
    total_variation,
)
from gan_cli.ranges import (
    Channels,
    ChannelsOrNone,
    Decay,
    Few,
    LearningRate,
    Pixels,
    Range,
    Share,
    Steps,
    Weight,
    Width,
)
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, in_three_channels

RECOGNISED = "recognised"
"""The name of the checkpoint at the end of the recogniser's training."""
FRONTAL = "frontal"
MULTI_PIE = (0.340, 0.320, 0.675, 0.320, 0.501, 0.506, 0.372, 0.694, 0.645, 0.696)
"""Where eyes, nose and corners of the mouth are in the paper's frontal pictures, x and y in shares of the sides."""
NOISE_DEVIATION = 0.02
LAST_MAPS = 64
"""The places of Light CNN's last maps at 128 pixels, over which the authors' code sums."""
POINTS_WEIGHT = 20.0
"""Weight of the distance of the points that the recogniser finds, beside the persons' cross-entropy."""


class Turned(NamedTuple):
    """A batch with what was made of it, which both descents use.

    Attributes:
        batch: The faces.
        made: Frontal ones, with the generator's graph.
    """

    batch: FaceBatch
    made: FrontalFaces


class TPGAN(TranslationModule):
    """Turns faces to the front: a global pathway, and local ones for eyes, nose and mouth (Huang et al. 2017).

    In the first `recognition_steps` batches a recogniser alone learns to tell the training persons apart and to find
    eyes, nose and mouth; then the run keeps a checkpoint of the name `RECOGNISED`, and the recogniser stays as it is.
    It stands in for Light CNN, whose features are to be kept, and for the five landmarks where nobody tells them: verbs
    read them in the picture, training takes the data's.

    The authors' code sums absolute errors over the pixels of 128x128 images. Images of other sizes count as if they had
    as many, so that the printed weights keep their ratio; a mean over pixels would leave 1/16,384 of it, and the
    adversarial term alone would rule.

    Departures: faces are not mirrored to one side, so the half that follows the other in the symmetry term is the one
    that was turned away, and each eye's pathway also sees the mirror image of the other eye; the local pathways have no
    optimizer of their own beside the generator's; batch normalisation uses running averages after training, where the
    code uses those of the batch that is tested; noise is 0 then.

    Args:
        image_size: Side of the images in pixels, a power of two from 32.
        image_channels: C.
        num_persons: How many persons are trained on; comes from the data.
        frontal_points: Where eyes, nose and corners of the mouth are from the front: x and y in shares of the sides;
            comes from the data.
        base_channels: Channels of the largest maps of the generator.
        discriminator_channels: Channels of the first maps of the discriminator.
        recogniser_channels: Channels of the first maps of the recogniser.
        feature_dim: Numbers of the vector between encoder and decoder, and of the recogniser's.
        noise_dim: Numbers of noise beside it.
        norm: "batch", or "none".
        dropout: Share of the vector left out where it is to tell persons apart.
        recognition_steps: Batches that train the recogniser alone, before all else; 0 leaves it as it is, as behind
            `--init`.
        generator_steps: Steps of the generator on each batch, for one of the discriminator.
        lambda_scales: Weights of the absolute errors at the whole size, at half and at a quarter of it.
        lambda_symmetry: Weight of the asymmetry beside each of them.
        lambda_patches: Weight of the absolute errors of eyes, nose and mouth.
        lambda_adversarial: Weight of the adversarial term; 0 leaves a regression, and the discriminator at rest.
        lambda_identity: Weight of the distance in the recogniser's features.
        lambda_person: Weight of the cross-entropy of the training persons by the encoder's vector.
        lambda_variation: Weight of the total variation.
        real_target: What the discriminator is to say of real faces, and the generator wants to hear of made ones.
        recogniser_lr: Learning rate of the recogniser.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Huang et al. 2017, "Beyond Face Rotation: Global and Local Perception GAN for Photorealistic and '
        'Identity Preserving Frontal View Synthesis", arXiv:1704.04086',
        discriminator="L_D = -E[0.9 log D(y) + 0.1 log(1 - D(y))] - E[log(1 - D(G(x)))]",
        generator="L_G = sum_s lambda_s (sum |y - G(x)| + lambda_symmetry sum |G(x) - mirrored|)"
        " + lambda_patches sum |patches| + lambda_adversarial CE(D(G(x)), 0.9)\n"
        " + lambda_identity |F(y) - F(G(x))| + lambda_person CE(person) + lambda_variation TV",
        printed={
            "image_size": 128,
            "image_channels": 3,
            "base_channels": 64,
            "discriminator_channels": 64,
            "feature_dim": 256,
            "noise_dim": 100,
            "norm": "batch",
            "dropout": 0.7,
            "generator_steps": "2, in the paper 1",
            "lambda_scales": (1.0, 1.0, 1.5),
            "lambda_symmetry": 0.3,
            "lambda_patches": 3.0,
            "lambda_adversarial": 20.0,
            "lambda_identity": 40.0,
            "lambda_person": 10.0,
            "lambda_variation": 1e-3,
            "real_target": 0.9,
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": (0.9, 0.999),
        },
        why={"generator_steps": "the authors' code's, so that the discriminator's loss does not go to 0"},
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"source": Images, "target": Images},)
    players: ClassVar[tuple[str, ...]] = ("discriminator", "generator", "recogniser")
    WHOLE_SQUARES: ClassVar[bool] = True
    makes = "target"
    generator: TPGANGenerator
    discriminator: TPGANDiscriminator

    def __init__(
        self,
        image_size: Pixels = 128,
        image_channels: Channels = 3,
        num_persons: Annotated[int, Range(0, 10**6)] = 0,
        frontal_points: tuple[Annotated[float, Range(0, 1)], ...] = MULTI_PIE,
        base_channels: Width = 64,
        discriminator_channels: Width = 64,
        recogniser_channels: Width = 32,
        feature_dim: Width = 256,
        noise_dim: ChannelsOrNone = 100,
        norm: Norm = "batch",
        dropout: Decay = 0.7,
        recognition_steps: Steps = 10_000,
        generator_steps: Few = 2,
        lambda_scales: tuple[Weight, Weight, Weight] = (1.0, 1.0, 1.5),
        lambda_symmetry: Weight = 0.3,
        lambda_patches: Weight = 3.0,
        lambda_adversarial: Weight = 20.0,
        lambda_identity: Weight = 40.0,
        lambda_person: Weight = 10.0,
        lambda_variation: Weight = 1e-3,
        real_target: Share = 0.9,
        recogniser_lr: LearningRate = 1e-3,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.9, 0.999),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        power_of_two = image_size >= 32 and not image_size & (image_size - 1)
        check("image_size", image_size, power_of_two, "of 32, 64, 128, ...: maps are halved down to 8x8")
        check("frontal_points", list(frontal_points), len(frontal_points) == 10, "of ten numbers from 0 to 1")
        if not any(lambda_scales):
            raise UserError("model.lambda_scales: of 0 alone, no face would be like its own front; raise one")
        self.learning_rates["recogniser"] = recogniser_lr
        self.image_channels, self.num_persons = image_channels, num_persons
        self.recognition_steps, self.generator_steps = recognition_steps, generator_steps
        self.lambda_scales, self.lambda_symmetry, self.lambda_patches = lambda_scales, lambda_symmetry, lambda_patches
        self.lambda_adversarial, self.lambda_identity = lambda_adversarial, lambda_identity
        self.lambda_person, self.lambda_variation = lambda_person, lambda_variation
        self.real_target = real_target
        sizes = (image_size, image_channels)
        self.generator = TPGANGenerator(
            *sizes,
            base_channels,
            feature_dim,
            noise_dim,
            num_persons if lambda_person else 0,
            dropout,
            frontal_points,
            norm,
        )
        self.discriminator = TPGANDiscriminator(*sizes, discriminator_channels, norm)
        self.generator.apply(initialise)
        self.discriminator.apply(initialise)
        self.recogniser = FaceReader(*sizes, recogniser_channels, feature_dim, max(1, num_persons), frontal_points)
        self.finish_players()

    def forward(self, images: Tensor, direction: str = "", ema: bool = True) -> Tensor:
        """Frontal faces [N, C, S, S] in [-1, 1] from turned ones [N, C, S, S].

        Where eyes, nose and mouth are is read in the images.

        Args:
            images: In [-1, 1], of the training's size, as large in the picture as those of the training.
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        points = self.recogniser(images).points
        made: FrontalFaces = self.picture_maker(ema)(images, patches(images, points))
        return made.images[0]

    # Phases

    @property
    def is_recognising(self) -> bool:
        """Whether the next batch trains the recogniser alone."""
        return self.counters.batches < self.recognition_steps

    def descending(self) -> Iterable[str]:
        if self.is_recognising:
            return ("recogniser",)
        players = super().descending() if self.lambda_adversarial else ("generator",)
        return [one for player in players for one in [player] * (self.generator_steps if player == "generator" else 1)]

    def batches_a_step(self) -> float:
        return super().batches_a_step() / self.generator_steps

    @property
    def phases(self) -> dict[str, int]:
        return {RECOGNISED: self.recognition_steps}

    def on_fit_start(self) -> None:
        """Refuses data without persons where something is to be learned of them.

        Raises:
            UserError: If the data is no set of faces.
        """
        super().on_fit_start()
        if "num_persons" not in self.data_facts:
            raise UserError(
                "data: TPGAN learns from faces of known person and pose; take --data ShadedHeads, UMIST or FaceFolder"
            )

    # Objectives

    def shared(self, batch: FaceBatch) -> Turned | FaceBatch:
        if self.is_recognising:
            return batch
        noise = None
        if self.generator.noise_dim:
            noise = NOISE_DEVIATION * self.noise("frontal", self.generator.noise_dim)
        return Turned(batch, self.generator(batch.source, patches(batch.source, batch.source_points), noise))

    def recogniser_losses(self, batch: FaceBatch) -> Losses:
        seen = torch.cat([batch.source, batch.target])
        told = self.recogniser(seen)
        points = torch.cat([batch.source_points, batch.target_points])
        self.watch("recogniser/accuracy", (told.persons.argmax(1) == batch.person.repeat(2)).float())
        return {
            "person": cross_entropy(told.persons.float(), batch.person.repeat(2)),
            "points": POINTS_WEIGHT * smooth_l1_loss(told.points.float(), points.float(), beta=0.05),
        }

    def discriminator_losses(self, batch: Turned) -> Losses:
        real, fake = self.judge(batch.batch.target, batch.made.images[0].detach())
        self.watch_outputs(real, fake)
        return {"adversarial": discriminator_cross_entropy(real, fake, self.real_target)}

    def generator_losses(self, batch: Turned) -> Losses:
        faces, made = batch
        losses = self._of_pixels(faces, made)
        if self.lambda_patches:
            losses["patches"] = self.lambda_patches * self._of_patches(faces, made)
        if self.lambda_adversarial:
            judged = self.judge_fake(made.images[0])
            losses["adversarial"] = self.lambda_adversarial * target_cross_entropy(judged, self.real_target)
        if self.lambda_identity:
            losses["identity"] = self.lambda_identity * self._of_identity(faces, made)
        if made.persons is not None:
            losses["person"] = self.lambda_person * cross_entropy(made.persons.float(), faces.person)
        if self.lambda_variation:
            losses["variation"] = self.lambda_variation * total_variation(made.images[0])
        return losses

    def _of_pixels(self, faces: FaceBatch, made: FrontalFaces) -> Losses:
        """The absolute errors at three sizes, and the asymmetries."""
        errors, uneven = [], []
        for number, (weight, images) in enumerate(zip(self.lambda_scales, made.images, strict=True)):
            pixels = (PRINTED_SIDE >> number) ** 2
            wanted = faces.target
            if number:
                wanted = torch.nn.functional.interpolate(
                    faces.target, images.shape[2:], mode="bilinear", antialias=True
                )
            errors.append(weight * summed_error(images, wanted, pixels))
            uneven.append(weight * asymmetry(images, faces.yaw, pixels, pooled=number == 0))
        losses = {"l1": torch.stack(errors).sum()}
        if self.lambda_symmetry:
            losses["symmetry"] = self.lambda_symmetry * torch.stack(uneven).sum()
        return losses

    def _of_patches(self, faces: FaceBatch, made: FrontalFaces) -> Tensor:
        """The absolute errors of what the local pathways made, which are summed too."""
        wanted = patches(faces.target, faces.target_points)
        errors = [summed_error(made.patches[name], wanted[name], prod(size)) for name, size in PARTS.items()]
        return torch.stack(errors).sum()

    def _of_identity(self, faces: FaceBatch, made: FrontalFaces) -> Tensor:
        """The distance in the recogniser's last maps, summed over their places, and in its vectors: equation 8."""
        with torch.no_grad():
            wanted = self.recogniser(faces.target)
        seen = self.recogniser(made.images[0])
        maps, vectors = (
            l1_loss(one.float(), other.float())
            for one, other in ((seen.maps, wanted.maps), (seen.vectors, wanted.vectors))
        )
        return LAST_MAPS * maps + vectors

    # Held-out faces

    def held_out_logits(self, batch: FaceBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.target))

    def held_out_measures(self, batch: FaceBatch) -> Losses:
        """The mean absolute error, and how far the points that were found are from the true ones, in pixels."""
        found = self.recogniser(batch.source).points
        apart = (found - batch.source_points).norm(dim=2).mean()
        return {"l1": l1_loss(self(batch.source).float(), batch.target), "points": self.image_size * apart}

    # What a translator is

    @property
    def directions(self) -> tuple[str, ...]:
        return (FRONTAL,)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(multiple=self.image_size, tile=self.image_size)

    def columns(self, batch: FaceBatch) -> tuple[Tensor, ...]:
        return tuple(map(in_three_channels, (batch.source, self(batch.source), batch.target)))
