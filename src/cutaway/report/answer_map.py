"""What the network answers everywhere, where it has two numbers as inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.engine.inputs import at_once
from cutaway.report import images
from cutaway.report.axes import fit_axis
from cutaway.report.charts import BOTTOM, LEFT, RIGHT, TOP, WIDTH, axes, drawing
from cutaway.report.markup import Markup, element, join, paragraph, section
from cutaway.training.trainee import Run

# Okabe and Ito's colours, which people with any colour vision can tell apart
CLASS_COLOURS = (
    (213, 94, 0),
    (0, 114, 178),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
)
# Squares along each side of the map
GRID = 160
# Points that are drawn on it
MOST_POINTS = 600


def answer_map(run: Run) -> Markup:
    """Draw what the network answers everywhere, where it has two numbers as inputs."""
    preparation = run.model.preparation
    K = len(preparation.classes)
    if preparation.task != "classification" or K > len(CLASS_COLOURS) or not _two_numbers(run):
        return Markup()
    train, dev = run.setup.prepared.train, run.setup.prepared.dev
    raw = [_raw(run, at_once(part.X)) for part in (train, dev) if part is not None]
    every = np.concatenate(raw, axis=1)
    height = WIDTH
    x = fit_axis(every[0].tolist(), LEFT, WIDTH - RIGHT)
    y = fit_axis(every[1].tolist(), height - BOTTOM, TOP)
    names = preparation.features or ("x1", "x2")
    parts: list[object] = [
        element(
            "image",
            x=x.start,
            y=y.end,
            width=x.end - x.start,
            height=y.start - y.end,
            preserveAspectRatio="none",
            href=images.data_uri(_answers(run, x.low, x.high, y.low, y.high)),
        ),
        axes(x, y, (names[0], names[1])),
    ]
    parts += _points(run, raw, x.place, y.place)
    legend = [
        element("span", element("i", style=f"background:rgb{colour}"), name)
        for name, colour in zip(preparation.classes, CLASS_COLOURS, strict=False)
    ]
    what = "Full points are the training examples"
    what += ", ringed ones the dev examples." if dev is not None else "."
    title = f"Map of the answers over {names[0]} and {names[1]}, with the examples as points."
    return section(
        "What it answers where",
        paragraph(
            "The colour is the answer for every pair of inputs, the stronger the surer; it changes "
            f"where the network changes its mind. {what}"
        ),
        element("p", *legend, class_="legend"),
        element("div", drawing(join(parts), title, height), class_="map"),
    )


def _two_numbers(run: Run) -> bool:
    preparation = run.model.preparation
    if preparation.n_x != 2 or preparation.picture is not None:
        return False
    encoding = preparation.encoding
    return encoding is None or [column.kind for column in encoding.columns] == ["number"] * 2


def _raw(run: Run, X: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    preparation = run.model.preparation
    raw: npt.NDArray[np.float64] = (
        X * preparation.scale[:, np.newaxis] + preparation.mean[:, np.newaxis]
    )
    return raw


def _answers(run: Run, left: float, right: float, low: float, high: float) -> images.Pixels:
    """Return the colours of the answers (GRID, GRID, 4), the more opaque the surer."""
    preparation, model = run.model.preparation, run.model
    across, up = np.linspace(left, right, GRID), np.linspace(high, low, GRID)
    raw = np.stack([g.ravel() for g in np.meshgrid(across, up)])
    X = (raw - preparation.mean[:, np.newaxis]) / preparation.scale[:, np.newaxis]
    A = model.apply(X.astype(model.theta.dtype))
    P = preparation.probabilities(A)
    surest = P.max(axis=1)
    K = P.shape[1]
    opacity = 0.08 + 0.42 * np.clip((surest - 1 / K) / (1 - 1 / K), 0, 1)
    colours = np.array(CLASS_COLOURS)[P.argmax(axis=1)]
    pixels = np.column_stack([colours, 255 * opacity]).astype(np.uint8)
    return pixels.reshape(GRID, GRID, 4)


def _points(
    run: Run, raw: list[npt.NDArray[np.float64]], place_x: Any, place_y: Any
) -> list[Markup]:
    prepared, target = run.setup.prepared, run.setup.dataset.target
    assert target is not None
    points = []
    for where, index, style in zip(
        raw, (prepared.split.train, prepared.split.dev), ("point", "point ringed"), strict=False
    ):
        step = max(1, -(-where.shape[1] // MOST_POINTS))
        for (a, b), example in zip(where.T[::step], index[::step], strict=True):
            points.append(
                element(
                    "circle",
                    cx=f"{place_x(a):.1f}",
                    cy=f"{place_y(b):.1f}",
                    r=3.2,
                    class_=style,
                    fill=f"rgb{CLASS_COLOURS[target[example]]}",
                )
            )
    return points
