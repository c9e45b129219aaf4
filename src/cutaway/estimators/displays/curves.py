"""Cost and losses over the epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from cutaway.estimators.displays._axes import new_axes

# What is drawn of a history, where it is there: label and line.
LINES = {
    "batch_cost": ("cost of the updates", "-"),
    "train_loss": ("train loss", "--"),
    "dev_loss": ("dev loss", "-"),
}


class CostCurveDisplay:
    """Cost of the updates, loss on train and loss on dev over the epochs.

    Parameters
    ----------
    history : dict of arrays
        `history_` of an estimator.
    best_epoch : int, default=None
        The epoch whose parameters were kept; marked.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Where it was drawn.
    lines_ : list of matplotlib Line2D
        One for each column that is there.
    """

    def __init__(
        self, history: Mapping[str, npt.NDArray[Any]], best_epoch: int | None = None
    ) -> None:
        self.history = history
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : estimator of cutaway
            It is fitted.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure unless given.
        """
        check_is_fitted(estimator)
        return cls(estimator.history_, estimator.best_epoch_).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw on `ax`, or on a new figure."""
        ax = new_axes() if ax is None else ax
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, []
        for column, (label, style) in LINES.items():
            values = self.history.get(column)
            if values is not None:
                there = np.isfinite(values)
                x, y = self.history["epoch"][there], values[there]
                self.lines_ += ax.plot(x, y, style, label=label)
        if self.best_epoch is not None and "dev_loss" in self.history:
            ax.axvline(self.best_epoch, color="0.6", linewidth=1, label="kept")
        ax.set(xlabel="epoch", ylabel="cost")
        ax.legend()
        return self
