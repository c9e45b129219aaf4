"""Axes to draw on."""

from __future__ import annotations

from typing import Any

from cutaway.errors import MissingExtraError


def new_axes(rows: int = 1, columns: int = 1, size: tuple[float, float] = (6.0, 3.8)) -> Any:
    """Return axes of a new figure, an array of them where there are several.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plots", "drawing") from error
    return plt.subplots(rows, columns, figsize=size, layout="constrained")[1]
