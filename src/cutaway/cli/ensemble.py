"""cutaway ensemble: several networks of one setting, which answer with their mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli import command_line
from cutaway.cli.interrupts import Interrupts, resumable
from cutaway.cli.options import (
    GroupedCommand,
    answer,
    hyperparameter_options,
    read_hyperparameters,
    require_one_source,
    training_options,
)
from cutaway.tracking import require as require_trackers

if TYPE_CHECKING:
    from rich.console import Console

    from cutaway.experiments.ensemble import Ensemble


@click.command("ensemble", cls=GroupedCommand)
@click.argument("data", metavar="[PATH]", required=False)
@hyperparameter_options()
@click.option("--members", type=click.IntRange(2, 1000), metavar="K", help="networks  [5]")
@click.option("--bootstrap", is_flag=True, help="each learns from its own draw with replacement")
@training_options("name of the run's folder", kept="the run")
@click.option("--resume", metavar="RUN", help="go on with an ensemble that was interrupted")
def command(
    data: str | None,
    members: int | None,
    bootstrap: bool,
    labels: str | None,
    task: Any,
    strict: bool,
    name: str | None,
    runs: str,
    resume: str | None,
    track: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **values: str | None,
) -> None:
    """Train several networks on PATH that answer together, with the mean of their outputs.

    They are trained as one and differ by their seed, or by --bootstrap. The run is one model:
    predict, evaluate, compare and diagnose take it as they take one network.
    """
    given = read_hyperparameters(values)
    require_one_source(data, resume, "ensemble")
    require_trackers(track)
    with Interrupts() as interrupts:
        # Heavy imports come after the options have been read: a misspelling is told at once.
        from cutaway.cli.console import make_console, show_setup, waiting
        from cutaway.cli.together import watching
        from cutaway.experiments import ensemble as experiment
        from cutaway.training.runs import find

        console = make_console(silent=as_json or quiet)
        with waiting(console, "reading") as say:
            if resume is not None:
                folder = find(resume, Path(runs))
                setups, bootstrap = experiment.reopen_ensemble(folder, say)
            else:
                common = {n: getattr(given, n) for n, text in values.items() if text is not None}
                setups = experiment.set_up_ensemble(
                    str(data), members or experiment.MEMBERS, labels=labels, task=task,
                    strict=strict, say=say, **common
                )  # fmt: skip
                folder = experiment.begin_ensemble(
                    setups, Path(runs), name, bootstrap=bootstrap, command=command_line()
                )
        with resumable(folder, "ensemble"):
            show_setup(console, setups[0])
            with watching(console, setups, folder, interrupts, track) as (watch, _):
                trained = experiment.train_ensemble(
                    setups, folder, bootstrap=bootstrap, watch=watch
                )
            summary = _judge(console, trained)
    answer(summary, folder.path, as_json=as_json, quiet=quiet)
    interrupts.end(diverged=trained.whole.outcome.status == "diverged")


def _judge(console: Console, trained: Ensemble) -> dict[str, Any]:
    """Compare with members and baselines, write the figures and the report, and show them."""
    from cutaway.cli.console import field, show_closing, waiting
    from cutaway.experiments.baselines import baselines
    from cutaway.report import keep_card
    from cutaway.report.ensemble import said, write_ensemble
    from cutaway.training.evaluation import evaluate_all
    from cutaway.training.files import write_json, write_text
    from cutaway.training.summary import describe

    run = trained.whole
    assert run.folder is not None
    folder, prepared, stopped = run.folder, run.setup.prepared, run.outcome.status == "interrupted"
    found = evaluate_all(run.model, prepared)
    with waiting(console, "fitting the baselines"):
        beside = [] if stopped else baselines(prepared)
    gain = trained.gain(prepared.dev) if prepared.dev else None
    figures = {
        "members": len(trained.members),
        "bootstrap": trained.bootstrap,
        "gain": gain and gain._asdict(),
    }
    summary = describe(run, found, beside) | {"ensemble": figures}
    write_json(folder.metrics, summary)
    folder.update(
        status=run.outcome.status,
        reason=run.outcome.reason,
        epochs=run.outcome.state.epoch,
        seconds=run.outcome.state.seconds,
        train_error=found.train.error,
        dev_error=found.dev and found.dev.error,
    )
    keep_card(folder, run.model)
    page = write_ensemble(trained, found, beside)
    write_text(folder.report, page)
    if gain:
        field(console, "gain", said(gain, run.plan.metric))
    show_closing(console, run, found, beside)
    return summary
