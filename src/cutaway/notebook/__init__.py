"""In Jupyter: a curve that grows while a network is trained, and pictures of what is looked at.

What has no picture there has its text: the `repr` that any terminal shows.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple


class Pictured(NamedTuple):
    """One kind of object: where its class is, and the function that draws it, as HTML."""

    module: str
    name: str
    picture: str


PICTURES: tuple[Pictured, ...] = (
    Pictured("cutaway.data.dataset", "Dataset", "cutaway.notebook.data_page.dataset"),
    Pictured("cutaway.equations.network", "Network", "cutaway.notebook.network_page.network"),
    Pictured("cutaway.training.model", "Model", "cutaway.notebook.model_page.model"),
    Pictured("cutaway.training.trainee", "Run", "cutaway.notebook.run_page.run"),
    Pictured("cutaway.insight.diagnosis", "Diagnosis", "cutaway.notebook.run_page.diagnosis"),
)


def find_shell() -> Any:
    """Return the shell of IPython that runs here, None where there is none."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module else None


def is_notebook() -> bool:
    """Return whether what is displayed reaches a notebook: IPython runs as a kernel."""
    return hasattr(find_shell(), "kernel")


def register() -> None:
    """Tell IPython how to draw what cutaway makes, by the names of the classes: none is loaded."""
    shell = find_shell()
    formatters = getattr(getattr(shell, "display_formatter", None), "formatters", {})
    html: Mapping[str, Any] = formatters
    if "text/html" in html:
        for row in PICTURES:
            html["text/html"].for_type_by_name(row.module, row.name, _drawer(row.picture))


def _drawer(picture: str) -> Any:
    module, _, name = picture.rpartition(".")
    return lambda value: getattr(importlib.import_module(module), name)(value)
