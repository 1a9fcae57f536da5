"""The settings of a run, kept in its folder; and the folder itself, made known to all its processes."""

from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.cli import SaveConfigCallback

from gan_cli.callbacks.run_checkpoint import is_dry_run
from gan_cli.command.running import say
from gan_cli.command.trainer import put_in
from gan_cli.errors import UserError
from gan_cli.files import write_text


class SaveRunConfig(SaveConfigCallback):
    """Writes the run's `config.yaml`, so that `gan fit --config .../config.yaml` trains the same anew.

    The first process has claimed the run's folder, or found the run to go on with; here the others learn of it.
    """

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        if is_dry_run(trainer):
            return
        place = str(trainer.loggers[0].save_dir)
        place, resumed = trainer.strategy.broadcast((place, self.config.ckpt_path))
        if not trainer.strategy.reduce_boolean_decision(resumed == self.config.ckpt_path):
            raise UserError(
                f"ckpt_path: the processes found several runs, the first {resumed}; type it in place of last"
            )
        put_in(trainer, folder := Path(place))
        if trainer.is_global_zero:
            self._write(folder)
            say(f"run: {folder}")

    def _write(self, folder: Path) -> None:
        config = self.config.clone()
        for typed_only in ("config", "module"):
            config.pop(typed_only, None)
        config.ckpt_path = None
        text = self.parser.dump(config, skip_unset=False)
        write_text(folder / "config.yaml", text)
