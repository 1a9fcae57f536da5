"""The common part of variants that make images from sentences: what reads them, and the phases of training."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, cast

import torch
from torch import Tensor

from gan_cli.batches import CaptionedBatch
from gan_cli.media.images import Images
from gan_cli.media.texts import Texts
from gan_cli.networks.layers import evaluating
from gan_cli.networks.text_encoders import Matcher, TextEncoder
from gan_cli.objectives.matching import structured_joint_embedding, symmetric_info_nce
from gan_cli.ranges import Channels, LearningRate, Pixels, Range, Steps, Width
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.latent import LatentModule

MATCHED = "matched"
"""The name of the checkpoint at the end of the matcher's training."""
SHARPNESS = 10.0
"""What cosines are multiplied by before sentences are told apart."""
Matching = Literal["structured", "info_nce"]
OBJECTIVES = {"structured": structured_joint_embedding, "info_nce": symmetric_info_nce}


class SentenceModule(LatentModule):
    """Generates images from noise and sentences; a variant adds its networks, and calls `make_matcher` after them.

    The first `matching_steps` batches train the matcher alone: an encoder of sentences and one of images, whose vectors
    are to be alike where the one describes the other. Then the run keeps a checkpoint of the name `MATCHED`, and the
    encoder of sentences stays as it is.

    Args:
        image_size: Side of the square images in pixels.
        image_channels: C.
        vocabulary_size: How many numbers a word can have; comes from the data.
        text_length: Words of a sentence at most; comes from the data.
        text_encoder: What sentences are read by, "learned" or "minilm"; comes from the data.
        embedding_dim: E, of a sentence's vector.
        word_channels: Width of the encoder of sentences.
        matching: The matcher's objective: "structured" (joint embedding, with a margin), or "info_nce".
        matching_steps: Batches that train the matcher alone, before all else; 0 leaves it as it is, as behind `--init`.
        matcher_lr: Learning rate of the matcher.
        **prior: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or the encoder is not installed.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"images": Images, "text": Texts, "wrong": Texts},)
    GIVEN: ClassVar[tuple[str, ...]] = ("text",)
    players: ClassVar[tuple[str, ...]] = ("discriminator", "generator", "matcher")

    def __init__(
        self,
        image_size: Pixels,
        image_channels: Channels,
        vocabulary_size: Annotated[int, Range(2, 10**7)] = 10_000,
        text_length: Annotated[int, Range(1, 10_000)] = 24,
        text_encoder: TextEncoder = "learned",
        embedding_dim: Width = 1024,
        word_channels: Width = 256,
        matching: Matching = "structured",
        matching_steps: Steps = 20_000,
        matcher_lr: LearningRate = 7e-4,
        **prior: Any,
    ) -> None:
        super().__init__(**prior)
        self.learning_rates["matcher"] = matcher_lr
        self.image_size, self.image_channels = image_size, image_channels
        self.vocabulary_size, self.text_length = vocabulary_size, text_length
        self.text_encoder: TextEncoder = text_encoder
        self.embedding_dim, self.word_channels = embedding_dim, word_channels
        self.matching: Matching = matching
        self.matching_steps = matching_steps

    def make_matcher(self) -> None:
        """Makes what reads sentences, and finishes the players; the last line of a variant's `__init__`."""
        sizes = (self.image_size, self.image_channels, self.vocabulary_size, self.embedding_dim, self.word_channels)
        self.matcher = Matcher(*sizes, self.text_encoder)
        self.finish_players()

    def forward(self, latents: Tensor, text: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1] from latents.

        Args:
            latents: From the prior.
            text: Sentences, int64 [N, L], or their vectors, float [N, E], such as those between two sentences.
            ema: The averaged generator where there is one, or the one that is trained.

        Raises:
            ValueError: If sentences have another number of words.
        """
        return self.painted(latents, self.vectors(text), ema)

    def painted(self, latents: Tensor, told: Tensor, ema: bool) -> Tensor:
        """What a generator of one image makes of latents and sentences' vectors [N, E]."""
        return cast(Tensor, self.picture_maker(ema)(latents, told))

    @torch.no_grad()
    def vectors(self, text: Tensor) -> Tensor:
        """Vectors of sentences, [N, E], by the encoder as it is; what is a vector already stays it.

        Args:
            text: Sentences, int64 [N, L], or their vectors, float [N, E], such as those between two sentences.

        Raises:
            ValueError: If sentences have another number of words.
        """
        if text.is_floating_point():
            return text
        if text.shape[1:] != (self.text_length,):
            raise ValueError(f"sentences are of {self.text_length} words here")
        with evaluating(self.matcher):
            return cast(Tensor, self.matcher.text(text))

    def between(self, first: dict[str, Tensor], last: dict[str, Tensor], shares: Tensor) -> dict[str, Tensor]:
        start, end = self.vectors(first["text"]), self.vectors(last["text"])
        return {"text": torch.lerp(start, end, shares[:, None].to(start))}

    # Phases

    @property
    def phases(self) -> dict[str, int]:
        return {MATCHED: self.matching_steps}

    @property
    def is_matching(self) -> bool:
        """Whether the next batch trains the matcher alone."""
        return self.counters.batches < self.matching_steps

    def descending(self) -> Iterable[str]:
        return ("matcher",) if self.is_matching else super().descending()

    def matcher_losses(self, batch: CaptionedBatch) -> Losses:
        similarities = SHARPNESS * self.matcher(batch.images, batch.text)
        return {self.matching: OBJECTIVES[self.matching](similarities)}

    # Held-out images

    def held_out_measures(self, batch: CaptionedBatch) -> Losses:
        """The share of images that the matcher finds more like their own sentence than like a wrong one."""
        pictures = self.matcher.pictures(batch.images)
        own, wrong = ((pictures * self.vectors(text)).sum(1) for text in (batch.text, batch.wrong))
        return {"matching": (own > wrong).float().mean()}

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # it takes a sentence
