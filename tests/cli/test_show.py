from __future__ import annotations

import re
from pathlib import Path

from .conftest import Cutaway, pictures  # isort: skip


def test_a_page_has_each_class_and_what_training_sees(cutaway: Cutaway, tmp_path: Path) -> None:
    pictures(tmp_path / "my pets", 6)
    done = cutaway("show", "my pets", "--augment", "flip:1", "--examples", "4")
    assert done.code == 0
    assert "my-pets-examples.html" in done.out
    assert "cutaway train 'my pets' --augment flip:1" in done.out
    page = Path("my-pets-examples.html").read_text()
    assert page.count("<img") == 4 * (1 + 7)
    shown = re.findall('alt="([^"]*), as it is"', page)
    assert shown == ["cat", "dog", "cat", "dog"]
    # Nothing is overwritten, and a page without augment shows the pictures alone.
    assert cutaway("show", "my pets", "--json").json() == {
        "page": "my-pets-examples-2.html", "augment": None}  # fmt: skip
    assert Path("my-pets-examples-2.html").read_text().count("<img") == 7


def test_what_exists_and_what_are_no_pictures_is_told(cutaway: Cutaway, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("mine")
    refused = cutaway("show", "digits", "--into", "mine.html")
    assert refused.code == 2
    assert "mine.html exists already; --force replaces it" in refused.err
    refused = cutaway("show", "digits", "--into", "none/mine.html")
    assert refused.code == 2
    assert "cannot write none/mine.html" in refused.err
    assert "choose another folder with --into" in refused.err
    refused = cutaway("show", "iris")
    assert refused.code == 2
    assert "'iris' has no pictures to show" in refused.err
