"""What all tests share: strict numerics on JAX, repeatable properties, the place of real data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple

import jaxtyping
import numpy as np
import pytest
from hypothesis import settings

from cutaway.engine.processes import Processes

# Read when a test first imports JAX: no silent change of dtype, no silent broadcast of ranks.
os.environ.setdefault("JAX_NUMPY_DTYPE_PROMOTION", "strict")
os.environ.setdefault("JAX_NUMPY_RANK_PROMOTION", "raise")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what JAX compiles in the folder of pytest, one a worker, and out of the user's own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    folder = config.rootpath / ".pytest_cache" / "jax" / worker
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


# A busy machine is no failure, and a red build shall be red again when it is repeated.
settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture
def without_shape_checks() -> Iterator[None]:
    """Where a test takes thousands of updates, checking every shape takes ten times as long."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of real data that CUTAWAY_TEST_DATA names."""
    folder = Path(os.environ.get("CUTAWAY_TEST_DATA", ""))
    if not os.environ.get("CUTAWAY_TEST_DATA") or not folder.is_dir():
        pytest.skip("the environment variable CUTAWAY_TEST_DATA names no folder of real data")
    return folder


@pytest.fixture(scope="session")
def real_file(test_data: Path) -> Callable[[str], Path]:
    """Return real_file(name): a file of the folder of real data; the test skips without it."""

    def find(name: str) -> Path:
        path = test_data / name
        if not path.exists():
            pytest.skip(f"CUTAWAY_TEST_DATA holds no {name}")
        return path

    return find


@pytest.fixture(scope="session")
def cats(real_file: Callable[[str], Path]) -> dict[str, tuple[Any, Any]]:
    """Return the course's cats, "train" and "test": X (12288, m), divided by 255, and Y (1, m)."""
    h5py = pytest.importorskip("h5py", reason="the cats are HDF5: pip install 'cutaway[hdf5]'")
    parts = {}
    for part in ("train", "test"):
        with h5py.File(real_file(f"{part}_catvnoncat.h5")) as file:
            rows = file[f"{part}_set_x"][:].reshape(-1, 12288) / 255.0
            parts[part] = rows.T, file[f"{part}_set_y"][:].reshape(1, -1).astype(float)
    return parts


@pytest.fixture
def together() -> Callable[[int, Callable[[Processes], Any]], list[Any]]:
    """Return together(N, function): what a function returns in N processes, which are threads."""

    def run(N: int, function: Callable[[Processes], Any]) -> list[Any]:
        barrier = Barrier(N, timeout=30.0)
        given: list[Any] = [None] * N

        def call(i: int) -> Any:
            def gather(own: Any) -> Any:
                given[i] = own
                barrier.wait()
                stacked = np.stack(given)
                barrier.wait()
                return stacked

            return function(Processes(i, N, gather))

        with ThreadPoolExecutor(N) as executor:
            return list(executor.map(call, range(N)))

    return run


class PublishedCosts(NamedTuple):
    """The course's costs on the cats by iteration: logistic regression, and 12288-7-1."""

    logistic: dict[int, float]
    two_layers: dict[int, float]


# fmt: off
LOGISTIC = (
    0.693147, 0.584508, 0.466949, 0.376007, 0.331463, 0.303273, 0.279880, 0.260042, 0.242941,
    0.228004, 0.214820, 0.203078, 0.192544, 0.183033, 0.174399, 0.166521, 0.159305, 0.152667,
    0.146542, 0.140872,
)
TWO_LAYERS = {
    0: 0.693049735659989, 100: 0.6464320953428849, 200: 0.6325140647912677,
    500: 0.5158304772764729, 1000: 0.3394281538366412, 1500: 0.1744831811255665,
    2000: 0.07439078704319081, 2400: 0.04855478562877017, 2499: 0.04421498215868951,
}
# fmt: on


@pytest.fixture(scope="session")
def published() -> PublishedCosts:
    """Return the course's published costs on the cats."""
    return PublishedCosts({100 * i: cost for i, cost in enumerate(LOGISTIC)}, TWO_LAYERS)
