"""TensorBoard beside the CSV file: curves, sample grids and films in the run's folder, one run with all its parts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from gan_cli.errors import UserError
from gan_cli.media import reading

FOLDER = "tensorboard"
"""The folder of its event files within a run's."""


class TensorBoard(Logger):
    """Writes event files into `<run folder>/tensorboard`; `tensorboard --logdir checkpoints` shows all runs.

    A run that is resumed goes on there: what was logged after the checkpoint is hidden, because it is logged again.
    Films are shown as they move, since a browser plays a GIF as an image. Settings are a text.

    Raises:
        UserError: If tensorboard is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        try:
            import tensorboard  # noqa: F401
        except ImportError as error:
            raise UserError(
                "trainer.logger: TensorBoard is not installed: pip install 'gan-cli[tensorboard]'"
            ) from error
        self._folder = Path()
        self._writer: Any = None
        self._settings: dict[str, Any] = {}

    def put_in(self, folder: Path) -> None:
        """Sets the run's folder."""
        self._folder = folder / FOLDER

    @property
    def name(self) -> str:
        return self._folder.parent.parent.name

    @property
    def version(self) -> str:
        return self._folder.parent.name

    @property
    def save_dir(self) -> str:
        return str(self._folder)

    def _writer_at(self, step: int | None) -> Any:
        """The writer; where the run has event files already, they count up to the step at which it is first used."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            goes_on = any(self._folder.glob("events.out.tfevents.*"))
            self._writer = SummaryWriter(str(self._folder), purge_step=(step or 0) if goes_on else None)
        return self._writer

    @rank_zero_only
    def log_hyperparams(self, params: Any = None) -> None:
        """Keeps the settings, to be written as a table with the first numbers: where a run goes on is known then."""
        self._settings = dict(params or {})

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Writes a point of each curve."""
        writer = self._writer_at(step)
        for name, value in metrics.items():
            writer.add_scalar(name, value, step)
        if self._settings:
            rows = "\n".join(f"| {name} | {value} |" for name, value in self._settings.items())
            writer.add_text("settings", f"| setting | value |\n| --- | --- |\n{rows}", step)
            self._settings = {}

    @rank_zero_only
    def log_image(self, key: str, images: list[Any], step: int | None = None) -> None:
        """Shows pictures, PNG or GIF files, below a name."""
        for path in images:
            self._show(key, Path(path), step)

    @rank_zero_only
    def log_film(self, key: str, film: str, step: int | None = None) -> None:
        """Shows a film, a GIF file, below a name."""
        self._show(key, Path(film), step)

    def _show(self, key: str, path: Path, step: int | None) -> None:
        """Writes a file's own bytes: what is decoded and encoded again would be larger and could not move."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        width, height = reading.size(path)
        image = Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=path.read_bytes())
        summary = Summary(value=[Summary.Value(tag=key, image=image)])
        self._writer_at(step)._get_file_writer().add_summary(summary, step)

    @rank_zero_only
    def save(self) -> None:
        if self._writer is not None:
            self._writer.flush()

    @rank_zero_only
    def finalize(self, status: str) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
