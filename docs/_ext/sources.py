"""Ties the derivations to the code: the directive `{source}` one way, docstrings the other way.

`{source}` includes functions of `cutaway.equations` from their file, under a link to the whole
file. A docstring that names a page, "Derived in docs/equations/losses.md", becomes a link to it.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralInclude

PAGE = re.compile(r"docs/([\w/-]+)\.md")


class Source(LiteralInclude):
    """Includes the functions and classes that its lines name, losses.log_loss for instance."""

    required_arguments = 0
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return one captioned block for each name."""
        shown: list[nodes.Node] = []
        for name in " ".join(self.content).split():
            module, _, attribute = name.rpartition(".")
            self.arguments = [f"/../src/cutaway/equations/{module}.py"]
            self.options = {"pyobject": attribute, "language": "python"}
            block = nodes.container("", literal_block=True, classes=["literal-block-wrapper"])
            block["ids"] = [name.replace(".", "-").replace("_", "-")]
            block += self.caption(module, attribute)
            block += super().run()
            shown.append(block)
        return shown

    def caption(self, module: str, attribute: str) -> nodes.caption:
        """Return the link to the place in the file."""
        up = "../" * self.env.docname.count("/")
        uri = f"{up}_modules/cutaway/equations/{module}.html#{attribute}"
        words = f"src/cutaway/equations/{module}.py: {attribute}"
        return nodes.caption("", "", nodes.reference("", words, refuri=uri, internal=True))


def restructured(lines: list[str]) -> list[str]:
    """Turn a plain docstring into reStructuredText: words, aligned columns, what it raises."""
    out: list[str] = []
    for paragraph in "\n".join(lines).strip("\n").split("\n\n"):
        rows = paragraph.split("\n")
        if rows[0].strip() == "Raises:":
            out += [_raises(row) for row in _joined(rows[1:])]
        elif any(re.search(r"^ {2}|\S {2,}\S", row) for row in rows):
            # Columns and indented equations stand as they were typed.
            indent = min(len(row) - len(row.lstrip()) for row in rows)
            out += ["::", "", *("    " + row[indent:] for row in rows)]
        else:
            out += [PAGE.sub(r":doc:`/\1`", _escaped(row)) for row in rows]
        out.append("")
    return out


def _escaped(text: str) -> str:
    return "".join(
        part if PAGE.fullmatch(part) else re.sub(r"([\\*`|_])", r"\\\1", part)
        for part in re.split(r"(docs/[\w/-]+\.md)", text)
    )


def _joined(rows: list[str]) -> list[str]:
    """Put what an error says on one row."""
    joined: list[str] = []
    for row in rows:
        if re.match(r" {4}\w+: ", row):
            joined.append(row.strip())
        else:
            joined[-1] += " " + row.strip()
    return joined


def _raises(row: str) -> str:
    error, _, why = row.partition(": ")
    return f":raises {error}: {_escaped(why)}"


def _on_docstring(
    app: Sphinx, what: str, name: str, it: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = restructured(lines)


def _on_member(app: Sphinx, what: str, name: str, it: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what a NamedTuple says of each field: its number."""
    return True if (getattr(it, "__doc__", "") or "").startswith("Alias for field") else None


def _on_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Make links of the pages that are named in the source files that viewcode shows."""
    if page.startswith("_modules/") and "body" in context:
        up = "../" * page.count("/")
        context["body"] = PAGE.sub(rf'<a href="{up}\1.html">\g<0></a>', context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive and its hooks to Sphinx."""
    app.add_directive("source", Source)
    app.connect("autodoc-process-docstring", _on_docstring)
    app.connect("autodoc-skip-member", _on_member)
    app.connect("html-page-context", _on_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
