"""The drawing of a graph on a matplotlib figure, for pages that show pictures only."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from cutaway.graph.drawing import FONT, MARGIN, SMALL, draw
from cutaway.graph.node import Node
from cutaway.graph.svg import ARROW, COLOURS

# The drawing's unit is a pixel of 1/96 inch, a point is 1/72.
PIXELS, POINTS = 96, 72 / 96


def plot(root: Node) -> Any:
    """Return a figure with the drawing of what `root` depends on.

    Raises:
        GraphError: a derivative is infinite or does not exist.
    """
    drawing = draw(root)
    figure = plt.figure(figsize=(drawing.width / PIXELS, drawing.height / PIXELS), layout="none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
    axis.set_axis_off()
    for arrow in drawing.arrows:
        points = [arrow.curves[0][0], *(p for _, *rest in arrow.curves for p in rest)]
        codes = [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1)
        axis.add_patch(
            FancyArrowPatch(
                path=Path(points, codes),
                arrowstyle="-|>",
                mutation_scale=11,
                color=ARROW,
                shrinkA=0,
                shrinkB=0,
            )
        )
    small, large = SMALL * POINTS, FONT * POINTS
    for arrow in drawing.arrows:
        axis.text(
            *arrow.label,
            arrow.slope,
            color=COLOURS["derivative"],
            size=small,
            ha="center",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    for box in drawing.boxes:
        corner = (box.x - box.width / 2, box.y - box.height / 2)
        style = "round,pad=0,rounding_size=6"
        axis.add_patch(
            FancyBboxPatch(corner, box.width, box.height, style, fc="#f6f6f6", ec="#444444")
        )
        for kind, text, y in box.lines:
            weight = "bold" if kind == "formula" else "normal"
            axis.text(
                box.x,
                y,
                text,
                color=COLOURS[kind],
                size=large,
                weight=weight,
                ha="center",
                va="center",
            )
    for kind, text, y in drawing.key_lines:
        axis.text(MARGIN, y, text, color=COLOURS[kind], size=small, va="center")
    return figure
