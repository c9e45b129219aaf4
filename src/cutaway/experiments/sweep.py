"""A sweep: many settings trained as few stacks, the worst ended early, the rest put in order."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cutaway import wording
from cutaway.experiments.baselines import Baseline
from cutaway.experiments.many import interruptible, train_all
from cutaway.training.evaluation import evaluate
from cutaway.training.run import Outcome
from cutaway.training.trainee import Run, Trainee

# Of the trials at a rung the best third goes on, for three times as many epochs.
ETA = 3
HALVED = "halving"


@dataclass(frozen=True)
class Trial:
    """How one setting did. The errors are those of the kept parameters, the lowest dev_loss."""

    run: str
    settings: Mapping[str, Any]
    status: str
    reason: str
    epochs: int
    best_epoch: int
    train_error: float
    dev_error: float
    dev_interval: tuple[float, float]
    dev_loss: float
    seconds: float

    @property
    def ended(self) -> str:
        """How it ended, in one word."""
        return HALVED if self.reason.startswith(HALVED) else self.status

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Trial:
        """Read a row back."""
        values = {name: math.inf if value is None else value for name, value in row.items()}
        return cls(**values | {"dev_interval": tuple(row["dev_interval"])})


@dataclass(frozen=True)
class Rung:
    """Where a sweep stands: so many trials go on until the end of this epoch.

    work   epochs of this rung, added up over its trials; later is that of the rungs that follow,
           at most, for early stopping is not foreseen
    """

    number: int
    of: int
    until: int
    going: int
    work: int
    later: int


def rungs(trials: int, epochs: int) -> list[int]:
    """Return the epochs after which the best third goes on, the last epoch at the end."""
    steps = int(math.log(trials, ETA) + 1e-9) if trials > 1 else 0
    below = [math.ceil(epochs / ETA**step) for step in range(steps, 0, -1)]
    return sorted({*below, epochs})


def train_rungs(
    trainees: Sequence[Trainee],
    *,
    halving: bool = True,
    tell: Callable[[Rung], None] = lambda rung: None,
) -> None:
    """Train all; at each rung only the third with the lowest dev_loss goes on.

    Where networks of different losses meet, dev_error decides. Ctrl-C ends all as interrupted.
    """
    most = max((trainee.setup.plan.epochs for trainee in trainees), default=0)
    steps = rungs(len(trainees), most) if halving else [most]
    contest = list(trainees)
    with interruptible(trainees):
        for number, until in enumerate(steps, 1):
            going = [t for t in contest if t.outcome is None]
            work = sum(max(0, min(until, t.setup.plan.epochs) - t.state.epoch) for t in going)
            later = _work_after(len(contest), steps[number - 1 :])
            tell(Rung(number, len(steps), until, len(going), work, later))
            train_all(going, until)
            if until < most:
                contest = _promote(contest, until)


def _work_after(contest: int, steps: Sequence[int]) -> int:
    """Return the epochs of all trials after the first of the steps, where each keeps a third."""
    work = 0
    for since, until in itertools.pairwise(steps):
        contest = _kept(contest)
        work += contest * (until - since)
    return work


def _kept(contest: int) -> int:
    return max(1, contest // ETA)


def _promote(contest: Sequence[Trainee], until: int) -> list[Trainee]:
    """End those that are not of the best third; return the others."""
    one_loss = len({trainee.setup.plan.network.loss for trainee in contest}) == 1
    figure = _dev_loss if one_loss else _dev_error
    ranked = sorted(contest, key=figure)
    kept = _kept(len(ranked))
    for place, trainee in enumerate(ranked[kept:], kept + 1):
        if trainee.outcome is None:
            name = "dev_loss" if one_loss else "dev_error"
            reason = f"{HALVED}: place {place} of {len(ranked)} by {name} after epoch {until}"
            trainee.outcome = Outcome("stopped", reason, trainee.state)
    return ranked[:kept]


def _dev_loss(trainee: Trainee) -> float:
    """The lowest dev_loss so far, of the parameters that are kept."""
    if trainee.outcome and trainee.outcome.status == "diverged":
        return math.inf
    if trainee.stopper and trainee.stopper.best:
        return trainee.stopper.best.dev_loss
    records = trainee.history.records
    return _finite(records[-1].dev_loss) if records else math.inf


def _dev_error(trainee: Trainee) -> float:
    if trainee.outcome and trainee.outcome.status == "diverged":
        return math.inf
    best = trainee.stopper.best if trainee.stopper else None
    chosen = [r for r in trainee.history.records if best is None or r.epoch == best.epoch]
    return _finite(chosen[-1].dev_error) if chosen else math.inf


def _finite(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else math.inf


def judge(run: Run, settings: Mapping[str, Any]) -> Trial:
    """Evaluate a run that has ended."""
    prepared = run.setup.prepared
    assert prepared.dev is not None
    dev, train = evaluate(run.model, prepared.dev), evaluate(run.model, prepared.train)
    return Trial(
        run=run.folder.name if run.folder else "",
        settings=dict(settings),
        status=run.outcome.status,
        reason=run.outcome.reason,
        epochs=run.outcome.state.epoch,
        best_epoch=run.best_epoch,
        train_error=train.error,
        dev_error=dev.error,
        dev_interval=dev.interval,
        dev_loss=dev.loss,
        seconds=run.outcome.state.seconds,
    )


def ordered(trials: Sequence[Trial], simplest: Baseline) -> list[Trial]:
    """Return the trials, the lowest dev error first; a diverged one comes last.

    Of those that are no better than an answer without any input, the lowest dev loss comes first.
    """
    most = simplest.dev_error or 0.0
    return sorted(
        trials, key=lambda t: (t.status == "diverged", min(t.dev_error, most), t.dev_loss)
    )


def alike(best: Trial, others: Sequence[Trial]) -> Iterator[Trial]:
    """Yield those that cannot be told apart from the best.

    Two errors are told apart where neither lies in the 95 % interval of the other.
    """
    for other in others:
        (low, high), (their_low, their_high) = best.dev_interval, other.dev_interval
        if low <= other.dev_error <= high or their_low <= best.dev_error <= their_high:
            yield other


def verdict(trials: Sequence[Trial], m_dev: int, metric: str, simplest: Baseline) -> list[str]:
    """Say which trial did best, which ones cannot be told apart from it, and what that is worth."""
    if not trials:
        return ["no trial has ended yet"]
    best, *others = trials
    if best.status == "diverged":
        return ["every trial diverged: try lower learning rates"]
    name = "rmse" if metric == "rmse" else "error"
    said = [f"{best.run} has the lowest dev {name}, {wording.error(best.dev_error, metric)}"]
    if simplest.dev_error is not None and best.dev_error >= simplest.dev_error:
        other = f"the {simplest.name} ({wording.error(simplest.dev_error, metric)})"
        return [f"no trial has a lower dev {name} than {other}; {best.run} has the lowest dev loss"]
    near = len(list(alike(best, others)))
    examples = wording.plural(m_dev, "dev example")
    if near:
        which = "others" if len(others) > 1 else "other"
        which = f"the {which}" if near == len(others) else f"{near} of the other {len(others)}"
        said[0] += f"; {which} cannot be told apart from it on {examples}"
    elif others:
        said[0] += f"; it is better than all others, as far as {examples} can tell"
    if others:
        said.append(
            f"it was chosen on these {examples} out of {len(trials)}, so that its dev {name} is "
            "too good: only examples that chose nothing (a test set) tell how good it is"
        )
    return said
