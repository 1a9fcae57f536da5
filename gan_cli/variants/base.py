"""What every GAN does: two players that descend in turn. No objective and no layer is named here."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, cast

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.core.optimizer import LightningOptimizer, do_nothing_closure
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, get_total_norm
from torch.optim import Adam, Optimizer

from gan_cli import seeding
from gan_cli._version import __version__
from gan_cli.batches import AnyBatch, ImageBatch, PointBatch
from gan_cli.errors import Diverged, UserError
from gan_cli.networks.compilation import compile_in_place
from gan_cli.networks.ema import ShadowGenerator
from gan_cli.networks.layers import mixes_batch, running_statistics_untouched
from gan_cli.variants.card import Card
from gan_cli.variants.finiteness import FinitenessGuard

Losses = dict[str, Tensor]

Seen = Tensor | tuple[Tensor, ...]
"""What the discriminator sees in one pass: images, or images and their labels."""

RECORD = "gan_cli"
"""Where a checkpoint keeps what explains it."""

PLAYERS = ("discriminator", "generator")
"""In the order of their descents, which is also the order of the optimizers."""


@dataclass
class Counters:
    """How far a run is; kept in the checkpoint.

    Attributes:
        batches: Batches seen, each counted once whatever `n_critic`.
        generator_steps: Steps of the generator; decay and EMA follow them.
        images: Real images shown to the discriminator by all processes; a thousand of them are a kimg.
        critic_steps: The discriminator's since the generator's last one.
    """

    batches: int = 0
    generator_steps: int = 0
    images: int = 0
    critic_steps: int = 0


class AdversarialModule(LightningModule, ABC):
    """Two players, optimised manually; a variant adds its networks, its two objectives and `forward`.

    A variant sets `self.generator` and `self.discriminator` in its `__init__` (and, if it makes images from noise,
    `latent_dim` and `latent_distribution`), and then calls `self.finish_players()`.

    Args:
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates, for both players.
        n_critic: Steps of the discriminator, one a batch, for each of the generator.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        lr_decay_start: Generator step at which both learning rates begin to fall.
        lr_decay_end: Generator step at which they reach 0, linearly; 0 keeps them constant.
        generator_clip_norm: Largest norm of the generator's gradient; 0 is no limit.
        discriminator_clip_norm: Largest norm of the discriminator's gradient; 0 is no limit.
        accumulate: Parts a batch is cut into, one backward pass each, to save memory; the step stays one batch.
        channels_last: Memory layout of images and convolutions; faster on CPUs and on GPUs with tensor cores.
        compile: Whether both players are compiled when training begins; penalties on slopes run without it.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = None
    """What the variant's paper prints; `gan list NAME` shows it beside the live defaults."""
    BATCHES: ClassVar[tuple[type[AnyBatch], ...]] = (ImageBatch, PointBatch)
    """The kinds of data it learns from."""
    GIVEN: ClassVar[tuple[str, ...]] = ()
    """What `forward` takes beside latents, by name, such as "labels"."""
    TAKES_ATTRIBUTES: ClassVar[bool] = False
    """Whether an image may be of several classes, or must be of one where the variant knows classes."""
    generator: nn.Module
    discriminator: nn.Module
    latent_dim: int
    latent_distribution: seeding.Distribution
    num_classes: int = 0
    """K where the variant knows classes; where pictures are made by class, `forward` takes labels."""
    point_dim: int = 0
    """Coordinates of the points that are made instead of images; 0 for images."""

    def __init__(
        self,
        *,
        generator_lr: float,
        discriminator_lr: float,
        adam_betas: tuple[float, float] = (0.9, 0.999),
        n_critic: int = 1,
        ema_decay: float = 0.0,
        lr_decay_start: int = 0,
        lr_decay_end: int = 0,
        generator_clip_norm: float = 0.0,
        discriminator_clip_norm: float = 0.0,
        accumulate: int = 1,
        channels_last: bool = True,
        compile: bool = False,
    ) -> None:
        super().__init__()
        check("generator_lr", generator_lr, generator_lr > 0, "above 0")
        check("discriminator_lr", discriminator_lr, discriminator_lr > 0, "above 0")
        check("adam_betas", adam_betas, all(0 <= beta < 1 for beta in adam_betas), "from 0 up to, not including, 1")
        check("n_critic", n_critic, n_critic >= 1, "1 or more")
        check("ema_decay", ema_decay, 0 <= ema_decay < 1, "from 0 up to, not including, 1")
        check("generator_clip_norm", generator_clip_norm, generator_clip_norm >= 0, "0 or more")
        check("discriminator_clip_norm", discriminator_clip_norm, discriminator_clip_norm >= 0, "0 or more")
        check("accumulate", accumulate, accumulate >= 1, "1 or more")
        decays = lr_decay_start or lr_decay_end
        check("lr_decay_end", lr_decay_end, not decays or 0 <= lr_decay_start < lr_decay_end, "above lr_decay_start")
        self.save_hyperparameters()
        self.automatic_optimization = False
        self.compiles = compile
        self.learning_rates = {"generator": generator_lr, "discriminator": discriminator_lr}
        self.clip_norms = {"generator": generator_clip_norm, "discriminator": discriminator_clip_norm}
        self.adam_betas = adam_betas
        self.n_critic = n_critic
        self.ema_decay = ema_decay
        self.lr_decay = (lr_decay_start, lr_decay_end)
        self.accumulate = accumulate
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.counters = Counters()
        self.seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))  # where Lightning's seed_everything leaves it
        self.attempt = self.further_attempts = 0
        self.data_facts: dict[str, Any] = {}
        self._rows = seeding.Rows(0, 0, 0)
        self._watched: dict[str, list[Tensor]] = {}
        self._finiteness = FinitenessGuard()

    def finish_players(self) -> None:
        """Lays the players out in memory and makes the generator's shadow; the last line of a variant's `__init__`."""
        self.to(memory_format=self.memory_format)
        self.ema = ShadowGenerator(self.generator) if self.ema_decay else None

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
        scaled = getattr(self.trainer.precision_plugin, "scaler", None) is not None
        return Adam(network.parameters(), lr=self.learning_rates[player], betas=self.adam_betas, fused=not scaled)

    # What a variant may override

    def shared(self, batch: Any) -> Any:
        """What both `*_losses` of a batch are given, made once and with the generator's graph.

        The batch itself, unless the paper uses the same generated images in both: then a tuple with them.
        """
        return batch

    def critic_steps(self) -> int:
        """How many steps of the discriminator the next one of the generator waits for."""
        return self.n_critic

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Sets what changes over a run, before each batch: both learning rates, which fall linearly."""
        start, end = self.lr_decay
        if not end:
            return
        factor = min(1.0, max(0.0, (end - self.counters.generator_steps) / (end - start)))
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rates[player] * factor

    def average_weight(self) -> float:
        """Weight of the old average in the generator's, at the step it has just made: little at first."""
        steps = self.counters.generator_steps
        return min(self.ema_decay, (1 + steps) / (10 + steps))

    def held_out_measures(self, batch: Any) -> Losses:
        """Further numbers to log on a batch of held-out images, in eval mode; scalars, averaged over the batches."""
        return {}

    # What a variant uses

    def picture_maker(self, ema: bool = True) -> nn.Module:
        """The generator that makes pictures: the averaged one where there is one, unless `ema` is off."""
        return self.ema if ema and self.ema is not None else self.generator

    def judge(self, real: Seen, *others: Seen) -> tuple[Tensor, ...]:
        """The discriminator's outputs on real images, and on each of the others, which are generated or mislabelled.

        Two passes where the discriminator mixes the batch (batch normalisation): statistics of real and generated
        images together give the game away, and training collapses. Only real images move its running statistics.
        One pass otherwise, which is faster.
        """
        if mixes_batch(self.discriminator):
            return self.discriminator(*_inputs(real)), *(self.judge_fake(other) for other in others)
        passes = [_inputs(seen) for seen in (real, *others)]
        outputs: Tensor = self.discriminator(*(torch.cat(parts) for parts in zip(*passes, strict=True)))
        return tuple(torch.split(outputs, [len(inputs[0]) for inputs in passes]))

    def judge_fake(self, fake: Seen) -> Tensor:
        """The discriminator's outputs on generated images, with its running statistics left alone."""
        with running_statistics_untouched(self.discriminator):
            return cast(Tensor, self.discriminator(*_inputs(fake)))

    def noise(self, use: str, *shape: int, distribution: seeding.Distribution = "normal") -> Tensor:
        """Random numbers for the images at hand, [N, *shape]: a function of the seed, the batch and the rows.

        Args:
            use: What they are for; different uses are independent.
            *shape: Shape of one row.
            distribution: N(0, 1) or uniform on [-1, 1].
        """
        drawn = seeding.noise_for_rows(
            self._rows, shape, seed=self.noise_seed, use=use, step=self.counters.batches, distribution=distribution
        )
        return drawn.to(self.device, non_blocking=True)

    @property
    def noise_seed(self) -> int:
        """What noise is drawn from: the run's seed, or another one after a rollback."""
        return seeding.mix(self.seed, "attempt", self.attempt) if self.attempt else self.seed

    @property
    def images_at_once(self) -> int:
        """Images of the global batch at hand."""
        return self._rows.total

    def watch(self, name: str, values: Tensor) -> None:
        """Puts the mean of something that is no loss into the log; nothing is computed but at the logging interval."""
        if self._logs_now:
            self._watched.setdefault(name, []).append(values.detach().float().mean())

    def watch_outputs(self, real: Tensor, fake: Tensor) -> None:
        """Logs the discriminator's mean outputs on training images and on generated ones."""
        self.watch("logits/real", real)
        self.watch("logits/fake", fake)

    # Training

    def configure_optimizers(self) -> list[Optimizer]:
        return [self.make_optimizer(player) for player in PLAYERS]

    def training_step(self, batch: AnyBatch, batch_idx: int) -> None:
        """One batch: the discriminator descends, and after `critic_steps` of them the generator too."""
        optimizers = dict(zip(PLAYERS, cast(list[LightningOptimizer], self.optimizers()), strict=True))
        _count_batches_only(optimizers["generator"])
        seeding.reseed(seeding.mix(self.noise_seed, "step", self.counters.batches, self.global_rank), self.device)
        self.set_schedules(optimizers)
        parts = [part._replace(batch=self._shared(part)) for part in self._parts(batch)]
        self._descend("discriminator", optimizers["discriminator"], parts)
        self.counters.critic_steps += 1
        if self.counters.critic_steps >= self.critic_steps():
            self._descend("generator", optimizers["generator"], parts)
            self.counters.critic_steps = 0
            self.counters.generator_steps += 1
            if self.ema is not None:
                self.ema.update(self.generator, self.average_weight())
        self.counters.batches += 1
        self.counters.images += len(batch[0]) * self.trainer.world_size
        if self._logs_at(self.counters.batches):
            self._log_watched()

    def _descend(self, player: str, optimizer: LightningOptimizer, parts: Sequence["BatchPart"]) -> None:
        """One step of one player on one batch, the other one frozen."""
        with self._only(player):
            for part in parts:
                self._rows = part.rows
                losses: Losses = getattr(self, f"{player}_losses")(part.batch)
                loss = torch.stack(list(losses.values())).sum()
                with self._unsynchronised() if part is not parts[-1] else nullcontext():
                    self.manual_backward(loss * part.share)
                self._finiteness.note(player, loss, self.counters.batches + 1)
                for name, value in losses.items():
                    self.watch(f"loss/{player}/{name}", value)
            optimizer.step()
            optimizer.zero_grad()

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clips the stepping player's gradient, after a loss scaler has unscaled it, and logs its norm."""
        player = PLAYERS[0] if optimizer is self._bare_optimizers()[0] else PLAYERS[1]
        parameters = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if limit := self.clip_norms[player]:
            self.watch(f"gradient_norm/{player}", clip_grad_norm_(parameters, limit))
        elif self._logs_now:
            self.watch(f"gradient_norm/{player}", get_total_norm([cast(Tensor, p.grad) for p in parameters]))

    def _bare_optimizers(self) -> list[Optimizer]:
        return cast(list[Optimizer], self.optimizers(use_pl_optimizer=False))

    def _parts(self, batch: AnyBatch) -> Iterator["BatchPart"]:
        """The batch cut into `accumulate` parts, each with its rows of the global batch and its share of the loss."""
        count = len(batch[0])
        first = self.global_rank * count
        total = count * self.trainer.world_size
        for rows in torch.arange(count).chunk(self.accumulate):
            start, stop = int(rows[0]), int(rows[-1]) + 1
            part = type(batch)(*(self._laid_out(tensor[start:stop]) for tensor in batch))
            yield BatchPart(part, seeding.Rows(first + start, first + stop, total), (stop - start) / count)

    def _shared(self, part: "BatchPart") -> Any:
        self._rows = part.rows
        return self.shared(part.batch)

    def _laid_out(self, tensor: Tensor) -> Tensor:
        return tensor.contiguous(memory_format=self.memory_format) if tensor.ndim == 4 else tensor

    @contextmanager
    def _only(self, player: str) -> Iterator[None]:
        """Within it only this player's parameters want gradients: the other's passes are cheaper, or free."""
        (other,) = (getattr(self, name) for name in PLAYERS if name != player)
        frozen = [parameter for parameter in other.parameters() if parameter.requires_grad]
        for parameter in frozen:
            parameter.requires_grad = False
        try:
            yield
        finally:
            for parameter in frozen:
                parameter.requires_grad = True

    def _unsynchronised(self) -> AbstractContextManager[Any]:
        """Within it processes keep their gradients to themselves."""
        no_sync: Callable[[], AbstractContextManager[Any]] = getattr(self.trainer.model, "no_sync", nullcontext)
        return no_sync()

    def _log_watched(self) -> None:
        """Logs once a step, from one hook: at a run's first batch Lightning forgets what other hooks have logged."""
        watched = {name: torch.stack(values).mean() for name, values in self._watched.items()}
        self._watched.clear()
        counted = {"kimg": self.counters.images / 1000, "generator_steps": float(self.counters.generator_steps)}
        self.log_dict({**watched, **counted, **self._axis()}, batch_size=1)

    def _axis(self) -> dict[str, float]:
        """The loggers' axis, batches trained; Lightning's own starts at 0."""
        return {"step": float(self.counters.batches)}

    @property
    def _logs_now(self) -> bool:
        return self._logs_at(self.counters.batches + 1)

    def _logs_at(self, batches: int) -> bool:
        every: int = getattr(self.trainer, "log_every_n_steps", 0)
        return every > 0 and batches % every == 0

    # Held-out images

    def fewest_to_judge(self) -> int:
        """Images that the discriminator needs at once: two where it takes statistics of one number an image."""
        return 2 if any(isinstance(module, nn.BatchNorm1d) for module in self.discriminator.modules()) else 1

    def held_out_logits(self, batch: Any) -> Tensor:
        """The discriminator's outputs on held-out real images, [N], seen as it sees the training images."""
        return cast(Tensor, self.discriminator(batch.real))

    def validation_step(self, batch: AnyBatch, batch_idx: int) -> None:
        """Logs the outputs on held-out images: how far they lie below those on training images is overfitting.

        Batch normalisation uses the batch's own statistics, as in training, so that the two can be compared.
        """
        count = len(batch[0])
        if count < (fewest := self.fewest_to_judge()):
            if batch_idx == 0:
                raise UserError(f"data.batch_size: the discriminator judges {fewest} images at once; take as many")
            return  # the rest of a set
        seeding.reseed(seeding.mix(self.seed, "held out", batch_idx, self.global_rank), self.device)  # augmentation
        self.discriminator.train(mixes_batch(self.discriminator))
        with running_statistics_untouched(self.discriminator):
            logits = self.held_out_logits(batch)
        self.log("logits/held_out", logits.float().mean(), sync_dist=True, batch_size=len(logits))
        self.discriminator.eval()
        measures = {f"metric/{name}": value for name, value in self.held_out_measures(batch).items()}
        self.log_dict(measures, sync_dist=True, batch_size=count)
        if self.trainer.state.fn == "fit":
            self.log_dict(self._axis(), batch_size=1)

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
        if self._logs_at(self.counters.batches):
            self.raise_if_not_finite()

    # A checkpoint explains itself

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what a reader needs beside weights: the variant, the data's facts, the counters and the seed.

        Raises:
            Diverged: If a weight is infinite or not a number; such a checkpoint is never written.
        """
        tensors = [tensor for tensor in self.state_dict().values() if tensor.is_floating_point()]
        if not torch.stack([tensor.isfinite().all() for tensor in tensors]).all():
            raise Diverged(f"a weight is no longer finite after step {self.counters.batches}; nothing was saved")
        checkpoint[RECORD] = {
            "gan_cli": __version__,
            "variant": type(self).__name__,
            "module": type(self).__module__,
            "data": self.data_facts,
            "counters": asdict(self.counters),
            "seed": self.seed,
            "processes": self.trainer.world_size,
            "attempt": self.attempt,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Takes up the counters, the seed and the data's facts of the run that is resumed or read."""
        record = checkpoint[RECORD]
        self.counters = Counters(**record["counters"])
        self.seed = record["seed"]
        self.data_facts = record["data"]
        self.attempt = record.get("attempt", 0) + self.further_attempts
        for player in PLAYERS:
            self.learning_rates[player] = self.hparams[f"{player}_lr"] / 2**self.attempt

    def on_fit_start(self) -> None:
        facts = getattr(getattr(self.trainer, "datamodule", None), "facts", None)
        if facts is not None:
            self.data_facts = facts._asdict()
        if self.compiles:
            compile_in_place(self.generator, self.discriminator)

    def on_train_start(self) -> None:
        """Halves the rates that no schedule sets, where the run has gone back to a checkpoint."""
        for optimizer in self._bare_optimizers():
            for group in optimizer.param_groups:
                group["lr"] /= 2**self.further_attempts


class BatchPart(NamedTuple):
    """A part of a batch: what both descents start from, its rows of the global batch, its share of the batch's loss."""

    batch: Any
    rows: seeding.Rows
    share: float


def _inputs(seen: Seen) -> tuple[Tensor, ...]:
    return seen if isinstance(seen, tuple) else (seen,)


def _count_batches_only(optimizer: LightningOptimizer) -> None:
    """Keeps this optimizer's steps out of Lightning's count for the batch at hand.

    Lightning counts every optimizer step, so with two players `max_steps` would count a batch twice. The loop sets
    these private hooks anew at each batch; the discriminator's remain, and it steps exactly once per batch.
    """
    optimizer._on_before_step = do_nothing_closure
    optimizer._on_after_step = do_nothing_closure


def check(name: str, value: object, possible: bool, wanted: str) -> None:
    """Refuses an argument of a variant.

    Args:
        name: The argument.
        value: What was given.
        possible: Whether that is in the argument's range.
        wanted: What is, as it follows the words "take a value".

    Raises:
        UserError: If it is not possible.
    """
    if not possible:
        raise UserError(f"model.{name}: {value} is not possible; take a value {wanted}")
