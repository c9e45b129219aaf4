"""What every lesson uses: its settings, its style, and published numbers beside ours."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from cycler import cycler

T = TypeVar("T")

# Okabe and Ito's colours, told apart by colour-blind eyes; yellow is left out on white paper.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
BLUE, ORANGE, GREEN, PINK, SKY, AMBER, BLACK = COLOURS


@dataclass
class Settings:
    """How the lesson is run: quick for a test, and a person's own data file, where it takes one."""

    quick: bool = False
    data: Path | None = None


settings = Settings()


def begin() -> None:
    """Set the style of the figures; the first line of every lesson's code."""
    plt.close("all")
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 12,
            "axes.labelsize": 12,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "savefig.dpi": 150,
            "image.cmap": "cividis",
        }
    )


def full(value: T, quick: T) -> T:
    """Return the first value, or the second when the lesson is run quickly as a test."""
    return quick if settings.quick else value


def seconds(function: Callable[[], object]) -> float:
    """Return the least time of one call; short calls are repeated and averaged."""
    least, spent, calls = math.inf, 0.0, 1
    while spent < full(0.5, quick=0.01):
        start = time.perf_counter()
        for _ in range(calls):
            function()
        took = time.perf_counter() - start
        least, spent = min(least, took / calls), spent + took
        calls *= 2 if took < 0.01 else 1
    return least


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table, the first column on the left and figures on the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(c) for c in column) for column in zip(columns, *cells, strict=True)]
    for row in (columns, *cells):
        words = [
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("   ".join(words).rstrip())
    print()


def beside(
    rows: Iterable[tuple[str, float, float]], what: str = "", decimals: int | None = None
) -> None:
    """Print published numbers beside ours: rows of (name, published, ours), and the difference."""
    shown = []
    for name, published, ours in rows:
        number = f"{ours:.{decimals}f}" if decimals is not None else _cell(ours)
        wanted = f"{published:.{decimals}f}" if decimals is not None else _cell(published)
        shown.append((name, wanted, number, f"{ours - published:+.1e}"))
    table((what, "published", "ours", "difference"), shown)


def boundary(
    axis: Any,
    answer: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    X: npt.NDArray[np.float64],
    target: npt.NDArray[np.int64],
    side: int = 200,
) -> None:
    """Draw what answer(X (2, m)) -> (m,) in [0, 1] says of the plane, and the points on it."""
    margin = 0.08 * (X.max(axis=1) - X.min(axis=1))
    (left, bottom), (right, top) = X.min(axis=1) - margin, X.max(axis=1) + margin
    grid = np.array(np.meshgrid(np.linspace(left, right, side), np.linspace(bottom, top, side)))
    A = answer(grid.reshape(2, -1)).reshape(side, side)
    axis.imshow(
        A,
        extent=(left, right, bottom, top),
        origin="lower",
        aspect="auto",
        cmap="PuOr_r",
        vmin=-0.6,
        vmax=1.6,
    )
    axis.contour(
        A, [0.5], extent=(left, right, bottom, top), colors="black", linewidths=1, linestyles="--"
    )
    for c, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
        axis.plot(*X[:, target == c], marker, color=colour, markersize=3, linestyle="none")


class Trajectory:
    """Hand it to a training as a consumer: it keeps the parameters after every epoch."""

    needs: frozenset[str] = frozenset()
    every = 1

    def __init__(self) -> None:
        self.thetas: list[npt.NDArray[np.float64]] = []

    def __call__(self, record: Any, state: Any) -> None:
        """Keep theta (n,)."""
        self.thetas.append(state.theta)


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
