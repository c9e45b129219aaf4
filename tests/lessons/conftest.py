"""Runs the page of a lesson with small settings and returns its names."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jaxtyping
import pytest
from threadpoolctl import threadpool_limits

from cutaway.lessons import source


@pytest.fixture(scope="module")
def run_page() -> Iterator[Callable[..., dict[str, Any]]]:
    """Return run_page(name, data=None): the page's globals after a quick run."""
    matplotlib = pytest.importorskip("matplotlib", reason="lessons need matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from cutaway.lessons import stage

    def run(name: str, data: Path | None = None) -> dict[str, Any]:
        stage.settings.quick, stage.settings.data = True, data
        return runpy.run_path(str(source(name)))

    # Tests run side by side, and each would take all cores for its matrices; every shape of
    # thousands of updates would take longer to check than they do.
    jaxtyping.config.update("jaxtyping_disable", True)
    with threadpool_limits(1):
        yield run
    jaxtyping.config.update("jaxtyping_disable", False)
    stage.settings.quick, stage.settings.data = False, None
    plt.close("all")


@pytest.fixture(scope="session")
def cats(real_file: Callable[[str], Path]) -> Path:
    """Return the course's file of cats."""
    pytest.importorskip("h5py", reason="the cats are HDF5: pip install 'cutaway[hdf5]'")
    return real_file("train_catvnoncat.h5")
