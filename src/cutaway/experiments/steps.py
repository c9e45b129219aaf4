"""Which remedy is tried next: the one that promises most and has not been tried."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from cutaway.experiments.story import Experiment, best
from cutaway.experiments.trained import Trained
from cutaway.experiments.values import SWEPT
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.recipe import Advice
from cutaway.kinds import augment_steps
from cutaway.training.setup import Setup, plan_for
from cutaway.wording import options

# Expected of half a step, as a share of what was expected of the whole one
MILDER = 0.7


class Step(NamedTuple):
    """What is tried: which remedy against what, why, what it changes, and the gain expected."""

    remedy: str
    treats: str
    reason: str
    changed: dict[str, str]
    expected: float | None

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from other steps."""
        return self.remedy, options(self.changed)


def with_settings(first: Setup, settings: Mapping[str, str]) -> Setup:
    """Return the setup of a seed with other settings, on the same prepared data."""
    if not settings:
        return first
    values = Hyperparameters.of(**{**first.hyperparameters.to_json(), **settings})
    return plan_for(values, first.dataset, first.prepared)


def next_step(
    advice: Iterable[Advice], story: Sequence[Experiment], now: Trained, first: Setup
) -> Step | None:
    """Return the step with the largest expected gain that leads to a plan not trained before.

    What harmed beyond chance is not tried again; what only did not help may help from where it
    stands now, after all that is new.
    """
    since = best(story).number
    here = {(one.remedy, options(one.changed)) for one in story if one.parent == since}
    before = {(one.remedy, options(one.changed)): one for one in story}
    harmful = {key for key, one in before.items() if one.is_told_apart and not one.kept}
    trained = [_resolved(first, one.settings) for one in story]
    steps = []
    for one in advice:
        step = Step(one.name, one.treats, one.reason, changed(one), one.gain)
        if step.key in here:
            step = _milder(step, now.middle.plan.values)
        if step.changed and _resolved(first, now.settings | step.changed) not in trained:
            steps.append(step)
    steps = [step for step in steps if step.key not in harmful]
    return min(steps, key=lambda one: (one.key in before, -(one.expected or 0.0)), default=None)


def _resolved(first: Setup, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return what settings come to: two ways to the same plan are one experiment."""
    plan: dict[str, Any] = replace(with_settings(first, settings).plan, reasons={}).to_json()
    return plan


def changed(advice: Advice) -> dict[str, str]:
    """Return the hyper-parameters that a remedy changes; none where it is no setting of a network.

    An ensemble is made at the end, of the networks of the last experiment.
    """
    found = {}
    for option in advice.options:
        word, _, text = option.partition(" ")
        name = word.removeprefix("--").replace("-", "_")
        if name not in SWEPT or not text:
            return {}
        found[name] = text
    return found


def _milder(step: Step, now: Mapping[str, Any]) -> Step:
    """Return a step half as large, for what was too much may help when it is less.

    It changes nothing where there is nothing between.
    """
    milder = {}
    for name, text in step.changed.items():
        if name == "augment":
            halves = [f"{key}:{strength / 2:g}" for key, strength in augment_steps(text)]
            milder[name] = ",".join(halves)
        elif name in ("l1", "l2", "learning_rate") and now.get(name) and float(text) > 0:
            # Between two numbers of a logarithmic scale lies their geometric mean.
            milder[name] = f"{math.sqrt(float(text) * float(now[name])):.3g}"
        elif name == "keep_prob" and float(text) < 1:
            milder[name] = f"{(1 + float(text)) / 2:g}"
        else:
            return step._replace(changed={})
    reason = f"{step.reason}; the full step was too much"
    return step._replace(changed=milder, reason=reason, expected=MILDER * (step.expected or 0.0))
