"""The notebooks of the documentation run, and show what they keep."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import cutaway

FILES = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
# Figures and seconds may differ between machines, what they are figures of may not.
NUMBER = re.compile(r"\d[\d.,]*")


def kinds(cell: Any) -> Iterator[tuple[str, ...]]:
    for output in cell.outputs:
        yield (output.output_type, *sorted(output.get("data", {})))


def words(cell: Any) -> str:
    parts = [o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return " ".join(NUMBER.sub("", "".join(parts)).split())


def test_the_notebooks_run_and_show_what_they_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One kernel for all: most of the time is that of its start and its imports.
    monkeypatch.setenv("PYTHONPATH", str(Path(cutaway.__file__).parents[1]))
    whole = nbformat.v4.new_notebook()
    kept = []
    for file in FILES:
        cells = nbformat.read(file, 4).cells
        kept += [nbformat.from_dict(cell) for cell in cells if cell.cell_type == "code"]
        whole.cells += [*cells, nbformat.v4.new_code_cell("%reset -f")]
    resources = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(whole, timeout=120, kernel_name="python3", resources=resources)
    asyncio.run(client.async_execute())
    shown = [c for c in whole.cells if c.cell_type == "code" and c.source != "%reset -f"]
    assert len(FILES) == 3
    for before, after in zip(kept, shown, strict=True):
        assert list(kinds(after)) == list(kinds(before)), before.source
        assert words(after) == words(before), before.source
    assert not list(tmp_path.iterdir())
