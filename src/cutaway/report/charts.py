"""Drawings in SVG: curves over the epochs, points beside a diagonal, points on a map of answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from cutaway.report.axes import Axis, fit_axis
from cutaway.report.markup import Markup, element, join

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 46
# Beyond so many, points hide the course of a line
MOST_MARKERS = 40

Point = tuple[float, float]


class Series(NamedTuple):
    """One line: its name, its class in the style sheet and its points (x, y)."""

    name: str
    style: str
    points: Sequence[Point]


def line_chart(
    title: str,
    labels: tuple[str, str],
    series: Sequence[Series],
    *,
    mark: tuple[float, str] | None = None,
    percent: bool = False,
    logarithmic: bool = False,
    whole: bool = True,
) -> Markup:
    """Draw the finite points of lines over x >= 0; `mark` (x, text) is a vertical line.

    whole: x are whole numbers, such as epochs.
    """
    lines = [
        one._replace(points=[p for p in one.points if all(map(math.isfinite, p))]) for one in series
    ]
    points = [point for one in lines for point in one.points]
    if not points:
        return _nothing(title)
    last = max(p[0] for p in points)
    x = Axis(0, max(last, 1) if whole else last or 1.0, LEFT, WIDTH - RIGHT, whole=whole)
    y = fit_axis(
        [p[1] for p in points],
        HEIGHT - BOTTOM,
        TOP,
        zero=True,
        logarithmic=logarithmic,
        percent=percent,
    )
    y_label = f"{labels[1]}, logarithmic scale" if y.logarithmic else labels[1]
    parts: list[object] = [axes(x, y, (labels[0], y_label))]
    if mark is not None and x.low <= mark[0] <= x.high:
        at = x.place(mark[0])
        # The text stands on the side that has room
        anchor, shift = ("start", 5) if at < WIDTH / 2 else ("end", -5)
        parts += [
            element("line", x1=f"{at:.1f}", x2=f"{at:.1f}", y1=TOP - 14, y2=y.start, class_="mark"),
            text(mark[1], at + shift, TOP - 5, anchor),
        ]
    for one in lines:
        places = [(x.place(a), y.place(b)) for a, b in one.points]
        path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
        parts.append(element("path", d=path, class_=f"line {one.style}"))
        if len(places) <= MOST_MARKERS:
            parts += [
                element("circle", cx=f"{a:.1f}", cy=f"{b:.1f}", r=2.5, class_=f"dot {one.style}")
                for a, b in places
            ]
    parts.append(legend(lines))
    ends = "; ".join(f"{one.name} ends at {one.points[-1][1]:.4g}" for one in lines if one.points)
    return drawing(join(parts), f"{title}: {y_label} over {labels[0]}. {ends}.")


def scatter(
    title: str, labels: tuple[str, str], points: Sequence[Point], *, diagonal: bool = False
) -> Markup:
    """Draw the finite points; with `diagonal` the axes are the same and the line x = y is drawn."""
    points = [point for point in points if all(map(math.isfinite, point))]
    if not points:
        return _nothing(title)
    values = [value for point in points for value in point] if diagonal else None
    x = fit_axis(values or [p[0] for p in points], LEFT, WIDTH - RIGHT)
    y = fit_axis(values or [p[1] for p in points], WIDTH - BOTTOM, TOP)
    parts: list[object] = [axes(x, y, labels)]
    if diagonal:
        parts.append(element("line", x1=x.start, y1=y.start, x2=x.end, y2=y.end, class_="mark"))
    parts += [
        element("circle", cx=f"{x.place(a):.1f}", cy=f"{y.place(b):.1f}", r=3.5, class_="spot")
        for a, b in points
    ]
    return drawing(join(parts), f"{title}: {labels[1]} against {labels[0]}.", WIDTH)


def dots(
    title: str,
    labels: tuple[str, str],
    points: Sequence[Point],
    *,
    words: Sequence[str] = (),
    percent: bool = False,
) -> Markup:
    """Draw points, x on a logarithmic scale over decades; `words` name x = 0, 1, .. instead."""
    if not points:
        return _nothing(title)
    y = fit_axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, logarithmic=True, percent=percent)
    if words:
        x = Axis(-0.5, len(words) - 0.5, LEFT, WIDTH - RIGHT)
        names = [(float(place), word) for place, word in enumerate(words)]
    else:
        x = fit_axis([p[0] for p in points], LEFT, WIDTH - RIGHT, logarithmic=True)
        names = x.ticks()
    scale = ", logarithmic scale"
    texts = [
        f"{label}{scale if a.logarithmic else ''}" for label, a in zip(labels, (x, y), strict=True)
    ]
    parts: list[object] = [axes(x, y, (texts[0], texts[1]), names)]
    parts += [
        element("circle", cx=f"{x.place(a):.1f}", cy=f"{y.place(b):.1f}", r=3.5, class_="spot")
        for a, b in points
    ]
    return drawing(join(parts), f"{title}: {texts[1]} against {texts[0]}.")


def axes(
    x: Axis, y: Axis, labels: tuple[str, str], x_ticks: Sequence[tuple[float, str]] | None = None
) -> Markup:
    """Draw two axes with ticks, grid lines and labels."""
    parts: list[object] = []
    for value, name in x.ticks() if x_ticks is None else x_ticks:
        at = f"{x.place(value):.1f}"
        parts += [
            element("line", x1=at, x2=at, y1=y.start, y2=y.start + 4, class_="axis"),
            text(name, x.place(value), y.start + 17, "middle"),
        ]
    for value, name in y.ticks():
        at = f"{y.place(value):.1f}"
        parts += [
            element("line", x1=x.start, x2=x.end, y1=at, y2=at, class_="grid"),
            text(name, x.start - 7, y.place(value) + 4, "end"),
        ]
    parts += [
        element("line", x1=x.start, x2=x.end, y1=y.start, y2=y.start, class_="axis"),
        text(labels[0], (x.start + x.end) / 2, y.start + 37, "middle"),
        # Above the axis, upright: easier to read than text that is turned
        text(labels[1], 2, 14, "start"),
    ]
    return join(parts)


def drawing(
    content: Markup, description: str, height: float = HEIGHT, width: float = WIDTH
) -> Markup:
    """Wrap a drawing, with a description for those who cannot see it."""
    return element(
        "svg",
        content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=description,
    )


def _nothing(title: str) -> Markup:
    return element("p", f"{title}: there is no finite value to draw.", class_="quiet")


def legend(lines: Sequence[Series]) -> Markup:
    """Write the names of lines beside a piece of each, in the upper right corner."""
    parts: list[object] = []
    at = float(WIDTH - RIGHT)
    for one in reversed(lines):
        parts.append(text(one.name, at, 14, "end"))
        at -= 7.0 * len(one.name) + 6
        parts.append(
            element("path", d=f"M{at - 24:.0f} 10L{at:.0f} 10", class_=f"line {one.style}")
        )
        at -= 40
    return join(parts)


def text(words: str, x: float, y: float, anchor: str) -> Markup:
    """Write words at a place; anchor: start, middle or end stands there."""
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)
