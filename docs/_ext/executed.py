"""The directive `{run}`: Python that runs when the page is built, its output shown below it.

The blocks of a page share their names, from top to bottom. An exception ends the build, so that
what a page claims with `assert`, or prints, is true of the code that it was built from.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def execute(code: str, names: dict[str, Any], place: str, line: int = 1) -> str:
    """Run code that stands at a line of a file; return what it printed."""
    printed = io.StringIO()
    # Empty lines in front, so that a traceback names the line of the page.
    compiled = compile("\n" * (line - 1) + code, place, "exec")
    with contextlib.redirect_stdout(printed):
        exec(compiled, names)
    return printed.getvalue()


class Run(SphinxDirective):
    """Shows Python and what it prints."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Run the block among the names that the page has so far."""
        names = self.env.temp_data.setdefault("names of the blocks", {})
        code = "\n".join(self.content)
        place, line = self.get_source_info()
        printed = execute(code, names, place, line + 1)
        shown: list[nodes.Node] = [nodes.literal_block(code, code, language="python")]
        if printed:
            output = nodes.literal_block(printed, printed.rstrip(), language="text")
            output["classes"].append("output")
            shown.append(output)
        return shown


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive("run", Run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
