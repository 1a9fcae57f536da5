"""What every GAN does: players that descend in turn. No objective and no layer is named here."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import reduce
from operator import add
from typing import Any, ClassVar, Self, cast

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from gan_cli import plugins, ranges, seeding
from gan_cli.batches import AnyBatch
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks import layouts
from gan_cli.networks.compilation import compile_in_place
from gan_cli.networks.ema import ShadowNetwork
from gan_cli.ranges import BatchSize, Decay, Few, LearningRate, Steps, Weight
from gan_cli.variants import descents, held_out, judging, log, record, schedules
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check
from gan_cli.variants.finiteness import FinitenessGuard
from gan_cli.variants.judging import Judged
from gan_cli.variants.log import RunningMeans
from gan_cli.variants.parts import BatchPart, prepared
from gan_cli.variants.places import Place, PlacedModule
from gan_cli.variants.record import RECORD, Counters

__all__ = ["RECORD", "AdversarialModule", "Counters", "Fields", "Judged", "Losses", "Place", "check"]

Losses = dict[str, Tensor]

Fields = Mapping[str, type[Medium]]
"""The kind of medium that each field of a batch holds, by the field's name."""


class AdversarialModule(PlacedModule, ABC):
    """The training loop of any number of players; a variant adds their networks, their objectives and `forward`.

    A variant sets `self.generator` and `self.discriminator` in its `__init__` (and, if it makes things from noise,
    `latent_dim` and `latent_distribution`), and then calls `self.finish_players()`. Each of its `players` has a network
    of that name and a method `<player>_losses(batch)`, which returns weighted scalars by name; the player descends on
    their sum, and rests on a batch that gives it none. `<player>_lr` is an argument of `__init__`.

    Args:
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates, for every player.
        n_critic: Steps of the discriminator, one a batch, for each of the generator.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        lr_decay_start: Generator step at which all learning rates begin to fall.
        lr_decay_end: Generator step at which they are 0, linearly, and the run ends; 0 keeps them constant.
        constant_epochs: Passes over the data, of all processes together, after which all learning rates begin to fall.
        decay_epochs: Passes in which they fall to 0, step by step, where the run ends; 0 keeps them constant.
        generator_clip_norm: Largest norm of the generator's gradient; 0 is no limit.
        discriminator_clip_norm: Largest norm of the discriminator's gradient; 0 is no limit.
        accumulate: Parts a batch is cut into, one backward pass each, to save memory; the step stays one batch.
        channels_last: Whether maps and weights of convolutions lie in memory pixel by pixel, or else plane by plane;
            None takes what is faster on the device.
        compile: Whether the players are compiled when training begins; penalties on slopes run without it.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = None
    """What the variant's paper prints; `gan list NAME` shows it beside the live defaults."""
    players: ClassVar[tuple[str, ...]] = ("discriminator", "generator")
    """The networks that are trained, each with an optimizer, in the order of the optimizers."""
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"images": Images},)
    """The fields that the variant needs in a batch, and the media they must hold: one mapping for each kind of data."""
    makes: str = "images"
    """The name of the batch's field that the variant learns to generate."""
    GIVEN: ClassVar[tuple[str, ...]] = ()
    """Names of the batch's fields that `forward` takes beside latents; labels only if `num_classes` is above 0."""
    VERB: ClassVar[str] = "sample"
    """The verb that makes things of a checkpoint, one of `runs.VERBS`."""
    own_measures: ClassVar[OwnMeasures | None] = None
    """What the variant measures itself of what it makes beside held-out things, by `own_table`; None leaves it."""
    milestone: str = ""
    """The phase of training that ended with the last batch, whose checkpoint a run keeps; "" if none did."""
    TRUNCATES: ClassVar[bool] = False
    """Whether `forward` takes `truncation_psi`: 1 turns truncation off, 0 gives the mean of all things."""
    TAKES_ATTRIBUTES: ClassVar[bool] = False
    """Whether a thing may be of several classes at once; if not, a variant that uses classes needs exactly one each."""
    generator: nn.Module
    discriminator: nn.Module
    latent_dim: int
    latent_distribution: seeding.Distribution
    num_classes: int = 0
    """K if the variant uses classes, otherwise 0; if it generates by class, `forward` takes labels."""

    def __init__(
        self,
        *,
        generator_lr: LearningRate,
        discriminator_lr: LearningRate,
        adam_betas: tuple[Decay, Decay] = (0.9, 0.999),
        n_critic: Few = 1,
        ema_decay: Decay = 0.0,
        lr_decay_start: Steps = 0,
        lr_decay_end: Steps = 0,
        constant_epochs: Steps = 0,
        decay_epochs: Steps = 0,
        generator_clip_norm: Weight = 0.0,
        discriminator_clip_norm: Weight = 0.0,
        accumulate: BatchSize = 1,
        channels_last: bool | None = None,
        compile: bool = False,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=sorted(plugins.settled(type(self))))
        ranges.check("model", type(self), self.hparams)
        self.fall = schedules.Fall.checked(lr_decay_start, lr_decay_end, constant_epochs, decay_epochs)
        self.rates_end = self.fall.end  # where a run ends; a variant with a schedule of its own says its own
        self.automatic_optimization = False
        self.compiles = compile
        self.learning_rates = {"generator": generator_lr, "discriminator": discriminator_lr}
        """The learning rate of each player; a variant adds those of further players, or of parts of them."""
        self.clip_norms = {"generator": generator_clip_norm, "discriminator": discriminator_clip_norm}
        self.adam_betas = adam_betas
        self.n_critic = n_critic
        self.ema_decay = ema_decay
        self.accumulate = accumulate
        self.channels_last = channels_last
        self.memory_format = torch.contiguous_format
        self.counters = Counters()
        self.seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))  # where Lightning's seed_everything leaves it
        self.attempt = self.further_attempts = 0
        self.threads: int | None = None  # how many compute a step, where the run says so
        self.origin: dict[str, Any] = {}  # the other run whose weights were the beginning, see `inference.transfer`
        self.data_facts: dict[str, Any] = {}
        self.data_arguments: dict[str, Any] = {}
        self.trusted: tuple[str, ...] = ()  # modules with data sets of the user's own
        self._watched = RunningMeans()
        self._finiteness = FinitenessGuard()

    def finish_players(self) -> None:
        """Lays the players out in memory and makes the generator's shadow; the last line of a variant's `__init__`."""
        self.ema = ShadowNetwork(self.generator) if self.ema_decay else None
        layouts.lay_out_for_device(self, self.channels_last)

    # What a variant owns

    @abstractmethod
    def discriminator_losses(self, batch: Any) -> Losses:
        """Weighted scalars that the discriminator descends on; their sum is its loss."""

    @abstractmethod
    def generator_losses(self, batch: Any) -> Losses:
        """Weighted scalars that the generator descends on; their sum is its loss."""

    def make_optimizer(self, player: str) -> Optimizer:
        """The optimizer of one player: Adam, unless the variant's paper says otherwise."""
        network = cast(nn.Module, getattr(self, player))
        # A fused optimizer unscales float16 gradients inside its step, too late for clipping and for the logged norms.
        scaled = getattr(getattr(self._trainer, "precision_plugin", None), "scaler", None) is not None
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        return Adam(weights, lr=self.learning_rates[player], betas=self.adam_betas, fused=not scaled)

    # What a variant may override

    def descending(self) -> Iterable[str]:
        """The players that descend on this batch, in order; one may be named twice, and another left out.

        A step of its own for a further term is named after a point, as `generator.path`: the generator descends on
        `generator_path_losses`, and the step is not counted.

        By default the discriminator, and the generator after every `n_critic_now()` steps of it. Variants override this
        for phases of training, for encoders that are trained after the generator, or for two steps a batch.
        """
        generator_too = self.counters.critic_steps + 1 >= self.n_critic_now()
        return ("discriminator", "generator") if generator_too else ("discriminator",)

    def given(self, batch: Any) -> dict[str, Tensor]:
        """The inputs of `forward` beside latents, by name, from a batch as the model sees it; N rows each."""
        return {name: getattr(batch, name) for name in self.takes}

    def shared(self, batch: Any) -> Any:
        """The input of every `*_losses` on a batch, computed once and with the generator's graph.

        By default the batch itself. A variant whose losses share the same generated things returns a tuple with them.
        It is computed again when a player descends a second time; of a batch in parts (`accumulate`) also when the
        gradient reaches it, so it is a function of the batch, the weights, `noise` and the global random state alone.
        """
        return batch

    def n_critic_now(self) -> int:
        """How many discriminator steps must come before the next generator step."""
        return self.n_critic

    def batches_a_step(self) -> float:
        """How many batches a step of the generator takes, with the discriminator's steps that come before it."""
        return self.n_critic_now()

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Sets what changes over a run, before each batch; by default every learning rate, which falls linearly."""
        schedules.let_fall(self, optimizers)

    def average_weight(self) -> float:
        """Weight of the old average in the generator's moving average, after its latest step.

        It is small at first, but for an average that began with another run's.
        """
        steps = self.counters.generator_steps
        return self.ema_decay if self.origin else min(self.ema_decay, (1 + steps) / (10 + steps))

    def held_out_measures(self, batch: Any) -> Losses:
        """Further numbers to log on a held-out batch, in eval mode; scalars, averaged over the batches."""
        return {}

    def own_table(self, made: Tensor, real: Tensor, of: str) -> RowTable:
        """The variant's own measures of things beside the held-out ones they were made of; see `own_measures`.

        Args:
            made: As they are kept, [N, ...].
            real: The things that belong to what they were made from, as they are kept, [N, ...].
            of: The set and its part, in words.
        """
        raise NotImplementedError(f"{type(self).__name__} has no measures of its own")

    def own_table_beside(self, made: Tensor, real: Tensor, batches: Iterable[Any], of: str) -> RowTable:
        """`own_table`, of a variant that also needs what is told of the held-out things.

        Args:
            made: As for `own_table`.
            real: As for `own_table`.
            batches: The held-out things, batch after batch as the model sees them, on the CPU.
            of: As for `own_table`.
        """
        return self.own_table(made, real, of)

    # What a variant uses

    @property
    def takes(self) -> tuple[str, ...]:
        """Names of what `forward` takes beside latents: `GIVEN`, without labels if the model uses no classes."""
        return tuple(name for name in self.GIVEN if name != "labels" or self.num_classes)

    @property
    def media(self) -> dict[str, Medium]:
        """The medium of each field of a batch, as the data says, or as the variant does if no data is known."""
        return record.media_of(self)

    @property
    def medium(self) -> Medium:
        """The medium that the model generates."""
        return self.media[self.makes]

    def picture_maker(self, ema: bool = True) -> nn.Module:
        """The generator to make things with: the averaged one if there is one, unless `ema` is off."""
        return self.ema.network if ema and self.ema is not None else self.generator

    def judge(self, real: Judged, *others: Judged) -> tuple[Tensor, ...]:
        """The discriminator's outputs on real things, and on each of the others; see `judging.judge`."""
        return judging.judge(self.discriminator, real, *others)

    def judge_fake(self, fake: Judged) -> Tensor:
        """The discriminator's outputs on made things, leaving its running statistics as they are."""
        return judging.judge_fake(self.discriminator, fake)

    def watch(self, name: str, values: Tensor) -> None:
        """Puts the mean of something that is no loss into the log, averaged over the batches since the last log."""
        if getattr(self._trainer, "log_every_n_steps", 0):
            self._watched.note(name, values)

    def watch_outputs(self, real: Tensor, fake: Tensor) -> None:
        """Logs the discriminator's mean outputs on training things and on generated ones."""
        self.watch("logits/real", real)
        self.watch("logits/fake", fake)

    # Training

    def configure_optimizers(self) -> list[Optimizer]:
        return [self.make_optimizer(player) for player in self.players]

    def training_step(self, batch: AnyBatch, batch_idx: int) -> None:
        """Trains on one batch: each player that `descending` names takes a step."""
        optimizers = descents.optimizers_of(self)
        seeding.reseed(seeding.mix(self.noise_seed, "step", self.counters.batches, self.global_rank), self.device)
        self.set_schedules(optimizers)
        self.milestone = ""
        if schedules.over(self.trainer, optimizers):
            return
        before = self.phases_over
        with descents.counted_once(list(optimizers.values())):
            parts, steps = prepared(self, batch, again=0), self.counters.generator_steps
            descended: list[str] = []
            for step in self.descending():
                player = step.partition(".")[0]
                if again := descended.count(player):  # the graph of what they share has been used up
                    parts = prepared(self, batch, again)
                self._descend(step, optimizers, parts, again)
                descended.append(player)
        self._place = None
        if self.counters.generator_steps > steps:  # only now: the discriminator may come after it
            self.counters.critic_steps = 0
        self.counters.batches += 1
        self.counters.images += len(batch[0]) * self.trainer.world_size
        if log.is_due(self.trainer, self.counters.batches):
            self._watched.log(self)
        for phase in self.phases_over[len(before) :]:
            self.milestone = phase
            self.on_phase_end(phase)

    @property
    def phases(self) -> dict[str, int]:
        """After how many batches each phase of training ends, by the name of the checkpoint that a run keeps of it."""
        return {}

    @property
    def phases_over(self) -> tuple[str, ...]:
        """The names of the phases that have ended, in their order."""
        return tuple(name for name, end in self.phases.items() if self.counters.batches >= end)

    def on_phase_end(self, phase: str) -> None:
        """Called after the last batch of a phase, before its checkpoint is kept; for what the next one begins with."""

    def _descend(
        self, step: str, optimizers: Mapping[str, LightningOptimizer], parts: Sequence[BatchPart], again: int
    ) -> None:
        """One step of one player on one batch, with the others frozen; no step if it has no losses there."""
        rests = True
        player, _, purpose = step.partition(".")
        with descents.frozen(descents.weights_of(*(other for name, other in optimizers.items() if name != player))):
            for part in parts:
                self._place = self.place_of(part.rows, again)
                losses: Losses = getattr(self, f"{step.replace('.', '_')}_losses")(part.batch)
                if not losses:
                    continue
                rests = False
                loss = reduce(add, losses.values())
                with descents.unsynchronised(self.trainer) if part is not parts[-1] else nullcontext():
                    self.manual_backward(loss if part.share == 1 else loss * part.share)
                self._finiteness.note(player, loss, self.counters.batches + 1)
                for name, value in losses.items():
                    self.watch(f"loss/{player}/{name}", value)
            if not rests:
                optimizers[player].step()
                optimizers[player].zero_grad()
                if not purpose:
                    self._count(player)

    def _count(self, player: str) -> None:
        """Counts a step, and lets the moving average follow the generator's."""
        if player == "discriminator":
            self.counters.critic_steps += 1
        elif player == "generator":
            self.counters.generator_steps += 1
            if self.ema is not None:
                self.ema.update(self.generator, self.average_weight())

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clips the stepping player's gradient, after a loss scaler has unscaled it, and logs its norm."""
        due = log.is_due(self.trainer, self.counters.batches + 1)  # a norm costs as much as a small step
        if not due and not any(self.clip_norms.values()):
            return
        player = next(
            p for p, bare in zip(self.players, descents.bare_optimizers(self), strict=True) if bare is optimizer
        )
        limit = self.clip_norms.get(player, 0.0)
        if limit or due:
            self.watch(f"gradient_norm/{player}", descents.clipped(optimizer, limit))

    def laid_out(self, tensor: Tensor) -> Tensor:
        """Images, videos, volumes and weights of convolutions in the memory layout chosen; anything else as it is."""
        return layouts.laid_out(tensor, self.memory_format)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Moves the networks; torch calls it for `to`, `cuda` and the like."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        layouts.lay_out_for_device(self, self.channels_last)
        return self

    # Held-out things

    def fewest_to_judge(self) -> int:
        """How many things the discriminator judges at once; it is shown whole multiples of that."""
        return held_out.fewest(self.discriminator)

    def seen(self, real: Tensor) -> Tensor:
        """Real things [N, ...] as the discriminator takes them at this point of the run: whole, unless it grows."""
        return real

    def held_out_logits(self, batch: Any) -> Tensor:
        """The discriminator's outputs on held-out real things, [N], presented as in training."""
        return cast(Tensor, self.discriminator(batch.real))

    def validation_step(self, batch: AnyBatch, batch_idx: int) -> None:
        """Logs the outputs on held-out things; how far they lie below those on training things shows overfitting.

        Batch normalisation uses the batch's own statistics, as in training, so that the two can be compared.
        """
        held_out.look(self, batch, batch_idx)

    def test_step(self, batch: AnyBatch, batch_idx: int) -> None:
        """The same as `validation_step`, under `gan test`."""
        self.validation_step(batch, batch_idx)

    def raise_if_not_finite(self) -> None:
        """Stops a run whose losses are no longer finite; called at the logging interval and before each save.

        Raises:
            Diverged: If a loss has been infinite or not a number; names the player and the step.
        """
        self._finiteness.raise_if_not_finite(self.trainer.strategy)

    def on_train_batch_end(self, outputs: Any, batch: AnyBatch, batch_idx: int) -> None:
        if log.is_due(self.trainer, self.counters.batches):
            self.raise_if_not_finite()

    # A checkpoint explains itself

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what a reader needs beside weights: the variant, the data's facts, the counters and the seed.

        Raises:
            Diverged: If a weight is infinite or not a number; such a checkpoint is never written.
        """
        checkpoint[RECORD] = record.written(self)
        checkpoint.setdefault("hyper_parameters", {})  # Lightning leaves them out if there are none

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Takes up the counters, the seed and the data's facts of the run that is resumed or read."""
        record.taken_up(self, checkpoint)

    def on_fit_start(self) -> None:
        data = getattr(self.trainer, "datamodule", None)
        if data is not None and hasattr(data, "record"):
            self.data_facts, self.data_arguments = data.record(), dict(data.hparams)
        if self.compiles:
            compile_in_place(*(getattr(self, player) for player in self.players))

    def on_train_start(self) -> None:
        """Halves the learning rates that no schedule sets, each time that the run has gone back to a checkpoint."""
        for optimizer in descents.bare_optimizers(self):
            layouts.lay_out_state(optimizer)
            for group in optimizer.param_groups:
                group["lr"] /= 2**self.further_attempts
