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


def beside_matrices(number: Scalar) -> Scalar:
    """Return one number a network (k,) as (k, 1, 1), beside a stack of matrices (k, n, m)."""
    return (
        number if isinstance(number, (float, int)) or not number.ndim else number[..., None, None]
    )


def take_columns(A: Array, columns: Array) -> Array:
    """Gather columns (b,) of A (n, m), or of a stack; columns (k, b) are others for each network.

    The transpose of A should be contiguous: then whole rows of it are gathered.
    """
    xp, b, rows = namespace(A), columns.shape[-1], A.mT
    stack = columns.shape[:-1] or rows.shape[:-2]
    if rows.ndim > 2:
        k, m, _ = rows.shape
        columns = columns + m * xp.arange(k)[:, None]
        rows = xp.reshape(rows, (k * m, -1))
    taken = xp.take(rows, xp.reshape(columns, (-1,)), axis=0)
    return xp.reshape(taken, (*stack, b, -1)).mT
