"""Drawings of a diagnosis: errors as bars with their intervals, and the learning curve."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway import wording
from cutaway.insight.curve import LearningCurve
from cutaway.report.axes import fit_axis
from cutaway.report.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Series,
    axes,
    drawing,
    legend,
    text,
)
from cutaway.report.markup import Markup, element, join

ROW, BAR, NAMES = 34, 18, 76
# What measures new examples has the colour of dev
STYLES = {"human": "quiet", "train": "train"}

Bounds = tuple[float, float] | None


def error_bars(
    rows: Sequence[tuple[str, float, Bounds]], target: float, metric: str, *, what: str = "Errors"
) -> Markup:
    """Draw one bar for each (name, error, 95 % interval), and the target as a line."""
    height = TOP + ROW * len(rows) + BOTTOM
    ends = [end for _, value, bounds in rows for end in (bounds or (value,))]
    x = fit_axis([*ends, target], NAMES, WIDTH - RIGHT - 64, zero=True, percent=metric != "rmse")
    bottom = TOP + ROW * len(rows)
    parts: list[object] = []
    for value, label in x.ticks():
        at = x.place(value)
        parts += [
            element("line", x1=f"{at:.1f}", x2=f"{at:.1f}", y1=TOP, y2=bottom, class_="grid"),
            text(label, at, bottom + 17, "middle"),
        ]
    for i, (name, value, bounds) in enumerate(rows):
        middle = TOP + ROW * (i + 0.5)
        parts += [
            text(name, NAMES - 8, middle + 4, "end"),
            element(
                "rect",
                x=NAMES,
                y=f"{middle - BAR / 2:.1f}",
                width=f"{max(x.place(value) - NAMES, 1):.1f}",
                height=BAR,
                class_=f"errorbar {STYLES.get(name, 'dev')}",
            ),
        ]
        last = value
        if bounds is not None:
            parts.append(_whisker(x.place(bounds[0]), x.place(bounds[1]), middle))
            last = bounds[1]
        parts.append(text(wording.error(value, metric), x.place(last) + 8, middle + 4, "start"))
    at = x.place(target)
    parts += [
        element("line", x1=f"{at:.1f}", x2=f"{at:.1f}", y1=TOP - 8, y2=bottom, class_="mark"),
        text(f"target {wording.error(target, metric)}", at, TOP - 13, "middle"),
        text("error, with its 95 % interval where it is of a sample", NAMES, bottom + 37, "start"),
    ]
    said = "; ".join(f"{name} {wording.error(value, metric)}" for name, value, _ in rows)
    return drawing(join(parts), f"{what}: {said}; target {wording.error(target, metric)}.", height)


def _whisker(low: float, high: float, y: float) -> Markup:
    path = f"M{low:.1f} {y:.1f}H{high:.1f}M{low:.1f} {y - 5:.1f}v10M{high:.1f} {y - 5:.1f}v10"
    return element("path", d=path, class_="whisker")


def learning(curve: LearningCurve) -> Markup:
    """Draw dev and train errors over the number of training examples, and how they may go on."""
    points = (*curve.points, *curve.further)
    percent = curve.metric != "rmse"
    heights = [end for p in points for end in (p.dev, *p.interval, p.train or 0.0)]
    x = fit_axis([float(p.m) for p in points], LEFT, WIDTH - RIGHT, logarithmic=True, decades=0)
    y = fit_axis([*heights, curve.target], HEIGHT - BOTTOM, TOP, zero=True, percent=percent)
    ticks = [(float(p.m), f"{p.m:,}") for p in points][:: 1 + len(points) // 7]
    label = "root mean squared error" if not percent else "error"
    parts: list[object] = [axes(x, y, ("training examples, logarithmic scale", label), ticks)]
    beyond = (curve.points[-1], *curve.further)
    band = [(p.m, p.interval[0]) for p in beyond] + [(p.m, p.interval[1]) for p in beyond[::-1]]
    corners = " ".join(f"{x.place(a):.1f},{y.place(b):.1f}" for a, b in band)
    parts.append(element("polygon", points=corners, class_="band"))
    at = f"{y.place(curve.target):.1f}"
    parts += [
        element("line", x1=x.start, x2=x.end, y1=at, y2=at, class_="mark"),
        text(
            f"target {wording.error(curve.target, curve.metric)}", x.start, float(at) - 5, "start"
        ),
    ]
    lines = [
        ("line train", [(p.m, p.train) for p in curve.points if p.train is not None]),
        ("line dev", [(p.m, p.dev) for p in curve.points]),
        ("line dev further", [(p.m, p.dev) for p in beyond]),
    ]
    for style, line in lines:
        path = "M" + "L".join(f"{x.place(a):.1f} {y.place(b):.1f}" for a, b in line)
        parts.append(element("path", d=path, class_=style))
    for p in curve.points:
        low, high = (y.place(end) for end in p.interval)
        place = f"{x.place(p.m):.1f}"
        parts += [
            element("path", d=f"M{place} {low:.1f}V{high:.1f}", class_="whisker dev"),
            element("circle", cx=place, cy=f"{y.place(p.dev):.1f}", r=3.5, class_="dot dev"),
        ]
    names = (("train", "train"), ("dev", "dev"), ("extrapolated", "dev further"))
    parts.append(legend([Series(name, style, ()) for name, style in names]))
    return drawing(
        join(parts),
        f"Learning curve: dev error over training examples, {curve.needed_in_words()}.",
    )
