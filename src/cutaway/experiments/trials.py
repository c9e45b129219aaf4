"""The trials of a sweep, from networks that are set up to rows: all here, or some of them here."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cutaway.data.load import fingerprint
from cutaway.errors import RunError
from cutaway.experiments.baselines import Baseline, simplest
from cutaway.experiments.shared import Lease, Study, Taken
from cutaway.experiments.sweep import Rung, Trial, judge, ordered, train_rungs, verdict
from cutaway.experiments.values import Values, as_typed
from cutaway.training.files import write_json
from cutaway.training.resume import taken_up
from cutaway.training.run import INTERRUPTED, Consumer
from cutaway.training.run_folder import RunFolder
from cutaway.training.runs import create, is_run
from cutaway.training.session import begin
from cutaway.training.setup import Setup
from cutaway.training.trainee import Trainee, Watch

FORMAT = 1


@dataclass
class Sweep:
    """One sweep on this machine; its folder holds sweep.json from its start to its end.

    study    who trains which trial, where machines share them; None trains all here
    watch    gives the consumers of one more trial
    tell     is told each rung
    """

    setups: Sequence[Setup]
    settings: Sequence[Mapping[str, Any]]
    swept: Mapping[str, Values]
    folder: RunFolder
    halving: bool = True
    study: Study | None = None
    command: str = ""
    watch: Watch = lambda setup, folder: ()
    tell: Callable[[Rung], None] = lambda rung: None
    results: list[Trial] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def metric(self) -> str:
        """Name of the error."""
        return self.setups[0].plan.metric

    @property
    def trials(self) -> list[Trial]:
        """Those that have ended, as far as is known here; the best comes first."""
        return ordered(self.results, self.simplest)

    @cached_property
    def simplest(self) -> Baseline:
        """The baseline that looks at no input."""
        return simplest(self.setups[0].prepared)

    @property
    def verdict(self) -> list[str]:
        """What the trials tell, in words."""
        dev = self.setups[0].prepared.dev
        assert dev is not None
        return verdict(self.trials, dev.m, self.metric, self.simplest)

    def train(self) -> dict[str, Any]:
        """Train until all trials have ended, or are interrupted; return what sweep.json holds.

        Raises:
            RunError: a folder cannot be written, or the storage fails.
        """
        if self.study is not None:
            self.results = self.study.results()
        self.write("running")
        try:
            interrupted = self._alone() if self.study is None else self._shared(self.study)
        except KeyboardInterrupt:
            self.write(INTERRUPTED)
            raise
        return self.write(INTERRUPTED if interrupted else "finished")

    def _alone(self) -> bool:
        trainees = [self._begin(member) for member in range(len(self.setups))]
        self._train(trainees)
        runs = [trainee.finish() for trainee in trainees]
        self.results = [judge(r, setting) for r, setting in zip(runs, self.settings, strict=True)]
        return any(run.outcome.status == INTERRUPTED for run in runs)

    def _shared(self, study: Study) -> bool:
        """Train the trials that this machine gets from the storage."""
        interrupted = False
        try:
            with study:
                while not interrupted:
                    taken = study.take()
                    if taken:
                        interrupted = self._train_taken(study, taken)
                    elif study.take_up():
                        time.sleep(min(1.0, study.stale / 6))
                    else:
                        break
        except KeyboardInterrupt:
            interrupted = True
        self.results = study.results()
        return interrupted

    def _train_taken(self, study: Study, taken: Sequence[Taken]) -> bool:
        trainees = [self._take(study, one) for one in taken]
        self._train(trainees)
        interrupted = False
        for one, trainee in zip(taken, trainees, strict=True):
            if one.number in study.lost:
                continue
            run = trainee.finish()
            if run.outcome.status == INTERRUPTED:
                interrupted = True
            else:
                study.tell(one, judge(run, self.settings[one.member]))
        return interrupted

    def _train(self, trainees: Sequence[Trainee]) -> None:
        def tell(rung: Rung) -> None:
            if self.study is not None:
                self.results = self.study.results()
            going = [t.folder.name for t in trainees if t.folder and t.outcome is None]
            self.write("running", rung=dataclasses.asdict(rung) | {"going": going})
            self.tell(rung)

        train_rungs(trainees, halving=self.halving, tell=tell)

    def _begin(self, member: int, *more: Consumer) -> Trainee:
        setup = self.setups[member]
        folder = begin(setup, self.folder.path.parent, self.run_name(member), command=self.command)
        return Trainee(setup, folder=folder, consumers=[*self.watch(setup, folder), *more])

    def _take(self, study: Study, taken: Taken) -> Trainee:
        """Begin a trial, or take up one that another machine has begun."""
        setup = self.setups[taken.member]
        lease = Lease(study, taken.number, setup.plan.print_every)
        there = RunFolder(self.folder.path.parent / self.run_name(taken.member))
        if taken.again and is_run(there.path):
            return taken_up(there, setup, [*self.watch(setup, there), lease])
        if taken.again:
            there.clear_unbegun()
        return self._begin(taken.member, lease)

    def run_name(self, member: int) -> str:
        """Return the name of a trial's run."""
        digits = max(3, len(str(len(self.setups))))
        return f"{self.folder.name}-{member + 1:0{digits}d}"

    def write(self, status: str, **more: Any) -> dict[str, Any]:
        """Replace sweep.json by what is known now, and return it.

        Raises:
            RunError: it cannot be written.
        """
        document = self.document(status) | more
        write_json(self.folder.path / "sweep.json", document)
        return document

    def document(self, status: str) -> dict[str, Any]:
        """Return what is known now."""
        trials = self.trials
        return {
            "format": FORMAT,
            "status": status,
            "command": self.command,
            "data": self.setups[0].dataset.name,
            "error": self.metric,
            "swept": {name: as_typed(name, values) for name, values in self.swept.items()},
            "halving": self.halving,
            "wanted": len(self.settings),
            "members": [
                {"run": self.run_name(member), "settings": dict(setting)}
                for member, setting in enumerate(self.settings)
            ],
            "seconds": time.monotonic() - self.started,
            "best": trials[0].run if trials else None,
            "verdict": self.verdict,
            "trials": [trial.to_json() for trial in trials],
        }


def own_folder(runs: Path, name: str | None, setups: Sequence[Setup]) -> RunFolder:
    """Make the folder of a sweep of this machine alone.

    Raises:
        RunError: it exists, or it cannot be made.
    """
    return create(runs, name, f"{setups[0].dataset.name}-sweep")


def join_sweep(
    storage: str,
    runs: Path,
    name: str | None,
    setups: Sequence[Setup],
    *,
    halving: bool,
    stale: float,
) -> tuple[Study, RunFolder]:
    """Join the sweep of that name in the storage, or begin it.

    Raises:
        MissingExtraError: Optuna is not installed.
        RunError: the storage cannot be opened, or holds another sweep of this name.
    """
    name = name or f"{setups[0].dataset.name}-sweep"
    content = {
        "data": fingerprint(setups[0].dataset),
        "trials": [setup.hyperparameters.to_json() for setup in setups],
        "halving": halving,
    }
    study = Study(storage, name, len(setups), content, stale)
    folder = RunFolder(runs / name)
    if not folder.path.is_dir():
        try:
            return study, create(runs, name, name)
        except RunError:
            # Another machine may have made it at the same moment.
            if not folder.path.is_dir():
                raise
    return study, folder
