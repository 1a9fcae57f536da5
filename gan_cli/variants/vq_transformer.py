"""VQTransformer: Esser et al. 2021, "Taming Transformers for High-Resolution Image Synthesis", arXiv:2012.09841.

The second of its two stages, and of the two of DALL-E (Ramesh et al. 2021, arXiv:2102.12092): which code follows which.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, one_hot
from torch.optim import AdamW, Optimizer

from gan_cli.batches import AnyBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps
from gan_cli.media.texts import Texts
from gan_cli.metrics import code_likelihood
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks import coded_tiles
from gan_cli.networks.code_drawing import Corner, Drawing, grids
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.gpt import GPT
from gan_cli.networks.vqgan import CodedImages, attention_levels
from gan_cli.networks.vqgan import Sizes as CoderSizes
from gan_cli.ranges import Channels, Classes, Decay, Few, LearningRate, Pixels, PixelsOrNone, Range, Weight, Width
from gan_cli.variants.base import RECORD, Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.vqgan import Multipliers

AT_ONCE = 16
"""So many images at a time are made into codes before the first step."""
COUNTED, NUMBERS = 4096, 2**26
"""At most so many training images, of so many numbers in all, whose codes are counted for what is told beside the
likelihood."""
USUAL, FIRST = Drawing(), Corner(0, 0)
FIRST_STAGE = "first_stage"
"""The key, in a checkpoint's record, of the sum of the first stage's weights."""


class Read(NamedTuple):
    """A batch as the transformer reads it.

    Attributes:
        told: The vectors' tokens that stand before the codes, int64 [N, P], or shares of classes.
        codes: int64 [N, L].
    """

    told: "Told"
    codes: Tensor


class Told(NamedTuple):
    """What images are made from, as tokens.

    Attributes:
        tokens: What is the same wherever a window is, int64 [N, P].
        mixed: Shares of classes that stand before them, float [N, K], where a class is a mixture.
        maps: What is told of each code's place, int64 [N, h, w].
    """

    tokens: Tensor
    mixed: Tensor | None = None
    maps: Tensor | None = None


class VQTransformer(LatentModule):
    """Which code follows which in images of a trained VQGAN, by a GPT; and images of codes that are drawn so.

    What images are made from stands before their codes, in the same table of vectors: a class (`num_classes`), the
    words of a sentence, or a label at each code's place, the commonest of its pixels; with none of them a token that
    begins. Only codes of images are learned, and nothing else is ever drawn. A latent is the numbers that codes are
    drawn by, one for each, so that an image is a function of it. It is no GAN: nothing is trained against it.

    The networks of the first stage are in its checkpoints, frozen. `--model.first_stage` names a checkpoint of VQGAN,
    and what that one is like need not be typed.

    Departures: the authors' label maps have a codebook of their own; DALL-E also learns the words, with an eighth of
    the weight.

    Args:
        first_stage: A checkpoint of VQGAN, or its run.
        image_size: Side of the images in pixels, the first stage's.
        image_channels: C, the first stage's.
        base_channels: Channels of the first stage's first maps; this and all to `code_dim` come from it.
        multipliers: How many times more channels each level of it has.
        num_blocks: Residual blocks of each level.
        attention_size: Side of the maps that have attention after each block.
        latent_channels: Channels of the encoder's outputs.
        num_codes: K, entries of the codebook.
        code_dim: Numbers of each.
        num_classes: Classes that images are made from; 0 leaves classes out.
        vocabulary_size: How many numbers a word can have; comes from the data; 0 where it has no sentences.
        text_length: Words of a sentence at most; comes from the data.
        num_labels: Classes of label maps; comes from the data; 0 where it has none.
        depth: Blocks of the transformer.
        width: Numbers of its vectors.
        heads: Heads of its attention.
        dropout: The share that is dropped of vectors, attention and what blocks add.
        kept_codes: The share of the codes that it reads as they are; the others are random ones (the authors' `pkeep`).
        weight_decay: Of the weights of linear layers alone.
        generator_lr: Learning rate.
        adam_betas: AdamW's two decay rates.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or does not go with another.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = (
        {"images": Images},
        {"images": Images, "text": Texts},
        {"source": LabelMaps, "target": Images},
    )
    GIVEN: ClassVar[tuple[str, ...]] = ("labels", "text", "source")
    players: ClassVar[tuple[str, ...]] = ("generator",)
    SETTLES = ("discriminator_lr", "n_critic", "discriminator_clip_norm", "latent_dim", "latent_distribution")
    CODER: ClassVar[tuple[str, ...]] = (
        "base_channels",
        "multipliers",
        "num_blocks",
        "attention_size",
        "latent_channels",
        "num_codes",
        "code_dim",
    )
    """The arguments that the first stage tells."""
    LEAPS: ClassVar[bool] = True
    own_measures: ClassVar[OwnMeasures | None] = code_likelihood.OWN
    CARD: ClassVar[Card | None] = Card(
        paper='Esser et al. 2021, "Taming Transformers for High-Resolution Image Synthesis", arXiv:2012.09841',
        discriminator="none: codes are learned by their likelihood",
        generator="L_G = -E[sum over places i of log p(s_i | s_<i, c)], s the codes of x",
        printed={
            "image_size": 256,
            "image_channels": 3,
            "num_codes": "1024 or 16384",
            "depth": 24,
            "width": "1024, FFHQ 1664",
            "heads": 16,
            "dropout": 0.0,
            "kept_codes": 1.0,
            "weight_decay": 0.01,
            "generator_lr": "4.5e-6 times the batch",
            "adam_betas": (0.9, 0.95),
        },
        why={
            "num_codes": "comes from the first stage",
            "width": "as in the authors' config of faces",
            "generator_lr": "of 2 images, as in the authors' config of faces",
        },
    )
    TILE = 64
    """A larger grid of codes goes through the first stage in tiles of so many a side."""

    def __init__(
        self,
        first_stage: str = "",
        image_size: Pixels = 256,
        image_channels: Channels = 3,
        base_channels: Width = 128,
        multipliers: Multipliers = (1, 1, 2, 2, 4),
        num_blocks: Few = 2,
        attention_size: PixelsOrNone = 16,
        latent_channels: Width = 256,
        num_codes: Width = 1024,
        code_dim: Width = 256,
        num_classes: Classes = 0,
        vocabulary_size: Annotated[int, Range(0, 10**7)] = 0,
        text_length: Annotated[int, Range(0, 10_000)] = 0,
        num_labels: Annotated[int, Range(0, 256)] = 0,
        depth: Annotated[int, Range(1, 256)] = 24,
        width: Width = 1024,
        heads: Few = 16,
        dropout: Decay = 0.0,
        kept_codes: Annotated[float, Range(0, 1)] = 1.0,
        weight_decay: Weight = 0.01,
        generator_lr: LearningRate = 9e-6,
        adam_betas: tuple[Decay, Decay] = (0.9, 0.95),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            0,
            "uniform",
            generator_lr=generator_lr,
            discriminator_lr=generator_lr,
            n_critic=1,
            discriminator_clip_norm=0.0,
            adam_betas=adam_betas,
            **optimisation,
        )
        check("multipliers", multipliers, bool(multipliers), "such as [1,2,2], a number for each level")
        factor: int = 2 ** (len(multipliers) - 1)
        fits = image_size % factor == 0
        check("image_size", image_size, fits, f"that is a multiple of {factor}, of which a code is made")
        check("heads", heads, width % heads == 0, f"that divides the width, {width}")
        self.side = image_size // factor
        self.latent_dim = self.side**2  # one number for each code
        self.first_stage, self.first_stage_sum = first_stage, ""
        self.factor, self.image_channels, self.num_codes = factor, image_channels, num_codes
        self.num_classes, self.num_labels = num_classes, num_labels
        self.vocabulary_size = vocabulary_size
        self.kept_codes, self.weight_decay = kept_codes, weight_decay
        self.makes = "target" if num_labels else "images"
        attention = attention_levels(image_size, len(multipliers), attention_size)
        sizes = CoderSizes(image_channels, base_channels, tuple(multipliers), num_blocks, attention, latent_channels)
        self.coder = Frozen(CodedImages(sizes, num_codes, code_dim), saved=True)
        classes = num_classes or int(not self.takes)  # or the one that begins
        self.classes_from, self.words_from = num_codes, num_codes + classes
        self.labels_from = self.words_from + vocabulary_size
        tokens = self.labels_from + num_labels
        before = int(classes > 0) + text_length * bool(vocabulary_size) + self.latent_dim * bool(num_labels)
        self.generator = GPT(tokens, num_codes, before + self.latent_dim - 1, depth, width, heads, dropout)
        self.register_buffer("counts", torch.zeros(self.latent_dim, num_codes))
        self.finish_players()

    # The first stage

    def take_up(self, weights: Mapping[str, Tensor]) -> None:
        """Takes the networks of the first stage, by the names of their weights in `CodedImages`.

        Raises:
            RuntimeError: If they are of other networks.
        """
        self.coder.network.load_state_dict(weights)
        self.first_stage_sum = content_sum(weights)

    def encode(self, images: Tensor) -> Tensor:
        """Codes, int64 [N, H / f, W / f], of images [N, C, H, W] in [-1, 1] whose sides are multiples of `factor`."""
        with torch.no_grad():
            return coded_tiles.encode(self.coder.network, self.laid_out(images), self._tile)

    def decode(self, codes: Tensor) -> Tensor:
        """Images [N, C, f h, f w] in [-1, 1] of codes, int64 [N, h, w] from 0 to K - 1."""
        return coded_tiles.decode(self.coder.network, codes, self._tile).clamp(-1, 1)

    @property
    def _tile(self) -> int:
        return max(self.TILE, self.side)

    def on_fit_start(self) -> None:
        """Counts the codes of training images, in every process the same.

        Raises:
            UserError: If there is no first stage.
        """
        if not self.first_stage_sum:
            raise UserError(
                "model.first_stage: VQTransformer learns the codes of a VQGAN, and none is named\n"
                "Type --model.first_stage CKPT, or train one first: gan fit --config vqgan.yaml"
            )
        if not self.counters.batches:
            self._count_codes()
        super().on_fit_start()

    @torch.no_grad()
    def _count_codes(self) -> None:
        count = max(1, min(COUNTED, NUMBERS // (self.image_channels * (self.side * self.factor) ** 2)))
        images = self.trainer.datamodule.some(count, self.seed, self.device).real  # type: ignore[attr-defined]
        counts = cast(Tensor, self.counts).zero_()
        with self.trainer.precision_plugin.forward_context():
            for some in images.split(AT_ONCE):
                codes = self.encode(some).flatten(1).t()
                counts.scatter_add_(1, codes, torch.ones_like(codes, dtype=counts.dtype))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint[RECORD][FIRST_STAGE] = self.first_stage_sum

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        self.first_stage_sum = checkpoint[RECORD].get(FIRST_STAGE, "")

    # Images of codes

    @property
    def takes(self) -> tuple[str, ...]:
        there = {"labels": self.num_classes, "text": self.vocabulary_size, "source": self.num_labels}
        return tuple(name for name in self.GIVEN if there[name])

    def forward(  # type: ignore[override]
        self,
        latents: Tensor,
        labels: Tensor | None = None,
        text: Tensor | None = None,
        source: Tensor | None = None,
        ema: bool = True,
        drawing: Drawing = USUAL,
        size: tuple[int, int] | None = None,
        begun: Tensor | None = None,
        keeping: bool = True,
    ) -> Tensor:
        """Images [N, C, f h, f w] in [-1, 1].

        Args:
            latents: What codes are drawn by, row after row, in [-1, 1], [N, h w].
            labels: Classes, int64 [N], or shares of them, float [N, num_classes]; where it has any.
            text: Sentences, int64 [N, text_length]; where it knows words.
            source: Label maps, int64 [N, 1, H, W] of any size; where it knows labels.
            ema: The averaged transformer where there is one, or the one that is trained.
            drawing: How a code is drawn.
            size: h and w, as many as in training or more; None is as in training.
            begun: The upper part of the images, [N, C, H', f w], which they go on from; H' is a multiple of f.
            keeping: Whether keys and values are kept from code to code.

        Raises:
            ValueError: If there are not as many numbers as codes.
        """
        rows, columns = size or (self.side, self.side)
        if latents.shape[1] != rows * columns:
            raise ValueError(f"{rows}x{columns} codes are drawn by as many numbers, not by {latents.shape[1]}")
        shares = ((latents.unflatten(1, (rows, columns)) + 1) / 2).clamp(0, 1)
        network = cast(GPT, self.picture_maker(ema))
        told = self._told(latents, labels, text, source, (rows, columns))
        kept = torch.zeros(len(latents), 0, columns, dtype=torch.int64, device=latents.device)
        kept = kept if begun is None else self.encode(begun)

        def before(corner: Corner) -> Tensor:
            return self._vectors(network, told, corner)

        return self.decode(grids(network, before, kept, shares, self.side, drawing, keeping))

    def _told(
        self,
        beside: Tensor,
        labels: Tensor | None,
        text: Tensor | None,
        source: Tensor | None,
        size: tuple[int, int],
    ) -> Told:
        """What is told of images, as tokens; `beside` has a row for each."""
        tokens: list[Tensor] = []
        mixed = None
        if not self.takes:
            tokens.append(torch.full((len(beside), 1), self.classes_from, device=beside.device))
        elif self.num_classes:
            assert labels is not None
            mixed = labels if labels.is_floating_point() else None
            tokens += [] if labels.is_floating_point() else [self.classes_from + labels[:, None]]
        if self.vocabulary_size:
            assert text is not None
            tokens.append(self.words_from + text)
        maps = None
        if self.num_labels:
            assert source is not None
            maps = self.labels_from + commonest(source, self.num_labels, size)
        nothing = torch.zeros(len(beside), 0, dtype=torch.int64, device=beside.device)
        return Told(torch.cat([nothing, *tokens], dim=1), mixed, maps)

    def _vectors(self, network: GPT, told: Told, corner: Corner = FIRST) -> Tensor:
        """The vectors of what stands before the codes in a window, [N, P, W]."""
        parts = [told.tokens]
        if told.maps is not None:
            top, left = corner
            parts.append(told.maps[:, top : top + self.side, left : left + self.side].flatten(1))
        vectors = network.vectors(torch.cat(parts, dim=1))
        if told.mixed is None:
            return vectors
        classes = network.tokens.weight[self.classes_from : self.words_from]
        return torch.cat([(told.mixed.to(classes) @ classes)[:, None], vectors], dim=1)

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # there is no discriminator

    # Training

    def make_optimizer(self, player: str) -> Optimizer:
        """AdamW, whose decay leaves biases, normalisations and vectors alone, as the authors' code has it."""
        network = cast(nn.Module, getattr(self, player))
        decaying = {module.weight for module in network.modules() if isinstance(module, nn.Linear)}
        groups: list[dict[str, Any]] = [
            {"params": [weight for weight in network.parameters() if weight in decaying]},
            {"params": [weight for weight in network.parameters() if weight not in decaying], "weight_decay": 0.0},
        ]
        scaled = getattr(self.trainer.precision_plugin, "scaler", None) is not None  # see `AdversarialModule`
        return AdamW(
            groups,
            lr=self.learning_rates[player],
            betas=self.adam_betas,
            weight_decay=self.weight_decay,
            fused=not scaled,
        )

    def descending(self) -> Iterable[str]:
        return ("generator",)

    def fewest_to_judge(self) -> int:
        return 1

    def discriminator_losses(self, batch: Read) -> Losses:
        return {}

    def shared(self, batch: AnyBatch) -> Read:
        with torch.no_grad():  # not in tiles, whose places wait for the device
            codes = self.coder.network.encode(self.laid_out(batch.real))
        given = {"labels": None, "text": None, "source": None, **self.given(batch)}
        return Read(self._told(codes, **given, size=(self.side, self.side)), codes.flatten(1))

    def generator_losses(self, batch: Read) -> Losses:
        read = batch.codes
        if self.kept_codes < 1:
            shares, drawn = ((self.noise("codes", 2, self.latent_dim, distribution="uniform") + 1) / 2).unbind(1)
            others = (drawn * self.num_codes).long().clamp(max=self.num_codes - 1)
            read = torch.where(shares < self.kept_codes, read, others)
        logits = self._logits(self.generator, Read(batch.told, read))
        return {"likelihood": -code_likelihood.log_likelihoods(logits, batch.codes).mean()}

    def _logits(self, network: nn.Module, batch: Read) -> Tensor:
        """What the transformer says of each code from those before it, [N, L, K]."""
        gpt = cast(GPT, network)
        told = self._vectors(gpt, batch.told)
        logits: Tensor = network(torch.cat([told, gpt.vectors(batch.codes[:, :-1])], dim=1))
        return logits[:, told.shape[1] - 1 :]

    # Held-out images

    def held_out_measures(self, batch: AnyBatch) -> Losses:
        """Nats a code, and what they are by the codes' shares at each place and everywhere in training images."""
        read = self.shared(batch)
        return dict(code_likelihood.summary(self._likely(read), read.codes, cast(Tensor, self.counts)))

    def _likely(self, read: Read) -> Tensor:
        return code_likelihood.log_likelihoods(self._logits(self.picture_maker(), read), read.codes)

    def own_table_beside(self, made: Tensor, real: Tensor, batches: Iterable[Any], of: str) -> RowTable:
        """Held-out codes' likelihood, from what is told of their images, and the codes of made images."""
        likely, codes = [], []
        for batch in batches:
            read = self.shared(type(batch)(*(part.to(self.device) for part in batch)))
            likely.append(self._likely(read).cpu())
            codes.append(read.codes.cpu())
        shown = self.medium.shown(made).split(AT_ONCE)
        made_codes = torch.cat([self.encode(some.to(self.device)).flatten(1).cpu() for some in shown])
        counts = cast(Tensor, self.counts).cpu()
        return code_likelihood.compared(
            code_likelihood.Compared(torch.cat(likely), torch.cat(codes), made_codes, counts), of
        )


def commonest(maps: Tensor, num_labels: int, size: tuple[int, int]) -> Tensor:
    """The commonest label of each part of label maps, int64 [N, h, w], of maps int64 [N, 1, H, W]."""
    shares = one_hot(maps[:, 0], num_labels).movedim(3, 1).float()
    return adaptive_avg_pool2d(shares, size).argmax(1)


def content_sum(weights: Mapping[str, Tensor]) -> str:
    """A text that tells a network's weights, by name, from any others."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
