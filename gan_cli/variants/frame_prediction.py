"""FramePrediction: Mathieu et al. 2016, "Deep multi-scale video prediction beyond mean square error",
arXiv:1511.05440."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import pad
from torch.optim import SGD, Optimizer

from gan_cli.batches import VideoBatch
from gan_cli.errors import UserError
from gan_cli.media.medium import Medium
from gan_cli.media.videos import Videos
from gan_cli.metrics import frame_prediction as measures
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks.frame_prediction import (
    LEAST_COARSE,
    LEAST_PATCH,
    FrameDiscriminator,
    FrameGenerator,
    pyramid,
)
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.frame_prediction import gradient_difference, power_error
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, PixelsOrNone, Range, Weight, Width
from gan_cli.variants import windows
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

Target = Literal["next", "between"]
"""What is made: the frames that follow those that are given, or the one in their middle."""
Power = Annotated[float, Range(1, 4)]
USUAL_BETAS = (0.9, 0.999)


class Example(NamedTuple):
    """What a player sees of a batch.

    Attributes:
        given: The given frames, one behind the other, [N, F * C, S, S].
        wanted: The true frames, [N, K * C, S, S].
    """

    given: Tensor
    wanted: Tensor


class FramePrediction(LatentModule):
    """Frames from frames: those that follow, or the one between (Mathieu et al. 2016, arXiv:1511.05440).

    Networks guess from coarse to fine, and discriminators at all sizes judge the guesses beside what was given. More
    frames are made from those that were made. Terms are summed over the scales, as in the authors' code; each player
    sees windows and patches of its own. Departures: means over pixels, not sums; the weights of arXiv:1511.05440,
    section 3, with the means of that code; no pairs of frames that do not belong together as further fakes, which the
    code has and the paper has not. `target` "between" is not in the paper.

    Args:
        num_frames: T, of the data's videos; comes from the data, as the next two.
        image_size: Side of their frames in pixels.
        image_channels: C.
        target: "next": the frames that follow. "between": the one in the middle of those that are given, by which
            films get twice their rate; it learns to make every second frame of the data.
        past_frames: F, how many frames are given; for "between" an even number, half of them on each side.
        future_frames: K, how many are made at once; more are made from these.
        scales: How many sizes of the frames are guessed at, each half of the next.
        base_channels: Channels of the first layers of the generator.
        discriminator_channels: Channels of the coarsest of four discriminators; others have multiples of it.
        patch_size: Side of the patches it learns from, in pixels; 0 takes whole frames.
        patches: Where patches are: "moving" draws them by how much moves there, "anywhere" draws all alike.
        lambda_p: Weight of the error of the pixels.
        p: The power of that error, at least 1.
        lambda_gdl: Weight of the gradient difference loss.
        alpha: The power of that, at least 1.
        lambda_adversarial: Weight of the adversarial term; 0 trains no discriminator.
        optimizer: "sgd", as in the paper, or "adam".
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminators.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `LatentModule`; there are no latents.

    Raises:
        UserError: If a value is out of its range, or the videos are too short or too small.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Mathieu et al. 2016, "Deep multi-scale video prediction beyond mean square error", arXiv:1511.05440',
        discriminator="L_D = sum_k BCE(D_k(X_k, Y_k), 1) + BCE(D_k(X_k, G_k(X)), 0)",
        generator="L_G = lambda_adversarial sum_k BCE(D_k(X_k, G_k(X)), 1) + lambda_p |G(X) - Y|^p"
        " + lambda_gdl sum ||slope Y| - |slope G(X)||^alpha",
        printed={
            "past_frames": "4, Sports1m also 8",
            "future_frames": "1, Sports1m also 8",
            "scales": 4,
            "base_channels": "128, script 16",
            "discriminator_channels": "64, script 32",
            "patch_size": 32,
            "patches": "moving",
            "lambda_p": 1.0,
            "p": "1 and 2",
            "lambda_gdl": 1.0,
            "alpha": "1 and 2",
            "lambda_adversarial": "0.05, script 0.01",
            "optimizer": "sgd",
            "generator_lr": "0.04, falling to 0.005",
            "discriminator_lr": 0.02,
        },
        why={
            "past_frames": "as for UCF-101",
            "future_frames": "as for UCF-101",
            "base_channels": "as in table 1",
            "discriminator_channels": "as in table 2",
            "p": "with the gradient difference loss",
            "alpha": "as in the code",
            "lambda_adversarial": "as in the paper",
            "generator_lr": "constant; --model.lr_decay_start lets it fall",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"videos": Videos},)
    GIVEN: ClassVar[tuple[str, ...]] = ("known",)
    VERB: ClassVar[str] = "predict"
    SETTLES = ("latent_dim", "latent_distribution")
    own_measures: ClassVar[OwnMeasures | None] = measures.OWN
    makes = "videos"

    def __init__(
        self,
        num_frames: Annotated[int, Range(1, 10_000)] = 16,
        image_size: Pixels = 64,
        image_channels: Channels = 3,
        target: Target = "next",
        past_frames: Annotated[int, Range(1, 64)] = 4,
        future_frames: Annotated[int, Range(1, 64)] = 1,
        scales: Annotated[int, Range(1, 8)] = 4,
        base_channels: Width = 128,
        discriminator_channels: Width = 64,
        patch_size: PixelsOrNone = 32,
        patches: windows.Chosen = "moving",
        lambda_p: Weight = 1.0,
        p: Power = 1.0,
        lambda_gdl: Weight = 1.0,
        alpha: Power = 1.0,
        lambda_adversarial: Weight = 0.05,
        optimizer: Literal["sgd", "adam"] = "sgd",
        generator_lr: LearningRate = 0.04,
        discriminator_lr: LearningRate = 0.02,
        adam_betas: tuple[Decay, Decay] = USUAL_BETAS,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            0,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        side = patch_size or image_size
        _check_sizes(side, image_size, scales)
        if optimizer == "sgd" and tuple(adam_betas) != USUAL_BETAS:
            raise UserError("model.adam_betas: SGD has none; leave them out, or type --model.optimizer adam")
        terms = lambda_p + lambda_gdl + lambda_adversarial
        check("lambda_p", lambda_p, terms > 0, "above 0, or else there is nothing to learn from")
        if target == "between":
            check("past_frames", past_frames, past_frames % 2 == 0, "of 2, 4, 6, ...: half of them on each side")
            check("future_frames", future_frames, future_frames == 1, "of 1: there is one frame between two")
        least = 3 if target == "between" else past_frames + future_frames
        if num_frames < least:
            raise UserError(f"data.num_frames: {num_frames} are too few to learn from; take {least} or more")
        self.num_frames = num_frames
        self.target: Target = target
        self.past_frames, self.future_frames = past_frames, future_frames
        self.image_channels = image_channels
        self.patch_size, self.patches = side, patches
        self.lambda_p, self.p = lambda_p, p
        self.lambda_gdl, self.alpha = lambda_gdl, alpha
        self.lambda_adversarial = lambda_adversarial
        self.optimizer_name = optimizer
        given, made = image_channels * past_frames, image_channels * future_frames
        self.generator = FrameGenerator(given, made, base_channels, scales)
        self.discriminator = FrameDiscriminator(given + made, discriminator_channels, scales, side)
        self.multiple = 2 ** (scales - 1)
        self.finish_players()

    # What it makes

    def forward(self, latents: Tensor, known: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Whole videos [N, C, T, H, W] in [-1, 1]: what is known of them, and what is made of that.

        Args:
            latents: [N, 0]: nothing is random.
            known: Frames [N, C, F, H, W] of any size: the first ones, or every second one and the last, as `given` has
                them.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        if self.target == "next":
            return torch.cat([known, self.continued(known, self.num_frames - known.shape[2], ema)], dim=2)
        first = (self.num_frames + 1) // 2
        return torch.cat([self.doubled(known[:, :, :first], ema), known[:, :, first:]], dim=2)

    def continued(self, frames: Tensor, count: int, ema: bool = True) -> Tensor:
        """The frames that follow, [N, C, count, H, W], each made from those before it.

        Args:
            frames: [N, C, F, H, W], `past_frames` or more.
            count: How many, 0 or more.
            ema: As for `forward`.
        """
        window, made = frames[:, :, -self.past_frames :], frames[:, :, :0]
        while made.shape[2] < count:
            further = self._made_of(window, ema)
            made = torch.cat([made, further], dim=2)
            window = torch.cat([window, further], dim=2)[:, :, -self.past_frames :]
        return made[:, :, :count]

    def doubled(self, frames: Tensor, ema: bool = True) -> Tensor:
        """Videos with a frame between each two, [N, C, 2F - 1, H, W].

        Args:
            frames: [N, C, F, H, W].
            ema: As for `forward`.
        """
        count = frames.shape[2]
        places = 2 * torch.arange(count - 1, device=frames.device) + 1
        numbers = windows.around(places, self.past_frames, 2 * count - 2) // 2
        found = [frames[:, :, :1]]
        for number, row in enumerate(numbers):
            found += [self._made_of(frames[:, :, row], ema), frames[:, :, number + 1 : number + 2]]
        return torch.cat(found, dim=2)

    def _made_of(self, given: Tensor, ema: bool) -> Tensor:
        """Frames [N, C, K, H, W] of `past_frames` given ones, of any size; sides are filled up for the scales."""
        height, width = given.shape[3:]
        beyond = (0, -width % self.multiple, 0, -height % self.multiple)
        shown = pad(given.flatten(1, 2), beyond, mode="replicate")
        made: Tensor = self.picture_maker(ema)(self.laid_out(shown))[-1]
        return cast(Tensor, made[:, :, :height, :width].unflatten(1, (given.shape[1], -1)))

    def given(self, batch: VideoBatch) -> dict[str, Tensor]:
        return {"known": batch.videos[:, :, self.known_numbers]}

    @property
    def known_numbers(self) -> list[int]:
        """Which frames of a video are given: the first ones, or every second one and the last."""
        if self.target == "next":
            return [*range(self.past_frames)]
        return sorted({*range(0, self.num_frames, 2), self.num_frames - 1})

    @property
    def media(self) -> dict[str, Medium]:
        found = super().media
        return {**found, "known": found["videos"]}

    # What it learns

    def descending(self) -> Iterable[str]:
        return super().descending() if self.lambda_adversarial else ("generator",)

    def make_optimizer(self, player: str) -> Optimizer:
        if self.optimizer_name == "adam":
            return super().make_optimizer(player)
        return SGD(getattr(self, player).parameters(), lr=self.learning_rates[player])

    def example(self, batch: VideoBatch, use: str) -> Example:
        """A window of each video, and a patch of that; other uses have others."""
        times, places = ((self.noise(f"{use}/patches", 2, distribution="uniform") + 1) / 2).unbind(1)
        frames = windows.frames_at(batch.videos, self._numbers(times, batch.videos.shape[2]))
        frames = windows.patches(frames, places, self.patch_size, self.patches)
        return self._example(frames)

    def _numbers(self, shares: Tensor, frames: int) -> Tensor:
        """The numbers of a window's frames, in their order in the video, those drawn by shares in [0, 1]."""
        if self.target == "next":
            span = self.past_frames + self.future_frames
            starts = (shares * (frames - span + 1)).long().clamp(max=frames - span)
            return starts[:, None] + torch.arange(span, device=shares.device)
        middles = 1 + (shares * (frames - 2)).long().clamp(max=frames - 3)
        given, half = windows.around(middles, self.past_frames, frames - 1), self.past_frames // 2
        return torch.cat([given[:, :half], middles[:, None], given[:, half:]], dim=1)

    def _example(self, frames: Tensor) -> Example:
        """What is given and what is wanted of windows, [N, C, F + K, S, S]."""
        first = self.past_frames if self.target == "next" else self.past_frames // 2
        last = first + self.future_frames
        given = torch.cat([frames[:, :, :first], frames[:, :, last:]], dim=2)
        return Example(self.laid_out(given.flatten(1, 2)), self.laid_out(frames[:, :, first:last].flatten(1, 2)))

    def discriminator_losses(self, batch: VideoBatch) -> Losses:
        given, wanted = self.example(batch, "discriminator")
        guesses = self.generator(given)
        real, fake = self.judge((given, *self._scaled(wanted)), (given, *guesses))
        self.watch_outputs(real, fake)
        return {"adversarial": real.shape[1] * discriminator_cross_entropy(real, fake)}

    def generator_losses(self, batch: VideoBatch) -> Losses:
        given, wanted = self.example(batch, "generator")
        guesses = self.generator(given)
        pairs = list(zip(guesses, self._scaled(wanted), strict=True))
        losses: Losses = {}
        if self.lambda_p:
            losses["pixels"] = self.lambda_p * _total(power_error(*pair, self.p) for pair in pairs)
        if self.lambda_gdl:
            losses["gradients"] = self.lambda_gdl * _total(gradient_difference(*pair, self.alpha) for pair in pairs)
        if self.lambda_adversarial:
            judged = self.judge_fake((given, *guesses))
            losses["adversarial"] = self.lambda_adversarial * judged.shape[1] * non_saturating_generator_loss(judged)
        return losses

    def _scaled(self, frames: Tensor) -> list[Tensor]:
        return pyramid(frames, len(cast(FrameGenerator, self.generator).scales))

    # Held-out videos

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # frames are judged beside those that were given

    def held_out_logits(self, batch: VideoBatch) -> Tensor:
        """The mean logit of all scales, [N]."""
        given, wanted = self.example(batch, "held out")
        return cast(Tensor, self.discriminator(given, *self._scaled(wanted))).mean(1)

    def held_out_measures(self, batch: VideoBatch) -> Losses:
        """PSNR where something moves, of the first made frame and of the one before it; the energy of its slopes."""
        if self.target == "next":
            made, first = self.continued(batch.videos[:, :, : self.past_frames], 1), self.past_frames
        else:
            made, first = self.doubled(batch.videos[:, :, :3:2])[:, :, 1:2], 1
        made, wanted, before = (
            self.medium.kept(frames).cpu()  # in float64, which not every device has
            for frames in (made[:, :, 0], batch.videos[:, :, first], batch.videos[:, :, first - 1])
        )
        found = {
            "": measures.summary(made, wanted, before),
            "_copied": measures.summary(before, wanted, before),
        }
        numbers = {f"psnr_moving{name}": row[measures.MOVING] for name, row in found.items()}
        numbers["gradient_energy"] = found[""][measures.ENERGY]
        return {name: torch.tensor(value, device=self.device) for name, value in numbers.items() if value is not None}

    def own_table(self, made: Tensor, real: Tensor, of: str) -> RowTable:
        known = self.known_numbers
        return (
            measures.future_table(made, real, len(known), of)
            if self.target == "next"
            else (measures.between_table(made, real, known, of))
        )


def _total(terms: Iterable[Tensor]) -> Tensor:
    return torch.stack([*terms]).sum()


def _check_sizes(side: int, image_size: int, scales: int) -> None:
    """Refuses patches that the videos, the scales or the discriminators do not have."""
    if side > image_size:
        raise UserError(f"model.patch_size: {side} is more than the {image_size} pixels of the frames; take 0 or fewer")
    multiple = 2 ** (scales - 1)
    possible = side >= max(LEAST_PATCH, LEAST_COARSE * multiple) and side % multiple == 0
    wanted = f"of {max(LEAST_PATCH, LEAST_COARSE * multiple)} or more that {multiple} divides, for {scales} scales"
    if not possible:
        raise UserError(f"model.patch_size: patches of {side} pixels are not possible; take a size {wanted}")
