"""Every loss and every fused output: shape, dtype, finite far out, fused equal to composed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cutaway.equations import ACTIVATIONS, FUSED, LOSSES, OUTPUTS, output_layer
from cutaway.equations.losses import logsumexp, softmax, softplus
from cutaway.errors import OptionError

every_loss = pytest.mark.parametrize("row", LOSSES.values(), ids=lambda row: row.name)
every_fused = pytest.mark.parametrize("row", FUSED.values(), ids=lambda row: row.output)
PAIRS = [(output, loss.name) for loss in LOSSES.values() for output in loss.outputs]
DTYPES = (np.float32, np.float64)


@st.composite
def logits_and_labels(draw: Any, loss: str, limit: float) -> tuple[Any, Any]:
    """Z and Y (n_y, m) of either dtype, one output (two for softmax) and one example included."""
    dtype = draw(st.sampled_from(DTYPES))
    n_y, m = draw(st.integers(1 + (loss == "cross_entropy"), 4)), draw(st.integers(1, 3))
    numbers = st.floats(-limit, limit, width=32)
    Z = draw(hnp.arrays(dtype, (n_y, m), elements=numbers))
    if loss == "cross_entropy":
        classes = draw(hnp.arrays(int, m, elements=st.integers(0, n_y - 1)))
        return Z, np.eye(n_y, dtype=dtype)[:, classes]
    elements = st.sampled_from([0.0, 1.0]) if loss == "log" else numbers
    return Z, draw(hnp.arrays(dtype, (n_y, m), elements=elements))


@every_fused
@given(data=st.data())
def test_fused_is_finite_far_out(row: Any, data: Any) -> None:
    Z, Y = data.draw(logits_and_labels(row.loss_name, limit=1e4))
    A = row.g(Z)
    loss, dZ = row.loss(Z, Y), row.dZ(A, Y)
    assert loss.shape == (1, Z.shape[1])
    assert A.shape == dZ.shape == Z.shape
    assert A.dtype == loss.dtype == dZ.dtype == Z.dtype
    assert np.isfinite(loss).all()
    assert np.isfinite(dZ).all()
    assert (loss >= 0).all()


@every_fused
@given(data=st.data())
def test_fused_equals_composed(row: Any, data: Any) -> None:
    Z, Y = data.draw(logits_and_labels(row.loss_name, limit=8.0))
    # Composed goes through 1 - A, which has lost the digits of exp(-8) in float32.
    tolerance = 2e4 * np.finfo(Z.dtype).eps
    A, composed = row.g(Z), LOSSES[row.loss_name]
    np.testing.assert_allclose(row.loss(Z, Y), composed.loss(A, Y), rtol=tolerance, atol=tolerance)
    if row.output in ACTIVATIONS:
        dZ = composed.dA(A, Y) * ACTIVATIONS[row.output].dg(Z, A)
    else:  # softmax: dZ = A (dA - sum_k A dA), for its A depend on every Z
        dA = composed.dA(A, Y)
        dZ = A * (dA - (A * dA).sum(axis=0, keepdims=True))
    np.testing.assert_allclose(row.dZ(A, Y), dZ, rtol=tolerance, atol=tolerance)


@every_loss
@given(data=st.data())
def test_dA_is_the_slope_of_the_loss(row: Any, data: Any) -> None:
    Z, Y = data.draw(logits_and_labels(row.name, limit=3.0))
    A = 1.0 / (1.0 + np.exp(-Z.astype(np.float64)))
    Y = Y.astype(np.float64)
    for k in range(A.shape[0]):
        step = np.zeros_like(A)
        step[k] = 1e-6
        slope = (row.loss(A + step, Y) - row.loss(A - step, Y)) / 2e-6
        np.testing.assert_allclose(row.dA(A, Y)[k : k + 1], slope, rtol=1e-6, atol=1e-8)


@every_loss
@given(data=st.data())
def test_shapes_and_dtypes(row: Any, data: Any) -> None:
    Z, Y = data.draw(logits_and_labels(row.name, limit=3.0))
    A = ACTIVATIONS["sigmoid"].g(Z)
    assert row.loss(A, Y).shape == (1, Z.shape[1])
    assert row.dA(A, Y).shape == Z.shape
    assert row.loss(A, Y).dtype == row.dA(A, Y).dtype == Z.dtype


@given(data=st.data())
def test_softmax_is_a_distribution(data: Any) -> None:
    Z, _ = data.draw(logits_and_labels("cross_entropy", limit=1e4))
    A = softmax(Z)
    assert ((A >= 0) & (A <= 1)).all()
    np.testing.assert_allclose(A.sum(axis=0), 1.0, rtol=8 * np.finfo(Z.dtype).eps)
    np.testing.assert_array_equal(A[Z.argmax(axis=0), np.arange(Z.shape[1])], A.max(axis=0))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("output", "loss", "Z", "Y", "expected"),
    [
        ("sigmoid", "log", [[1e4]], [[1.0]], 0.0),
        ("sigmoid", "log", [[1e4]], [[0.0]], 1e4),
        ("sigmoid", "log", [[-1e4]], [[1.0]], 1e4),
        # A right answer still costs exp(-|Z|), and does not round to 0
        ("sigmoid", "log", [[50.0]], [[1.0]], np.exp(-50.0)),
        ("sigmoid", "log", [[-50.0]], [[0.0]], np.exp(-50.0)),
        # Labels between 0 and 1: log(1 + e^2) - Y Z
        ("sigmoid", "log", [[2.0]], [[0.25]], np.log1p(np.exp(2.0)) - 0.5),
        ("sigmoid", "log", [[2.0]], [[0.75]], np.log1p(np.exp(2.0)) - 1.5),
        ("sigmoid", "log", [[np.log(3.0)], [0.0]], [[1.0], [1.0]], np.log(4 / 3) + np.log(2)),
        ("softmax", "cross_entropy", [[1e4], [-1e4]], [[1.0], [0.0]], 0.0),
        ("softmax", "cross_entropy", [[1e4], [-1e4]], [[0.0], [1.0]], 2e4),
        # What all Z have in common costs no digits
        ("softmax", "cross_entropy", [[8193.0], [8192.0]], [[1.0], [0.0]], np.log1p(np.exp(-1.0))),
        ("softmax", "cross_entropy", [[0.0]] * 4, [[0.25]] * 4, np.log(4.0)),
        ("identity", "squared", [[3.0], [1.0]], [[1.0], [2.0]], 2.5),
    ],
)
def test_known_losses(output: str, loss: str, Z: Any, Y: Any, expected: float, dtype: Any) -> None:
    found = FUSED[output, loss].loss(np.array(Z, dtype), np.array(Y, dtype))
    np.testing.assert_allclose(found, [[expected]], rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_loss_of_A_survives_an_A_that_rounded(dtype: Any) -> None:
    A = np.array([[0.0, 1.0], [1.0, 0.0]], dtype)
    for name in ("log", "cross_entropy"):
        np.testing.assert_array_equal(LOSSES[name].loss(A, A), [[0.0, 0.0]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_softplus_and_logsumexp(dtype: Any) -> None:
    rtol = 4 * np.finfo(dtype).eps
    Z = np.array([[-1e4, -1.0, 0.0, 1.0, 1e4]], dtype)
    expected = [[0.0, np.log1p(np.exp(-1)), np.log(2), 1 + np.log1p(np.exp(-1)), 1e4]]
    np.testing.assert_allclose(softplus(Z), expected, rtol=rtol)
    np.testing.assert_allclose(logsumexp(Z.T), [[1e4]], rtol=rtol)
    np.testing.assert_allclose(logsumexp(np.zeros((3, 2), dtype)), [[np.log(3)] * 2], rtol=rtol)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_output_layer_is_fused_or_composed(output: str, loss: str) -> None:
    Z, Y = np.array([[0.3, -0.7], [1.2, 0.4]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    layer = output_layer(output, loss)
    A = layer.g(Z)
    np.testing.assert_allclose(layer.loss(Z, A, Y), LOSSES[loss].loss(A, Y), rtol=1e-14)
    if (output, loss) in FUSED:
        np.testing.assert_array_equal(layer.dZ(Z, A, Y), A - Y)
    else:
        dZ = LOSSES[loss].dA(A, Y) * ACTIVATIONS[output].dg(Z, A)
        np.testing.assert_array_equal(layer.dZ(Z, A, Y), dZ)


@every_loss
def test_an_output_that_a_loss_makes_no_sense_with_is_refused(row: Any) -> None:
    for output in set(OUTPUTS) - set(row.outputs):
        with pytest.raises(OptionError, match=f"'{row.name}' makes no sense with .*'{output}'"):
            output_layer(output, row.name)


def test_every_fused_row_is_an_output_of_its_loss() -> None:
    for output, loss in FUSED:
        assert output in LOSSES[loss].outputs
    assert set(OUTPUTS) == {output for output, _ in PAIRS}
