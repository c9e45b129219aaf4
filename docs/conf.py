"""Builds the documentation: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx_gallery.sorting import FileNameSortKey

from cutaway import __version__
from cutaway.lessons import LESSONS

sys.path.insert(0, str(Path(__file__).parent))

project = "cutaway"
author = "the cutaway authors"
version = release = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "_ext.commands",
    "_ext.executed",
    "_ext.mathml",
    "_ext.notebooks",
    "_ext.sources",
    "_ext.tables",
]
exclude_patterns = ["_build", "README.md", "lessons/README.rst"]
html_theme = "furo"
html_title = "cutaway"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
# Every name that a page links must exist; types in signatures are shown as they are written.
nitpicky = True
nitpick_ignore_regex = [("py:(class|exc)", ".*")]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
highlight_language = "text"
python_maximum_signature_line_length = 88
add_module_names = False
autodoc_member_order = "bysource"
# By its name: it stands for three lines of types.
autodoc_type_aliases = {"ArrayLike": "ArrayLike"}
autodoc_default_options = {"members": True, "undoc-members": False}
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
    "write_computation_times": False,
    "abort_on_example_error": True,
    # Names in the code of a lesson lead to their pages.
    "reference_url": {"cutaway": None},
}
