from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.report.axes import Axis, fit_axis
from cutaway.report.charts import Series, line_chart, scatter

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("axis", "labels"),
    [
        (Axis(0, 1, 0, 100), ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (Axis(0, 0.06, 0, 100, percent=True), ["0 %", "1 %", "2 %", "3 %", "4 %", "5 %", "6 %"]),
        (Axis(-2, 2, 0, 100), ["\u22122", "\u22121", "0", "1", "2"]),
        (Axis(0, 2, 0, 100, whole=True), ["0", "1", "2"]),
        (Axis(0.002, 3, 0, 100, logarithmic=True), ["0.01", "0.1", "1"]),
        (Axis(1e6, 1.1e6, 0, 100), ["1e6", "1.02e6", "1.04e6", "1.06e6", "1.08e6", "1.1e6"]),
    ],
)
def test_ticks(axis, labels):
    assert [label for _, label in axis.ticks()] == labels


finite = st.floats(-1e12, 1e12, allow_subnormal=False)


@given(st.lists(finite, min_size=1, max_size=5), st.booleans())
def test_every_value_and_tick_has_a_place(values, logarithmic):
    axis = fit_axis(values, 10, 110, logarithmic=logarithmic)
    assert all(10 <= axis.place(value) <= 110 for value in values)
    ticks = [value for value, _ in axis.ticks()]
    assert len(ticks) <= 8
    assert all(axis.low - 1e-6 * abs(axis.low) <= value for value in ticks)


@pytest.mark.parametrize("value", [0.0, 1.0, -3e5, 1e-9])
def test_values_that_are_hardly_different_get_a_wide_axis(value):
    axis = fit_axis([value, value * (1 + 1e-12)], 0, 1)
    labels = [label for _, label in axis.ticks()]
    assert len(set(labels)) == len(labels) >= 3


def test_an_axis_over_decades_is_logarithmic_and_one_with_zero_is_not():
    assert fit_axis([0.001, 1], 0, 1, zero=True, logarithmic=True).logarithmic
    assert not fit_axis([1, 32], 0, 1, logarithmic=True).logarithmic
    assert fit_axis([1, 32], 0, 1, logarithmic=True, decades=0).logarithmic
    assert not fit_axis([0.0, 1], 0, 1, zero=True, logarithmic=True).logarithmic
    assert not fit_axis([0.5, 1], 0, 1, zero=True, logarithmic=True).logarithmic


@pytest.mark.parametrize("points", [[(0, 1.0)], [(0, 1.0), (1, 0.5)], [(0, 0.0), (1, 0.0)]])
def test_line_chart_is_well_formed(points):
    chart = line_chart(
        "Loss <1>", ("epoch", "loss"), [Series("train", "train", points)], mark=(0, "chosen")
    )
    tree = ET.fromstring(chart)
    assert tree.get("role") == "img"
    assert "Loss <1>" in tree.get("aria-label")
    texts = [text.text for text in tree.iter(f"{SVG}text")]
    assert {"epoch", "loss", "train", "chosen"} <= set(texts)
    assert "nan" not in chart


def test_line_chart_leaves_out_what_is_not_finite():
    points = [(0, 1.0), (1, math.nan), (2, math.inf), (3, 0.5)]
    tree = ET.fromstring(line_chart("Loss", ("epoch", "loss"), [Series("dev", "dev", points)]))
    assert len(list(tree.iter(f"{SVG}circle"))) == 2
    empty = line_chart("Loss", ("epoch", "loss"), [Series("dev", "dev", [(0, math.nan)])])
    assert "no finite value" in empty
    assert "no finite value" in scatter("s", ("true", "answer"), [(0, math.inf)])


def test_scatter_with_a_diagonal_has_equal_axes():
    tree = ET.fromstring(scatter("s", ("true", "answer"), [(0, 10), (10, 0)], diagonal=True))
    spots = [(float(c.get("cx")), float(c.get("cy"))) for c in tree.iter(f"{SVG}circle")]
    mark = next(line for line in tree.iter(f"{SVG}line") if line.get("class") == "mark")
    x1, y1, x2, y2 = (float(mark.get(name)) for name in ("x1", "y1", "x2", "y2"))
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    assert (spots[0][0] + spots[1][0]) / 2 == pytest.approx(middle[0], abs=0.1)
    assert (spots[0][1] + spots[1][1]) / 2 == pytest.approx(middle[1], abs=0.1)
