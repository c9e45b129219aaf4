"""Training with other processes: the options, the watch over them, and the part of a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli import ENDS
from cutaway.cli.interrupts import StoppedByHandError
from cutaway.cli.options import require_sense
from cutaway.errors import CutawayError, OptionError
from cutaway.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from cutaway.training.run_folder import RunFolder
    from cutaway.training.setup import Setup
    from cutaway.training.watch import Watch

# HOST:PORT of process 0, their number, which one this is
Launch = tuple[str | None, int | None, int | None]


def _seconds(default: float, help_: str) -> Mapping[str, Any]:
    return {
        "type": click.FloatRange(min=3.0), "default": default, "show_default": True,
        "metavar": "SECONDS", "help": help_,
    }  # fmt: skip


# One row an option, by the name of its parameter.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "distributed": {"is_flag": True, "help": "train with other processes; see docs/scaling.md"},
    "coordinator": {"metavar": "HOST:PORT", "help": "where process 0 is reached"},
    "processes": {"type": int, "metavar": "N", "help": "number of processes"},
    "process_id": {"type": int, "metavar": "I", "help": "which one this is, 0 to N-1"},
    "watch_timeout": _seconds(15.0, "silence after which a process counts as lost"),
    "hang_timeout": _seconds(600.0, "wait of the others after which a process counts as hung"),
}


def distributed_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a training that several processes share."""
    for name, row in reversed(list(OPTIONS.items())):
        function = click.option(f"--{name.replace('_', '-')}", **row)(function)
    return function


def shared(
    given: Hyperparameters, distributed: bool, launch: Launch, timeout: float, patience: float
) -> tuple[Hyperparameters, Watch | None]:
    """Join the other processes where that is asked for; return what processes can share.

    Raises:
        OptionError: something else is asked for.
        UsageError: --distributed is missing.
    """
    if distributed:
        return _as_sharded(given), _join(launch, timeout, patience)
    require_sense(OPTIONS, "--distributed")
    return given, None


def _as_sharded(given: Hyperparameters) -> Hyperparameters:
    """Let JAX train, in the coordinates of the inputs: what processes can share.

    Raises:
        OptionError: something else is asked for.
    """
    if given.backend == "numpy":
        raise OptionError("--distributed needs JAX; leave out --backend numpy")
    if given.path == "example-space":
        raise OptionError(
            "--distributed trains on the plain path, for example space needs all examples in one "
            "place; use --path plain"
        )
    return replace(given, backend="jax", path="plain")


def _join(options: Launch, timeout: float, patience: float) -> Watch:
    from cutaway.training.launch import find_launch
    from cutaway.training.meeting import join

    launch = find_launch(*options, os.environ)
    watch = join(launch, timeout, patience)
    ENDS.append(watch.leave)
    return watch


@contextmanager
def watched(watch: Watch | None) -> Iterator[None]:
    """Tell the other processes of a training when this one ends before its time."""
    try:
        yield
    except CutawayError as error:
        if watch:
            watch.tell(str(error))
        raise
    except KeyboardInterrupt:
        if watch:
            watch.tell("interrupted")
        raise
    except (click.exceptions.Exit, click.ClickException):
        raise
    except Exception:
        if watch:
            # A collective operation fails when another process has died: the watch says which.
            watch.await_verdict()
        raise


def follow(setup: Setup, watch: Watch, folder: RunFolder | None) -> None:
    """Train as one of the workers, which write nothing."""
    from cutaway.training.session import execute

    state, best, history = None, None, []
    if folder is not None and folder.has_checkpoint:
        state, best = folder.checkpoint(setup.plan.optimizer)
        epoch = state.epoch or -1
        history = [record for record in folder.history() if record.epoch <= epoch]
    run = execute(setup, state=state, best=best, history=history)
    if run.outcome.status == "interrupted":
        raise StoppedByHandError("interrupted")
    watch.release()
