"""MLflow beside the CSV file: in files without a server, on one where there is one, and never in the way."""

import logging
import os
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import MLFlowLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from PIL import Image

from gan_cli.callbacks.loggers import tell
from gan_cli.errors import UserError, first_line
from gan_cli.files import write_text

STORE = "mlruns"
"""The folder of MLflow's files beside all runs, such as `checkpoints/mlruns`: its page compares runs of one store."""
RUN_ID = "mlflow_id"
"""The file in a run's folder that holds the run's id in MLflow."""
UNASKED = {
    "MLFLOW_ALLOW_FILE_STORE": "true",  # MLflow only mends files, and refuses them unless this is said
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # MLflow's own 7, each after a longer pause, keep a run waiting for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # seconds
}
"""Environment variables of MLflow that are set where nobody has set them."""


class MLflow(MLFlowLogger):
    """MLflow that never stands in the way: in files beside the runs, or on a server that can be reached.

    Without a server the runs are in `checkpoints/mlruns`, which `mlflow ui --backend-store-uri checkpoints/mlruns`
    shows. A server that is not there is told, and the run is logged in files; one that goes away is told too, and the
    run goes on without. A run that is resumed keeps its id; what it logs again stands there twice, with equal values.
    `MLFLOW_TRACKING_URI`, `MLFLOW_EXPERIMENT_NAME` and `MLFLOW_RUN_ID` are obeyed.

    Args:
        experiment: Experiment to log to; without it `MLFLOW_EXPERIMENT_NAME`, or else "gan-cli".
        tracking_uri: The server's address, or a store's; without it `MLFLOW_TRACKING_URI`, or else files.

    Raises:
        UserError: If MLflow is not installed.
    """

    def __init__(self, experiment: str | None = None, tracking_uri: str | None = None) -> None:
        try:
            import mlflow  # noqa: F401
        except ImportError as error:
            raise UserError("trainer.logger: MLflow is not installed: pip install 'gan-cli[mlflow]'") from error
        for name, value in UNASKED.items():
            os.environ.setdefault(name, value)
        logging.getLogger("lightning.pytorch.loggers.mlflow").setLevel(logging.ERROR)  # it warns of each new experiment
        self._asked = experiment, tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
        self._dropped = self._goes_on = False
        self._run_id: str | None = None
        self._id_file = Path(RUN_ID)

    def put_in(self, folder: Path) -> None:
        """Sets the run's folder, which knows the run's id; the store of files lies beside the runs."""
        if self._id_file == folder / RUN_ID:  # all processes are told, the first one twice
            return
        experiment, address = self._asked
        self._id_file, self._store = folder / RUN_ID, (folder.parent.parent / STORE).resolve().as_uri()
        known = self._id_file.read_text("utf-8").split() if self._id_file.is_file() else []
        self._begin(experiment, f"{folder.parent.name}/{folder.name}", address or self._store, known)

    def _begin(self, experiment: str | None, name: str, address: str, known: list[str]) -> None:
        """Makes Lightning's logger; a run's id is of one store, and means nothing in another.

        Raises:
            UserError: If there is no such kind of address.
        """
        from mlflow.exceptions import MlflowException

        run_id = known[0] if len(known) == 2 and known[1] == address else None
        try:
            super().__init__(
                experiment_name=experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "gan-cli",
                run_name=name,
                tracking_uri=address,
                run_id=os.environ.get("MLFLOW_RUN_ID") or run_id,
            )
        except (MlflowException, ImportError) as error:
            raise self._refusal(error, address) from error

    def _refusal(self, error: Exception, address: str = "") -> UserError:
        run_id = os.environ.get("MLFLOW_RUN_ID")
        return UserError(
            f"trainer.logger: MLflow cannot log to {address or self._tracking_uri} ({_short(error)})\n"
            + (f"MLFLOW_RUN_ID={run_id} may be no run there" if run_id else "Set another tracking_uri")
        )

    @property
    def experiment(self) -> Any:
        from mlflow.exceptions import MlflowException

        if rank_zero_only.rank or self._initialized:  # type: ignore[attr-defined]
            return super().experiment
        try:
            client = self._begun()
        except MlflowException as error:
            if self._tracking_uri == self._store:
                raise self._refusal(error) from error
            tell(f"MLflow: not reached ({_short(error)}), so this run is logged in {self._store}")
            self._begin(self._experiment_name, self._run_name or "", self._store, [])
            client = self._begun()
        write_text(self._id_file, f"{self._run_id} {self._tracking_uri}\n")
        return client

    def _begun(self) -> Any:
        """The client of a run that is there and running; one that was removed from its store is begun anew."""
        from mlflow.exceptions import MlflowException
        from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

        if self._run_id is not None:
            try:
                self._mlflow_client.update_run(self._run_id, status="RUNNING")
                self._goes_on = True
            except MlflowException as error:
                if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST) or os.environ.get("MLFLOW_RUN_ID"):
                    raise
                self._run_id = None
        return super().experiment

    @contextmanager
    def _never_in_the_way(self) -> Iterator[None]:
        """Drops what cannot be logged, and tells so once."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except (MlflowException, OSError) as error:
            if not self._dropped:
                tell(f"MLflow: {_short(error)}; the run goes on without it, and metrics.csv has all numbers")
            self._dropped = True

    @rank_zero_only
    def log_hyperparams(self, params: Any = None) -> None:
        """Logs the settings of a new run; those of one that goes on are there, and cannot be changed."""
        with self._never_in_the_way():
            self.experiment  # noqa: B018  # tells whether it goes on
            if not self._goes_on:
                super().log_hyperparams(params or {})

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        if not self._dropped:
            with self._never_in_the_way():
                super().log_metrics(metrics, step)

    @rank_zero_only
    def log_image(self, key: str, images: list[Any], step: int | None = None) -> None:
        """Shows pictures, PNG files, below a name, with a slider for the step."""
        for path in images:
            if not self._dropped:
                with self._never_in_the_way(), Image.open(path) as image:
                    self.experiment.log_image(self.run_id, image, key=key, step=step)

    @rank_zero_only
    def log_film(self, key: str, film: str, step: int | None = None) -> None:
        """Keeps a film, a GIF file, among the run's artifacts, whose page plays it."""
        if not self._dropped:
            with self._never_in_the_way():
                self.experiment.log_artifact(self.run_id, film, key)

    @rank_zero_only
    def finalize(self, status: str = "success") -> None:
        if not self._dropped and self._id_file.is_file():
            with self._never_in_the_way():
                super().finalize(status)


def _short(error: Exception) -> str:
    return textwrap.shorten(first_line(error), 120, placeholder=" ...")
