"""The directive `{notebook}`: an executed notebook as a page, with what its cells have shown.

The notebook is not run here: a test runs it, and compares what it shows with what it keeps.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

# What is shown of an output, the first that it has
DRAWN = ("text/html", "image/svg+xml")


class Notebook(SphinxDirective):
    """Shows the cells of a notebook and their outputs."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of all cells, the title left out: the page has its own."""
        name, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(name)
        cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
        words = f"As a notebook: {{download}}`{Path(path).name} <{self.arguments[0]}>`."
        shown = self.parse_text_to_nodes(words)
        for cell in cells:
            text = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                shown += self.parse_text_to_nodes(_without_title(text))
                continue
            shown.append(nodes.literal_block(text, text, language="python"))
            for output in cell["outputs"]:
                shown.append(_output(output))
        return shown


def _without_title(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith("# "))


def _output(output: dict[str, Any]) -> nodes.Node:
    """Return what a cell has shown: a picture, else its text."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    for kind in DRAWN:
        if kind in data:
            return nodes.raw("", "".join(data[kind]), format="html")
    text = "".join(data["text/plain"]).rstrip()
    return nodes.literal_block(text, text, language="text", classes=["output"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive("notebook", Notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
