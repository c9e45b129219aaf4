"""Trainings in other programs' dashboards: one table of trackers, one module a tracker.

A tracker is a consumer of Records. The run folder stays the source of truth: a tracker that fails
is told once, and the training goes on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cutaway.errors import MissingExtraError


class Kind(NamedTuple):
    """One tracker.

    module   holds open_writer(folder, settings, memory) -> (Writer, memory, where)
    needs    packages of the extra `track` that it imports
    """

    module: str
    needs: tuple[str, ...]


TRACKERS: Mapping[str, Kind] = {
    "tensorboard": Kind("cutaway.tracking.tensorboard", ("tensorboardX",)),
    "mlflow": Kind("cutaway.tracking.mlflow", ("mlflow", "sqlalchemy", "alembic")),
}


def require(names: Iterable[str]) -> None:
    """Check that what trackers import is installed.

    Raises:
        MissingExtraError: it is not.
    """
    for name in names:
        for package in TRACKERS[name].needs:
            if importlib.util.find_spec(package) is None:
                raise MissingExtraError(package, "track", f"--track {name}")
