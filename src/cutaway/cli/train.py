"""cutaway train: from a path to a trained, judged and saved network."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import click

from cutaway.cli import command_line
from cutaway.cli.options import (
    GroupedCommand,
    hyperparameter_options,
    json_option,
    read_hyperparameters,
    runs_option,
)


@click.command("train", cls=GroupedCommand)
@click.argument("path", required=False)
@hyperparameter_options()
@click.option("--labels", metavar="FILE", help="a table with the label of each picture")
@click.option(
    "--task",
    type=click.Choice(["classification", "multi-label", "regression"]),
    help="what to learn, where the target leaves it open",
)
@click.option("--strict", is_flag=True, help="stop at the first unreadable picture")
@click.option("--name", metavar="NAME", help="name of the run's folder")
@runs_option
@click.option("--resume", metavar="RUN", help="go on with a run that was interrupted")
@json_option
@click.option("--quiet", is_flag=True, help="print only where the run is")
def command(
    path: str | None,
    labels: str | None,
    task: Any,
    strict: bool,
    name: str | None,
    runs: str,
    resume: str | None,
    as_json: bool,
    quiet: bool,
    **values: str | None,
) -> None:
    """Train a network on PATH and keep the run.

    PATH is a folder with a folder of pictures for each class, a table (CSV, TSV, Parquet, JSON
    lines), an array file (npz, npy, h5), or a data set by name: digits, breast_cancer, iris, wine,
    diabetes, fashion_mnist, planar, circles, moons, xor.
    """
    given = read_hyperparameters(values)
    if resume is not None:
        extra = [word for word, text in values.items() if text is not None]
        if path or labels or task or name or extra:
            raise click.UsageError(
                "--resume RUN goes on with the settings of that run; give no other"
            )
    elif path is None:
        raise click.UsageError(
            "PATH is missing: a folder of pictures, a table, or a name such as digits"
        )

    # Heavy imports come after the options have been read: a misspelling is told at once.
    from cutaway.cli.console import make_console, show_closing, show_setup
    from cutaway.cli.progress import Progress
    from cutaway.experiments.baselines import baselines
    from cutaway.report import write_report
    from cutaway.training import session
    from cutaway.training.evaluation import evaluate
    from cutaway.training.files import write_bytes, write_json
    from cutaway.training.run_folder import find
    from cutaway.training.summary import describe

    console = make_console(silent=as_json or quiet)
    if resume is not None:
        folder = find(resume, Path(runs))
        setup = session.reopen(folder)
    else:
        setup = session.set_up(str(path), given, labels=labels, task=task, strict=strict)
        folder = session.begin(setup, Path(runs), name, command=command_line())
    show_setup(console, setup)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(console, setup.plan))
        if resume is not None:
            run = session.resume(folder, setup, [progress])
        else:
            run = session.execute(setup, folder=folder, consumers=[progress])
    train = evaluate(run.model, setup.prepared.train)
    dev = evaluate(run.model, setup.prepared.dev) if setup.prepared.dev else None
    beside = [] if run.outcome.status == "interrupted" else baselines(setup.prepared)
    summary = describe(run, train, dev, beside)
    write_json(folder.metrics, summary)
    write_bytes(folder.report, write_report(run, dev, train, beside).encode())
    show_closing(console, run, train, dev, beside)
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    if quiet:
        click.echo(folder.path)
    if run.outcome.status == "diverged":
        raise click.exceptions.Exit(2)
    if run.outcome.status == "interrupted":
        raise click.exceptions.Exit(130)
