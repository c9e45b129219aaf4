"""cutaway train: from a path to a trained, judged and saved network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli import command_line
from cutaway.cli.distributed import OPTIONS, distributed_options, follow, shared, watched
from cutaway.cli.interrupts import Interrupts, resumable
from cutaway.cli.options import (
    GroupedCommand,
    answer,
    hyperparameter_options,
    read_hyperparameters,
    require_one_source,
    training_options,
)
from cutaway.errors import RunError
from cutaway.tracking import require as require_trackers

if TYPE_CHECKING:
    from rich.console import Console

    from cutaway.insight.faults.search import Search
    from cutaway.tracking.tracker import Tracker
    from cutaway.training.run import Consumer
    from cutaway.training.run_folder import RunFolder
    from cutaway.training.setup import Setup
    from cutaway.training.trainee import Run


@click.command("train", cls=GroupedCommand)
@click.argument("data", metavar="[PATH]", required=False)
@hyperparameter_options()
@training_options("name of the run's folder", kept="the run")
@click.option("--resume", metavar="RUN", help="go on with a run that was interrupted")
@distributed_options
def command(
    data: str | None,
    labels: str | None,
    task: Any,
    strict: bool,
    name: str | None,
    runs: str,
    resume: str | None,
    track: tuple[str, ...],
    as_json: bool,
    distributed: bool,
    coordinator: str | None,
    processes: int | None,
    process_id: int | None,
    watch_timeout: float,
    hang_timeout: float,
    quiet: bool,
    **values: str | None,
) -> None:
    """Train a network on PATH and keep the run.

    PATH is a folder with a folder of pictures for each class, a table (CSV, TSV, Parquet, JSON
    lines), an array file (npz, npy, h5), or a data set by name: digits, breast_cancer, iris, wine,
    diabetes, fashion_mnist, planar, circles, moons, xor.
    """
    given = read_hyperparameters(values)
    require_one_source(data, resume, "run", beside=OPTIONS)
    require_trackers(track)
    launch = (coordinator, processes, process_id)
    given, watch = shared(given, distributed, launch, watch_timeout, hang_timeout)
    with watched(watch), Interrupts() as interrupts:
        # Heavy imports come after the options have been read: a misspelling is told at once.
        from cutaway.cli.console import make_console, show_setup, waiting
        from cutaway.cli.together import trackers_of
        from cutaway.engine.processes import ALONE, of_jax
        from cutaway.training import session
        from cutaway.training.resume import reopen, require_unfinished
        from cutaway.training.runs import find
        from cutaway.training.setup import gathered, set_up

        group = of_jax(watch.meet) if watch else ALONE
        leads = watch is None or watch.launch.process_id == 0
        console = make_console(silent=as_json or quiet or not leads)
        with waiting(console, "reading") as show:

            def say(text: str) -> None:
                if watch:
                    watch.step()
                show(text)

            if resume is not None:
                folder = find(resume, Path(runs))
                require_unfinished(folder)
                setup = reopen(folder, say, group)
                if watch and setup.plan.execution.backend != "jax":
                    raise RunError(
                        f"{folder.path} was trained by NumPy; --distributed needs backend=jax"
                    )
            else:
                reading = {"labels": labels, "task": task, "strict": strict}
                setup = set_up(str(data), given, **reading, say=say, processes=group)
                if leads:
                    folder = session.begin(setup, Path(runs), name, command=command_line())
        if watch is not None and not leads:
            follow(setup, watch, find(resume, Path(runs)) if resume else None)
            return
        if watch:
            watch.again = f"go on in all of them with: cutaway train --resume {folder.typed}"
        with resumable(folder, "train"), trackers_of(console, track) as trackers:
            show_setup(console, setup)
            search = _search(console, setup, folder) if setup.hyperparameters.faults else None
            watching = (search, trackers.of(folder, setup.plan))
            run = _train(console, setup, folder, interrupts, *watching, resume=resume is not None)
            if watch is not None:
                if run.outcome.status == "interrupted":
                    raise KeyboardInterrupt
                watch.release()
                # The others have left: process 0 reads their examples to judge the network.
                run = replace(run, setup=gathered(setup))
            summary = _judge(console, run, folder, search)
    answer(summary, folder.path, as_json=as_json, quiet=quiet)
    interrupts.end(diverged=run.outcome.status == "diverged")


def _search(console: Console, setup: Setup, folder: RunFolder) -> Search:
    """Return the search for faults, which has seen what a training that is resumed has shown."""
    from cutaway.cli.faults import show_fault
    from cutaway.insight.faults.data import sample
    from cutaway.insight.faults.search import Search
    from cutaway.insight.faults.setting import Setting

    search = Search(Setting.of(setup, folder.read().get("command", "")))
    in_data = search.look_at(sample(setup))
    history = folder.history()
    for found in () if history else in_data:
        show_fault(console, found)
    for record in history:
        search.see(record)
    return search


def _train(
    console: Console,
    setup: Setup,
    folder: RunFolder,
    interrupts: Interrupts,
    search: Search | None,
    trackers: list[Tracker],
    *,
    resume: bool,
) -> Run:
    from cutaway.cli.faults import FaultWatch
    from cutaway.cli.progress import Progress
    from cutaway.training.resume import resume as go_on
    from cutaway.training.session import execute

    interrupts.every = setup.plan.print_every
    with Progress(console, setup.plan) as progress:
        consumers: list[Consumer] = [progress, interrupts, *trackers]
        if search is not None:
            consumers.append(FaultWatch(console, search, setup.plan.print_every))
        if resume:
            return go_on(folder, setup, consumers)
        return execute(setup, folder=folder, consumers=consumers)


def _judge(console: Console, run: Run, folder: RunFolder, search: Search | None) -> dict[str, Any]:
    """Compare with the baselines, write the figures and the report, and show them."""
    from cutaway.cli.console import show_closing, waiting
    from cutaway.cli.faults import show_fault, show_faults
    from cutaway.experiments.baselines import baselines
    from cutaway.report import keep_card, write_report
    from cutaway.training.evaluation import evaluate_all
    from cutaway.training.files import write_json, write_text
    from cutaway.training.summary import describe

    if search is not None:
        for found in search.end(run.outcome.status, run.outcome.reason):
            show_fault(console, found)
    prepared = run.setup.prepared
    evaluated = evaluate_all(run.model, prepared)
    with waiting(console, "fitting the baselines"):
        beside = [] if run.outcome.status == "interrupted" else baselines(prepared)
    summary = describe(run, evaluated, beside)
    summary["faults"] = search.to_json() if search else None
    with waiting(console, "writing the report"):
        report = write_report(run, evaluated, beside, search)
    try:
        if search is not None:
            folder.update(faults=[found.to_json() for found in search.found])
        write_json(folder.metrics, summary)
        keep_card(folder, run.model)
        write_text(folder.report, report)
    finally:
        # The figures are shown even where the disk is full.
        if search is not None:
            show_faults(console, search)
        show_closing(console, run, evaluated, beside)
    return summary
