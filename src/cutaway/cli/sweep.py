"""cutaway sweep: many settings of one network on the same data, the best one told and kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli import INTERRUPTED, USAGE, command_line
from cutaway.cli.interrupts import Interrupts
from cutaway.cli.options import (
    Choice,
    GroupedCommand,
    hyperparameter_options,
    json_option,
    runs_option,
)
from cutaway.cli.streams import print_json
from cutaway.errors import OptionError
from cutaway.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from rich.console import Console

    from cutaway.experiments.shared import Study, Taken
    from cutaway.experiments.sweep import Trial
    from cutaway.experiments.values import Values
    from cutaway.training.run import Consumer
    from cutaway.training.run_folder import RunFolder
    from cutaway.training.session import Setup, Trainee

MOST_SHOWN = 20


@click.command("sweep", cls=GroupedCommand)
@click.argument("data", metavar="PATH")
@hyperparameter_options()
@click.option("--trials", type=int, metavar="N", help="random draws; else the whole grid, or 16")
@click.option(
    "--halving/--no-halving",
    default=True,
    help="after a few epochs only the best third goes on, and so again  [on]",
)
@click.option("--labels", metavar="FILE", help="a table with the label of each picture")
@click.option(
    "--task",
    type=Choice(["classification", "multi-label", "regression"]),
    help="what to learn, where the target leaves it open",
)
@click.option("--strict", is_flag=True, help="stop at the first unreadable picture")
@click.option("--name", metavar="NAME", help="name of the sweep; its runs are NAME-001, ..")
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
@runs_option
@json_option
@click.option("--quiet", is_flag=True, help="print only where the best run is")
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

    with Interrupts() as interrupts:
        # Heavy imports come after the options have been read: a misspelling is told at once.
        from cutaway.cli.console import make_console, waiting
        from cutaway.data.load import load
        from cutaway.experiments.many import set_up_many

        console = make_console(silent=as_json or quiet)
        with waiting(console, "reading"):
            given = Hyperparameters.of(**common)
            dataset = load(
                data,
                target=given.target,
                labels=labels,
                size=given.size,
                task=task,
                strict=strict,
                dev=given.dev,
                test=given.test,
            )
            setups = set_up_many(dataset, settings, **common)
        if setups[0].prepared.dev is None:
            raise OptionError("there is no dev set, so nothing to choose the best by; see --split")
        sweep = _Sweep(console, setups, settings, swept, halving, interrupts)
        if storage is None:
            results, folder = sweep.alone(Path(runs), name)
        else:
            results, folder = sweep.shared(Path(runs), name, storage, stale)
    document = sweep.close(results, folder)
    if as_json:
        print_json(document)
    if quiet and results:
        click.echo(folder.path.parent / document["best"])
    if interrupts.asked:
        raise click.exceptions.Exit(INTERRUPTED)
    if all(trial.status == "diverged" for trial in results):
        raise click.exceptions.Exit(USAGE)


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


class _Progress:
    """The live line: which rung, how many trials, the best so far, how long at most.

    It is a consumer of every trial.
    """

    needs: frozenset[str] = frozenset({"dev"})
    every = 1_000_000_000

    def __init__(self, console: Console, metric: str, print_every: int) -> None:
        from rich.live import Live

        self.console, self.metric, self.every = console, metric, print_every
        self.live = Live(console=console, auto_refresh=False, transient=True)
        self.rung: Any = None
        self.best: float | None = None
        self.epoch, self.shown = 0, 0.0

    def tell(self, rung: Any) -> None:
        """Remember the rung."""
        self.rung = rung

    def __call__(self, record: Any, state: Any) -> None:
        """Show the Record's epoch and the best error so far, at most ten times a second."""
        from cutaway import wording

        if record.dev_error is not None:
            self.best = min(record.dev_error, self.best or record.dev_error)
        now = time.monotonic()
        if not self.console.is_terminal or self.rung is None or now - self.shown < 0.1:
            return
        self.shown = now
        r = self.rung
        self.live.update(
            f"rung {r.number}/{r.of}: {wording.plural(r.going, 'trial')}, epoch "
            f"{record.epoch}/{r.until}  best dev error {wording.error(self.best, self.metric)}",
            refresh=True,
        )


@dataclass
class _Sweep:
    """One sweep on this machine, from its set up networks to its page."""

    console: Console
    setups: Sequence[Setup]
    settings: Sequence[Mapping[str, Any]]
    swept: Mapping[str, Values]
    halving: bool
    interrupts: Interrupts
    started: float = field(default_factory=time.monotonic)

    @property
    def metric(self) -> str:
        """Name of the error."""
        return self.setups[0].plan.metric

    def _progress(self) -> _Progress:
        every = min(setup.plan.print_every for setup in self.setups)
        self.interrupts.every = every
        return _Progress(self.console, self.metric, every)

    def alone(self, runs: Path, name: str | None) -> tuple[list[Trial], RunFolder]:
        """Train all trials here."""
        from cutaway.experiments.sweep import judge, train_rungs
        from cutaway.training.run_folder import create
        from cutaway.training.session import Trainee, begin

        folder = create(runs, name, f"{self.setups[0].dataset.name}-sweep")
        self._head(folder)
        progress = self._progress()
        trainees = [
            Trainee(
                setup,
                folder=begin(setup, runs, self._run_name(folder.name, i), command=command_line()),
                consumers=[progress, self.interrupts],
            )
            for i, setup in enumerate(self.setups)
        ]
        with progress.live:
            train_rungs(trainees, halving=self.halving, tell=progress.tell)
        return [
            judge(trainee.finish(), setting)
            for trainee, setting in zip(trainees, self.settings, strict=True)
        ], folder

    def shared(
        self, runs: Path, name: str | None, storage: str, stale: float
    ) -> tuple[list[Trial], RunFolder]:
        """Train the trials that this machine gets from the storage, until all have ended."""
        from cutaway.data.load import fingerprint
        from cutaway.experiments.shared import Study
        from cutaway.experiments.sweep import INTERRUPTED, judge, train_rungs
        from cutaway.training.run_folder import RunFolder, create

        name = name or f"{self.setups[0].dataset.name}-sweep"
        content = {
            "data": fingerprint(self.setups[0].dataset),
            "trials": [setup.hyperparameters.to_json() for setup in self.setups],
            "halving": self.halving,
        }
        study = Study(storage, name, len(self.setups), content, stale)
        folder = RunFolder(runs / name)
        if not folder.path.is_dir():
            folder = create(runs, name, name)
        self._head(folder)
        progress = self._progress()
        try:
            with study, progress.live:
                while True:
                    taken = study.take()
                    if not taken:
                        if not study.take_up():
                            break
                        time.sleep(min(1.0, stale / 6))
                        continue
                    trainees = [self._trainee(study, one, runs, name, progress) for one in taken]
                    train_rungs(trainees, halving=self.halving, tell=progress.tell)
                    for one, trainee in zip(taken, trainees, strict=True):
                        if one.number in study.lost:
                            continue
                        run = trainee.finish()
                        if run.outcome.status != INTERRUPTED:
                            study.tell(one, judge(run, self.settings[one.member]))
                    if self.interrupts.asked:
                        break
        except KeyboardInterrupt:
            self.console.print("interrupted; the same command goes on")
        return study.results(), folder

    def _trainee(
        self, study: Study, taken: Taken, runs: Path, name: str, progress: _Progress
    ) -> Trainee:
        """Begin a trial, or take up one that another machine has begun."""
        from cutaway.experiments.shared import Lease
        from cutaway.training.resume import taken_up
        from cutaway.training.run_folder import RunFolder
        from cutaway.training.session import Trainee, begin

        setup = self.setups[taken.member]
        run = self._run_name(name, taken.member)
        lease = Lease(study, taken.number, setup.plan.print_every)
        consumers: list[Consumer] = [progress, self.interrupts, lease]
        there = RunFolder(runs / run)
        if taken.again and (there.path / "run.json").is_file():
            return taken_up(there, setup, consumers)
        if taken.again and there.path.is_dir():
            # Its machine was killed between the two first lines of a run.
            there.path.rmdir()
        folder = begin(setup, runs, run, command=command_line())
        return Trainee(setup, folder=folder, consumers=consumers)

    def _run_name(self, name: str, member: int) -> str:
        digits = max(3, len(str(len(self.setups))))
        return f"{name}-{member + 1:0{digits}d}"

    def _head(self, folder: RunFolder) -> None:
        from cutaway import wording

        if self.console.quiet:
            return
        from cutaway.cli.console import field as show
        from cutaway.cli.console import show_setup

        show_setup(self.console, self.setups[0])
        what = ", ".join(f"{name} {_values(name, v)}" for name, v in self.swept.items())
        how = "halving" if self.halving else "no halving"
        show(self.console, "sweep", f"{wording.plural(len(self.setups), 'trial')}, {how}: {what}")
        show(self.console, "", f"the network above is the first; runs {folder.path}-..")

    def close(self, results: Sequence[Trial], folder: RunFolder) -> dict[str, Any]:
        """Write sweep.json and sweep.html, and show the table."""
        from cutaway.cli.console import field as show
        from cutaway.cli.console import where
        from cutaway.experiments.sweep import ordered
        from cutaway.report.sweep import write_sweep
        from cutaway.training.files import write_bytes, write_json

        trials = ordered(results)
        test = len(self.setups[0].prepared.split.test)
        m_dev = self.setups[0].prepared.dev.m  # type: ignore[union-attr]
        said = verdict(trials, m_dev, self.metric)
        document = {
            "format": 1,
            "command": command_line(),
            "data": self.setups[0].dataset.name,
            "error": self.metric,
            "swept": {name: _values(name, values) for name, values in self.swept.items()},
            "wanted": len(self.settings),
            "seconds": time.monotonic() - self.started,
            "best": trials[0].run if trials else None,
            "verdict": said,
            "trials": [trial.to_json() for trial in trials],
        }
        write_json(folder.path / "sweep.json", document)
        page = write_sweep(folder.name, trials, self.swept, said, self.metric)
        write_bytes(folder.path / "sweep.html", page.encode("utf-8", "backslashreplace"))
        if not self.console.quiet:
            self._table(trials)
            self.console.print()
            show(self.console, "verdict", *said)
            show(self.console, "sweep", f"{folder.path / 'sweep.html'}", wrap=False)
            if trials:
                best, at = trials[0].run, where(folder)
                lines = [f"cutaway evaluate {best} --test{at}"] if test else []
                lines += [f"cutaway predict {best} PATH{at}"]
                lines += [f"cutaway train --resume {best}{at}   (its report; or any other run)"]
                show(self.console, "next", *lines, wrap=False)
        return document

    def _table(self, trials: Sequence[Trial]) -> None:
        from cutaway import wording
        from cutaway.cli.console import table
        from cutaway.hyperparameters import ROWS

        def cells(place: int, t: Trial) -> tuple[str, ...]:
            return (
                str(place),
                *(wording.setting(t.settings[n], ROWS[n].words) for n in self.swept),
                str(t.epochs),
                wording.error(t.train_error, self.metric),
                wording.error(t.dev_error, self.metric),
                wording.interval(t.dev_interval, self.metric),
                t.ended,
                t.run,
            )

        name = "rmse" if self.metric == "rmse" else "error"
        header = ("", *self.swept, "epochs", f"train {name}", f"dev {name}", "95 % interval")
        rows = [cells(i, t) for i, t in enumerate(trials[:MOST_SHOWN], 1)]
        self.console.print()
        table(self.console, (*header, "ended", "run"), rows)
        if len(trials) > MOST_SHOWN:
            more = f"and {len(trials) - MOST_SHOWN:,} more, in sweep.html"
            self.console.print(" " * 10 + more)


def verdict(trials: Sequence[Trial], m_dev: int, metric: str) -> list[str]:
    """Say which trial did best, which ones cannot be told apart from it, and what that is worth."""
    from cutaway import wording
    from cutaway.experiments.sweep import alike

    if not trials:
        return ["no trial has ended yet"]
    best, *others = trials
    if best.status == "diverged":
        return ["every trial diverged: try lower learning rates"]
    name = "rmse" if metric == "rmse" else "error"
    said = [f"{best.run} has the lowest dev {name}, {wording.error(best.dev_error, metric)}"]
    near = len(list(alike(best, others)))
    examples = wording.plural(m_dev, "dev example")
    if near:
        said[0] += f"; {near} of the other {len(others)} cannot be told apart from it on {examples}"
    elif others:
        said[0] += f"; it is better than all others, as far as {examples} can tell"
    if others:
        said.append(
            f"it was chosen on these {examples} out of {len(trials)}, so that its dev {name} is "
            "too good: only examples that chose nothing (a test set) tell how good it is"
        )
    return said


def _values(name: str, values: Values) -> str:
    """Write what is swept as it is typed."""
    from cutaway import wording
    from cutaway.experiments.values import HOLDS_COMMAS, Range
    from cutaway.hyperparameters import ROWS

    if isinstance(values, Range):
        scale = " (log scale)" if values.logarithmic else ""
        return f"{values.low:g}..{values.high:g}{scale}"
    separator = "/" if ROWS[name].read in HOLDS_COMMAS else ","
    return separator.join(wording.setting(value, ROWS[name].words) for value in values)
