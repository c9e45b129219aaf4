"""MLflow: a run on the tracking server, or in the database, that MLflow itself is set to."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cutaway.errors import RunError
from cutaway.tracking.tracker import PARENT, Point
from cutaway.training.run_folder import RunFolder

EXPERIMENT = "cutaway"
# Most values, or settings, in one call
BATCH, SETTINGS = 1000, 100
LONGEST_VALUE = 6000
ENDS = {"interrupted": "KILLED", "diverged": "FAILED"}


class MlflowRun:
    """Writes points as metrics, the settings as parameters, the files of the run as artifacts."""

    def __init__(self, client: Any, run_id: str, last: int) -> None:
        self.client, self.run_id, self.last = client, run_id, last

    def write(self, points: Sequence[Point]) -> None:
        """Add points."""
        from mlflow.entities import Metric

        metrics = [
            Metric(name, value, round(1000 * point.when), point.epoch)
            for point in points
            for name, value in point.values.items()
        ]
        for start in range(0, len(metrics), BATCH):
            self.client.log_batch(self.run_id, metrics=metrics[start : start + BATCH])

    def close(self, status: str, files: Sequence[Path]) -> None:
        """Hand over files and end the run."""
        for path in files:
            self.client.log_artifact(self.run_id, str(path))
        self.client.set_terminated(self.run_id, ENDS.get(status, "FINISHED"))


def open_writer(
    folder: RunFolder, settings: Mapping[str, str], memory: Mapping[str, str] | None
) -> tuple[MlflowRun, dict[str, str], str]:
    """Begin a run, or take up the one that run.json remembers.

    Returns the writer, what run.json is to remember, and where the run is shown.

    Raises:
        RunError: the server or the database cannot be reached.
    """
    import mlflow

    # It tells at length how it makes its tables.
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    uri = (memory or {}).get("uri") or mlflow.get_tracking_uri()
    try:
        client = mlflow.MlflowClient(uri)
        if memory:
            run_id = memory["run_id"]
            done = client.get_metric_history(run_id, "cost")
            writer = MlflowRun(client, run_id, max((one.step for one in done), default=-1))
            client.update_run(run_id, status="RUNNING")
        else:
            writer = MlflowRun(client, _begin(client, folder, settings), -1)
    # The client raises errors of its own, of the database, of the network
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise RunError(
            f"MLflow at {uri} cannot be used: {reason}; start its server, or set "
            "MLFLOW_TRACKING_URI to one that runs"
        ) from error
    return writer, {"run_id": writer.run_id, "uri": uri}, f"MLflow run {writer.run_id} at {uri}"


def _begin(client: Any, folder: RunFolder, settings: Mapping[str, str]) -> str:
    """Begin a run with its settings in the experiment that MLflow is set to; return its id."""
    from mlflow.entities import Param

    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
    there = client.get_experiment_by_name(name)
    experiment = there.experiment_id if there else client.create_experiment(name)
    tags = {"run_folder": str(folder.path.absolute())}
    run_name, parent = folder.name, settings.get(PARENT, "")
    if parent:
        tags[PARENT] = parent
        # The members of an ensemble are called by their number alone.
        run_name = run_name if run_name.startswith(parent) else f"{parent}-{run_name}"
    run_id = str(client.create_run(experiment, tags=tags, run_name=run_name).info.run_id)
    params = [Param(key, value[:LONGEST_VALUE]) for key, value in settings.items()]
    for start in range(0, len(params), SETTINGS):
        client.log_batch(run_id, params=params[start : start + SETTINGS])
    return run_id
