"""Loggers: a CSV file in the run's folder, always; Weights & Biases where it is asked for, never in the way.

TensorBoard and MLflow are in `tensorboard.py` and `mlflow.py`.
"""

import csv
import io
import netrc
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from lightning.pytorch.loggers import Logger, WandbLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from gan_cli import ranges
from gan_cli.errors import first_line
from gan_cli.files import write_text
from gan_cli.ranges import Seconds

METRICS_FILE = "metrics.csv"
WANDB_ID = "wandb_id"
"""The file in a run's folder that holds the run's id at W&B."""
OF_WANDB = {"dir": "WANDB_DIR", "name": "WANDB_NAME", "id": "WANDB_RUN_ID", "resume": "WANDB_RESUME"}
"""Environment variables of W&B, each with the argument of ours that would win over it."""


@rank_zero_only
def tell(text: str) -> None:
    """Prints in one process of several."""
    print(text, flush=True)


@runtime_checkable
class InARun(Protocol):
    """A logger that asks where the run is kept, which is known only when training begins."""

    def put_in(self, folder: Path) -> None:
        """Sets the run's folder."""


@runtime_checkable
class ShowsPictures(Protocol):
    """A logger that shows the pictures made while training."""

    def log_image(self, key: str, images: list[Any], step: int | None = None) -> None:
        """Shows pictures, names of PNG files, below a name."""


@runtime_checkable
class ShowsFilms(Protocol):
    """A logger that also shows what moves."""

    def log_film(self, key: str, film: str, step: int | None = None) -> None:
        """Shows a film, the name of a GIF file, below a name."""


class RunLogger(Logger):
    """Writes `metrics.csv` into the run's folder; an existing file is continued.

    Lightning's CSVLogger deletes the file of the run that is resumed.

    Args:
        folder: The run's folder; None where it is known only later.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self.folder = folder or Path()
        self._columns: list[str] = []

    def put_in(self, folder: Path) -> None:
        """Sets the run's folder."""
        self.folder = folder

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / METRICS_FILE

    @property
    def name(self) -> str:
        return self.folder.parent.name

    @property
    def version(self) -> str:
        return self.folder.name

    @property
    def save_dir(self) -> str:
        return str(self.folder)

    @rank_zero_only
    def log_hyperparams(self, params: Any = None) -> None:
        """Nothing: `config.yaml` holds them already."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Adds a row; where it has new columns the file is written anew."""
        row = {**metrics, "step": step}
        if not row.keys() <= set(self._columns):
            columns, rows = _read(self.path)
            self._columns = sorted({*columns, *row})
            _write(self.path, self._columns, rows)
        try:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, self._columns).writerow(row)
        except OSError as error:  # that of a full disk does not name the file
            raise OSError(error.errno, error.strerror, str(self.path)) from error


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """A file's columns and its whole rows; a last row that a kill cut short is no row."""
    if not path.is_file():
        return [], []
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        columns, *rows = list(csv.reader(file)) or [[]]
    return columns, [dict(zip(columns, row, strict=True)) for row in rows if len(row) == len(columns)]


def _write(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def cut_back(folder: Path, step: int) -> None:
    """Drops from a run's `metrics.csv` what lies after a step: the resumed run writes it again."""
    columns, rows = _read(folder / METRICS_FILE)
    if "step" in columns:
        _write(folder / METRICS_FILE, columns, [row for row in rows if int(row["step"]) <= step])


class Wandb(WandbLogger):
    """Weights & Biases that never stands in the way: offline where there is no key or no network.

    Offline runs lie in `<run folder>/wandb` and are sent later with `wandb sync`. A run that is resumed keeps its id
    and the count of its steps, so that its parts become one run there. W&B's own environment variables, such as
    `WANDB_MODE`, `WANDB_PROJECT`, `WANDB_RUN_ID` and `WANDB_DIR`, win over all that is not typed.

    Args:
        project: Project to log to; without it `WANDB_PROJECT`, or else "gan-cli".
        offline: Do not try to connect, whatever `WANDB_MODE` says.
        init_timeout: Seconds after which an attempt to connect is given up and the run goes on offline; without it
            `WANDB_INIT_TIMEOUT`, or else 10.
    """

    def __init__(self, project: str | None = None, offline: bool = False, init_timeout: Seconds | None = None) -> None:
        ranges.check("trainer.logger", type(self), locals())
        import wandb

        mode = "offline" if offline else _mode()
        if mode is None and not _has_key():
            tell("W&B: no API key, so this run is logged offline (`wandb login` makes one known)")
            mode = "offline"
        seconds = init_timeout if init_timeout is not None else float(os.environ.get("WANDB_INIT_TIMEOUT") or 10)
        super().__init__(
            project=project or os.environ.get("WANDB_PROJECT") or "gan-cli",
            settings=wandb.Settings(init_timeout=seconds),
            mode=mode,
        )

    def put_in(self, folder: Path) -> None:
        """Sets the run's folder as the place of W&B's own files; they are still written after the run has ended."""
        self._id_file = folder / WANDB_ID
        ours = {
            "dir": str(folder.resolve()),
            "name": f"{folder.parent.name}/{folder.name}",
            "id": self._id_file.read_text("utf-8").strip() if self._id_file.is_file() else None,
            "resume": "allow",
        }
        self._wandb_init |= {key: None if os.environ.get(OF_WANDB[key]) else value for key, value in ours.items()}
        self._save_dir = os.environ.get("WANDB_DIR") or ours["dir"]

    @property
    def experiment(self) -> Any:
        import wandb

        begins = self._experiment is None
        try:
            run = super().experiment
        except (wandb.errors.CommError, wandb.errors.UsageError) as error:
            tell(f"W&B: not reached ({first_line(error)}), so this run is logged offline")
            self._wandb_init["mode"] = "offline"
            run = super().experiment
        if begins and self._experiment is not None and not run.disabled:
            write_text(self._id_file, f"{run.id}\n")
        return run

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Logs at the run's own step: W&B would count from 0 again after a run is resumed."""
        self.experiment.log({**metrics, "trainer/global_step": step}, step=step)

    @rank_zero_only
    def log_film(self, key: str, film: str, step: int | None = None) -> None:
        """Shows a film, a GIF file, below a name."""
        import wandb

        self.experiment.log({key: wandb.Video(film, format="gif")}, step=step)


def _mode() -> str | None:
    """The mode that the environment asks for; `WANDB_DISABLED` is what W&B itself has left to other libraries."""
    if os.environ.get("WANDB_DISABLED", "").lower() in ("1", "true", "yes", "on"):
        return "disabled"
    return os.environ.get("WANDB_MODE") or None


def _has_key() -> bool:
    """Whether W&B would find an API key: in the environment, or where `wandb login` puts it."""
    import wandb

    host = urlsplit(os.environ.get("WANDB_BASE_URL") or str(wandb.Settings().base_url)).hostname or ""
    path = Path(os.environ.get("NETRC", "~/_netrc" if os.name == "nt" else "~/.netrc")).expanduser()
    try:
        stored = netrc.netrc(path).authenticators(host)
    except (OSError, netrc.NetrcParseError):
        stored = None
    return bool(os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE") or stored)
