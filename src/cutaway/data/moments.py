"""Mean and deviation of every input, block by block and process by process, in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.engine.processes import Processes
from cutaway.errors import DataError

Floats = npt.NDArray[np.float64]


class Moments(NamedTuple):
    """What some rows (.., n) amount to.

    total    sum of their weights w
    mean     (n,) sum of w x / total; squares (n,) sum of w (x - mean)^2
    largest  (n,) largest |x|
    """

    total: float
    mean: Floats
    squares: Floats
    largest: Floats

    @classmethod
    def of(cls, blocks: Iterator[Floats], weights: Floats | None, n: int) -> Moments:
        """Take in all rows, each of the weights (m,) or of weight 1."""
        moments, at = cls(0.0, *np.zeros((3, n))), 0
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in blocks:
                w = np.ones(len(rows)) if weights is None else weights[at : at + len(rows)]
                at += len(rows)
                if not w.any():
                    continue
                total = w.sum()
                mean = w @ rows / total
                squares = w @ (rows - mean) ** 2
                largest = np.abs(rows).max(axis=0)
                moments = moments.pooled(cls(total, mean, squares, largest))
        return moments

    def pooled(self, other: Moments) -> Moments:
        """Return what these rows and others amount to together.

        The pooled mean and sum of squares have none of the cancellation of mean(x^2) - mean(x)^2.
        """
        if not other.total:
            return self
        total = self.total + other.total
        shift = other.mean - self.mean
        squares = self.squares + other.squares
        return Moments(
            total,
            self.mean + shift * other.total / total,
            squares + shift**2 * self.total * other.total / total,
            np.maximum(self.largest, other.largest),
        )

    def over(self, processes: Processes) -> Moments:
        """Return what the rows of all processes amount to."""
        rows = np.stack([np.full_like(self.mean, self.total), *self[1:]])
        with np.errstate(over="ignore", invalid="ignore"):
            theirs = (Moments(float(one[0, 0]), *one[1:]) for one in processes.gather(rows))
            return reduce(Moments.pooled, theirs)

    def mean_and_deviation(self, names: tuple[str, ...] | None) -> tuple[Floats, Floats]:
        """Return the mean and the deviation sqrt(squares / total) of each column.

        Raises:
            DataError: a column is not finite, or too large to compute with.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            deviation = np.sqrt(self.squares / self.total)
        wrong = np.flatnonzero(~np.isfinite(deviation))
        if len(wrong):
            name = f"'{names[wrong[0]]}'" if names else f"number {wrong[0] + 1}"
            raise DataError(
                f"column {name} holds numbers up to {self.largest[wrong[0]]:g}, which are "
                "not finite or too large to compute with; correct them or divide the column"
            )
        # A constant column leaves the rounding errors of its mean, which are no deviation
        deviation[deviation <= 8 * np.finfo(np.float64).eps * self.largest] = 0
        return self.mean, deviation
