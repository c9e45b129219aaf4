"""Adam in place, for NumPy: the one update whose temporary arrays cost as much as a small network.

As a pure function it makes fourteen arrays as large as theta, which the system hands out and takes
back in every update. Here the slots are overwritten, and the new theta is written where it belongs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cutaway.equations import Rates
from cutaway.equations.optimizers import Slots


def adam(new: Any, theta: Any, dtheta: Any, slots: Slots, t: Any, rates: Rates) -> None:
    """New := theta - (alpha / (1 - beta1^t)) v / (sqrt(s) / sqrt(1 - beta2^t) + epsilon).

    `adam` of the equations, equal to rounding; `new` is written, and so are the slots v and s.
    """
    (v, s), (alpha, beta1, beta2, epsilon) = slots, rates
    v *= beta1
    v += np.multiply(dtheta, 1.0 - beta1, out=new)
    s *= beta2
    np.multiply(dtheta, dtheta, out=new)
    new *= 1.0 - beta2
    s += new
    np.sqrt(s, out=new)
    new *= 1.0 / (1.0 - beta2**t) ** 0.5
    new += epsilon
    np.divide(v, new, out=new)
    new *= alpha / (1.0 - beta1**t)
    np.subtract(theta, new, out=new)


IN_PLACE: dict[str, Callable[[Any, Any, Any, Slots, Any, Rates], None]] = {"adam": adam}
