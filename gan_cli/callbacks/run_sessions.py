"""Records the machines and the time that a run took, in `environment.json`."""

import json
import platform
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import lightning
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli import __version__, runs
from gan_cli.callbacks.run_checkpoint import is_dry_run
from gan_cli.devices import float32
from gan_cli.devices.cores import cores
from gan_cli.files import write_json
from gan_cli.variants.base import AdversarialModule


class RunSessions(Callback):
    """Writes one session for a run's start and one for each time that it is resumed; their durations add up.

    The file is renewed at each save, so that a run that is killed has lost no more of its time than of its steps. It
    also says which verb makes pictures of the run, and what to type after `--module` where its classes are not ours.

    Args:
        modules: What to type; none of it is ever imported because it stands there.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._modules = list(modules)
        self._path = Path()
        self._content: dict[str, Any] = {}
        self._since = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        folder = Path(trainer.log_dir or trainer.default_root_dir)  # asks all processes
        if not trainer.is_global_zero or is_dry_run(trainer):
            return
        assert isinstance(pl_module, AdversarialModule)
        self._path = folder / runs.SESSIONS
        self._since = time.perf_counter()
        self._content = {
            "verb": pl_module.VERB,
            "modules": self._modules,
            "parameters": {
                player: sum(weights.numel() for weights in getattr(pl_module, player).parameters())
                for player in pl_module.players
            },
            "origin": pl_module.origin,
            "sessions": [*earlier(self._path), session(trainer)],
        }
        self._write(trainer)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        self._write(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._write(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._write(trainer)

    def _write(self, trainer: Trainer) -> None:
        if not self._content:
            return
        self._content["sessions"][-1] |= {
            "last_step": trainer.global_step,
            "seconds": round(time.perf_counter() - self._since, 2),
            "threads": _model(trainer).threads or torch.get_num_threads(),
        }
        write_json(self._path, self._content)


def earlier(path: Path) -> list[Any]:
    """The sessions of a run so far; none where the file is not there or not whole."""
    try:
        sessions = json.loads(path.read_text(encoding="utf-8"))["sessions"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    return sessions if isinstance(sessions, list) else []


def session(trainer: Trainer) -> dict[str, Any]:
    """The machine and the software that a run starts on."""
    on_gpu = trainer.strategy.root_device.type == "cuda"
    in_tf32 = " with TF32" if on_gpu and any(float32.rounded()) else ""
    return {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "first_step": trainer.global_step,
        "max_steps": trainer.max_steps,
        "processes": trainer.world_size,
        "accelerator": _gpu(trainer.strategy.root_device),
        "processor": processor(),
        "cores": cores(),
        "precision": f"{trainer.precision}{in_tf32}",
        "memory_layout": str(_model(trainer).memory_format).removeprefix("torch.").removesuffix("_format"),
        "versions": {
            "gan-cli": __version__,
            "torch": torch.__version__,
            "lightning": lightning.__version__,
            "Python": platform.python_version(),
        },
        "system": f"{platform.system()} {platform.machine()}",
    }


def _gpu(device: torch.device) -> str | None:
    """The name of a GPU; None of the CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple's GPU (MPS)" if device.type == "mps" else None


def _model(trainer: Trainer) -> AdversarialModule:
    return cast(AdversarialModule, trainer.lightning_module)


def processor(listing: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = listing.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
