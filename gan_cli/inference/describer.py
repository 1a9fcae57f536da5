"""Sentences on clips, by a model that describes them."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.latents import seeded_latents
from gan_cli.media.frames import Frames
from gan_cli.media.shots import Shots
from gan_cli.media.texts import Texts
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.caption_gan import CaptionGAN

AT_ONCE = 64
"""So many sentences are made at a time."""


class Description(NamedTuple):
    """A sentence on a clip.

    Attributes:
        sentence: Its words.
        fit: How sure the discriminator is that a person has said it of the clip, from 0 to 1.
        log_likelihood: The logarithm of its probability by the generator, in nats.
    """

    sentence: str
    fit: float
    log_likelihood: float


class Describer:
    """A model that makes sentences.

    Args:
        model: On the device that is to compute.
        ema: The averaged generator where there is one, or the one that is trained.
    """

    def __init__(self, model: CaptionGAN, ema: bool = True) -> None:
        self.model = model
        self.ema = ema
        sees, texts = model.media["clip"], model.medium
        assert isinstance(sees, Shots | Frames)
        assert isinstance(texts, Texts)
        self.sees, self.texts = sees, texts

    def read(self, path: Path, start: float | None = None) -> Tensor:
        """What the model sees of a file, as it is kept: uint8 [C, T, S, S], or [C, S, S] of a model of images.

        Args:
            path: A film, or an image.
            start: Seconds into a film; None takes its middle.

        Raises:
            Unreadable: If it is none, damaged or too short.
        """
        return self.sees.shot(path, start) if isinstance(self.sees, Shots) else self.sees.picture(path)

    @torch.inference_mode()
    def described(self, clip: Tensor, num: int, seed: int = 0, psi: float = 1.0) -> list[Description]:
        """Different sentences on a clip, at most so many, those that fit best first.

        One has the likeliest words, without noise; the others are drawn.

        Args:
            clip: As `read` gives it.
            num: At most so many.
            seed: Of the first that is drawn; the next ones have the next seeds.
            psi: The share of probability that words are drawn from.
        """
        model = self.model
        shown = self.sees.shown(clip[None].to(model.device))
        sets = [model.candidates(torch.zeros(1, model.latent_dim, device=model.device), shown, self.ema, 0.0)]
        for first in range(seed, seed + num - 1, AT_ONCE):
            seeds = range(first, min(first + AT_ONCE, seed + num - 1))
            latents = seeded_latents(seeds, model.latent_dim, model.latent_distribution).to(model.device)
            sets.append(model.candidates(latents, shown.expand(len(seeds), *clip.shape), self.ema, psi))
        found: dict[str, Description] = {}
        for text, fit, likelihood in sets:
            for sentence, *scores in zip(self.texts.lines(text.cpu()), fit.tolist(), likelihood.tolist(), strict=True):
                found.setdefault(sentence, Description(sentence, *scores))
        return sorted(found.values(), key=lambda one: -one.fit)


def describing(model: AdversarialModule) -> CaptionGAN:
    """The model, if it describes things.

    Raises:
        UserError: If it does not.
    """
    if not isinstance(model, CaptionGAN):
        raise UserError(
            f"ckpt: {type(model).__name__} describes nothing in words; type --ckpt with a checkpoint of CaptionGAN"
        )
    return model
