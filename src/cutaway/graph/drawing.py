"""The drawing of a graph as data: boxes with lines of text, and arrows with a number on each.

Every box gives the value (forwards) and the derivative of the last node (backwards); the number on
an arrow is its slope, so that a derivative is the sum, over the arrows that leave the box, of the
derivative at the end times the slope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from cutaway.graph.layout import Layout, Place, depths, layout
from cutaway.graph.node import Node

FONT, SMALL = 14.0, 12.0
LINE = 19.0
HEIGHT = 3 * LINE + 10
MARGIN = 14.0
# Between the boxes of a layer, and between layers, where the numbers on the arrows stand.
GAP, STEP, STEP_DOWN = 26.0, 78.0, 52.0
LABEL_AT = (0.5, 0.35, 0.65, 0.25, 0.75)
# A longer chain is drawn downwards: a wide drawing on a page has small letters.
RIGHTWARDS = 6
LETTER = 0.62

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Box:
    """A node: its centre, its size, its formula, its value and the derivative in words."""

    x: float
    y: float
    width: float
    height: float
    formula: str
    value: str
    derivative: str

    @property
    def lines(self) -> tuple[tuple[str, str, float], ...]:
        """(kind, text, y of its middle) of the three lines."""
        kinds = (("formula", self.formula), ("value", self.value), ("derivative", self.derivative))
        return tuple((kind, text, self.y + (i - 1) * LINE) for i, (kind, text) in enumerate(kinds))


@dataclass(frozen=True)
class Arrow:
    """An edge: cubic curves end to end, the slope along it, and where that is written."""

    curves: tuple[Curve, ...]
    slope: str
    label: Point


@dataclass(frozen=True)
class Drawing:
    """Boxes and arrows on a sheet of width x height, y downwards, and the key to read them by."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    key: tuple[tuple[str, str], ...]
    bottom: float

    @property
    def key_lines(self) -> tuple[tuple[str, str, float], ...]:
        """(kind, text, y of its middle) of the lines of the key."""
        first = self.bottom + MARGIN + LINE
        return tuple((kind, text, first + i * LINE) for i, (kind, text) in enumerate(self.key))


def text_width(text: str, size: float = FONT) -> float:
    """Estimate the width of a text, on the large side."""
    return LETTER * size * len(text)


def number(value: float) -> str:
    """Write a number in at most four digits, with a true minus sign."""
    # + 0.0 turns -0.0 into 0.0.
    return f"{value + 0.0:.4g}".replace("-", "\N{MINUS SIGN}")


def names_of(root: Node) -> dict[Node, str]:
    """Return a name for every node: its own, or t1, t2, .. where it has none."""
    nodes = root.ancestors()
    taken = {node.name for node in nodes}
    free = (name for i in count(1) if (name := f"t{i}") not in taken)
    return {node: node.name or next(free) for node in nodes}


def draw(root: Node) -> Drawing:
    """Draw what `root` depends on.

    Raises:
        GraphError: a derivative is infinite or does not exist.
    """
    names, derivatives = names_of(root), root.derivatives()
    last = names[root]
    texts = {
        node: (
            name if node.operation is None else f"{name} = {node.formula(names)}",
            f"= {number(node.value)}",
            f"d{last}/d{name} = {number(derivatives[node])}",
        )
        for node, name in names.items()
    }
    widths = {node: text_width(max(lines, key=len)) + 18 for node, lines in texts.items()}
    down = max(depths(root).values()) >= RIGHTWARDS
    plan = layout(root, widths if down else dict.fromkeys(widths, HEIGHT), GAP)
    centres, thickness = _centres(plan, widths, down)
    boxes = tuple(
        Box(*centres[place], widths[place.node], HEIGHT, *texts[place.node])
        for layer in plan.layers
        for place in layer
        if place.node
    )
    arrows: list[Arrow] = []
    for (parent, node), path in plan.paths.items():
        curves = _curves([centres[place] for place in path], [thickness[p] for p in path], down)
        slope = f"\N{MULTIPLICATION SIGN}{number(node.slope(parent))}"
        arrows.append(Arrow(curves, slope, _free_label(curves, slope, arrows)))
    key = (
        ("value", "value, computed forwards"),
        ("derivative", f"derivative of {last}, computed backwards:"),
        ("derivative", "that at the arrow's end \N{MULTIPLICATION SIGN} the number on the arrow,"),
        ("derivative", "summed over the arrows that leave the box"),
    )
    right = max(box.x + box.width / 2 for box in boxes)
    bottom = max(box.y + box.height / 2 for box in boxes)
    width = max(right, *(text_width(text, SMALL) for _, text in key)) + MARGIN
    return Drawing(
        width, bottom + MARGIN + LINE * len(key) + MARGIN, boxes, tuple(arrows), key, bottom
    )


def _centres(
    plan: Layout, widths: Mapping[Node, float], down: bool
) -> tuple[dict[Place, Point], dict[Place, float]]:
    """Return the centre of every place, and how thick its layer is along the arrows."""
    centres, thickness = {}, {}
    sizes = {
        place: (widths[place.node] if down else HEIGHT) / 2 if place.node else 0.0
        for place in plan.across
    }
    first = min(plan.across[place] - sizes[place] for place in sizes)
    at = MARGIN
    for layer in plan.layers:
        nodes = [place.node for place in layer if place.node]
        thick = HEIGHT if down else max(widths[node] for node in nodes)
        for place in layer:
            across, along = plan.across[place] - first + MARGIN, at + thick / 2
            centres[place] = (across, along) if down else (along, across)
            thickness[place] = widths[place.node] if place.node and not down else thick
        at += thick + (STEP_DOWN if down else STEP)
    return centres, thickness


def _curves(centres: Sequence[Point], thickness: Sequence[float], down: bool) -> tuple[Curve, ...]:
    """Return curves from the first box to the last, straight where they pass a layer."""
    ends: list[Point] = []
    for i, ((x, y), thick) in enumerate(zip(centres, thickness, strict=True)):
        sides = (*([-1] if i > 0 else []), *([1] if i < len(centres) - 1 else []))
        ends += [(x, y + side * thick / 2) if down else (x + side * thick / 2, y) for side in sides]
    curves = []
    for (x0, y0), (x1, y1) in pairwise(ends):
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        bends = ((x0, y), (x1, y)) if down else ((x, y0), (x, y1))
        curves.append(((x0, y0), *bends, (x1, y1)))
    return tuple(curves)


def _free_label(curves: Sequence[Curve], text: str, others: Sequence[Arrow]) -> Point:
    """Return a point on the first or last curve where the text covers no other number."""
    points = [_point(curve, t) for t in LABEL_AT for curve in (curves[0], curves[-1])]

    def covers(point: Point) -> bool:
        return any(
            abs(point[0] - arrow.label[0])
            < (text_width(text, SMALL) + text_width(arrow.slope, SMALL)) / 2
            and abs(point[1] - arrow.label[1]) < SMALL + 2
            for arrow in others
        )

    return next((point for point in points if not covers(point)), points[0])


def _point(curve: Curve, t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (sum(w * p[i] for w, p in zip(weights, curve, strict=True)) for i in (0, 1))
    return x, y
