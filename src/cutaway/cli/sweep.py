"""cutaway sweep: many settings of one network on the same data, the best one told and kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli import command_line
from cutaway.cli.interrupts import Interrupts
from cutaway.cli.options import (
    GroupedCommand,
    answer,
    hyperparameter_options,
    require_sense,
    training_options,
)
from cutaway.errors import OptionError
from cutaway.tracking import require as require_trackers

if TYPE_CHECKING:
    from cutaway.experiments.values import Values


@click.command("sweep", cls=GroupedCommand)
@click.argument("data", metavar="PATH")
@hyperparameter_options()
@click.option("--trials", type=int, metavar="N", help="random draws; else the whole grid, or 16")
@click.option(
    "--halving/--no-halving",
    default=True,
    help="after a few epochs only the best third goes on, and so again  [on]",
)
@training_options("name of the sweep; its runs are NAME-001, ..", kept="the best run")
@click.option(
    "--storage",
    metavar="FILE|URL",
    help="share the trials with other machines: a journal file in a shared folder, or a database",
)
@click.option(
    "--stale",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="silence of another machine after which its trials are taken up",
)
def command(
    data: str,
    trials: int | None,
    halving: bool,
    labels: str | None,
    task: Any,
    strict: bool,
    name: str | None,
    storage: str | None,
    stale: float,
    runs: str,
    track: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **values: str | None,
) -> None:
    """Train many networks on PATH and tell which settings did best.

    Every option of Network, Training and Regularisation takes several values:

    \b
      --l2 0,0.1,0.7              a list
      --hidden 32/64,32           / between values that hold commas themselves
                                  (hidden, activation, keep-prob)
      --learning-rate 0.001..0.3  a range; on a log scale where the upper end
                                  is at least 10 times the lower one
      --seed 0,1,2                repeats

    Lists alone are tried in every combination; with --trials N, or with a range, at random.
    """
    common, swept = _sort(values)
    from cutaway.experiments.values import settings_of

    seeds = swept.get("seed", (common.get("seed", 0),))
    settings = settings_of(swept, trials, seeds[0] if isinstance(seeds, tuple) else int(seeds.low))
    if values["dev"] == "none":
        raise OptionError("dev=none: without a dev set there is nothing to choose the best by")

    if storage is None:
        require_sense(("stale",), "--storage")
    require_trackers(track)
    with Interrupts() as interrupts:
        # Heavy imports come after the options have been read: a misspelling is told at once.
        from cutaway.cli.console import make_console, waiting
        from cutaway.cli.sweep_table import show_head, show_results
        from cutaway.cli.together import watching
        from cutaway.experiments.many import set_up_many
        from cutaway.experiments.trials import Sweep, join_sweep, own_folder
        from cutaway.report.sweep import write_sweep
        from cutaway.training.files import write_text

        console = make_console(silent=as_json or quiet)
        with waiting(console, "reading") as say:
            setups = set_up_many(
                data, settings, labels=labels, task=task, strict=strict, say=say, **common
            )
        if setups[0].prepared.dev is None:
            raise OptionError("there is no dev set, so nothing to choose the best by; see --split")
        study = None
        if storage is None:
            folder = own_folder(Path(runs), name, setups)
        else:
            study, folder = join_sweep(
                storage, Path(runs), name, setups, halving=halving, stale=stale
            )
        with watching(console, setups, folder, interrupts, track) as (watch, progress):
            sweep = Sweep(
                setups,
                settings,
                swept,
                folder,
                halving=halving,
                study=study,
                command=command_line(),
                watch=watch,
                tell=progress.tell,
            )
            show_head(console, sweep)
            document = sweep.train()
        page = write_sweep(folder.name, sweep.trials, swept, sweep.verdict, sweep.metric)
        write_text(folder.path / "sweep.html", page)
    show_results(console, sweep)
    if study is not None and interrupts.asked:
        console.print("interrupted; the same command goes on")
    best = folder.path.parent / sweep.trials[0].run if sweep.trials else None
    answer(document, best, as_json=as_json, quiet=quiet)
    interrupts.end(diverged=all(trial.status == "diverged" for trial in sweep.trials))


def _sort(values: Mapping[str, str | None]) -> tuple[dict[str, Any], dict[str, Values]]:
    """Split the options into those with one value, and those that are swept."""
    from cutaway.experiments.values import SWEPT, Range, read_values

    common: dict[str, Any] = {}
    swept: dict[str, Values] = {}
    for name, text in values.items():
        if text is None:
            continue
        if name not in SWEPT:
            common[name] = _one_value(name, text)
            continue
        read = read_values(name, text)
        if isinstance(read, Range) or len(read) > 1:
            swept[name] = read
        else:
            common[name] = read[0]
    return common, swept


def _one_value(name: str, text: str) -> Any:
    """Read an option of the data or of the execution, which all trials share."""
    from cutaway.hyperparameters import ROWS

    try:
        return ROWS[name].convert(name, text)
    except OptionError as error:
        if "," in text or ".." in text:
            raise OptionError(
                f"{name}='{text}': {name} cannot be swept, for all trials share the data and "
                "the machine; give one value"
            ) from error
        raise
