"""What the commands share that train several networks: the live line, Ctrl-C, the trackers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

from cutaway.cli.console import field
from cutaway.cli.interrupts import Interrupts
from cutaway.cli.streams import print_note
from cutaway.cli.sweep_progress import SweepProgress
from cutaway.tracking.tracker import Tracker, Trackers
from cutaway.training.run import Consumer
from cutaway.training.run_folder import RunFolder
from cutaway.training.setup import Setup
from cutaway.training.trainee import Watch


@contextmanager
def watching(
    console: Console,
    setups: Sequence[Setup],
    folder: RunFolder,
    interrupts: Interrupts,
    track: Sequence[str],
) -> Iterator[tuple[Watch, SweepProgress]]:
    """Give the consumers of each training, and the line that shows them.

    folder  of the sweep, the ensemble or the improvement that they are part of
    track   names of trackers, none for those that it had before it was interrupted
    """
    interrupts.every = min(setup.plan.print_every for setup in setups)
    progress = SweepProgress(console, setups[0].plan.metric, interrupts.every)
    trackers = trackers_of(console, _remembered(folder, track), folder.name)

    def watch(setup: Setup, folder: RunFolder | None) -> Sequence[Consumer]:
        opened: Sequence[Tracker] = trackers.of(folder, setup.plan)
        return (progress.watch(setup), interrupts, *opened)

    with trackers, progress:
        yield watch, progress


def trackers_of(console: Console, names: Sequence[str], parent: str = "") -> Trackers:
    """Return the trackers of trainings, which show where the first can be looked at."""

    def show(places: list[str]) -> None:
        field(console, "tracked", *places, wrap=False)

    return Trackers(names, parent, show, print_note)


def _remembered(folder: RunFolder, track: Sequence[str]) -> Sequence[str]:
    """Keep the names of trackers for a --resume, or return those that were kept."""
    if not (folder.path / "run.json").is_file():
        # A sweep is no run, and its trials are resumed one by one.
        return track
    if track:
        folder.update(tracked=dict.fromkeys(track))
    return tuple(folder.read().get("tracked", ()))
