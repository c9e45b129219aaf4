"""TensorBoard: an event file in the run folder; `tensorboard --logdir runs` shows all runs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cutaway.report.markdown import table, text
from cutaway.tracking.tracker import Point
from cutaway.training.run_folder import RunFolder


class EventFile:
    """Writes points as scalars, the settings as a table."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        from tensorboardX import SummaryWriter

        # An earlier file of this run is told from its first step on: all is written anew.
        earlier = any(folder.glob("events.*"))
        self.last = -1
        self._writer = SummaryWriter(logdir=str(folder), purge_step=0 if earlier else None)
        rows = [[text(name), text(value)] for name, value in settings.items()]
        self._writer.add_text("settings", table(["setting", "value"], rows), 0)

    def write(self, points: Sequence[Point]) -> None:
        """Add points."""
        for point in points:
            for name, value in point.values.items():
                self._writer.add_scalar(name, value, point.epoch, walltime=point.when)
        self._writer.flush()

    def close(self, status: str, files: Sequence[Path]) -> None:
        """Close the file; those of the run lie beside it."""
        self._writer.close()


def open_writer(
    folder: RunFolder, settings: Mapping[str, str], memory: Any
) -> tuple[EventFile, dict[str, str], str]:
    """Open the event file of a run; return it, nothing to remember, and what shows it."""
    where = f"tensorboard --logdir {shlex.quote(str(folder.path.parent))}"
    return EventFile(folder.path / "tensorboard", settings), {}, where
