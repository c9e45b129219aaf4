"""cutaway lesson: the list, one lesson, and what it says to what cannot be."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Cutaway, pictures

from cutaway.lessons import LESSONS


@pytest.fixture
def no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)


def test_without_a_name_it_lists_all_in_order(cutaway: Cutaway, no_matplotlib: None) -> None:
    lines = cutaway("lesson").out.splitlines()
    assert [line.split()[0] for line in lines] == list(LESSONS)
    assert all(line.endswith(text) for line, text in zip(lines, LESSONS.values(), strict=True))


@pytest.mark.parametrize(
    ("output", "folder"), [((), "lessons"), (("--output", "a/b"), "a/b")], ids=["here", "--output"]
)
def test_one_lesson(cutaway: Cutaway, tmp_path: Path, output: tuple[str, ...], folder: str) -> None:
    pytest.importorskip("matplotlib", reason="lessons need matplotlib")
    result = cutaway("lesson", "computation_graph", "--quick", *output)
    assert (result.code, result.err) == (0, "")
    assert "33" in result.out
    assert f"figure: {folder}/computation_graph.png" in result.out
    assert (tmp_path / folder / "computation_graph.png").stat().st_size > 1000


def test_own_pictures(cutaway: Cutaway, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="lessons need matplotlib")
    folder = pictures(tmp_path / "mine", per_class=20)
    result = cutaway("lesson", "logistic_regression", "--quick", "--data", folder)
    assert (result.code, result.err) == (0, "")
    assert "mine: 40 pictures" in result.out


def three_classes(folder: Path) -> str:
    return str(pictures(folder / "three", 4, ("cat", "dog", "emu")))


def text(folder: Path) -> str:
    (folder / "notes.txt").write_text("not a picture")
    return "notes.txt"


@pytest.mark.parametrize(
    ("name", "option", "value", "message"),
    [
        ("neurn", None, None, "did you mean 'neuron'?"),
        ("logistic_regression", "--data", lambda _: "none.h5", "'none.h5' does not exist"),
        ("logistic_regression", "--data", text, "notes.txt"),
        ("depth", "--data", three_classes, "takes pictures of two classes"),
        ("regularization", "--data", text, "notes.txt"),
        ("scale", "--data", text, "notes.txt"),
        ("planar", "--data", text, "has data of its own"),
        ("planar", "--output", text, "is a file"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(
    cutaway: Cutaway,
    tmp_path: Path,
    name: str,
    option: str | None,
    value: Callable[[Path], str] | None,
    message: str,
) -> None:
    pytest.importorskip("matplotlib", reason="lessons need matplotlib")
    given = [option, value(tmp_path)] if option and value else []
    result = cutaway("lesson", name, "--quick", *given)
    assert result.code == 2
    assert message in result.err
    assert "figure:" not in result.out


def test_without_matplotlib_it_says_how_to_get_it(cutaway: Cutaway, no_matplotlib: None) -> None:
    result = cutaway("lesson", "neuron", "--quick")
    assert result.code == 2
    assert "pip install 'cutaway[plots]'" in result.err


def test_ctrl_c_ends_a_lesson(cutaway: Cutaway, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*name: str, **given: Any) -> None:
        # A training that Ctrl-C ends tells so, and whoever called it goes on.
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("cutaway.lessons.runner.run_lesson", train)
    result = cutaway("lesson", "planar")
    assert (result.code, result.err) == (130, "error: interrupted\n")
