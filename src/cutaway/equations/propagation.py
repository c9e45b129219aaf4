"""Forward propagation, the cost and the chain rule, for a network of any depth.

    Z = W @ A_prev + b               A = g(Z)                     forward, layer 1 to L
    J = (1/m) sum_i w_i loss_i + (1/M) penalty(W)                 cost
    dZ = dA * g'(Z)                                               backward, layer L to 1
    dW = dZ @ A_prev.T / m + (1/M) penalty'(W)
    db = (1/m) sum_i dZ_i
    dA_prev = W.T @ dZ

m is the number of columns of X: all examples, or those of a mini-batch. The weights w (1, m) of the
examples have mean 1 over the whole training set (w = weight * m_train / M), so that a mini-batch
estimates the same J. M is the sum of the weights over the training set: its number of examples
where there are none.

All of it holds for a stack of k networks too: their arrays have an axis in front, (k, n_l, m), and
`.mT` is the transpose of each matrix. X, Y and the weights may be one for all.

Inverted dropout: a mask (n_l, m) holds 0 for a dropped unit and 1 / keep_prob for a kept one; it
multiplies A on the way forward and dA on the way back.

Derived in docs/equations/propagation.md, dropout in docs/equations/dropout.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, Scalar, beside_matrices, namespace
from cutaway.equations.activations import ACTIVATIONS
from cutaway.equations.losses import output_layer
from cutaway.equations.network import Layer, Network, flatten, unflatten
from cutaway.equations.penalties import penalty, penalty_derivative

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float

Masks = Sequence[Array | None]


class Cache(NamedTuple):
    """What the way back needs of one layer: A_prev (n_prev, m), Z and A (n_l, m), the mask of A."""

    A_prev: Array
    Z: Array
    A: Array
    mask: Array | None = None


def linear_forward(
    W: Float[Array, "*k n_l n_prev"],
    b: Float[Array, "*k n_l 1"],
    A_prev: Float[Array, "*j n_prev m"],
) -> Float[Array, "*k n_l m"]:
    """Z = W @ A_prev + b."""
    return W @ A_prev + b


def linear_backward(
    dZ: Float[Array, "*k n_l m"], A_prev: Float[Array, "*j n_prev m"]
) -> tuple[Float[Array, "*k n_l n_prev"], Float[Array, "*k n_l 1"]]:
    """dW = dZ @ A_prev.T / m and db = (1/m) sum_i dZ_i."""
    m = dZ.shape[-1]
    dW = dZ @ A_prev.mT / m
    db = namespace(dZ).sum(dZ, axis=-1, keepdims=True) / m
    return dW, db


def linear_backward_input(
    W: Float[Array, "*k n_l n_prev"], dZ: Float[Array, "*k n_l m"]
) -> Float[Array, "*k n_prev m"]:
    """dA_prev = W.T @ dZ."""
    # One unit leaves nothing to sum over; a stack of such products is slow, their elements are not.
    return W.mT * dZ if dZ.shape[-2] == 1 else W.mT @ dZ


def dropout_mask(U: Float[Array, "*j n_l m"], keep_prob: Scalar) -> Float[Array, "*k n_l m"]:
    """Mask = (U < keep_prob) / keep_prob from a uniform draw U in [0, 1)."""
    keep_prob = beside_matrices(keep_prob)
    return namespace(U).astype(U < keep_prob, U.dtype) / keep_prob


def forward(
    network: Network,
    parameters: Sequence[Layer],
    X: Float[Array, "*j n_x m"],
    masks: Masks | None = None,
) -> list[Cache]:
    """Return one Cache a layer; the last one's A (n_y, m) is the network's output.

    masks: one a layer of activations, the input's first: (n_x, m), (n_1, m), ..; None keeps all.
    """
    masks = masks or (None,) * network.L
    output = output_layer(network.output, network.loss)
    functions = [ACTIVATIONS[name].g for name in network.activations]
    A = X if masks[0] is None else X * masks[0]
    caches = []
    for (W, b), g, mask in zip(parameters, [*functions, output.g], [*masks[1:], None], strict=True):
        A_prev = A
        Z = linear_forward(W, b, A_prev)
        A = g(Z)
        caches.append(Cache(A_prev, Z, A, mask))
        if mask is not None:
            A = A * mask
    return caches


def mean_loss(
    network: Network,
    caches: Sequence[Cache],
    Y: Float[Array, "*i n_y m"],
    weights: Float[Array, "*i 1 m"] | None = None,
) -> Float[Array, "*k"]:
    """(1/m) sum_i w_i loss_i, the cost without its penalty."""
    _, Z, A, _ = caches[-1]
    losses = output_layer(network.output, network.loss).loss(Z, A, Y)
    if weights is not None:
        losses = losses * weights
    return namespace(losses).sum(losses, axis=(-2, -1)) / losses.shape[-1]


def cost(
    network: Network,
    parameters: Sequence[Layer],
    caches: Sequence[Cache],
    Y: Float[Array, "*i n_y m"],
    weights: Float[Array, "*i 1 m"] | None = None,
    penalties: Mapping[str, Scalar] | None = None,
    M: Scalar | None = None,
) -> Float[Array, "*k"]:
    """J = (1/m) sum_i w_i loss_i + (1/M) penalty(W); M is m unless given."""
    J = mean_loss(network, caches, Y, weights)
    M = Y.shape[-1] if M is None else M
    return J + penalty((layer.W for layer in parameters), penalties or {}, M)


def backward(
    network: Network,
    parameters: Sequence[Layer],
    caches: Sequence[Cache],
    Y: Float[Array, "*i n_y m"],
    weights: Float[Array, "*i 1 m"] | None = None,
    penalties: Mapping[str, Scalar] | None = None,
    M: Scalar | None = None,
) -> tuple[Layer, ...]:
    """Return (dW, db) of every layer: the derivatives of `cost` by the chain rule."""
    M = Y.shape[-1] if M is None else M
    last = caches[-1]
    dZ = output_layer(network.output, network.loss).dZ(last.Z, last.A, Y)
    if weights is not None:
        dZ = dZ * weights
    gradients = []
    for l in range(network.L - 1, -1, -1):
        W, A_prev = parameters[l].W, caches[l].A_prev
        dW, db = linear_backward(dZ, A_prev)
        if penalties:
            dW = dW + penalty_derivative(W, penalties, M)
        gradients.append(Layer(dW, db))
        if l > 0:
            _, Z, A, mask = caches[l - 1]
            dA = linear_backward_input(W, dZ)
            if mask is not None:
                dA = dA * mask
            dZ = dA * ACTIVATIONS[network.activations[l - 1]].dg(Z, A)
    return tuple(reversed(gradients))


def cost_and_gradient(
    network: Network,
    theta: Float[Array, "*k n"],
    X: Float[Array, "*j n_x m"],
    Y: Float[Array, "*i n_y m"],
    weights: Float[Array, "*i 1 m"] | None = None,
    masks: Masks | None = None,
    penalties: Mapping[str, Scalar] | None = None,
    M: Scalar | None = None,
) -> tuple[Float[Array, "*k"], Float[Array, "*k n"]]:
    """Return J and its derivative dtheta, both of the flat vector theta."""
    parameters = unflatten(network, theta, X)
    caches = forward(network, parameters, X, masks)
    J = cost(network, parameters, caches, Y, weights, penalties, M)
    return J, flatten(backward(network, parameters, caches, Y, weights, penalties, M))
