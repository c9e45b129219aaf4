"""The directive `{commands}`: what every command of the command line says to --help."""

from __future__ import annotations

from collections.abc import Iterator

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cutaway.cli import COMMANDS, cutaway

WIDTH = {"terminal_width": 96, "max_content_width": 96}


def helps() -> Iterator[tuple[str, str]]:
    """Yield the name and the help of `cutaway` and of each of its commands."""
    root = click.Context(cutaway, info_name="cutaway", **cutaway.context_settings, **WIDTH)
    yield "cutaway", cutaway.get_help(root)
    for name in COMMANDS:
        command = cutaway.get_command(root, name)
        assert command is not None
        context = click.Context(command, root, name, **WIDTH)
        yield f"cutaway {name}", command.get_help(context)


class Commands(SphinxDirective):
    """Shows the help of every command, each in a section of its own."""

    def run(self) -> list[nodes.Node]:
        """Return one section for each command."""
        sections: list[nodes.Node] = []
        for name, text in helps():
            section = nodes.section(ids=[name.replace(" ", "-")], names=[name])
            section += nodes.title(name, name)
            section += nodes.literal_block(text, text, language="text")
            sections.append(section)
        return sections


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
