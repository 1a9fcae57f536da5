"""CaptionGAN: Dai et al. 2017, "Towards Diverse and Natural Image Descriptions via a Conditional GAN",
arXiv:1703.06029, also of videos; printed values are those of the authors' script."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_cli.batches import CaptionedBatch, CaptionedVideoBatch
from gan_cli.errors import UserError
from gan_cli.media.frames import Frames
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.media.shots import Shots
from gan_cli.media.texts import Texts
from gan_cli.media.videos import Videos
from gan_cli.networks.caption_gan import ClipEncoder, SentenceGenerator, SentenceJudge, counted
from gan_cli.objectives.policy import policy_gradient_loss
from gan_cli.ranges import Channels, Decay, Few, LearningRate, Pixels, Range, Steps, Weight, Width
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

PRETRAINED = "pretrained"
"""The name of the checkpoint at the end of the generator's training by likelihood."""
Baseline = Literal["none", "greedy"]
"""What is taken from rewards: nothing, or the reward of the likeliest words."""
Captioned = CaptionedBatch | CaptionedVideoBatch


class Candidate(NamedTuple):
    """Sentences as the model itself sees them.

    Attributes:
        text: int64 [N, L].
        fit: How sure the discriminator is that a person has said them of their clips, [N] in [0, 1].
        likelihood: The logarithm of their probability, [N], in nats.
    """

    text: Tensor
    fit: Tensor
    likelihood: Tensor


class CaptionGAN(LatentModule):
    """Sentences that describe videos or images, several of each (Dai et al. 2017, arXiv:1703.06029).

    In the first `pretraining_steps` batches the generator learns by likelihood alone, and the run keeps a checkpoint of
    the name `PRETRAINED`. There the discriminator takes over how the generator looks at clips, and learns alone in the
    next `judging_steps` to tell people's sentences on a clip from made ones and from those on others. Then both go on,
    the generator by the gradient of its policy: a word's reward is what the discriminator says of sentences that begin
    so (section 3.3).

    A latent has a number for each word, by which it is drawn, and behind these the noise that the LSTM is shown. Words
    are in the order of their probability: `truncation_psi` p draws from the likeliest words that have p of it, and 0
    takes the likeliest.

    Departures: both players look at frames and at what changes in them by convolutions, and from frame to frame by an
    LSTM as Yang et al. 2018, "Video Captioning by Adversarial LSTM", IEEE TIP 27(11), where the authors have features
    of VGG16; the generator's LSTM sees the clip beside each word, and not only first; products of vectors are divided
    by the root of their length; `baseline` and `lambda_likelihood` are not in the paper.

    Args:
        num_frames: T, of the data's videos; 1 of images. Comes from the data, as the next four.
        image_size: Side of the square frames in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        vocabulary_size: How many numbers a word can have.
        text_length: Words of a sentence at most.
        noise_dim: Numbers of noise that the LSTM is shown; there is none while it learns by likelihood.
        word_dim: Numbers of a word's vector, in each player.
        hidden_dim: Units of the LSTMs of words.
        clip_dim: Numbers of a clip's vector.
        base_channels: Channels of the first convolution.
        dropout: The share of units that learning by likelihood leaves out.
        pretraining_steps: Batches that train the generator alone; 0 as behind `--init`.
        judging_steps: Batches that train the discriminator alone after that.
        rollouts: So many sentences are made from each beginning of a sentence, whose mean reward is the word's; with 0
            each word has the reward of its sentence, which costs far less.
        baseline: "greedy" takes the reward of the likeliest words from rewards (Rennie et al. 2017, arXiv:1612.00563).
        lambda_wrong: The weight of people's sentences on others in the discriminator's loss.
        lambda_likelihood: The weight of the likelihood beside rewards.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        n_critic: Steps of the discriminator for each of the generator, after the first phases.
        generator_clip_norm: Largest norm of the generator's gradient; 0 is no limit.
        discriminator_clip_norm: Largest norm of the discriminator's gradient; 0 is no limit.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Dai et al. 2017, "Towards Diverse and Natural Image Descriptions via a Conditional GAN", '
        "arXiv:1703.06029",
        discriminator="L_D = -E[log r(I, S)] - E[log(1 - r(I, G(I, z)))] - E[log(1 - r(I, S_other))],"
        " r = sigmoid(f(I) . h(S))",
        generator="gradient of L_G = -E[sum_t grad log p(w_t | I, z, w_<t) mean r(I, w_<=t with rollouts)]",
        printed={
            "noise_dim": 100,
            "word_dim": 512,
            "hidden_dim": 512,
            "dropout": 0.5,
            "pretraining_steps": "2 passes",
            "judging_steps": "2 passes",
            "rollouts": 64,
            "baseline": "none",
            "lambda_wrong": 1.0,
            "lambda_likelihood": 0.0,
            "generator_lr": 4e-4,
            "discriminator_lr": 4e-4,
            "adam_betas": (0.8, 0.999),
            "n_critic": 50,
            "generator_clip_norm": 5.0,
            "discriminator_clip_norm": 5.0,
        },
        why={
            "pretraining_steps": "about three passes over COCO's sentences in batches of 64",
            "judging_steps": "the same",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = (
        {"videos": Videos, "text": Texts, "wrong": Texts},
        {"images": Images, "text": Texts, "wrong": Texts},
    )
    GIVEN: ClassVar[tuple[str, ...]] = ("clip",)
    TRUNCATES: ClassVar[bool] = True
    VERB: ClassVar[str] = "describe"
    SETTLES = ("latent_dim", "latent_distribution")
    makes = "text"
    generator: SentenceGenerator
    discriminator: SentenceJudge

    def __init__(
        self,
        num_frames: Annotated[int, Range(1, 10_000)] = 1,
        image_size: Pixels = 64,
        image_channels: Channels = 3,
        vocabulary_size: Annotated[int, Range(3, 10**7)] = 10_000,
        text_length: Annotated[int, Range(1, 10_000)] = 24,
        noise_dim: Width = 100,
        word_dim: Width = 512,
        hidden_dim: Width = 512,
        clip_dim: Width = 512,
        base_channels: Width = 64,
        dropout: Annotated[float, Range(0, 1, without="high")] = 0.5,
        pretraining_steps: Steps = 20_000,
        judging_steps: Steps = 20_000,
        rollouts: Annotated[int, Range(0, 1_000)] = 64,
        baseline: Baseline = "none",
        lambda_wrong: Weight = 1.0,
        lambda_likelihood: Weight = 0.0,
        generator_lr: LearningRate = 4e-4,
        discriminator_lr: LearningRate = 4e-4,
        adam_betas: tuple[Decay, Decay] = (0.8, 0.999),
        n_critic: Few = 50,
        generator_clip_norm: Weight = 5.0,
        discriminator_clip_norm: Weight = 5.0,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            text_length + noise_dim,
            "uniform",
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            n_critic=n_critic,
            generator_clip_norm=generator_clip_norm,
            discriminator_clip_norm=discriminator_clip_norm,
            **optimisation,
        )
        self.shape = (num_frames, image_size, image_channels)
        self.text_length, self.noise_dim = text_length, noise_dim
        self.pretraining_steps, self.judging_steps = pretraining_steps, judging_steps
        self.rollouts = rollouts
        self.baseline: Baseline = baseline
        self.lambda_wrong, self.lambda_likelihood = lambda_wrong, lambda_likelihood
        seen = (*self.shape, base_channels, clip_dim)
        said = (word_dim, hidden_dim)
        self.generator = SentenceGenerator(
            ClipEncoder(*seen), clip_dim, vocabulary_size, text_length, noise_dim, *said, dropout
        )
        self.discriminator = SentenceJudge(ClipEncoder(*seen), clip_dim, vocabulary_size, *said)
        self.finish_players()

    # What it makes

    def forward(  # type: ignore[override]
        self, latents: Tensor, clip: Tensor, ema: bool = True, truncation_psi: float = 1.0
    ) -> Tensor:
        """Sentences int64 [N, L] of clips.

        Args:
            latents: From the prior, [N, Z].
            clip: [N, C, T, H, W] in [-1, 1], or images [N, C, H, W].
            ema: The averaged generator where there is one, or the one that is trained.
            truncation_psi: The share of probability that words are drawn from; 0 takes the likeliest.

        Raises:
            ValueError: If clips are of another size.
            UserError: If that is no share.
        """
        self._check(clip)
        if not 0 <= truncation_psi <= 1:
            raise UserError(f"truncation_psi: {truncation_psi:g} is no share of words' probability; take 0 to 1")
        generator = cast(SentenceGenerator, self.picture_maker(ema))
        chances, noise = self._split(latents)
        return generator.written(generator.guidance(generator.encoder(clip), noise), chances, truncation_psi)

    @torch.no_grad()
    def candidates(self, latents: Tensor, clip: Tensor, ema: bool = True, truncation_psi: float = 1.0) -> Candidate:
        """Sentences as `forward` makes them, with what both players say of them."""
        text = self(latents, clip, ema, truncation_psi)
        generator = cast(SentenceGenerator, self.picture_maker(ema))
        guidance = generator.guidance(generator.encoder(clip), self._split(latents)[1])
        likelihood = generator.log_likelihood(guidance, text).sum(1)
        return Candidate(text, self.discriminator(clip, text).sigmoid(), likelihood)

    def given(self, batch: Captioned) -> dict[str, Tensor]:
        return {"clip": _clip_of(batch)}

    @property
    def media(self) -> dict[str, Medium]:
        found = super().media
        frames, side, channels = self.shape
        videos = found.get("videos")
        seen: Medium = Frames(image_size=side, image_channels=channels)
        if isinstance(videos, Videos):
            seen = Shots(videos.frame_rate, frames, side, channels)
        return {**found, "clip": seen}

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # a sentence is judged beside its clip

    # Phases

    @property
    def is_pretraining(self) -> bool:
        """Whether the next batch trains the generator alone, by likelihood."""
        return self.counters.batches < self.pretraining_steps

    def descending(self) -> Iterable[str]:
        if self.is_pretraining:
            return ("generator",)
        judges = self.counters.batches < self.pretraining_steps + self.judging_steps
        return ("discriminator",) if judges else super().descending()

    @property
    def phases(self) -> dict[str, int]:
        return {PRETRAINED: self.pretraining_steps}

    def on_phase_end(self, phase: str) -> None:
        """Gives the discriminator the generator's network that looks, which was trained before, as the authors do."""
        self.discriminator.encoder.load_state_dict(self.generator.encoder.state_dict())

    # Objectives

    def discriminator_losses(self, batch: Captioned) -> Losses:
        clip = _clip_of(batch)
        fake = self.fakes("discriminator", clip)
        texts = torch.stack([batch.text, fake, batch.wrong], dim=1)
        real_logits, fake_logits, wrong_logits = self.discriminator(clip, texts).unbind(1)
        self.watch_outputs(real_logits, fake_logits)
        self.watch("logits/wrong", wrong_logits)
        losses = {"real": softplus(-real_logits).mean(), "fake": softplus(fake_logits).mean()}
        if self.lambda_wrong:
            losses["wrong"] = self.lambda_wrong * softplus(wrong_logits).mean()
        return losses

    def fakes(self, player: str, *given: Tensor) -> Tensor:
        (clip,) = given
        with torch.no_grad():
            chances, noise = self._split(self.latents(cast(Any, player)))
            guidance = self.generator.guidance(self.generator.encoder(clip), noise)
            return self.generator.written(guidance, chances)

    def generator_losses(self, batch: Captioned) -> Losses:
        clip = _clip_of(batch)
        vectors = self.generator.encoder(clip)
        if self.is_pretraining:
            return {"likelihood": self._unlikelihood(vectors, batch.text)}
        chances, noise = self._split(self.latents("generator"))
        guidance = self.generator.guidance(vectors, noise)
        text = self.generator.written(guidance, chances)
        advantages = self._advantages(clip, guidance, text)
        losses = {"policy": policy_gradient_loss(self.generator.log_likelihood(guidance, text), advantages)}
        if self.lambda_likelihood:
            losses["likelihood"] = self.lambda_likelihood * self._unlikelihood(vectors, batch.text)
        return losses

    def _unlikelihood(self, vectors: Tensor, text: Tensor) -> Tensor:
        """How unlikely people's sentences are, in nats a sentence."""
        guidance = self.generator.guidance(vectors, vectors.new_zeros(len(vectors), self.noise_dim))
        return -self.generator.log_likelihood(guidance, text, whole=False).sum(1).mean()

    @torch.no_grad()
    def _advantages(self, clip: Tensor, guidance: Tensor, text: Tensor) -> Tensor:
        """What each word of sentences is expected to earn, less the baseline, [N, L]."""
        read = [text[:, None]]
        if self.baseline == "greedy":
            read.append(self.generator.written(guidance, guidance.new_zeros(text.shape))[:, None])
        if self.rollouts:
            read.append(self._finished(guidance, text))
        rewards: Tensor = self.discriminator(clip, torch.cat(read, dim=1)).sigmoid()
        self.watch("reward", rewards[:, 0])
        earned = rewards[:, :1].expand(-1, self.text_length)
        if self.rollouts:
            earned = rewards[:, -self.rollouts * self.text_length :].unflatten(1, (self.rollouts, -1)).mean(1)
        if self.baseline == "greedy":
            earned = earned - rewards[:, 1:2]
        return earned * counted(text)

    def _finished(self, guidance: Tensor, text: Tensor) -> Tensor:
        """Sentences that begin as given ones do and go on by chance, int64 [N, K * L, L]: after one word, two, ..."""
        length, count = self.text_length, self.rollouts * self.text_length
        drawn = self.noise("rollouts", count, length, distribution="uniform")
        fixed = torch.arange(1, length + 1, device=text.device).repeat(len(text) * self.rollouts)
        made = self.generator.written(
            guidance.repeat_interleave(count, 0),
            _chances(drawn).flatten(0, 1),
            begun=text.repeat_interleave(count, 0),
            fixed=fixed,
        )
        return cast(Tensor, made.unflatten(0, (-1, count)))

    def _split(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """The chance of each word, in [0, 1), and the noise of latents."""
        return _chances(latents[:, : self.text_length]), latents[:, self.text_length :]

    def _check(self, clip: Tensor) -> None:
        frames, side, channels = self.shape
        shapes = [(channels, frames, side, side), *([(channels, side, side)] if frames == 1 else [])]
        if tuple(clip.shape[1:]) not in shapes:
            raise ValueError(f"clips are {' x '.join(map(str, shapes[-1]))} here")

    # Held-out things

    def held_out_logits(self, batch: Captioned) -> Tensor:
        return cast(Tensor, self.discriminator(_clip_of(batch), batch.text))

    def held_out_measures(self, batch: Captioned) -> Losses:
        """How unlikely people's held-out sentences are, in nats a word."""
        unlikely = self._unlikelihood(self.generator.encoder(_clip_of(batch)), batch.text)
        return {"nats_a_word": unlikely / counted(batch.text).sum(1).mean()}


def _clip_of(batch: Captioned) -> Tensor:
    """What is described, videos or images."""
    return cast(Tensor, getattr(batch, "videos" if hasattr(batch, "videos") else "images"))


def _chances(drawn: Tensor) -> Tensor:
    """Numbers in [0, 1) of those in [-1, 1)."""
    return (drawn + 1) / 2
