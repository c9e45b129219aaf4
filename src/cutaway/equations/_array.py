"""What an array is here: anything that follows the Python array API standard.

Shapes stand in the annotations (`Float[Array, "n_l m"]`) and are checked where jaxtyping is loaded
before this package, which the tests do; at run time nothing is imported and nothing is checked.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Int as Int

Array: TypeAlias = Any
# A Python number, or the traced number that stands in its place under jax.jit.
Scalar: TypeAlias = float | Array


def namespace(array: Array) -> Any:
    """Return the array library of `array`: numpy, jax.numpy, array_api_strict or another."""
    return array.__array_namespace__()
