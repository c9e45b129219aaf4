"""Finding the model that a RUN on the command line names."""

from __future__ import annotations

from pathlib import Path

from cutaway.training.model import Model
from cutaway.training.run_folder import RunFolder, find


def find_model(run: str, runs: str) -> tuple[Model, RunFolder | None]:
    """Return the model of a run, and its folder; a model file stands for itself.

    Raises:
        RunError: there is no such run, or its model cannot be read.
    """
    path = Path(run)
    if path.suffix == ".safetensors" and path.is_file():
        return Model.load(path), None
    folder = find(run, Path(runs))
    return Model.load(folder.model), folder
