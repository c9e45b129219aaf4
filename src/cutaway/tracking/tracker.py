"""The consumer that hands Records to a tracker's writer, some at a time."""

from __future__ import annotations

import datetime
import functools
import importlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from cutaway.tracking import TRACKERS, require
from cutaway.training.plan import Plan
from cutaway.training.record import EVERYTHING, Needs, Record, State, Stop
from cutaway.training.run_folder import RunFolder
from cutaway.wording import setting

# Fields of a Record that are no measurements
_NO_VALUES = ("epoch", "iteration", "seconds")
# The setting that says what a run is part of
PARENT = "part_of"
# Seconds between two deliveries: a server answers one in some milliseconds or more
INTERVAL = 2.0


class Point(NamedTuple):
    """What a tracker gets of one Record: its epoch, its time in seconds since 1970, its values."""

    epoch: int
    when: float
    values: Mapping[str, float]


class Writer(Protocol):
    """What brings points to a tracker.

    last  the last epoch that is there already, -1 before the first
    """

    last: int

    def write(self, points: Sequence[Point]) -> None:
        """Add points."""

    def close(self, status: str, files: Sequence[Path]) -> None:
        """End the run, as its training ended, and hand over files of its folder."""


class Tracker:
    """Watches a training for a tracker; the first failure of it is said, and is the last."""

    needs: Needs = EVERYTHING

    def __init__(
        self, name: str, writer: Writer, every: int, start: float, say: Callable[[str], None]
    ) -> None:
        self.name, self.writer, self.every = name, writer, every
        self.start, self.say = start, say
        self.is_broken = False
        self._waiting: list[Point] = []
        self._sent = time.monotonic()

    def __call__(self, record: Record, state: State | None = None) -> Stop | None:
        """Take the Record; deliver what waits when it is time."""
        # A resumed training repeats the Records after its checkpoint, to the same bits.
        if record.epoch > self.writer.last and not self.is_broken:
            self.writer.last = record.epoch
            self._waiting.append(Point(record.epoch, self.start + record.seconds, flat(record)))
            if time.monotonic() - self._sent >= INTERVAL:
                self.deliver()
        return None

    def deliver(self) -> None:
        """Deliver what waits."""
        points, self._waiting = self._waiting, []
        self._sent = time.monotonic()
        if points:
            self._try(self.writer.write, points)

    def close(self, status: str, files: Iterable[Path] = ()) -> None:
        """Deliver what waits, and end."""
        self.deliver()
        self._try(self.writer.close, status, [path for path in files if path.is_file()])

    def _try(self, function: Callable[..., None], *arguments: Any) -> None:
        if self.is_broken:
            return
        try:
            function(*arguments)
        # A tracker is somebody else's program or server: whatever it raises, the training goes on.
        except Exception as error:
            self.is_broken = True
            reason = str(error).strip().partition("\n")[0]
            self.say(
                f"{self.name} failed and hears no more of this training "
                f"({type(error).__name__}: {reason}); the run folder has everything"
            )


def flat(record: Record) -> dict[str, float]:
    """Return the measurements of a Record that are finite, those of a layer as W_norm/1."""
    values: dict[str, float] = {}
    for name, value in record.to_json().items():
        if isinstance(value, list):
            values |= {f"{name}/{l}": one for l, one in enumerate(value, 1) if _is_finite(one)}
        elif name not in _NO_VALUES and _is_finite(value):
            values[name] = value
    return values


def _is_finite(value: Any) -> bool:
    return value is not None and math.isfinite(value)


class Trackers:
    """The trackers of several runs that belong together, ended with them all.

    parent  name of the sweep, ensemble or improvement that they are part of
    show    is told where the first run can be looked at
    """

    def __init__(
        self,
        names: Iterable[str],
        parent: str,
        show: Callable[[list[str]], None],
        say: Callable[[str], None],
    ) -> None:
        self.names, self.parent, self.show = tuple(names), parent, show
        self._opened: list[tuple[RunFolder, list[Tracker]]] = []
        # What has failed has failed for all runs: that is said once.
        self._say = functools.cache(say)

    def of(self, folder: RunFolder | None, plan: Plan) -> list[Tracker]:
        """Open the trackers of one more run, or those that it had before it was interrupted.

        Raises:
            RunError: a tracker cannot be opened.
        """
        if folder is None or not (self.names or folder.read().get("tracked")):
            return []
        trackers, places = open_trackers(self.names, folder, plan, self._say, self.parent)
        if not self._opened:
            self.show(places)
        self._opened.append((folder, trackers))
        return trackers

    def __enter__(self) -> Trackers:
        return self

    def __exit__(self, *exception: object) -> None:
        for folder, trackers in self._opened:
            status = folder.read()["status"] if folder.path.is_dir() else ""
            # Nothing runs any more: it could not be ended in order.
            status = "interrupted" if status in ("", "running") else status
            for tracker in trackers:
                tracker.close(status, folder.closing)


def open_trackers(
    names: Iterable[str],
    folder: RunFolder,
    plan: Plan,
    say: Callable[[str], None],
    parent: str = "",
) -> tuple[list[Tracker], list[str]]:
    """Return trackers of a run, and where each can be looked at; run.json remembers them.

    What the history of a resumed run holds already is handed to them first. `parent` is the name of
    what the run is part of.

    Raises:
        MissingExtraError: what it needs is not installed.
        RunError: a tracker cannot be opened.
    """
    values = folder.read()
    memory = dict.fromkeys(names) | values.get("tracked", {})
    # Where one cannot be opened now, resuming tries again.
    folder.update(tracked=memory)
    start = datetime.datetime.fromisoformat(values["created"]).timestamp()
    settings = {name: setting(value) for name, value in plan.values.items()}
    data = values["data"]
    settings |= {"data": str(data["name"]), "fingerprint": str(data["fingerprint"])}
    settings |= {PARENT: parent} if parent else {}
    require(memory)
    trackers, places = [], []
    for name in memory:
        module: Any = importlib.import_module(TRACKERS[name].module)
        writer, memory[name], where = module.open_writer(folder, settings, memory.get(name))
        tracker = Tracker(name, writer, plan.print_every, start, say)
        for record in folder.history():
            tracker(record)
        trackers.append(tracker)
        places.append(where)
    folder.update(tracked=memory)
    return trackers, places
