from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _ext.executed import execute

from cutaway import train

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Blocks marked {run} run when the site is built; the page of errata has a test of its own.
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if page.name != "errata.md" and BLOCK.search(page.read_text(encoding="utf-8"))
]


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, code) of every block of a page."""
    for match in BLOCK.finditer(text):
        yield text.count("\n", 0, match.start(1)) + 1, match[1]


@pytest.fixture
def beside_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder that holds runs/digits-1, as a reader of the pages would."""
    monkeypatch.chdir(tmp_path)
    train("digits", epochs=2, runs="runs", name="digits-1")


@pytest.mark.usefixtures("beside_a_run")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path) -> None:
    names: dict[str, Any] = {}
    for line, code in blocks(page.read_text(encoding="utf-8")):
        execute(code, names, str(page), line)


def test_blocks_know_their_lines() -> None:
    text = "words\n\n```python\na = 1\n```\n\n```text\nno code\n```\n\n```python\nprint(a)\n```\n"
    assert list(blocks(text)) == [(4, "a = 1\n"), (12, "print(a)\n")]


def test_what_is_printed_comes_back_and_names_are_shared() -> None:
    names: dict[str, Any] = {}
    assert execute("a = 1", names, "page.md") == ""
    assert execute("print(a + 1)", names, "page.md") == "2\n"


def test_an_error_names_the_line_of_the_page() -> None:
    with pytest.raises(AssertionError) as caught:
        execute("\nassert 1 == 2", {}, "page.md", line=7)
    frame = traceback.extract_tb(caught.tb)[-1]
    assert (frame.filename, frame.lineno) == ("page.md", 8)
