"""Which array library trains: NumPy begins at once, JAX compiles first and is faster then."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from cutaway.engine.executors import JAX, NUMPY
from cutaway.engine.threads import threads_of_jax
from cutaway.errors import OptionError


class Cost(NamedTuple):
    """Seconds that a backend takes, on two cores: measured by benchmarks/backends.py.

    start    once, importing and compiling included
    update   for each update and layer, whatever its size
    rate     operations a second in products of matrices
    """

    start: float
    update: float
    rate: float


COSTS = {NUMPY: Cost(0.0, 25e-6, 90e9), JAX: Cost(0.9, 2e-6, 105e9)}
# From here on JAX gathers and multiplies more slowly than NumPy on a CPU: with 3,072 inputs and 256
# examples 5.0 ms an update against 4.4, with 12,288 inputs 38.7 against 16.9.
WIDE, WIDE_BATCH = 3_000, 128


def choose_device(backend: str, device: str, operations: int) -> str:
    """Return the device that a backend computes on; `operations` has the largest product.

    Raises:
        OptionError: JAX finds no such device.
    """
    if backend == NUMPY:
        return "cpu"
    from cutaway.engine.jax_devices import find_device

    with threads_of_jax(operations):
        found = find_device(device)
    return f"{found.platform}:{found.id}"


def choose_backend(
    asked: str,
    device: str,
    sizes: Sequence[int],
    updates: int,
    batch: int,
    *,
    augmented: bool = False,
) -> tuple[str, str]:
    """Return the backend and the reason; `sizes` are those of the network as it is trained.

    augmented: whether NumPy draws the pictures anew for each epoch.

    Raises:
        OptionError: JAX is asked for and not installed.
    """
    installed = importlib.util.find_spec("jax") is not None
    if asked != "auto" or device != "auto":
        backend = JAX if asked == "auto" else asked
        if backend == JAX and not installed:
            what = "backend=jax" if asked == JAX else f"device={device}"
            raise OptionError(
                f"{what} needs JAX, which is not installed: pip install 'cutaway[jax]'"
            )
        if backend == NUMPY and device not in ("auto", "cpu"):
            raise OptionError(
                f"backend=numpy computes on the cpu; device={device} needs backend=jax"
            )
        return backend, "as asked for"
    if not installed:
        return NUMPY, "JAX is not installed"
    if augmented:
        return NUMPY, "it draws the pictures anew for each epoch"
    if sizes[0] >= WIDE and batch >= WIDE_BATCH:
        return NUMPY, f"its products are the faster ones with {sizes[0]:,} inputs"
    seconds = {backend: _seconds(cost, sizes, updates, batch) for backend, cost in COSTS.items()}
    if seconds[JAX] < seconds[NUMPY]:
        return JAX, f"{updates:,} updates are worth compiling them"
    return NUMPY, f"{updates:,} updates are done before JAX would have compiled them"


def _seconds(cost: Cost, sizes: Sequence[int], updates: int, batch: int) -> float:
    operations = 6 * batch * sum(n * n_prev for n_prev, n in pairwise(sizes))
    return cost.start + updates * (cost.update * (len(sizes) - 1) + operations / cost.rate)
