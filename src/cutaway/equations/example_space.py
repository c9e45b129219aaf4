"""Example space: the first layer of a wide network, in coordinates of its own examples.

With gradient descent or momentum, and no penalty or L2 on the first layer, every update of W1 is a
multiple of W1 plus something times X.T. So W1 never leaves

    W1 = s W1_0 + U X.T                                    U (n_1, m), s a scalar

and U and s follow the very rule that W1 would. With G = [K; Z1_0], K = X.T @ X and Z1_0 = W1_0 @ X
computed once, the forward pass needs no input any more:

    Z1 = W1 @ X + b1 = U K + s Z1_0 + b1 = [U, s I] @ G + b1
    dU = dZ1 / m + (l2/M) U            ds = (l2/M) s
    |W1|^2 = s^2 |W1_0|^2 + 2 s <Z1_0, U> + <U K, U>

An `ExampleSpace` stands where X stands and a `Lifted` where W1 stands: `propagation` multiplies
them as it multiplies arrays. Derived in docs/example-space.md; the argument is the representer
theorem of kernel machines.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from cutaway.equations._array import Array, namespace

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float, Int, Scalar


PLAIN, EXAMPLE_SPACE = "plain", "example-space"
PATHS = (PLAIN, EXAMPLE_SPACE)


class ExampleSpace(NamedTuple):
    """Columns of X, known only by their products with the training examples and with W1_0.

    G          (m + n_1, m_b) of these columns: [X_train.T @ X; W1_0 @ X]
    G_train    (m + n_1, m) of all training examples
    sq_norm_0  |W1_0|^2
    place      (m,) where each training example stands among these columns, m_b where it does not;
               None where the columns are the training examples in their order
    """

    G: Array
    G_train: Array
    sq_norm_0: Scalar
    place: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of G."""
        return self.G.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """Type of the numbers."""
        return self.G.dtype

    @property
    def T(self) -> Transposed:
        """X.T, which only a dZ is multiplied with."""
        return Transposed(self)

    @property
    def m(self) -> int:
        """Number of training examples."""
        return self.G_train.shape[1]  # type: ignore[no-any-return]

    def __array_namespace__(self) -> Any:
        return namespace(self.G)

    def take(self, columns: Int[Array, " m_b"], place: Int[Array, " m"]) -> ExampleSpace:
        """Return some of the training examples, and where each one then stands (see place)."""
        # Rows of G.T are contiguous, so this is a gather of whole rows.
        G = namespace(self.G).take(self.G_train.T, columns, axis=0).T
        return self._replace(G=G, place=place)


class Transposed(NamedTuple):
    """X.T of an ExampleSpace: dZ @ X.T is dZ, brought to the columns of its examples."""

    X: ExampleSpace

    @property
    def __array_priority__(self) -> float:
        # NumPy then leaves dZ @ X.T to __rmatmul__.
        return 1.0

    def __rmatmul__(self, dZ: Float[Array, "n_1 m_b"]) -> Lifted:
        xp = namespace(dZ)
        X = self.X
        dU = dZ
        if X.place is not None:
            nothing = xp.zeros((dZ.shape[0], 1), dtype=dZ.dtype)
            dU = xp.take(xp.concat([dZ, nothing], axis=1), X.place, axis=1)
        return Lifted(xp.zeros((), dtype=dZ.dtype), dU, X)


class Lifted(NamedTuple):
    """[U, s I]: stands for W1 = s W1_0 + U X.T, or for a derivative of it."""

    s: Scalar
    U: Array
    X: ExampleSpace

    @property
    def __array_priority__(self) -> float:
        # NumPy then leaves number * W to __rmul__.
        return 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of [U, s I]."""
        n_1, m = self.U.shape
        return n_1, m + n_1

    @property
    def dtype(self) -> Any:
        """Type of the numbers."""
        return self.U.dtype

    def __array_namespace__(self) -> Any:
        return namespace(self.U)

    def __matmul__(self, X: ExampleSpace) -> Float[Array, "n_1 m_b"]:
        m = X.m
        return self.U @ X.G[:m, :] + self.s * X.G[m:, :]

    def __add__(self, other: Any) -> Lifted:
        return self._replace(s=self.s + other.s, U=self.U + other.U)

    def __radd__(self, zero: Any) -> Lifted:
        # Only the 0 that a sum starts from ever stands on the left.
        return self

    def __sub__(self, other: Lifted) -> Lifted:
        return self._replace(s=self.s - other.s, U=self.U - other.U)

    def __rmul__(self, factor: Any) -> Lifted:
        return self._replace(s=factor * self.s, U=factor * self.U)

    def __truediv__(self, divisor: Any) -> Lifted:
        return self._replace(s=self.s / divisor, U=self.U / divisor)

    def sq_norm(self) -> Float[Array, ""]:
        """|W1|^2 = s^2 |W1_0|^2 + 2 s <Z1_0, U> + <U K, U>, without making W1."""
        xp, m = namespace(self.U), self.X.m
        K, Z_0 = self.X.G_train[:m, :], self.X.G_train[m:, :]
        of_U = xp.sum((self.U @ K + 2.0 * self.s * Z_0) * self.U)
        return self.s * self.s * self.X.sq_norm_0 + of_U


def example_space(X: Float[Array, "n_x m"], W1_0: Float[Array, "n_1 n_x"]) -> ExampleSpace:
    """Return the training examples in example space: 2 n_x m (m + n_1) operations, once."""
    G = beside(X, X, W1_0)
    return ExampleSpace(G, G, namespace(W1_0).sum(W1_0 * W1_0))


def beside(
    X: Float[Array, "n_x m_b"], X_train: Float[Array, "n_x m"], W1_0: Float[Array, "n_1 n_x"]
) -> Float[Array, "m_and_n_1 m_b"]:
    """G = [X_train.T @ X; W1_0 @ X] of any examples X, a dev set for instance."""
    # Made as G.T, one contiguous row an example: a mini-batch gathers whole rows.
    return namespace(X).concat([X.T @ X_train, X.T @ W1_0.T], axis=1).T


def lift(
    W: Lifted, X_train: Float[Array, "n_x m"], W1_0: Float[Array, "n_1 n_x"]
) -> Float[Array, "n_1 n_x"]:
    """W1 = s W1_0 + U X.T."""
    return W.s * W1_0 + W.U @ X_train.T
