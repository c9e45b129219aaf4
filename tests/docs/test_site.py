from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from check_site import complaints

import cutaway.equations
from cutaway.cli import COMMANDS

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.stem
    for path in Path(cutaway.equations.__file__).parent.glob("*.py")
    if not path.name.startswith("_")
)


def test_the_site_builds_without_a_warning_and_holds_together(tmp_path: Path) -> None:
    """The lessons are not run here: they have tests of their own, and `make docs` runs them."""
    docs, site = tmp_path / "docs", tmp_path / "site"
    shutil.copytree(ROOT / "docs", docs, ignore=shutil.ignore_patterns("_build", "lessons"))
    (tmp_path / "src").symlink_to(ROOT / "src")
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D", "plot_gallery=0"]
    built = subprocess.run([*sphinx, docs, site], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert list(complaints(site)) == []

    commands = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    assert all(f'id="cutaway-{name}"' in commands for name in COMMANDS)
    reference = (site / "reference" / "equations.html").read_text(encoding="utf-8")
    for module in MODULES:
        # The code is shown, one link away from the reference, and links its page in turn.
        assert f"../_modules/cutaway/equations/{module}.html" in reference
        code = (site / "_modules" / "cutaway" / "equations" / f"{module}.html").read_text("utf-8")
        assert '.html">docs/' in code


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('<a href="other.html">', "other.html leads nowhere"),
        ('<a href="#there">', "the page has no place 'there'"),
        ('<a href="http://nowhere">', "http://nowhere is no address"),
        ('<script src="https://cdn.example.org/a.js"></script>', "from elsewhere"),
        ('<img src="missing.png">', "missing.png does not exist"),
        ("<p>so $x$ is</p>", "an equation was not set"),
        (r"<p>\frac12</p>", "an equation was not set"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, body: str, complaint: str) -> None:
    (tmp_path / "page.html").write_text(f"<html>{body}</html>", encoding="utf-8")
    (said,) = complaints(tmp_path)
    assert said.startswith("page.html: ")
    assert said.endswith(complaint) or complaint in said


@pytest.mark.parametrize(
    "body",
    [
        '<p id="here"></p><a href="#here"><a href="page.html#here"><a href="https://example.org">',
        '<pre>$ pip install cutaway</pre><img src="data:image/png;base64,AA==">',
        '<link rel="next" href="page.html">',
    ],
)
def test_what_is_right_is_passed(tmp_path: Path, body: str) -> None:
    (tmp_path / "page.html").write_text(f"<html>{body}</html>", encoding="utf-8")
    assert list(complaints(tmp_path)) == []
