"""PerceptualGAN: Li et al. 2017, "Perceptual Generative Adversarial Networks for Small Object Detection",
arXiv:1706.05274; there is no code of the authors'."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, interpolate, smooth_l1_loss, softplus
from torch.optim import Optimizer

from gan_cli.batches import BoxBatch
from gan_cli.errors import UserError
from gan_cli.media.boxes import Boxes, side_of
from gan_cli.media.images import Images
from gan_cli.metrics import detection_tables
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks.box_geometry import moved, moves_to
from gan_cli.networks.small_detector import STRIDE, FeatureGenerator, PerceptualDiscriminator, sorted_out
from gan_cli.objectives.detection import centres, edges_loss, focal_loss
from gan_cli.ranges import Channels, Classes, Decay, Depth, LearningRate, Pixels, Range, Steps, Weight, Width
from gan_cli.seeding import sent
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

Taught = Literal["large", "small", "all"]
"""Which things the first phase learns classes and boxes from."""
LEAST = 0.001
"""Boxes with lower scores are never given."""
JITTER = 0.12
"""Boxes to learn from are moved and scaled by up to such a share of their sides: found ones are never quite right."""
DETECTOR = "detector"
"""The name of the checkpoint at the end of the first phase."""


def exact(numbers: Tensor) -> Tensor:
    """The same in float32 at least, whatever the precision of the run."""
    return numbers.to(torch.promote_types(numbers.dtype, torch.float32))


class Things(NamedTuple):
    """What is known of the things of a batch's images, M of them.

    Attributes:
        rois: The number of the image and the edges that features are cut out by, [M, 5].
        boxes: The right edges, [M, 4].
        classes: int64 [M].
        small: Which are small, bool [M].
        images: The number of each one's image, int64 [M].
    """

    rois: Tensor
    boxes: Tensor
    classes: Tensor
    small: Tensor
    images: Tensor


class Features(NamedTuple):
    """What boxes cut out of an image's maps.

    Attributes:
        fine: Of the first convolution's, [M, B, 2 R, 2 R].
        deep: Of the deep ones, [M, 4 B, R, R].
    """

    fine: Tensor
    deep: Tensor


class Seen(NamedTuple):
    """What all descents on a batch start from, after the first phase.

    Attributes:
        things: What is in the images.
        small: The features of small things; of large ones these rows count for nothing.
        large: The features of large things; of small ones these rows count for nothing.
    """

    things: Things
    small: Features
    large: Features


class PerceptualGAN(LatentModule):
    """Features of small things made like those of large ones, for a detector (Li et al. 2017, arXiv:1706.05274).

    In the first `pretraining_steps` batches the discriminator's detector and its perception branch (class and box)
    learn alone, classes and boxes from things of the sizes of `taught`; the run keeps a checkpoint of the name
    `DETECTOR`. From then on all of that rests. The generator adds to the features of a small thing a residual made of
    the first convolution's; the adversarial branch tells them from those of large things, and the perception branch
    must find class and box in them.

    Where boxes are known (`reduction` above 0, of crops), there is nothing to find: whole images are classified, and
    small ones are the same, reduced and enlarged again.

    Departures: the detector is small and trained from nothing, with centres in place of the paper's proposals and
    VGG16, and these learn from things of all sizes; its score that something is there stands in for the perception
    branch's class of nothing; the generator has fine features of twice as many cells, and normalises groups of
    channels; terms are averaged image by image, so that parts of a batch count by their images.

    Args:
        image_size: Side of the square images in pixels, a multiple of 4. Comes from the data, as the next five.
        image_channels: C.
        box_classes: K, how many classes things have.
        most_boxes: The most boxes of an image.
        small_side: Things of a smaller side (root of the area) are small, in pixels.
        reduction: How many times smaller crops of known boxes are to be made; 0 where boxes are to be found.
        base_channels: B, channels of the first convolution; the deep maps have four times as many.
        cells: R; a box cuts R x R cells out of the deep maps.
        hidden_dim: Units of the layers of both branches.
        num_blocks: Residual blocks of the generator.
        candidates: At most so many boxes are found in an image.
        taught: Which things the perception branch learns from in the first phase. "large" is the paper's; "small" and
            "all" are what it is to be compared with.
        pretraining_steps: Batches of the first phase; 0 as behind `--init`.
        lambda_adversarial: Weight of the adversarial term; 0 trains no adversarial branch.
        lambda_perception: Weight of the perception branch's loss on what the generator makes.
        lambda_feature: Weight of the squared error beside the features of the same thing when it is large, which are
            known of crops alone; not in the paper.
        lambda_box: Weight of boxes beside classes.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the adversarial branch.
        detector_lr: Learning rate of the first phase.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `LatentModule`; there are no latents.

    Raises:
        UserError: If a value is out of its range, or the data has no classes.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Li et al. 2017, "Perceptual Generative Adversarial Networks for Small Object Detection", '
        "arXiv:1706.05274",
        discriminator="L_D = -E[log D(F_large)] - E[log(1 - D(F_small + G(f)))]; before that perception(F_large)",
        generator="L_G = -E[log D(F_small + G(f))] + perception(F_small + G(f)); perception: class + box",
        printed={"taught": "large", "lambda_feature": 0.0},
        why={},
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"images": Images, "boxes": Boxes},)
    GIVEN: ClassVar[tuple[str, ...]] = ("images",)
    SETTLES = ("latent_dim", "latent_distribution")
    makes = "boxes"
    generator: FeatureGenerator
    discriminator: PerceptualDiscriminator

    def __init__(
        self,
        image_size: Pixels = 64,
        image_channels: Channels = 3,
        box_classes: Classes = 10,
        most_boxes: Annotated[int, Range(1, 10_000)] = 100,
        small_side: Annotated[int, Range(1, 10_000)] = 10,
        reduction: Annotated[int, Range(0, 64)] = 0,
        base_channels: Width = 16,
        cells: Annotated[int, Range(1, 32)] = 5,
        hidden_dim: Width = 128,
        num_blocks: Depth = 2,
        candidates: Annotated[int, Range(1, 1_000)] = 50,
        taught: Taught = "large",
        pretraining_steps: Steps = 1_000,
        lambda_adversarial: Weight = 1.0,
        lambda_perception: Weight = 1.0,
        lambda_feature: Weight = 0.0,
        lambda_box: Weight = 1.0,
        generator_lr: LearningRate = 1e-3,
        discriminator_lr: LearningRate = 1e-4,
        detector_lr: LearningRate = 1e-3,
        adam_betas: tuple[Decay, Decay] = (0.9, 0.999),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            0,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        check("image_size", image_size, image_size % STRIDE == 0, f"that is a multiple of {STRIDE}")
        if box_classes < 1:
            raise UserError("model: PerceptualGAN needs boxes with classes, and this data has none; take another")
        terms = lambda_adversarial + lambda_perception + lambda_feature
        check("lambda_perception", lambda_perception, terms > 0, "above 0, or the generator has nothing to learn from")
        if lambda_feature and not reduction:
            raise UserError(
                f"model.lambda_feature: {lambda_feature:g} needs each thing small and large, which crops have alone; "
                "leave it out, or type --data.reduction"
            )
        self.learning_rates["detector"] = detector_lr
        self.image_size, self.small_side, self.reduction = image_size, small_side, reduction
        self.most_boxes, self.candidates = most_boxes, candidates
        self.taught: Taught = taught
        self.pretraining_steps = pretraining_steps
        self.lambda_adversarial, self.lambda_perception = lambda_adversarial, lambda_perception
        self.lambda_feature, self.lambda_box = lambda_feature, lambda_box
        self.generator = FeatureGenerator(base_channels, num_blocks)
        self.discriminator = PerceptualDiscriminator(
            image_channels, base_channels, box_classes, cells, hidden_dim, detects=not reduction
        )
        self.finish_players()

    # What it makes

    def forward(  # type: ignore[override]
        self,
        latents: Tensor,
        images: Tensor,
        ema: bool = True,
        enhanced: bool = True,
        boxes: Tensor | None = None,
    ) -> Tensor:
        """The boxes that are found in images, as `media.boxes` says, the surest first, [N, P, 6].

        Args:
            latents: [N, 0]: nothing is random.
            images: [N, C, H, W] in [-1, 1], of sides that are multiples of 4. Where boxes are known, large crops, which
                are reduced here; each has one box.
            ema: The averaged generator where there is one, or the one that is trained.
            enhanced: Whether the features of small things go through the generator.
            boxes: Edges [N, P, 4] that are known to be there, NaN in empty places; None finds them.
        """
        if self.reduction:
            return self._of_crops(self._reduced(images), ema, enhanced)
        low, deep = self.discriminator.trunk(self.laid_out(images))
        edges, scores = self._proposed(deep) if boxes is None else (boxes, torch.ones_like(boxes[..., 0]))
        there = ~edges[..., 0].isnan()
        edges = edges.nan_to_num()
        numbers = torch.arange(len(edges), device=edges.device).repeat_interleave(edges.shape[1])
        rois = torch.cat([numbers[:, None].to(edges.dtype), edges.flatten(0, 1)], dim=1)
        features = Features(*self.discriminator.cut(low, deep, rois))
        small = side_of(rois[:, 1:]) < self.small_side
        logits, moves = self._perceived(features, small, ema, enhanced)
        chances, classes = logits.softmax(1).max(1)
        found = self._within(moved(rois[:, 1:], moves), images) if boxes is None else rois[:, 1:]
        scores = torch.where(there, scores, 0).flatten() * chances
        rows = torch.cat([found, classes[:, None].to(found.dtype), scores[:, None]], dim=1)
        return sorted_out(rows.unflatten(0, edges.shape[:2]), LEAST)

    @staticmethod
    def _within(boxes: Tensor, images: Tensor) -> Tensor:
        """Boxes [M, 4] cut off at the edges of the images."""
        height, width = images.shape[2:]
        most = boxes.new_tensor([width, height, width, height])
        return torch.minimum(boxes.clamp(min=0), most)

    def _proposed(self, deep: Tensor) -> tuple[Tensor, Tensor]:
        assert self.discriminator.head is not None
        return self.discriminator.head.candidates(deep, self.candidates)

    def _perceived(self, features: Features, small: Tensor, ema: bool, enhanced: bool) -> tuple[Tensor, Tensor]:
        """Classes and moves by features, of small things by what the generator makes of theirs."""
        deep = features.deep
        if enhanced:
            deep = torch.where(small[:, None, None, None], self.picture_maker(ema)(*features), deep)
        return cast(tuple[Tensor, Tensor], self.discriminator.perception(deep))

    def _of_crops(self, images: Tensor, ema: bool, enhanced: bool) -> Tensor:
        """A box around each image, with the class by its features, [N, 1, 6]."""
        logits = self._classified(images, ema, enhanced)
        chances, classes = logits.softmax(1).max(1)
        edges = self._whole(len(images))[:, 1:]
        return torch.cat([edges, classes[:, None].to(edges.dtype), chances[:, None]], dim=1)[:, None]

    def _classified(self, images: Tensor, ema: bool, enhanced: bool) -> Tensor:
        """Logits of the classes of crops, [N, K]."""
        features = self._cut(images, self._whole(len(images)))
        small = torch.ones(len(images), dtype=torch.bool, device=images.device)
        return self._perceived(features, small, ema, enhanced)[0]

    def _whole(self, count: int) -> Tensor:
        """Boxes around whole images, [N, 5]."""
        edges = torch.tensor([0.0, 0.0, self.image_size, self.image_size], device=self.device).expand(count, -1)
        return torch.cat([torch.arange(count, device=self.device)[:, None].to(edges.dtype), edges], dim=1)

    def _reduced(self, images: Tensor) -> Tensor:
        """Images [N, C, S, S] that were reduced and enlarged again."""
        side = max(1, self.image_size // self.reduction)
        few = interpolate(images, [side] * 2, mode="bicubic", antialias=True)
        return interpolate(few, [self.image_size] * 2, mode="bicubic").clamp(-1, 1)

    def _cut(self, images: Tensor, rois: Tensor) -> Features:
        low, deep = self.discriminator.trunk(self.laid_out(images))
        return Features(*self.discriminator.cut(low, deep, rois))

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # boxes are judged by features of their image

    @property
    def VERB(self) -> str:  # type: ignore[override]  # noqa: N802
        """The verb that makes boxes, or of crops, where there are none to be found, pages of their classes."""
        return "sample" if self.reduction else "detect"

    # Phases

    @property
    def is_pretraining(self) -> bool:
        """Whether the next batch trains the detector alone."""
        return self.counters.batches < self.pretraining_steps

    def descending(self) -> Iterable[str]:
        if self.is_pretraining:
            return ("discriminator",)
        return super().descending() if self.lambda_adversarial else ("generator",)

    @property
    def phases(self) -> dict[str, int]:
        return {DETECTOR: self.pretraining_steps}

    def make_optimizer(self, player: str) -> Optimizer:
        """Adam; the adversarial branch has a rate of its own."""
        made = super().make_optimizer(player)
        if player == "discriminator":
            (group,) = made.param_groups
            branch = list(self.discriminator.adversarial.parameters())
            group["params"] = [weight for weight in group["params"] if all(weight is not other for other in branch)]
            group["lr"], group["rate"] = self.learning_rates["detector"], "detector"
            made.add_param_group({"params": branch, "lr": self.learning_rates[player], "rate": player})
        return made

    # What it learns

    def shared(self, batch: BoxBatch) -> BoxBatch | Seen:
        """The features that both players see after the first phase; before it, the batch."""
        return batch if self.is_pretraining else self._seen(batch)

    @torch.no_grad()
    def _seen(self, batch: BoxBatch) -> Seen:
        things = self._things(batch)
        large = self._cut(batch.images, things.rois)
        return Seen(things, self._cut(self._reduced(batch.images), things.rois) if self.reduction else large, large)

    def discriminator_losses(self, batch: BoxBatch | Seen) -> Losses:
        if isinstance(batch, BoxBatch):
            return self._detector_losses(batch)
        real_weights, fake_weights = self._weights(batch.things)
        fake = self.generator(*batch.small)
        real_logits, fake_logits = self.discriminator(batch.large.deep), self.discriminator(fake)
        self.watch("logits/real", (real_weights * real_logits).sum())
        self.watch("logits/fake", (fake_weights * fake_logits).sum())
        adversarial = (real_weights * softplus(-real_logits)).sum() + (fake_weights * softplus(fake_logits)).sum()
        return {"adversarial": adversarial}

    def _detector_losses(self, batch: BoxBatch) -> Losses:
        """What the detector is wrong about in the first phase: centres, edges, classes and boxes."""
        things = self._things(batch)
        large, small = self._weights(things)
        if self.reduction:
            views = {"large": [batch.images], "small": [self._reduced(batch.images)]}
            shown = views[self.taught] if self.taught in views else views["large"] + views["small"]
            losses = [self._perception(self._cut(images, things.rois), things, large) for images in shown]
            return {name: torch.stack([each[name] for each in losses]).mean() for name in losses[0]}
        weights = {"large": large, "small": small, "all": self._shares(things, torch.ones_like(things.small))}
        low, deep = self.discriminator.trunk(batch.images)
        assert self.discriminator.head is not None
        logits, edges = self.discriminator.head(deep)
        wanted = centres(batch.boxes[..., :4], deep.shape[2], deep.shape[3], STRIDE)
        found = Features(*self.discriminator.cut(low, deep, things.rois))
        return {
            "centres": focal_loss(logits, wanted.peaks),
            "edges": edges_loss(edges, wanted),
            **self._perception(found, things, weights[self.taught]),
        }

    def generator_losses(self, batch: Seen) -> Losses:
        _, weights = self._weights(batch.things)
        made = self.generator(*batch.small)
        losses: Losses = {}
        if self.lambda_adversarial:
            losses["adversarial"] = self.lambda_adversarial * (weights * softplus(-self.discriminator(made))).sum()
        if self.lambda_perception:
            perceived = self._perception(Features(batch.small.fine, made), batch.things, weights)
            losses |= {name: self.lambda_perception * loss for name, loss in perceived.items()}
        if self.lambda_feature:
            errors = (exact(made) - exact(batch.large.deep)).square().flatten(1).mean(1)
            losses["feature"] = self.lambda_feature * (weights * errors).sum()
        return losses

    def _perception(self, features: Features, things: Things, weights: Tensor) -> Losses:
        """What the perception branch is wrong about: classes, and boxes where these are not known."""
        logits, moves = self.discriminator.perception(features.deep)
        losses = {"class": (weights * cross_entropy(logits, things.classes, reduction="none")).sum()}
        if self.lambda_box and not self.reduction:
            wanted = moves_to(things.rois[:, 1:], things.boxes)
            errors = smooth_l1_loss(moves, wanted, reduction="none").sum(1)
            losses["box"] = self.lambda_box * (weights * errors).sum()
        return losses

    def _things(self, batch: BoxBatch) -> Things:
        """What is in the images of a batch, with boxes that are moved a little."""
        at = [(image, place) for image, count in enumerate(batch.counts) for place in range(count)]
        images, places = sent(torch.tensor(at, dtype=torch.int64).view(-1, 2), self.device).unbind(1)
        rows = batch.boxes[images, places]
        boxes, classes = exact(rows[:, :4]), rows[:, 4].long()
        if self.reduction:
            whole = self._whole(len(batch.images))[images]
            return Things(whole, boxes, classes, torch.ones_like(classes, dtype=torch.bool), images)
        shifts = JITTER * self.noise("jitter", self.most_boxes, 4, distribution="uniform")[images, places].to(
            boxes.dtype
        )
        sides = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
        around = (boxes + shifts * sides).clamp(0, self.image_size)
        rois = torch.cat([images[:, None].to(around.dtype), around], dim=1)
        return Things(rois, boxes, classes, side_of(boxes) < self.small_side, images)

    def _weights(self, things: Things) -> tuple[Tensor, Tensor]:
        """The shares of large things and of small ones in means over images; of crops, each is both."""
        if self.reduction:
            shares = self._shares(things, things.small)
            return shares, shares
        return self._shares(things, ~things.small), self._shares(things, things.small)

    def _shares(self, things: Things, chosen: Tensor) -> Tensor:
        """The share of each chosen thing, [M]: images count alike, and the things of an image; others have none."""
        weights = chosen.to(things.boxes.dtype)
        counts = weights.new_zeros(self.rows.stop - self.rows.start).index_add_(0, things.images, weights)
        return weights / counts.clamp(min=1)[things.images] / len(counts)

    # Held-out images

    def held_out_logits(self, batch: BoxBatch) -> Tensor:
        """The mean logit of each image's large things, [N]; 0 where there is none."""
        seen = self._seen(batch)
        weights = self._weights(seen.things)[0] * len(batch.images)
        logits = weights * self.discriminator(seen.large.deep)
        means: Tensor = logits.new_zeros(len(batch.images)).index_add_(0, seen.things.images, logits)
        return means

    def held_out_measures(self, batch: BoxBatch) -> Losses:
        """The share of small things whose class is right, with the generator and without it."""
        seen = self._seen(batch)
        weights = seen.things.small.to(seen.things.boxes.dtype)
        total = weights.sum().clamp(min=1)
        found = {}
        for name, enhanced in (("small_accuracy", True), ("small_accuracy_without", False)):
            logits, _ = self._perceived(seen.small, seen.things.small, True, enhanced)
            found[name] = (weights * (logits.argmax(1) == seen.things.classes)).sum() / total
        return found

    @property
    def own_measures(self) -> OwnMeasures | None:  # type: ignore[override]
        return detection_tables.OWN_OF_CROPS if self.reduction else detection_tables.OWN

    def own_table_beside(self, made: Tensor, real: Tensor, batches: Iterable[BoxBatch], of: str) -> RowTable:
        if self.reduction:
            return self._table_of_crops(made, batches, of)
        rows: dict[str, list[Tensor]] = {"without the generator": [], "true boxes": [], "true boxes, without": []}
        true = []
        for batch in batches:
            true.append(batch.boxes)
            images, known = batch.images.to(self.device), batch.boxes[..., :4].to(self.device)
            nothing = images.new_empty(len(images), 0)
            rows["without the generator"].append(self(nothing, images, enhanced=False).cpu())
            rows["true boxes"].append(self(nothing, images, boxes=known).cpu())
            rows["true boxes, without"].append(self(nothing, images, enhanced=False, boxes=known).cpu())
        found = {"with the generator": made, **{name: torch.cat(parts) for name, parts in rows.items()}}
        return detection_tables.boxes_table(found, torch.cat(true), self.small_side, of)

    def _table_of_crops(self, made: Tensor, batches: Iterable[BoxBatch], of: str) -> RowTable:
        without, large, true = [], [], []
        for batch in batches:
            true.append(batch.boxes[:, 0, 4].long())
            images = batch.images.to(self.device)
            without.append(self._classified(self._reduced(images), True, False).argmax(1).cpu())
            large.append(self._classified(images, True, False).argmax(1).cpu())
        found = {
            "small, with the generator": made[:, 0, 4].long(),
            "small, without it": torch.cat(without),
            "large, without it": torch.cat(large),
        }
        medium = self.medium
        assert isinstance(medium, Boxes)
        return detection_tables.crops_table(found, torch.cat(true), medium.names, self.reduction, of)
