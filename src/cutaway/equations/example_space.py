"""Example space: the first layer of a wide network, in coordinates of its own examples.

With gradient descent or momentum, and no penalty or L2 on the first layer, every update of W1 is a
multiple of W1 plus something times X.T. So W1 never leaves

    W1 = s W1_0 + U X.T                                    U (n_1, m), s a scalar

and U and s follow the very rule that W1 would. With K = X.T @ X and Z1_0 = W1_0 @ X computed once,
the forward pass needs no input any more:

    Z1 = W1 @ X + b1 = U K + s Z1_0 + b1 = [U, s I] @ [K; Z1_0] + b1
    dU = dZ1 / m + (l2/M) U            ds = (l2/M) s
    |W1|^2 = s^2 |W1_0|^2 + 2 s <Z1_0, U> + <U K, U>

An `ExampleSpace` stands where X stands and a `Lifted` where W1 stands: `propagation` multiplies
them as it multiplies arrays. A stack of networks shares K; U, s and Z1_0 have an axis in front.
Derived in docs/example-space.md; the argument is the representer
theorem of kernel machines.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from cutaway.equations._array import Array, namespace, take_columns

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float, Int, Scalar


PLAIN, EXAMPLE_SPACE = "plain", "example-space"
PATHS = (PLAIN, EXAMPLE_SPACE)


class ExampleSpace(NamedTuple):
    """Columns of X, known only by their products with the training examples and with W1_0.

    K          (m, m_b) of these columns: X_train.T @ X
    Z_0        (n_1, m_b) of these columns: W1_0 @ X
    K_train, Z_0_train    the same of all training examples: (m, m), (n_1, m)
    sq_norm_0  |W1_0|^2
    place      (m,) where each training example stands among these columns, m_b where it does not;
               None where the columns are the training examples in their order
    """

    K: Array
    Z_0: Array
    K_train: Array
    Z_0_train: Array
    sq_norm_0: Scalar
    place: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of [K; Z1_0], which stands for X."""
        m, m_b = self.K.shape[-2:]
        return m + self.Z_0.shape[-2], m_b

    @property
    def dtype(self) -> Any:
        """Type of the numbers."""
        return self.K.dtype

    @property
    def mT(self) -> Transposed:
        """X.T, which only a dZ is multiplied with."""
        return Transposed(self)

    @property
    def m(self) -> int:
        """Number of training examples."""
        return self.K_train.shape[-1]  # type: ignore[no-any-return]

    def __array_namespace__(self) -> Any:
        return namespace(self.K)

    def take(self, columns: Int[Array, "*k m_b"], place: Int[Array, "*k m"]) -> ExampleSpace:
        """Return some of the training examples, and where each one then stands (see place)."""
        K = take_columns(self.K_train, columns)
        Z_0 = take_columns(self.Z_0_train, columns)
        return self._replace(K=K, Z_0=Z_0, place=place)

    def block(self, columns: slice) -> ExampleSpace:
        """Return neighbouring columns, to propagate them forward only."""
        return self._replace(K=self.K[..., columns], Z_0=self.Z_0[..., columns])

    def members(self, index: Any) -> ExampleSpace:
        """Return the space of some networks of a stack, or of one."""
        own = {name: getattr(self, name)[index] for name in ("Z_0", "Z_0_train", "sq_norm_0")}
        return self._replace(**own)


class Transposed(NamedTuple):
    """X.T of an ExampleSpace: dZ @ X.T is dZ, brought to the columns of its examples."""

    X: ExampleSpace

    @property
    def __array_priority__(self) -> float:
        # NumPy then leaves dZ @ X.mT to __rmatmul__.
        return 1.0

    def __rmatmul__(self, dZ: Float[Array, "*k n_1 m_b"]) -> Lifted:
        xp, X, stack = namespace(dZ), self.X, dZ.shape[:-2]
        dU = dZ
        if X.place is not None:
            nothing = xp.zeros((*dZ.shape[:-1], 1), dtype=dZ.dtype)
            dU = take_columns(xp.concat([dZ, nothing], axis=-1), X.place)
        return Lifted(xp.zeros((*stack, 1, 1), dtype=dZ.dtype), dU, X)


class Lifted(NamedTuple):
    """[U, s I]: stands for W1 = s W1_0 + U X.T, or for a derivative of it; s is (1, 1)."""

    s: Array
    U: Array
    X: ExampleSpace

    @property
    def __array_priority__(self) -> float:
        # NumPy then leaves number * W to __rmul__.
        return 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of [U, s I]."""
        *stack, n_1, m = self.U.shape
        return *stack, n_1, m + n_1

    @property
    def dtype(self) -> Any:
        """Type of the numbers."""
        return self.U.dtype

    def __array_namespace__(self) -> Any:
        return namespace(self.U)

    def __matmul__(self, X: ExampleSpace) -> Float[Array, "*k n_1 m_b"]:
        return self.U @ X.K + self.s * X.Z_0

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

    def sq_norm(self) -> Float[Array, "*k"]:
        """|W1|^2 = s^2 |W1_0|^2 + 2 s <Z1_0, U> + <U K, U>, without making W1."""
        X, s = self.X, self.s[..., 0, 0]
        of_U = (self.U @ X.K_train + 2.0 * self.s * X.Z_0_train) * self.U
        return s * s * X.sq_norm_0 + namespace(of_U).sum(of_U, axis=(-2, -1))


def example_space(X: Float[Array, "n_x m"], W1_0: Float[Array, "*k n_1 n_x"]) -> ExampleSpace:
    """Return the training examples in example space: 2 n_x m (m + n_1) operations, once."""
    K, Z_0 = _product(X.mT, X), _product(W1_0, X)
    return ExampleSpace(K, Z_0, K, Z_0, namespace(W1_0).sum(W1_0 * W1_0, axis=(-2, -1)))


def beside(
    space: ExampleSpace,
    X: Float[Array, "n_x m_b"],
    X_train: Float[Array, "n_x m"],
    W1_0: Float[Array, "*k n_1 n_x"],
) -> ExampleSpace:
    """Return any other examples X, a dev set for instance, in the space of the training set."""
    return space._replace(K=_product(X_train.mT, X), Z_0=_product(W1_0, X))


def _product(A: Float[Array, "*k n n_x"], X: Float[Array, "n_x m"]) -> Float[Array, "*k n m"]:
    """A @ X, made as its transpose: a mini-batch then gathers whole rows of that."""
    return (X.mT @ A.mT).mT


def lift(
    W: Lifted, X_train: Float[Array, "n_x m"], W1_0: Float[Array, "*k n_1 n_x"]
) -> Float[Array, "*k n_1 n_x"]:
    """W1 = s W1_0 + U X.T."""
    return W.s * W1_0 + W.U @ X_train.mT
