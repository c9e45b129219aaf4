"""A learning curve as it is told and kept: errors by the number of training examples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from cutaway import wording

# Nobody should trust the law farther than so many times the examples that there are.
FARTHEST = 100

MEANS = "each the mean of several networks, trained alone on a part of the training set"


class Point(NamedTuple):
    """Errors of the networks that were trained on m examples, or what they would be.

    interval  95 % interval of the dev error
    train     train error, None where nothing was trained
    """

    m: int
    dev: float
    interval: tuple[float, float]
    train: float | None = None


class LearningCurve(NamedTuple):
    """What was measured, what more examples would do, and how many reach the target.

    needed           None: not within a hundred times as many
    needed_interval  95 % interval of that number
    laws             (a, b, c) of error = a + b m^-c: the best first, then those of the bootstrap
    """

    points: tuple[Point, ...]
    further: tuple[Point, ...]
    target: float
    metric: str
    needed: int | None
    needed_interval: tuple[int | None, int | None]
    laws: tuple[tuple[float, float, float], ...] = ()

    @property
    def m(self) -> int:
        """The examples that there are."""
        return self.points[-1].m

    @property
    def gain_of_twice(self) -> float:
        """How much of the dev error twice the examples would take away."""
        return max(0.0, self.points[-1].dev - self.further[0].dev)

    def aimed_at(self, target: float) -> LearningCurve:
        """Return the curve with the number of examples that another target takes."""
        best, *rest = (_finite(_needed(law, target, self.m)) for law in self.laws)
        rest.sort(key=lambda m: math.inf if m is None else m)
        cut = len(rest) // 40
        return self._replace(
            target=target, needed=best, needed_interval=(rest[cut], rest[-1 - cut])
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            **self._asdict(),
            "points": [point._asdict() for point in self.points],
            "further": [point._asdict() for point in self.further],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LearningCurve:
        """Read it back."""
        points, further = (
            tuple(Point(p["m"], p["dev"], tuple(p["interval"]), p["train"]) for p in values[name])
            for name in ("points", "further")
        )
        low, high = values["needed_interval"]
        laws = tuple((a, b, c) for a, b, c in values["laws"])
        target, metric, needed = values["target"], values["metric"], values["needed"]
        return cls(points, further, target, metric, needed, (low, high), laws)

    def in_words(self) -> list[str]:
        """Return the curve as sentences, one a line."""
        lines = [
            f"{wording.plural(p.m, 'example')}: dev {wording.error(p.dev, self.metric)}"
            f"  (95 % interval {wording.interval(p.interval, self.metric)})"
            + (f", train {wording.error(p.train, self.metric)}" if p.train is not None else "")
            + (", extrapolated" if p.train is None else "")
            for p in (*self.points, *self.further)
        ]
        return [MEANS, *lines, self.needed_in_words()]

    def needed_in_words(self) -> str:
        """Say how many examples the target takes."""
        target = wording.error(self.target, self.metric)
        low, high = self.needed_interval
        if low is None:
            return f"a dev error of {target} is out of reach of more examples of this kind alone"
        if high is not None and high <= self.m:
            return f"a dev error of {target} is reached with the {self.m:,} that there are"
        if self.needed is None:
            return (
                f"a dev error of {target} takes {wording.about(low, 'training example')} at the "
                "very least, if the curve goes on as it went, and may be out of reach"
            )
        if self.needed <= self.m:
            return f"a dev error of {target} is most likely reached with the {self.m:,} there are"
        ends = [f"{wording.two_figures(end):,}" for end in (low, high) if end is not None]
        most = " to ".join(ends) if high is not None else f"{ends[0]} or more"
        return (
            f"a dev error of {target} takes {wording.about(self.needed, 'training example')} "
            f"(95 % interval {most}), if the curve goes on as it went"
        )


def _needed(law: tuple[float, float, float], target: float, m: int) -> float:
    """Return the examples from which a law is at the target; inf: too far to say."""
    a, b, c = law
    if a >= target:
        return math.inf
    needed = (b / (target - a)) ** (1 / c)
    return math.inf if needed > FARTHEST * m else max(needed, 1.0)


def _finite(m: float) -> int | None:
    return math.ceil(m) if math.isfinite(m) else None
