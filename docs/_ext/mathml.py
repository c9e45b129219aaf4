"""Sets equations as MathML, which browsers draw themselves: no script, nothing is loaded."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number

# log a and max x need a gap that log(a) does not.
_NAMED = re.compile(r"\\(log|exp|max|min|tanh|cos)(?![A-Za-z])(?!\s*(\(|\\left|\\,|_|\^))")
# After another sign a minus belongs to what follows.
_MINUS = re.compile(
    r"(<mo[^>]*>(?:&#x0003D;|&#x00028;|&#x0005B;|&#x0002C;)</mo>)<mo>&#x02212;</mo>"
)
# A bar is no operator here, it holds what stands between two of them.
_BAR = re.compile(r"<mo( [^>]*)?>(&#x0007C;|&#x02016;|\|)</mo>")


def mathml(latex: str, *, block: bool) -> str:
    """Return the MathML of an equation; lines that end in \\\\ are aligned at their &."""
    latex = _NAMED.sub(r"\\\1\\,", latex).replace(":=", "≔")
    if block and not latex.strip().startswith(r"\begin") and ("\\\\" in latex or "&" in latex):
        latex = rf"\begin{{align*}}{latex}\end{{align*}}"
    written = convert(latex, display="block" if block else "inline")
    written = written.replace("<mi>≔</mi>", '<mo lspace="0.278em" rspace="0.278em">≔</mo>')
    written = _MINUS.sub(r'\1<mo form="prefix">&#x02212;</mo>', written)
    return _BAR.sub(r'<mo lspace="0" rspace="0"\1>\2</mo>', written)


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write an equation within a line."""
    self.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """Write an equation of its own lines, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})</span>')
    self.body.append(mathml(node.astext(), block=True) + "</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer to Sphinx: html_math_renderer = "mathml"."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
