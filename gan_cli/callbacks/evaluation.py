"""Scores while training, the checkpoint that they call the best, and an early stop."""

import time
from pathlib import Path
from typing import Any, Literal

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli import ranges, runs
from gan_cli.callbacks.run_checkpoint import is_dry_run
from gan_cli.errors import UserError
from gan_cli.evaluation.comparing import measures_of, own_table
from gan_cli.evaluation.scorer import SELECTING_SEED, Scorer
from gan_cli.evaluation.scores import KINDS, chosen
from gan_cli.metrics.row_table import Kind
from gan_cli.ranges import Many, Steps
from gan_cli.variants.base import AdversarialModule

COSTLY = {"ppl"}
"""Measures that are computed only if they are asked for."""


class Evaluation(Callback):
    """Logs `metric/fid` and the like of the averaged generator, and keeps `best.ckpt`, the best one by a measure.

    The samples are other ones than those that `gan test` reports on, or the choice would flatter the report. Nothing of
    the training is changed by it.

    Args:
        every_n_steps: Batches between two evaluations; 0 makes none.
        features: What measures distances: inception, lite0, classifier or a TorchScript file; None: the set's usual.
        num: Images judged at most; None takes as many as the split has, up to 50,000.
        split: The real images: `val`, held out from training, or `test`.
        metrics: Which measures; None takes all that are possible but the slow ones (ppl), and what the set measures
            itself.
        monitor: The measure whose best value is kept, of these or of the set's own; None keeps none.
        patience: Evaluations in a row without a better value after which the run ends; 0 goes on.
    """

    def __init__(
        self,
        every_n_steps: Steps = 0,
        features: str | None = None,
        num: Many | None = None,
        split: Literal["val", "test"] = "val",
        metrics: list[str] | None = None,
        monitor: str | None = None,
        patience: Steps = 0,
    ) -> None:
        ranges.check("evaluation", type(self), locals())
        if (patience or monitor) and not every_n_steps:
            raise UserError(f"{'monitor' if monitor else 'evaluation.patience'}: type --evaluation.every_n_steps too")
        if patience and not monitor:
            raise UserError("evaluation.patience: patience for what? Type --monitor too, such as --monitor fid")
        for name in metrics or []:
            if name not in KINDS:
                raise UserError(f"evaluation: there is no measure {name}; take {', '.join(KINDS)}")
        if monitor in KINDS:
            _check_has_a_best(monitor, KINDS[monitor])
        self.every_n_steps = every_n_steps
        self.features = features
        self.num = num
        self.split: Literal["val", "test"] = split
        self.takes_own = metrics is None or (monitor is not None and monitor not in KINDS)
        self.metrics = metrics or [name for name in KINDS if name in chosen(None) - COSTLY or name == monitor]
        self.monitor = monitor
        self.patience = patience
        self.best: float | None = None
        self.best_step = 0
        self.in_vain = 0
        self._folder = Path()
        self._scorer: Scorer | None = None
        self._kinds: dict[str, Kind] = dict(KINDS)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self._folder = Path(trainer.log_dir or trainer.default_root_dir)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.every_n_steps:
            return
        assert isinstance(pl_module, AdversarialModule)
        medium, data = pl_module.medium, trainer.datamodule  # type: ignore[attr-defined]
        measures = measures_of(pl_module, data) if self.takes_own else None
        own = measures.kinds if measures else {}
        by_features = self.features is not None or medium.features(lambda: True) is not None
        if not by_features and not own:
            raise UserError(
                f"evaluation: there are no usual features of {medium.name}; leave it out, or type "
                "--evaluation.features FILE (TorchScript)"
            )
        if is_dry_run(trainer):
            return
        self._kinds = {**KINDS, **own}
        self._scorer = Scorer(data, self.features, self.num, self.split, self.metrics)
        # before hours are spent on a run that cannot be evaluated
        measured = {*own, *(self._scorer.prepare(pl_module) if by_features else ())}
        if self.monitor and self.monitor not in measured:
            there = ", ".join(name for name in self._kinds if name in measured)
            raise UserError(f"monitor: {self.monitor} is not measured here; there are {there}")
        if self.monitor:
            _check_has_a_best(self.monitor, self._kinds[self.monitor])

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not self.every_n_steps or trainer.global_step % self.every_n_steps or is_dry_run(trainer):
            return
        assert isinstance(pl_module, AdversarialModule)
        start = time.perf_counter()
        values, left_out = self._values(pl_module)
        values |= self._own_values(trainer, pl_module)
        named = {f"metric/{name}": value for name, value in values.items()}
        named["time/evaluation_seconds"] = time.perf_counter() - start
        for logger in trainer.loggers:
            logger.log_metrics(named, step=pl_module.counters.batches)
        if self.monitor:
            if self.monitor not in values and trainer.is_global_zero:
                why = [line for line in left_out if self._kinds[self.monitor].title in line.partition(":")[0]]
                print(f"monitor: step {trainer.global_step} has none. {' '.join(why)}", flush=True)
            self._keep_the_best(trainer, pl_module, values.get(self.monitor))

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_step": self.best_step, "in_vain": self.in_vain, "monitor": self.monitor}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if state_dict["monitor"] == self.monitor:  # with another measure it starts again
            self.best, self.best_step = state_dict["best"], state_dict["best_step"]
            self.in_vain = state_dict["in_vain"]

    def _values(self, model: AdversarialModule) -> tuple[dict[str, float], list[str]]:
        """The measures, and why some are missing.

        Of a translator they are means over the directions, and those of each as `fid/horse2zebra`.
        """
        assert self._scorer is not None
        found = self._scorer.score(model, SELECTING_SEED)
        left_out = [line for table in found for line in table.left_out]
        tables = {table.direction: table.values() for table in found}
        if len(tables) <= 1:
            return next(iter(tables.values()), {}), left_out
        each = {f"{name}/{key}": value for key, values in tables.items() for name, value in values.items()}
        shared = set.intersection(*(set(values) for values in tables.values()))
        means = {name: sum(t[name] for t in tables.values()) / len(tables) for name in sorted(shared)}
        return {**means, **each}, left_out

    def _own_values(self, trainer: Trainer, model: AdversarialModule) -> dict[str, float]:
        """What the set measures itself, where it is wanted."""
        if not self.takes_own:
            return {}
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        table = own_table(model, data, SELECTING_SEED, self.split, self.num)
        return table.values() if table is not None else {}

    def _keep_the_best(self, trainer: Trainer, model: AdversarialModule, value: float | None) -> None:
        assert self.monitor is not None
        sign = 1 if self._kinds[self.monitor].better == "lower" else -1
        if value is not None and (self.best is None or sign * value < sign * self.best):
            self.best, self.best_step, self.in_vain = value, trainer.global_step, 0
            model.raise_if_not_finite()
            trainer.save_checkpoint(self._folder / runs.BEST)
            return
        self.in_vain += 1
        if self.patience and self.in_vain >= self.patience:
            trainer.should_stop = True
            if trainer.is_global_zero:
                best = (
                    f"was best after step {self.best_step}, {self.best:.4g}"
                    if self.best is not None
                    else "had no value"
                )
                print(f"stopped early: {self.monitor} {best}", flush=True)


def _check_has_a_best(name: str, kind: Kind) -> None:
    """Refuses a measure whose lowest or highest value is not the best.

    Raises:
        UserError: If it is one.
    """
    if kind.better not in ("lower", "higher"):
        raise UserError(f"monitor: no value of {name} is the best; take another measure")
