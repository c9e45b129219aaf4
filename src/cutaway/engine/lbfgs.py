"""The minimum of a smooth function, whole and without randomness: L-BFGS.

    d     = -H dJ                           H: the inverse of J'' as the last steps have shown it
    theta := theta + t d                    t = 1, halved until J falls by 1e-4 t |dJ . d|
    s     = t d,    y = the change of dJ    what a step shows: J'' s = y, so H y = s

H is never written down: what the two loops over (s, y) make of a vector is the product with it.

Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Step = tuple[Floats, Floats]

# Steps that H is made of, and the share of the promised fall that is asked of a step.
MEMORY = 10
SHARE = 1e-4
# Below, the fall of J is lost in its rounding.
SHORTEST = 1e-10


def minimize(
    function: Callable[[Floats], tuple[Any, Floats]],
    theta: Floats,
    *,
    tolerance: float = 1e-4,
    iterations: int = 300,
) -> Floats:
    """Return theta (n,) where no entry of dJ is larger than `tolerance`, or after `iterations`.

    function(theta) is (J, dJ), in the type of `theta`, where the search begins.
    """
    J, dJ = function(theta)
    steps: deque[Step] = deque(maxlen=MEMORY)
    for _ in range(iterations):
        if np.abs(dJ).max() <= tolerance:
            break
        d = -_product_with_H(steps, dJ)
        slope = float(dJ @ d)
        # Nothing is known yet of how far the minimum is: a step of length 1 at most
        t = 1.0 if steps else min(1.0, 1.0 / float(np.linalg.norm(dJ)))
        J_next, dJ_next = function(theta + t * d)
        while not J_next <= J + SHARE * t * slope:
            t /= 2
            if t < SHORTEST:
                return theta
            J_next, dJ_next = function(theta + t * d)
        s, y = t * d, dJ_next - dJ
        if s @ y > 0:
            steps.append((s, y))
        theta, J, dJ = theta + s, J_next, dJ_next
    return theta


def _product_with_H(steps: deque[Step], dJ: Floats) -> Floats:
    """Return H dJ, H being as curved as the last step along it; dJ itself before the first."""
    q = dJ.copy()
    shares = []
    for s, y in reversed(steps):
        shares.append(float(s @ q / (s @ y)))
        q -= shares[-1] * y
    if steps:
        s, y = steps[-1]
        q *= float(s @ y / (y @ y))
    for (s, y), share in zip(steps, reversed(shares), strict=True):
        q += (share - float(y @ q / (s @ y))) * s
    return q
