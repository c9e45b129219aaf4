"""Builds the documentation: `make docs`."""

from __future__ import annotations

from sphinx_gallery.sorting import FileNameSortKey

from cutaway import __version__
from cutaway.lessons import LESSONS

project = "cutaway"
author = "the cutaway authors"
version = release = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "README.md"]
html_theme = "furo"
html_title = "cutaway"
nitpicky = False
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autodoc_typehints = "none"
suppress_warnings = ["config.cache"]


class InTheirOrder(FileNameSortKey):
    """Sorts the lessons as their table does."""

    def __call__(self, filename: str) -> int:
        """Return the lesson's place in the table."""
        return list(LESSONS).index(filename.removesuffix(".py"))


sphinx_gallery_conf = {
    "examples_dirs": ["../src/cutaway/lessons/pages"],
    "gallery_dirs": ["lessons"],
    "filename_pattern": r"\.py$",
    "within_subsection_order": InTheirOrder,
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "min_reported_time": 10_000,
    "abort_on_example_error": True,
}
