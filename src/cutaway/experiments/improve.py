"""Idea, code, experiment: train, diagnose, try the remedy that promises most, keep what helps.

Train and dev alone decide. The test set is read once, when all is decided.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset
from cutaway.data.parts import part
from cutaway.equations.comparison import newcombe_paired_interval, rmse_gain_interval
from cutaway.equations.metrics import wrong
from cutaway.errors import OptionError
from cutaway.experiments.ensemble import Gain, gain, set_up_ensemble
from cutaway.experiments.story import START, TOGETHER, Experiment, best, options
from cutaway.experiments.sweep import INTERRUPTED, train_rungs
from cutaway.experiments.values import SWEPT
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.diagnosis import Diagnosis, Errors, diagnose
from cutaway.insight.recipe import Advice, Evidence, advise
from cutaway.kinds import augment_steps
from cutaway.training.evaluation import Evaluation, evaluate
from cutaway.training.files import read_json, write_json
from cutaway.training.model import Model, combine
from cutaway.training.record import Needs, Record, State, Stop
from cutaway.training.run import Consumer, Outcome
from cutaway.training.run_folder import RunFolder, create
from cutaway.training.session import begin
from cutaway.training.setup import Setup, plan_for
from cutaway.training.trainee import Run, Trainee

SEEDS = 5
STORY = "improve.json"
BUDGET = 600.0
# Where two dev losses differ by less than this share they are equal
SAME_LOSS = 0.01
# An experiment is begun if at least this share of the time that the last one took is left
ENOUGH = 0.5
# Expected of half a step, as a share of what was expected of the whole one
MILDER = 0.7
Watch = Callable[[Setup], Sequence[Consumer]]


class Trained(NamedTuple):
    """A setting that was trained with several seeds, and what it gets wrong on dev.

    misses  (k, m): wrong or right of each answer, or the squared error of a regression
    """

    runs: tuple[Run, ...]
    settings: dict[str, str]
    misses: npt.NDArray[np.float64]
    dev: tuple[Evaluation, ...]
    train_error: float
    dev_error: float
    dev_loss: float

    @property
    def middle(self) -> Run:
        """The run whose dev error is the median: the one that is looked at."""
        order = np.argsort([one.error for one in self.dev], kind="stable")
        return self.runs[int(order[len(order) // 2])]

    @property
    def model(self) -> Model:
        """All of them as one model, which answers with their mean."""
        good = [run for run in self.runs if run.outcome.status != "diverged"]
        return combine([run.model for run in good or self.runs])


class Improved(NamedTuple):
    """How an improvement ended.

    reason       in words; status is "reached", "nothing left", "budget" or "interrupted"
    whole        the final model as a run
    test         its figures on the test set, None where there is none or the person stopped it
    test_start   what one network of the start would have had there, against the final model
    left         what only a person can do: more data and the like
    """

    status: str
    reason: str
    story: tuple[Experiment, ...]
    whole: Run
    dev: Evaluation
    test: Evaluation | None
    test_start: Gain | None
    left: tuple[Advice, ...]


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
    given   what the person set, by the names of the hyper-parameters
    aims    human_error and target_error
    tell    hears of each experiment when it has ended
    """

    def __init__(
        self,
        setups: Sequence[Setup],
        folder: RunFolder,
        *,
        given: Mapping[str, Any],
        aims: Mapping[str, Any],
        budget: float = BUDGET,
        watch: Watch = lambda setup: (),
        tell: Callable[[Experiment], None] = lambda experiment: None,
    ) -> None:
        self.setups, self.folder, self.given, self.aims = list(setups), folder, given, aims
        self.began, self.budget = time.monotonic(), budget
        self.watch, self.tell = watch, tell
        self.story: list[Experiment] = []
        self.prepared = setups[0].prepared
        self.metric = setups[0].plan.metric
        check_aims(setups[0], aims)

    @property
    def target(self) -> float:
        """The error that is aimed at."""
        return errors_of(self.setups[0], 0.0, 0.0, self.aims).target

    @property
    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self.began + self.budget - time.monotonic()

    def run(self) -> Improved:
        """Try remedies until the target is reached, the budget is used up, or none is left."""
        now = start = self._train(START, "", "", {}, None, None)
        status = reason = ""
        interrupted = _interrupted(now)
        while not interrupted:
            status, reason = self._over(now)
            if status:
                break
            found = self._next(now)
            if found is None:
                status, reason = "nothing left", "no remedy is left that has not been tried"
                break
            advice, changed = found
            new = self._train(advice.name, advice.treats, advice.reason, changed, advice.gain, now)
            interrupted = _interrupted(new)
            if self.story[-1].kept:
                now = new
        if interrupted:
            status, reason = "interrupted", "it was interrupted; what had been kept is kept"
        return self._finish(status, reason, start, now)

    def _over(self, now: Trained) -> tuple[str, str]:
        """Say whether the target is reached or the budget used up."""
        together = self._together(now)
        if min(now.dev_error, together.error) <= self.target:
            return "reached", "the dev error is at the target"
        last = self.story[-1].seconds
        if self.left < ENOUGH * last:
            return "budget", "the budget is used up"
        return "", ""

    def _together(self, now: Trained) -> Evaluation:
        assert self.prepared.dev is not None
        return evaluate(now.model, self.prepared.dev)

    def _next(self, now: Trained) -> tuple[Advice, dict[str, str]] | None:
        """Return the remedy with the largest expected gain that has not been tried, and how."""
        since = best(self.story).number
        here = {(one.remedy, options(one.changed)) for one in self.story if one.parent == since}
        # Two ways to the same plan are one experiment.
        done = [_resolved(self._with(self.setups[0], one.settings)) for one in self.story]
        possible = []
        for advice in self._advice(now):
            changed = _changed(advice)
            if changed and (advice.name, options(changed)) in here:
                # What was too much may help at half the strength.
                changed = _milder(changed, now.middle.plan.values)
                share = MILDER * advice.gain
                advice = advice._replace(
                    gain=share, reason=f"{advice.reason}; the full step was too much"
                )
            if (
                changed
                and _resolved(self._with(self.setups[0], now.settings | changed)) not in done
            ):
                possible.append((advice, changed))
        # What did not help before may help now, but what is new comes first.
        tried = {(one.remedy, options(one.changed)): one for one in self.story}
        harmful = {key for key, one in tried.items() if one.is_told_apart and not one.kept}
        possible = [one for one in possible if (one[0].name, options(one[1])) not in harmful]
        possible.sort(key=lambda one: ((one[0].name, options(one[1])) in tried, -one[0].gain))
        return possible[0] if possible else None

    def _train(
        self,
        remedy: str,
        treats: str,
        reason: str,
        changed: Mapping[str, str],
        expected: float | None,
        parent: Trained | None,
    ) -> Trained:
        """Run one experiment, and write it into the story."""
        began = time.monotonic()
        settings = {**(parent.settings if parent else {}), **changed}
        number = len(self.story) + 1
        since = best(self.story).number if self.story else None
        trainees = []
        for i, first in enumerate(self.setups):
            setup = self._with(first, settings)
            folder = begin(setup, self.folder.path.parent, self._name(number))
            folder.update(
                experiment={
                    "of": self.folder.name,
                    "number": number,
                    "parent": parent.runs[i].folder.name  # type: ignore[union-attr]
                    if parent
                    else None,
                    "remedy": remedy,
                    "reason": reason,
                    "changed": dict(changed),
                    "expected_gain": expected,
                }
            )
            deadline = Deadline(self.began + self.budget, setup.plan.print_every)
            consumers = (*self.watch(setup), deadline)
            trainees.append(Trainee(setup, folder=folder, consumers=consumers))
        train_rungs(trainees, halving=False)
        new = _trained([trainee.finish() for trainee in trainees], settings)
        change, bounds = (None, None) if parent is None else _change(parent, new, self.metric)
        self.story.append(
            Experiment(
                number=number,
                parent=since,
                remedy=remedy,
                treats=treats,
                reason=reason,
                changed=dict(changed),
                settings=settings,
                expected=expected,
                runs=tuple(run.folder.name for run in new.runs if run.folder),
                train_error=new.train_error,
                dev_error=new.dev_error,
                dev_interval=self._interval(new),
                dev_loss=new.dev_loss,
                gain=change,
                gain_interval=bounds,
                kept=parent is None or self._is_better(parent, new),
                verdict=self._diagnosis(new).in_words(),
                seconds=time.monotonic() - began,
            )
        )
        self._keep("running")
        self.tell(self.story[-1])
        return new

    def _with(self, first: Setup, settings: Mapping[str, str]) -> Setup:
        """Return the setup of one seed with other settings."""
        if not settings:
            return first
        values = Hyperparameters.of(**{**self.given, **settings, "seed": first.plan.seed})
        return plan_for(values, first.dataset, first.prepared)

    def _name(self, number: int) -> str:
        runs, k = self.folder.path.parent, 1
        while (runs / f"{self.folder.name}-{number:02d}-{k}").exists():
            k += 1
        return f"{self.folder.name}-{number:02d}-{k}"

    def _is_better(self, old: Trained, new: Trained) -> bool:
        """Whether the mean dev error fell; where it is the same, whether the dev loss did."""
        if any(run.outcome.status == INTERRUPTED for run in new.runs):
            return False
        same = 0.0 if self.metric == "rmse" else 0.5 / new.misses.shape[1]
        if abs(new.dev_error - old.dev_error) > same:
            return new.dev_error < old.dev_error
        return new.dev_loss < (1 - SAME_LOSS) * old.dev_loss

    def _interval(self, now: Trained) -> tuple[float, float]:
        found = self._errors(now).interval("dev")
        assert found is not None
        return found

    def _errors(self, now: Trained) -> Errors:
        intervals = {}
        if self.metric == "rmse":
            ends = np.mean([one.interval for one in now.dev], axis=0).tolist()
            intervals["dev"] = (float(ends[0]), float(ends[1]))
        return errors_of(self.setups[0], now.train_error, now.dev_error, self.aims, intervals)

    def _diagnosis(self, now: Trained) -> Diagnosis:
        return diagnose(self._errors(now))

    def _evidence(self, now: Trained) -> Evidence:
        run = now.middle
        return Evidence(
            plan=run.plan.to_json(),
            records=run.history,
            ended=run.outcome.status,
            command="cutaway train PATH",
            m=self.prepared.train.m,
            picture=run.setup.dataset.picture,
        )

    def _finish(self, status: str, reason: str, start: Trained, now: Trained) -> Improved:
        """Let all seeds answer together, read the test set once, and keep the final model."""
        dev = self.prepared.dev
        assert dev is not None
        model = now.model
        gained = gain(model, dev)
        last, number = best(self.story), len(self.story) + 1
        expected = next((a.gain for a in self._advice(now) if a.name == "ensemble"), None)
        evaluation = evaluate(model, dev)
        self.story.append(
            Experiment(
                number=number,
                parent=last.number,
                remedy=TOGETHER,
                treats="variance",
                reason=f"the {len(now.runs)} networks are there: their mean costs nothing more",
                changed={},
                settings=now.settings,
                expected=expected,
                runs=last.runs,
                train_error=evaluate(model, self.prepared.train).error,
                dev_error=evaluation.error,
                dev_interval=evaluation.interval,
                dev_loss=float(evaluation.losses.mean()),
                gain=gained.single - gained.ensemble,
                gain_interval=gained.interval,
                kept=True,
                verdict="",
                seconds=0.0,
            )
        )
        self.tell(self.story[-1])
        left = tuple(a for a in self._advice(now) if not _changed(a) and a.name != "ensemble")
        test, test_start = None, None
        split = self.prepared.split
        if len(split.test) and status != "interrupted":
            examples, _ = part(
                now.middle.setup.dataset, split.test, model.preparation, model.theta.dtype
            )
            test = evaluate(model, examples)
            before = [run.model for run in start.runs]
            test_start = _against(before, model, examples, self.metric)
        state = now.middle.outcome.state
        outcome = Outcome("interrupted" if status == "interrupted" else "finished", reason, state)
        whole = Run(now.middle.setup, outcome, (), model, 0, self.folder)
        model.save(self.folder.model)
        self.folder.update(
            status=outcome.status,
            reason=reason,
            hyperparameters=now.middle.setup.hyperparameters.to_json(),
            plan=now.middle.plan.to_json(),
            seconds=time.monotonic() - self.began,
            train_error=self.story[-1].train_error,
            dev_error=evaluation.error,
            **({"test_reads": 1, "test": test.to_json()} if test else {}),
        )
        improved = Improved(
            status, reason, tuple(self.story), whole, evaluation, test, test_start, left
        )
        self._keep(status, improved)
        return improved

    def _advice(self, now: Trained) -> list[Advice]:
        return advise(self._diagnosis(now), self._evidence(now), all_of_it=True)

    def _keep(self, status: str, improved: Improved | None = None) -> None:
        """Write improve.json."""
        document = {
            "status": status,
            "reason": improved.reason if improved else "",
            "metric": self.metric,
            "target_error": self.aims.get("target_error"),
            "budget": self.budget,
            "seconds": time.monotonic() - self.began,
            "experiments": [one.to_json() for one in self.story],
            "test": improved.test.to_json() if improved and improved.test else None,
            "test_start": improved.test_start._asdict()
            if improved and improved.test_start
            else None,
        }
        write_json(self.folder.path / STORY, document)


def improve(
    data: str | Path | Dataset,
    *,
    target_error: float | None = None,
    human_error: float = 0.0,
    budget: float = BUDGET,
    seeds: int = SEEDS,
    runs: str | Path = "runs",
    name: str | None = None,
    **common: Any,
) -> Improved:
    """Improve a network on a path, a built-in name or a Dataset until its dev error is low enough.

    target_error, human_error  as `diagnose` takes them
    budget                     seconds
    seeds                      networks of each experiment
    common                     hyper-parameters of the start, and how to read a path

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit, there is no dev set, or the target is none.
        RunError: a folder cannot be written.
    """
    setups = set_up_ensemble(data, seeds, **common)
    folder = begin_improvement(setups, Path(runs), name)
    aims = {"human_error": human_error, "target_error": target_error}
    given = {n: v for n, v in common.items() if n not in ("labels", "task", "strict", "say")}
    return Improvement(setups, folder, given=given, aims=aims, budget=budget).run()


def begin_improvement(
    setups: Sequence[Setup], runs: Path, name: str | None, command: str = ""
) -> RunFolder:
    """Make the folder that will keep the final model and the story.

    Raises:
        RunError: it exists, or it cannot be made.
    """
    # Its name is that of all experiments, which begin with it.
    name = name or create(runs, None, f"{setups[0].dataset.name}-improve").path.name
    if (runs / name).is_dir() and not any((runs / name).iterdir()):
        (runs / name).rmdir()
    folder = begin(setups[0], runs, name, command=command)
    folder.update(improve={"seeds": len(setups)})
    return folder


def errors_of(
    setup: Setup,
    train_error: float,
    dev_error: float,
    aims: Mapping[str, Any],
    intervals: Mapping[str, tuple[float, float]] | None = None,
) -> Errors:
    """Return errors as the diagnosis takes them, of networks on the data of a setup."""
    train, dev, metric = setup.prepared.train, setup.prepared.dev, setup.plan.metric
    assert dev is not None
    answers = dev.Y.shape[0] if metric == "label_error" else 1
    Y = np.asarray(train.Y, np.float64) * np.reshape(setup.plan.target_scale, (-1, 1))
    mean = Y.mean(axis=1, keepdims=True)
    return Errors(
        train_error,
        dev_error,
        n_train=train.m * answers,
        n_dev=dev.m * answers,
        metric=metric,
        intervals=intervals or {},
        trivial_error=float(np.sqrt(((Y - mean) ** 2).mean())) if metric == "rmse" else None,
        chosen_on_dev=True,
        **aims,
    )


def check_aims(setup: Setup, aims: Mapping[str, Any]) -> None:
    """Refuse data without a dev set, and a target that is none.

    Raises:
        OptionError: there is no dev set, or the target is not above the human-level error.
    """
    if setup.prepared.dev is None:
        raise OptionError(
            "there is no dev set, so nothing can be chosen by it; leave one with --split"
        )
    errors_of(setup, 0.0, 0.0, aims)


def read_story(folder: RunFolder) -> Any:
    """Return what improve.json holds.

    Raises:
        RunError: it is missing or damaged.
    """
    return read_json(folder.path / STORY)


def _interrupted(now: Trained) -> bool:
    return any(run.outcome.status == INTERRUPTED for run in now.runs)


def _resolved(setup: Setup) -> dict[str, Any]:
    """Return what a setup comes to, without the words."""
    plan: dict[str, Any] = replace(setup.plan, reasons={}).to_json()
    return plan


def _changed(advice: Advice) -> dict[str, str]:
    """Return the hyper-parameters that a remedy changes; none where it is no setting of a network.

    An ensemble is made at the end, of the networks of the last experiment.
    """
    changed = {}
    for option in advice.options:
        word, _, text = option.partition(" ")
        name = word.removeprefix("--").replace("-", "_")
        if name not in SWEPT or not text:
            return {}
        changed[name] = text
    return changed


def _milder(changed: Mapping[str, str], now: Mapping[str, Any]) -> dict[str, str]:
    """Return a step half as large: the geometric mean of a number and what it was, or half as much.

    {} where there is nothing between.
    """
    milder = {}
    for name, text in changed.items():
        if name == "augment":
            halves = [f"{key}:{strength / 2:g}" for key, strength in augment_steps(text)]
            milder[name] = ",".join(halves)
        elif name in ("l1", "l2", "learning_rate") and now.get(name):
            milder[name] = f"{math.sqrt(float(text) * float(now[name])):.3g}"
        elif name == "keep_prob":
            milder[name] = f"{(1 + float(text)) / 2:g}"
        else:
            return {}
    return milder if milder != dict(changed) else {}


def _misses(model: Model, dev: Any, metric: str) -> npt.NDArray[np.float64]:
    A, Y = np.asarray(model.apply(dev.X), np.float64), np.asarray(dev.Y, np.float64)
    if metric == "rmse":
        scale = model.preparation.target_scale[:, np.newaxis]
        return np.asarray((((A - Y) * scale) ** 2).mean(axis=0))
    found = (A > 0.5) != (Y > 0.5) if metric == "label_error" else wrong(A, Y)
    return np.asarray(found, np.float64).ravel()


def _trained(runs: Sequence[Run], settings: dict[str, str]) -> Trained:
    prepared, metric = runs[0].setup.prepared, runs[0].plan.metric
    assert prepared.dev is not None
    dev = tuple(evaluate(run.model, prepared.dev) for run in runs)
    return Trained(
        tuple(runs),
        settings,
        np.stack([_misses(run.model, prepared.dev, metric) for run in runs]),
        dev,
        float(np.mean([evaluate(run.model, prepared.train).error for run in runs])),
        float(np.mean([one.error for one in dev])),
        float(np.mean([one.losses.mean() for one in dev])),
    )


def _change(old: Trained, new: Trained, metric: str) -> tuple[float, tuple[float, float]]:
    """Return how much lower the dev error is than that of the parent, with its 95 % interval."""
    return old.dev_error - new.dev_error, _paired(old.misses, new.misses, metric)


def _paired(
    old: npt.NDArray[np.float64], new: npt.NDArray[np.float64], metric: str
) -> tuple[float, float]:
    """Interval of old - new on the same examples; the networks (k, m) are paired in their order."""
    if metric == "rmse":
        return rmse_gain_interval(old.mean(axis=0), new.mean(axis=0))
    a, b = old > 0.5, new > 0.5
    tables = ((a & b), (a & ~b), (~a & b), (~a & ~b))
    return newcombe_paired_interval(*(float(table.sum()) / len(table) for table in tables))


def _against(before: Sequence[Model], after: Model, examples: Any, metric: str) -> Gain:
    """Compare one network of the start, the mean over its seeds, with the final model."""
    old = np.stack([_misses(model, examples, metric) for model in before])
    new = np.broadcast_to(_misses(after, examples, metric), old.shape)
    ends = [float(np.sqrt(m.mean())) if metric == "rmse" else float(m.mean()) for m in (old, new)]
    return Gain(ends[0], ends[1], _paired(old, new, metric))
