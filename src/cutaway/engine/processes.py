"""Processes that share the examples of one training: which are this one's, what all of them have.

Example j of a part of the data belongs to process j mod N.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def _of_one(own: Floats) -> Floats:
    return own[np.newaxis]


class Processes(NamedTuple):
    """This process among N that train one network, or one alone.

    i       which one this is, 0 to N - 1
    gather  from an array of each process, all of one shape, to their stack (N, ..), the same in all
    meet    is called before whatever all processes wait for, so that one that hangs is known

    Whatever gathers is called by all processes, in one order.
    """

    i: int = 0
    N: int = 1
    gather: Callable[[Floats], Floats] = _of_one
    meet: Callable[[], None] = lambda: None

    def own(self, index: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what of a part of the data belongs to this process."""
        return index[self.i :: self.N]

    def sum(self, number: float) -> float:
        """Return the sum over the processes."""
        return float(self.gather(np.array(number, np.float64)).sum())

    def of_first(self, make: Callable[[], Any]) -> Any:
        """Return the JSON that process 0 makes, in all processes."""
        if self.N == 1:
            return make()
        text = json.dumps(make()).encode() if self.i == 0 else b""
        size = int(self.sum(len(text)))
        filled = np.frombuffer(text.ljust(size, b" "), np.uint8)
        return json.loads(self.gather(filled.astype(np.float64))[0].astype(np.uint8).tobytes())

    def unlike_first(self, value: Any) -> int | None:
        """Return the first process whose value, some JSON, is another than that of process 0."""
        theirs = self.of_first(lambda: value)
        (unlike,) = np.nonzero(self.gather(np.array(theirs != value, np.float64)))
        return int(unlike[0]) if len(unlike) else None


ALONE = Processes()


def of_jax(meet: Callable[[], None] = ALONE.meet) -> Processes:
    """Return the processes of JAX's distributed runtime, which has been started."""
    import jax
    from jax.experimental import multihost_utils

    from cutaway.engine.jax_devices import precision

    def gather(own: Floats) -> Floats:
        meet()
        with precision("float64", "float32", jax.local_devices()[0]):
            return np.asarray(multihost_utils.process_allgather(own)).reshape(-1, *own.shape)

    return Processes(jax.process_index(), jax.process_count(), gather, meet)
