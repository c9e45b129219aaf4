"""The drawing: nothing overlaps, everything is named, SVG and figure say the same."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.graph import Node, exp, log, sigmoid, variable, variables
from cutaway.graph.drawing import FONT, Drawing, draw, names_of
from cutaway.graph.layout import depths, layout

SVG = "{http://www.w3.org/2000/svg}"


def example() -> Node:
    a, b, c = variables(a=5, b=3, c=2)
    u = (b * c).named("u")
    v = (a + u).named("v")
    return (3 * v).named("J")


def logistic_unit() -> Node:
    x1, w1, x2, w2, b, y = variables(x1=1.5, w1=0.4, x2=-2, w2=0.3, b=0.1, y=1)
    a = sigmoid(w1 * x1 + w2 * x2 + b).named("a < b & c")
    return -(y * log(a) + (1 - y) * log(1 - a))


def single() -> Node:
    return variable("x", 1.0)


@st.composite
def graphs(draw_one: st.DrawFn) -> Node:
    nodes = [variable(f"x{i}", float(i + 1)) for i in range(draw_one(st.integers(1, 4)))]
    for _ in range(draw_one(st.integers(1, 10))):
        left, right = (draw_one(st.sampled_from(nodes)) for _ in range(2))
        nodes.append(left + right if draw_one(st.booleans()) else exp(-left * 0.01))
    return nodes[-1]


GRAPHS = [example, logistic_unit, single]


def overlapping(drawing: Drawing) -> list[tuple[str, str]]:
    return [
        (a.formula, b.formula)
        for a, b in combinations(drawing.boxes, 2)
        if abs(a.x - b.x) < (a.width + b.width) / 2 - 1e-6
        and abs(a.y - b.y) < (a.height + b.height) / 2 - 1e-6
    ]


@given(graphs())
def test_boxes_do_not_overlap_and_lie_on_the_sheet(root: Node) -> None:
    drawing = draw(root)
    assert len(drawing.boxes) == len(root.ancestors())
    assert overlapping(drawing) == []
    for box in drawing.boxes:
        assert 0 < box.x - box.width / 2 < box.x + box.width / 2 < drawing.width
        assert 0 < box.y - box.height / 2 < box.y + box.height / 2 < drawing.height
    for arrow in drawing.arrows:
        for before, after in pairwise(arrow.curves):
            assert before[-1] == after[0]


@given(graphs())
def test_arrows_lead_from_layer_to_layer(root: Node) -> None:
    depth = depths(root)
    plan = layout(root, dict.fromkeys(depth, 10.0), 5.0)
    at = {place: i for i, layer in enumerate(plan.layers) for place in layer}
    for (parent, node), path in plan.paths.items():
        assert (path[0].node, path[-1].node) == (parent, node)
        steps = [at[after] - at[before] for before, after in pairwise(path)]
        assert steps == [1] * (depth[node] - depth[parent])


def test_a_crossing_that_can_be_avoided_is() -> None:
    a, b, c, d = variables(a=1, b=2, c=3, d=4)
    root = (a * d) + (b * c) + (a + d)
    plan = layout(root, dict.fromkeys(depths(root), 10.0), 5.0)
    order = [place.node.name for place in plan.layers[0] if place.node]
    assert abs(order.index("b") - order.index("c")) == 1


@pytest.mark.parametrize("make", GRAPHS)
def test_svg_is_well_formed_and_says_everything(make: object) -> None:
    root = make()  # type: ignore[operator]
    drawing = draw(root)
    tree = ElementTree.fromstring(root.to_svg())
    texts = [element.text for element in tree.iter(f"{SVG}text")]
    for box in drawing.boxes:
        assert {box.formula, box.value, box.derivative} <= set(texts)
    for name in names_of(root).values():
        assert any(text and name in text for text in texts)
    assert sum(
        text is not None and text.startswith("\N{MULTIPLICATION SIGN}") for text in texts
    ) == len(drawing.arrows)
    assert root._repr_svg_() == root.to_svg()


def test_the_numbers_of_the_courses_example() -> None:
    drawing = draw(example())
    assert [box.lines for box in drawing.boxes][-1][0][1] == "J = 3 * v"
    said = {box.formula: (box.value, box.derivative) for box in drawing.boxes}
    assert said["b"] == ("= 3", "dJ/db = 6")
    assert said["u = b * c"] == ("= 6", "dJ/du = 3")
    assert sorted(arrow.slope for arrow in drawing.arrows) == ["×1", "×1", "×2", "×3", "×3"]


def test_long_chains_are_drawn_downwards() -> None:
    short, long = draw(example()), draw(logistic_unit())
    assert short.boxes[-1].x > short.boxes[0].x + 100
    assert long.boxes[-1].y > long.boxes[0].y + 500


def test_unnamed_nodes_avoid_the_names_in_use() -> None:
    t1 = variable("t1", 2.0)
    names = names_of(t1 * t1 + 1)
    assert sorted(names.values()) == ["t1", "t2", "t3"]


def test_save_writes_the_drawing(tmp_path: Path) -> None:
    example().save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == example().to_svg()


@pytest.mark.parametrize("make", GRAPHS)
def test_the_figure_says_what_the_svg_says(make: object) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="the figure needs matplotlib")
    matplotlib.use("Agg")
    from cutaway.graph.plot import plot

    root = make()  # type: ignore[operator]
    figure = plot(root)
    renderer = figure.canvas.get_renderer()
    drawing = draw(root)
    (axis,) = figure.axes
    texts = {text.get_text(): text for text in axis.texts}
    per_unit = figure.bbox.width / drawing.width
    for box in drawing.boxes:
        for _, line, _ in box.lines:
            # The estimated width, which the SVG relies on, is not below the real one.
            assert texts[line].get_window_extent(renderer).width < (box.width - FONT / 2) * per_unit
    matplotlib.pyplot.close(figure)
