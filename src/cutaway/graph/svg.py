"""The drawing of a graph as SVG: text, nothing loaded from elsewhere."""

from __future__ import annotations

from xml.sax.saxutils import escape

from cutaway.graph.drawing import FONT, MARGIN, SMALL, Curve, Drawing, draw
from cutaway.graph.node import Node

COLOURS = {"formula": "#000000", "value": "#0072B2", "derivative": "#B84A00"}
ARROW = "#777777"
_STYLE = f"""
text {{ font-family: "DejaVu Sans", Verdana, Arial, sans-serif; font-size: {FONT:g}px; }}
.formula {{ fill: {COLOURS["formula"]}; font-weight: bold; }}
.value {{ fill: {COLOURS["value"]}; }}
.derivative {{ fill: {COLOURS["derivative"]}; }}
.slope, .key {{ font-size: {SMALL:g}px; }}
.slope {{ paint-order: stroke; stroke: #ffffff; stroke-width: 5px; }}
.middle {{ text-anchor: middle; dominant-baseline: central; }}
"""


def to_svg(root: Node) -> str:
    """Return the drawing of what `root` depends on.

    Raises:
        GraphError: a derivative is infinite or does not exist.
    """
    drawing = draw(root)
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(drawing.boxes[-1].formula)}</title>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="cutaway-head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            f'markerHeight="8" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{ARROW}"/>'
            "</marker></defs>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *_arrows(drawing),
            *_boxes(drawing),
            *(
                f'<text class="key {kind}" x="{MARGIN:g}" y="{y:.1f}">{escape(text)}</text>'
                for kind, text, y in drawing.key_lines
            ),
            "</svg>",
        ]
    )


def _arrows(drawing: Drawing) -> list[str]:
    paths = [
        f'<path d="{_path(arrow.curves)}" fill="none" stroke="{ARROW}" stroke-width="1.3" '
        'marker-end="url(#cutaway-head)"/>'
        for arrow in drawing.arrows
    ]
    # Numbers after all the curves, so that none is crossed out.
    return paths + [
        f'<text class="slope middle derivative" x="{arrow.label[0]:.1f}" '
        f'y="{arrow.label[1]:.1f}">{escape(arrow.slope)}</text>'
        for arrow in drawing.arrows
    ]


def _path(curves: tuple[Curve, ...]) -> str:
    x, y = curves[0][0]
    bends = ["C" + " ".join(f"{px:.1f},{py:.1f}" for px, py in points) for _, *points in curves]
    return f"M{x:.1f},{y:.1f} {' '.join(bends)}"


def _boxes(drawing: Drawing) -> list[str]:
    parts = []
    for box in drawing.boxes:
        parts.append(
            f'<rect x="{box.x - box.width / 2:.1f}" y="{box.y - box.height / 2:.1f}" '
            f'width="{box.width:.1f}" height="{box.height:.1f}" rx="6" fill="#f6f6f6" '
            'stroke="#444444"/>'
        )
        parts += [
            f'<text class="middle {kind}" x="{box.x:.1f}" y="{y:.1f}">{escape(text)}</text>'
            for kind, text, y in box.lines
        ]
    return parts
