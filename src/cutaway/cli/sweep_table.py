"""What a sweep says: its head before it trains, its table and its verdict when it has ended."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from cutaway import wording
from cutaway.cli.console import MARGIN, field, judge_and_use, show_setup, table
from cutaway.experiments.sweep import Trial
from cutaway.experiments.trials import Sweep
from cutaway.experiments.values import as_typed
from cutaway.hyperparameters import ROWS
from cutaway.training.run_folder import RunFolder

MOST_SHOWN = 20


def show_head(console: Console, sweep: Sweep) -> None:
    """Show the first network, and what is swept."""
    if console.quiet:
        return
    show_setup(console, sweep.setups[0])
    what = ", ".join(f"{name} {as_typed(name, v)}" for name, v in sweep.swept.items())
    how = "halving" if sweep.halving else "no halving"
    field(console, "sweep", f"{wording.plural(len(sweep.setups), 'trial')}, {how}: {what}")
    field(console, "", f"the network above is the first; runs {sweep.folder.path}-..")


def show_results(console: Console, sweep: Sweep) -> None:
    """Show the table, the verdict, and what to do next."""
    if console.quiet:
        return
    trials = sweep.trials
    _show_table(console, sweep, trials)
    console.print()
    field(console, "verdict", *sweep.verdict)
    field(console, "sweep", f"{sweep.folder.path / 'sweep.html'}", wrap=False)
    if trials:
        best = RunFolder(sweep.folder.path.parent / trials[0].run).typed
        report = f"cutaway train --resume {best}   # its report; or any other run"
        field(console, "next", *judge_and_use(best, sweep.setups[0]), report, wrap=False)


def _show_table(console: Console, sweep: Sweep, trials: Sequence[Trial]) -> None:
    metric = sweep.metric

    def cells(place: int, t: Trial) -> tuple[str, ...]:
        return (
            str(place),
            *(wording.setting(t.settings[n], ROWS[n].words) for n in sweep.swept),
            str(t.epochs),
            wording.error(t.train_error, metric),
            wording.error(t.dev_error, metric),
            wording.interval(t.dev_interval, metric),
            t.ended,
            t.run,
        )

    name = "rmse" if metric == "rmse" else "error"
    header = ("", *sweep.swept, "epochs", f"train {name}", f"dev {name}", "95 % interval")
    rows = [cells(i, t) for i, t in enumerate(trials[:MOST_SHOWN], 1)]
    console.print()
    table(console, (*header, "ended", "run"), rows)
    if len(trials) > MOST_SHOWN:
        more = f"and {len(trials) - MOST_SHOWN:,} more, in sweep.html"
        console.print(" " * MARGIN + more)
