from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from _ext.sources import PAGE, restructured

import cutaway.equations

EQUATIONS = Path(cutaway.equations.__file__).parent
DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted((DOCS / "equations").glob("*.md")), DOCS / "example-space.md"]
MODULES = sorted(path for path in EQUATIONS.glob("*.py") if not path.name.startswith("_"))
INCLUDED = {
    (page.stem, name)
    for page in PAGES
    for block in re.findall(
        r"^```\{source\}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S
    )
    for name in block.split()
}


@pytest.mark.parametrize(("page", "name"), sorted(INCLUDED))
def test_what_a_page_includes_exists(page: str, name: str) -> None:
    module, _, attribute = name.rpartition(".")
    tree = ast.parse((EQUATIONS / f"{module}.py").read_text(encoding="utf-8"))
    assert attribute in {getattr(node, "name", None) for node in tree.body}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_names_its_page_and_the_page_shows_the_module(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    pages = PAGE.findall(docstring)
    assert pages, f"{module.name}: its docstring names no page of docs/"
    for page in pages:
        assert (DOCS / f"{page}.md").is_file()
        assert f"{{source}}\n{module.stem}." in (DOCS / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (["Sum of |W|."], "Sum of \\|W\\|."),
        (["W := 2 * A_prev."], "W := 2 \\* A\\_prev."),
        (["Derived in docs/equations/losses.md."], "Derived in :doc:`/equations/losses`."),
        (["Table:", "", "a    its meaning"], "Table:\n\n::\n\n    a    its meaning"),
        (
            ["X.", "", "Raises:", "    ValueError: so", "        it is."],
            "X.\n\n:raises ValueError: so it is.",
        ),
    ],
)
def test_a_docstring_is_shown_as_it_was_meant(docstring: list[str], expected: str) -> None:
    assert "\n".join(restructured(docstring)).strip() == expected
