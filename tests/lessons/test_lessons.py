"""Every lesson is in the list, runs, says what to see, and writes a figure that holds something."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from cutaway.errors import OptionError
from cutaway.lessons import LESSONS, TAKE_DATA, source
from cutaway.lessons.runner import run_lesson, what_to_see

plt = pytest.importorskip("matplotlib.pyplot", reason="lessons need matplotlib")
threadpoolctl = pytest.importorskip("threadpoolctl")

MARKUP = re.compile(r":\w+:`|``")


@pytest.fixture(autouse=True)
def one_thread_and_no_trace() -> object:
    """Tests run side by side, and a lesson must leave no settings for the next test."""
    from cutaway.lessons import stage

    with threadpoolctl.threadpool_limits(1):
        yield
    stage.settings.quick, stage.settings.data = False, None
    plt.close("all")


def test_every_row_has_its_page_and_every_page_its_row() -> None:
    pages = source("neuron").parent.glob("*.py")
    assert {page.stem for page in pages} == set(LESSONS)


def test_the_lessons_that_take_data_are_those_that_read_it() -> None:
    reading = re.compile(r"stage\.settings\.data|two_classes\(")
    read = {name for name in LESSONS if reading.search(source(name).read_text(encoding="utf-8"))}
    assert read == set(TAKE_DATA)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_says_what_to_see_in_a_few_sentences(name: str) -> None:
    words = what_to_see(name)
    assert 2 <= len(re.findall(r"[.!?](?:\s|$)", words)) <= 6
    assert not MARKUP.search(words)


@pytest.mark.usefixtures("without_shape_checks")
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_prints_numbers_and_draws(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = run_lesson(name, quick=True, folder=tmp_path / "figures")
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: {LESSONS[name]}\n")
    numbers = out.split("figure: ")[0]
    assert len(re.findall(r"\d\.\d", numbers)) >= 5
    assert " ".join(what_to_see(name).split()) in " ".join(out.split())
    assert figures == sorted((tmp_path / "figures").glob("*.png"), key=figures.index)
    for figure in figures:
        assert f"figure: {figure}" in out
        pixels = plt.imread(figure)[..., :3]
        assert np.mean(np.any(pixels < 0.9, axis=2)) > 0.01
    assert figures
    assert not plt.get_fignums()


def test_a_lesson_without_a_place_for_data_refuses_them(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="has data of its own"):
        run_lesson("planar", quick=True, data=tmp_path, folder=tmp_path)
