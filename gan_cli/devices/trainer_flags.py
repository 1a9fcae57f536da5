"""What a run, or a verb, takes of each flag of Lightning's trainer, and what to type instead of anything else."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch.plugins import Precision

from gan_cli.errors import UserError
from gan_cli.ranges import Interval, Range, Steps, fits, readable, shown

Rule = Callable[[Any], str]
"""Says what to do in place of a value; "" where the value is taken."""

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")

MOST_DEVICES = 1_024
"""More are a slip of the finger, and on a CPU as many processes."""

UNUSABLE = {
    "BatchSizeFinder": "type --model.accumulate or --auto_accumulate true",
    "LearningRateFinder": "every player has a rate of its own; type --model.generator_lr and --model.discriminator_lr",
    "GradientAccumulationScheduler": "type --model.accumulate",
    "StochasticWeightAveraging": "type --model.ema_decay",
    "WeightAveraging": "type --model.ema_decay",
    "EMAWeightAveraging": "type --model.ema_decay",
    "BackboneFinetuning": "no variant has a backbone; leave it out",
    "SpikeDetection": "it wants one loss, and every player has its own; type --rollback true",
    "Timer": "type --trainer.max_time",
}
"""Lightning's callbacks that want one optimizer or one loss, or cannot be written into config.yaml."""


def of(kind: Any) -> Rule:
    """A flag that takes the values of a type."""
    return lambda value: "" if fits(kind, value) else f"take {readable(kind)}"


def only(*values: Any, instead: str) -> Rule:
    """A flag that takes some values alone, or is left out."""
    return lambda value: "" if value is None or value in values else instead


def _devices(value: Any) -> str:
    """Takes "auto", -1 (all), 2, "2", [0, 1] and "0,1"."""
    words = [word for word in str(value).strip("[]").split(",") if word.strip()]
    numbers = [int(word[:10]) for word in words if word.strip().lstrip("-").isdecimal()]
    if value == "auto" or (0 < len(numbers) == len(words) and max(numbers) <= MOST_DEVICES and str(value) != "0"):
        return ""
    return f"take auto, a number up to {MOST_DEVICES:,}, or a list such as [0,1]"


def _interval(value: Any) -> str:
    """Takes a number of batches or a share of an epoch; times are Lightning's to read."""
    if not isinstance(value, int | float) or value in Range(0, 10**12, without="low"):
        return ""
    return "take batches, a share of an epoch, or a time; --trainer.limit_val_batches 0 turns it off"


def _callbacks(value: Any) -> str:
    return next((UNUSABLE[name] for name in _classes(value) if name in UNUSABLE), "")


def _plugins(value: Any) -> str:
    if not any(isinstance(one, Precision | CheckpointIO) for one in _listed(value)):
        return ""
    return "precision is --trainer.precision, and saves are atomic by our own plug-in; leave it out"


PART = of(Annotated[int, Range(0, 10**12)] | Annotated[float, Range(0, 1)] | None)
COUNT = of(Annotated[int, Range(-1, 10**12)] | None)
CLIPPING = only(instead="with several players type --model.generator_clip_norm and --model.discriminator_clip_norm")

FLAGS: dict[str, Rule] = {
    "accelerator": only("auto", "cpu", "gpu", "cuda", "mps", instead="take auto, cpu, gpu, cuda or mps"),
    "strategy": only(
        *("auto", "ddp", "ddp_find_unused_parameters_true", "single_device"),
        instead="each player's gradients are averaged by our own strategy; take auto or ddp",
    ),
    "devices": _devices,
    "num_nodes": of(Annotated[int, Range(1, 10_000)]),
    "precision": only(*PRECISIONS, 32, 16, "32", "16", "bf16", instead=f"take {', '.join(PRECISIONS)}"),
    "logger": lambda value: "metrics.csv belongs to a run; leave it out" if value is False else "",
    "callbacks": _callbacks,
    "fast_dev_run": of(bool | Annotated[int, Range(0, 10**12)]),
    "max_epochs": COUNT,
    "min_epochs": of(Steps | None),
    "max_steps": COUNT,
    "min_steps": of(Steps | None),
    "max_time": of(Any),
    "limit_train_batches": PART,
    "limit_val_batches": PART,
    "limit_test_batches": only(instead="gan fit tests nothing; type gan test --num N"),
    "limit_predict_batches": only(instead="gan fit predicts nothing; type gan sample --num N"),
    "overfit_batches": only(0, instead="the data is an endless shuffled stream; train on a folder of few images"),
    "val_check_interval": _interval,
    "check_val_every_n_epoch": of(Interval | None),
    "num_sanity_val_steps": COUNT,
    "log_every_n_steps": of(Steps | None),
    "enable_checkpointing": only(True, instead="a run keeps its checkpoints; --trainer.fast_dev_run 1 writes nothing"),
    "enable_progress_bar": of(bool | None),
    "enable_model_summary": of(bool | None),
    "accumulate_grad_batches": only(1, instead="with several players type --model.accumulate"),
    "gradient_clip_val": CLIPPING,
    "gradient_clip_algorithm": CLIPPING,
    "deterministic": of(bool | Literal["warn"] | None),
    "benchmark": of(bool | None),
    "inference_mode": of(bool),
    "use_distributed_sampler": only(False, instead="our samplers deal the images out; leave it out"),
    "profiler": lambda value: "take simple, advanced or pytorch" if value == "xla" else "",
    "detect_anomaly": of(bool),
    "barebones": only(False, instead="a run keeps its log and its checkpoints; leave it out"),
    "plugins": _plugins,
    "sync_batchnorm": of(bool),
    "reload_dataloaders_every_n_epochs": of(Steps),
    "default_root_dir": lambda value: "take a folder of this machine" if "://" in str(value) else "",
    "enable_autolog_hparams": of(bool),
    "model_registry": only(instead="nothing is sent to a registry; leave it out"),
}
"""Every flag of Lightning's trainer; a test compares the names with its signature."""

OBJECTS = ("logger", "callbacks", "plugins")
"""Flags whose values are known only once they have been made."""


def check(options: Mapping[str, Any]) -> None:
    """Refuses values that a run or a verb cannot have.

    Args:
        options: Flags of Lightning's trainer.

    Raises:
        UserError: If one of them is not possible here.
    """
    for name, value in options.items():
        if instead := FLAGS[name](value):
            raise UserError(f"trainer.{name}: {_said(value)} is not possible; {instead}")
    for least, most in (("min_steps", "max_steps"), ("min_epochs", "max_epochs")):
        low, high = options.get(least), options.get(most)
        if low and high is not None and -1 < high < low:
            raise UserError(f"trainer.{least}: {low} is more than the {high} of --trainer.{most}; lower it")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _classes(value: Any) -> list[str]:
    return [type(one).__name__ for one in _listed(value)]


def _said(value: Any) -> str:
    """A value as it was typed: objects by their classes."""
    if isinstance(value, bool):
        return str(value).lower()
    plain = all(one is None or isinstance(one, str | int | float) for one in _listed(value))
    return shown(value) if plain else ", ".join(_classes(value))
