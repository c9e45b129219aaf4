"""Idea, code, experiment: train, diagnose, try the remedy that promises most, keep what helps.

Train and dev alone decide. The test set is read once, when all is decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cutaway.data.parts import part
from cutaway.errors import RunError
from cutaway.experiments.baselines import Baseline, baselines
from cutaway.experiments.gain import Gain, gain
from cutaway.experiments.steps import Step, changed, next_step, with_settings
from cutaway.experiments.story import (
    START,
    TOGETHER,
    Experiment,
    best,
    write_story,
)
from cutaway.experiments.sweep import train_rungs
from cutaway.experiments.trained import (
    Trained,
    against,
    errors_of,
    evidence_of,
    interval_of_gain,
    is_better,
    judged,
    target_of,
)
from cutaway.insight.diagnosis import Diagnosis, diagnose
from cutaway.insight.recipe import Advice, advise
from cutaway.training.evaluation import Evaluation, evaluate, evaluate_all
from cutaway.training.files import write_json
from cutaway.training.record import Needs, Record, State, Stop
from cutaway.training.resume import ended, taken_up
from cutaway.training.run import Outcome
from cutaway.training.run_folder import RunFolder
from cutaway.training.session import begin
from cutaway.training.setup import Setup
from cutaway.training.summary import describe
from cutaway.training.trainee import Run, Trainee, Watch

BUDGET = 600.0
# An experiment is begun if at least this share of the time that the last one took is left.
ENOUGH = 0.5


class Improved(NamedTuple):
    """How an improvement ended.

    status      "reached", "nothing left", "budget" or "interrupted"; reason says it in words
    whole       the final model as a run, dev its figures there
    test        its figures on the test set, None where there is none or a person interrupted
    test_start  one network of the start against the final model there
    left        what only a person can do: more data and the like
    baselines   what one gets on the same split without a hidden layer, or without a network
    """

    status: str
    reason: str
    story: tuple[Experiment, ...]
    whole: Run
    dev: Evaluation
    test: Evaluation | None
    test_start: Gain | None
    left: tuple[Advice, ...]
    baselines: tuple[Baseline, ...]


class Deadline:
    """The consumer that ends a training when the budget is used up."""

    needs: Needs = frozenset()

    def __init__(self, at: float, every: int) -> None:
        self.at, self.every = at, every

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Stop at the end of the budget."""
        return Stop("the budget is used up") if time.monotonic() > self.at else None


class Improvement:
    """One improvement from its start to its final model.

    setups  the start, one a seed; folder keeps the final model and the story
    aims    human_error and target_error
    before  experiments of before an interruption, and the seconds that they took
    watch   gives the consumers of a training; tell hears of each experiment when it has ended
    """

    def __init__(
        self,
        setups: Sequence[Setup],
        folder: RunFolder,
        aims: Mapping[str, Any],
        *,
        budget: float = BUDGET,
        before: tuple[Sequence[Experiment], float] | None = None,
        watch: Watch = lambda setup, folder: (),
        tell: Callable[[Experiment], None] = lambda experiment: None,
    ) -> None:
        self.setups, self.folder, self.aims = list(setups), folder, aims
        self.target = target_of(setups[0], aims)
        self.resumes = before is not None
        self.done, spent = before or ((), 0.0)
        self.began, self.budget = time.monotonic() - spent, budget
        self.watch, self.tell = watch, tell
        self.story: list[Experiment] = []

    def run(self) -> Improved:
        """Try remedies until the target is reached, the budget is used up, or none is left."""
        if self.done:
            start, now = self._known()
        else:
            start = now = self._train(Step(START, "", "", {}, None), None)
        ended = self._over(now)
        while not ended:
            step = next_step(self._advice(now), self.story, now, self.setups[0])
            if step is None:
                ended = "nothing left", "no remedy is left that has not been tried"
                break
            new = self._train(step, now)
            now = new if self.story[-1].kept else now
            ended = self._over(new if new.is_interrupted else now)
        return self._finish(*ended, start, now)

    def _known(self) -> tuple[Trained, Trained]:
        """Read the start, and what was kept last, from their runs."""
        self.story = list(self.done)
        first, last = self.story[0], best(self.story)
        seeds = [self._run(name).read()["plan"]["seed"] for name in first.runs]
        self.setups = [setup for setup in self.setups if setup.plan.seed in seeds]

        def trained(one: Experiment) -> Trained:
            setups = [with_settings(setup, one.settings) for setup in self.setups]
            runs = [self._run(name) for name in one.runs]
            return judged(list(map(ended, runs, setups)), one.settings)

        start = trained(first)
        return start, start if last is first else trained(last)

    def _run(self, name: str) -> RunFolder:
        return RunFolder(self.folder.path.parent / name)

    def _over(self, now: Trained) -> tuple[str, str] | None:
        """Say whether it was interrupted, has reached the target, or has used up the budget."""
        if now.is_interrupted:
            return "interrupted", "it was interrupted; what had been kept is kept"
        dev = now.runs[0].setup.prepared.dev
        assert dev is not None
        error = min(now.dev_error, evaluate(now.model, dev).error)
        if error <= self.target and error < now.simplest_error:
            return "reached", "the dev error is at the target"
        left = self.began + self.budget - time.monotonic()
        if left < ENOUGH * self.story[-1].seconds:
            return "budget", "the budget is used up"
        return None

    def _diagnosis(self, now: Trained) -> Diagnosis:
        return diagnose(errors_of(now, self.aims))

    def _advice(self, now: Trained) -> list[Advice]:
        return advise(self._diagnosis(now), evidence_of(now), all_of_it=True)

    def _train(self, step: Step, parent: Trained | None) -> Trained:
        """Run one experiment, and write it into the story."""
        began, number = time.monotonic(), len(self.story) + 1
        settings = {**(parent.settings if parent else {}), **step.changed}
        trainees = [
            self._trainee(with_settings(first, settings), number, step, parent and parent.names[i])
            for i, first in enumerate(self.setups)
        ]
        train_rungs(trainees, halving=False)
        runs = [trainee.finish() for trainee in trainees]
        if parent is None:
            runs = self._of_those_in_time(runs)
        new = judged(runs, settings)
        interval = errors_of(new, self.aims).interval("dev")
        assert interval is not None
        self._tell(
            Experiment(
                number=number,
                parent=best(self.story).number if parent else None,
                remedy=step.remedy,
                treats=step.treats,
                reason=step.reason,
                changed=step.changed,
                settings=settings,
                expected=step.expected,
                runs=new.names,
                train_error=new.train_error,
                dev_error=new.dev_error,
                dev_interval=interval,
                dev_loss=new.dev_loss,
                gain=parent.dev_error - new.dev_error if parent else None,
                gain_interval=interval_of_gain(parent, new) if parent else None,
                kept=parent is None or is_better(new, parent),
                verdict=self._diagnosis(new).in_words(),
                seconds=time.monotonic() - began,
            )
        )
        return new

    def _of_those_in_time(self, runs: list[Run]) -> list[Run]:
        """Leave out the seeds whose training the end of the budget did not let begin."""
        there = [i for i, run in enumerate(runs) if run.best_epoch > 0] or [*range(len(runs))]
        self.setups = [self.setups[i] for i in there]
        return [runs[i] for i in there]

    def _trainee(self, setup: Setup, number: int, step: Step, parent: str | None) -> Trainee:
        about = {
            "of": self.folder.name,
            "number": number,
            "parent": parent,
            "remedy": step.remedy,
            "reason": step.reason,
            "changed": step.changed,
            "expected_gain": step.expected,
        }
        deadline = Deadline(self.began + self.budget, setup.plan.print_every)
        k = 1
        while (folder := self._run(f"{self.folder.name}-{number:02d}-{k}")).path.exists():
            if self.resumes and _is_begun(folder, about, setup):
                return taken_up(folder, setup, (*self.watch(setup, folder), deadline))
            k += 1
        begin(setup, folder.path.parent, folder.name).update(experiment=about)
        return Trainee(setup, folder=folder, consumers=(*self.watch(setup, folder), deadline))

    def _tell(self, experiment: Experiment) -> None:
        self.story.append(experiment)
        write_story(self.folder, self.story, status="running", **self._about())
        self.tell(experiment)

    def _about(self) -> dict[str, Any]:
        seconds = round(time.monotonic() - self.began, 3)
        metric = self.setups[0].plan.metric
        return {
            "metric": metric, "target_error": self.target, "budget": self.budget,
            "seconds": seconds,
        }  # fmt: skip

    def _finish(self, status: str, reason: str, start: Trained, now: Trained) -> Improved:
        """Let all seeds answer together, read the test set once, and keep the final model."""
        prepared, setup = now.runs[0].setup.prepared, now.middle.setup
        dev = evaluate(now.model, prepared.dev) if prepared.dev else None
        assert dev is not None
        self._together(now, dev)
        test, test_start = None, None
        if len(prepared.split.test) and status != "interrupted":
            index, dtype = prepared.split.test, now.model.theta.dtype
            examples, _ = part(setup.dataset, index, now.model.preparation, dtype)
            test, test_start = evaluate(now.model, examples), against(start, now.model, examples)
        how = "interrupted" if status == "interrupted" else "finished"
        outcome = Outcome(how, reason, now.middle.outcome.state)
        whole = Run(setup, outcome, (), now.model, 0, self.folder)
        now.model.save(self.folder.model)
        beside = baselines(prepared)
        closing = describe(whole, evaluate_all(now.model, prepared), beside)
        write_json(self.folder.metrics, closing)
        self.folder.update(
            status=how,
            reason=reason,
            hyperparameters=setup.hyperparameters.to_json(),
            plan=setup.plan.to_json(),
            epochs=outcome.state.epoch,
            seconds=time.monotonic() - self.began,
            train_error=self.story[-1].train_error,
            dev_error=dev.error,
            **({"test_reads": 1, "test": test.to_json()} if test else {}),
        )
        figures = {
            "reason": reason,
            "test": test and test.to_json(),
            "test_start": test_start and test_start._asdict(),
        }
        write_story(self.folder, self.story, status=status, **self._about(), **figures)
        left = tuple(a for a in self._advice(now) if not changed(a) and a.name != "ensemble")
        story = tuple(self.story)
        return Improved(status, reason, story, whole, dev, test, test_start, left, tuple(beside))

    def _together(self, now: Trained, dev: Evaluation) -> None:
        """Write into the story what the mean of all seeds gains."""
        last, prepared = best(self.story), now.runs[0].setup.prepared
        assert prepared.dev is not None
        gained = gain(now.model, prepared.dev)
        expected = [one.gain for one in self._advice(now) if one.name == "ensemble"]
        self._tell(
            Experiment(
                number=len(self.story) + 1,
                parent=last.number,
                remedy=TOGETHER,
                treats="variance",
                reason=f"the {len(now.runs)} networks are there: their mean costs nothing more",
                changed={},
                settings=now.settings,
                expected=expected[0] if expected else None,
                runs=now.names,
                train_error=evaluate(now.model, prepared.train).error,
                dev_error=dev.error,
                dev_interval=dev.interval,
                dev_loss=dev.loss,
                gain=gained.single - gained.ensemble,
                gain_interval=gained.interval,
                kept=True,
                verdict="",
                seconds=0.0,
            )
        )


def _is_begun(folder: RunFolder, about: Mapping[str, Any], setup: Setup) -> bool:
    """Whether a run was begun as this one, before an interruption."""
    try:
        values = folder.read()
    except RunError:
        return False
    return values.get("experiment") == about and values["plan"]["seed"] == setup.plan.seed
