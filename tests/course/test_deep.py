from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cutaway.course.deep import (
    L_layer_model,
    L_model_backward,
    L_model_forward,
    compute_cost,
    initialize_parameters,
    initialize_parameters_deep,
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
    predict,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    two_layer_model,
    update_parameters,
)
from cutaway.equations import Layer, Network, cost_and_gradient, flatten
from cutaway.errors import DataError, OptionError


@pytest.mark.parametrize(
    ("forward", "backward"), [(sigmoid, sigmoid_backward), (relu, relu_backward)]
)
def test_activations_and_their_backward(forward: Any, backward: Any) -> None:
    Z, dA, epsilon = np.array([[-2.0, -0.5, 0.3, 4.0]]), np.array([[1.0, 2.0, -3.0, 0.5]]), 6e-6
    A, cache = forward(Z)
    assert cache is Z
    slope = (forward(Z + epsilon)[0] - forward(Z - epsilon)[0]) / (2 * epsilon)
    np.testing.assert_allclose(backward(dA, cache), dA * slope, rtol=1e-8)
    assert A.shape == Z.shape


def test_relu_has_slope_0_at_0() -> None:
    np.testing.assert_array_equal(
        relu_backward(np.ones((1, 3)), np.array([[-1, 0, 1]])), [[0, 0, 1]]
    )


@pytest.mark.parametrize(
    ("draw", "seed", "sizes"),
    [
        (lambda: initialize_parameters(3, 2, 1), 1, (3, 2, 1)),
        (lambda: initialize_parameters_deep([5, 4, 3, 2]), 3, (5, 4, 3, 2)),
    ],
)
def test_initial_parameters(draw: Any, seed: int, sizes: tuple[int, ...]) -> None:
    parameters = draw()
    np.random.seed(seed)
    assert len(parameters) == 2 * (len(sizes) - 1)
    for l in range(1, len(sizes)):
        drawn = np.random.randn(sizes[l], sizes[l - 1]) * 0.01
        np.testing.assert_array_equal(parameters[f"W{l}"], drawn)
        np.testing.assert_array_equal(parameters[f"b{l}"], np.zeros((sizes[l], 1)))


@pytest.mark.parametrize("sizes", [[3], [3, 0, 1]])
def test_sizes_that_make_no_network(sizes: list[int]) -> None:
    with pytest.raises(OptionError, match="sizes"):
        initialize_parameters_deep(sizes)


def test_caches(three_layers: Any) -> None:
    parameters, X, _ = three_layers
    W, b = parameters["W1"], parameters["b1"]
    Z, (A_cached, W_cached, b_cached) = linear_forward(X, W, b)
    np.testing.assert_allclose(Z, W @ X + b)
    assert (A_cached is X, W_cached is W, b_cached is b) == (True, True, True)
    A, ((A_prev, _, _), Z_cached) = linear_activation_forward(X, W, b, "relu")
    assert A_prev is X
    np.testing.assert_array_equal(Z_cached, Z)
    np.testing.assert_array_equal(A, np.maximum(Z, 0))
    AL, caches = L_model_forward(X, parameters)
    assert AL.shape == (1, 7)
    assert [cache[1].shape for cache in caches] == [(5, 7), (3, 7), (1, 7)]
    for (A_prev, W, b), Z in caches:
        np.testing.assert_array_equal(Z, W @ A_prev + b)


def test_unknown_activation(three_layers: Any) -> None:
    parameters, X, _ = three_layers
    W, b = parameters["W1"], parameters["b1"]
    with pytest.raises(OptionError, match="did you mean 'relu'"):
        linear_activation_forward(X, W, b, "rellu")
    _, cache = linear_activation_forward(X, W, b, "relu")
    with pytest.raises(OptionError, match="choose from sigmoid, relu"):
        linear_activation_backward(np.ones((5, 7)), cache, "step")


def test_the_whole_network_is_the_equations(three_layers: Any) -> None:
    parameters, X, Y = three_layers
    AL, caches = L_model_forward(X, parameters)
    grads = L_model_backward(AL, Y, caches)
    names = [f"{name}{l}" for l in (1, 2, 3) for name in ("dW", "db")]
    assert set(grads) == {*names, "dA0", "dA1", "dA2"}
    assert [grads[f"dA{l}"].shape for l in range(3)] == [(4, 7), (5, 7), (3, 7)]
    theta = flatten([Layer(parameters[f"W{l}"], parameters[f"b{l}"]) for l in (1, 2, 3)])
    network = Network((4, 5, 3, 1), ("relu", "relu"))
    J, dtheta = cost_and_gradient(network, theta, X, Y.astype(float))
    cost = compute_cost(AL, Y)
    assert isinstance(cost, np.ndarray)
    assert cost.shape == ()
    assert cost == pytest.approx(J, rel=1e-14)
    flat = np.concatenate([grads[name].ravel() for name in names])
    np.testing.assert_allclose(flat, dtheta, rtol=1e-12, atol=1e-15)


def test_backward_is_the_slope(three_layers: Any, numeric: Callable[..., Any]) -> None:
    parameters, X, Y = three_layers
    AL, caches = L_model_forward(X, parameters)
    grads = L_model_backward(AL, Y.ravel(), caches)
    everything = parameters | {"A0": X}

    def cost(p: dict[str, Any]) -> Any:
        weights = {name: array for name, array in p.items() if name != "A0"}
        return compute_cost(L_model_forward(p["A0"], weights)[0], Y)

    for name, slope in numeric(cost, everything).items():
        # dA0 is the derivative of each example's loss, dW that of their mean
        scale = Y.shape[1] if name == "dA0" else 1
        np.testing.assert_allclose(grads[name], scale * slope, rtol=1e-6, atol=1e-9)


def test_linear_backward_shapes(three_layers: Any) -> None:
    parameters, X, _ = three_layers
    _, cache = linear_forward(X, parameters["W1"], parameters["b1"])
    dA_prev, dW, db = linear_backward(np.ones((5, 7)), cache)
    assert (dA_prev.shape, dW.shape, db.shape) == ((4, 7), (5, 4), (5, 1))
    np.testing.assert_array_equal(db, np.ones((5, 1)))


def test_update_leaves_its_inputs(three_layers: Any) -> None:
    parameters, _, _ = three_layers
    before = {name: array.copy() for name, array in parameters.items()}
    grads = {f"d{name}": array for name, array in before.items()}
    updated = update_parameters(parameters, grads, 0.25)
    for name, array in before.items():
        np.testing.assert_array_equal(parameters[name], array)
        np.testing.assert_allclose(updated[name], 0.75 * array, rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W2": np.ones((3, 4))}, r"W has the shape \(3, 4\) and A_prev \(5, 7\)"),
        ({"b1": np.ones(5)}, r"b must be \(5, 1\)"),
    ],
)
def test_parameters_that_do_not_fit(three_layers: Any, change: Any, message: str) -> None:
    parameters, X, _ = three_layers
    with pytest.raises(DataError, match=message):
        L_model_forward(X, parameters | change)


def test_a_model_is_the_loop_of_its_parts(
    three_layers: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _, X, Y = three_layers
    np.random.seed(1)
    sizes, parameters = (4, 5, 3, 1), {}
    for l in (1, 2, 3):
        shape = sizes[l], sizes[l - 1]
        parameters |= {
            f"W{l}": np.random.randn(*shape) / np.sqrt(shape[1]),
            f"b{l}": np.zeros((shape[0], 1)),
        }
    costs = []
    for _ in range(102):
        AL, caches = L_model_forward(X, parameters)
        costs.append(float(compute_cost(AL, Y)))
        parameters = update_parameters(parameters, L_model_backward(AL, Y, caches), 0.1)
    trained, every_100 = L_layer_model(X, Y, sizes, 0.1, num_iterations=102, print_cost=True)
    assert list(trained) == list(parameters)
    for name, array in parameters.items():
        np.testing.assert_allclose(trained[name], array, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(every_100, costs[::100], rtol=1e-12)
    lines = [line.split(": ") for line in capsys.readouterr().out.splitlines()]
    assert [text for text, _ in lines] == [f"Cost after iteration {i}" for i in (0, 100, 101)]
    assert [float(J) for _, J in lines] == pytest.approx([costs[0], costs[100], costs[101]])
    assert lines[0][1] == str(every_100[0])


def test_two_layers_are_two(three_layers: Any) -> None:
    _, X, Y = three_layers
    with pytest.raises(OptionError, match="use L_layer_model"):
        two_layer_model(X, Y, (4, 5, 3, 1))
    with pytest.raises(DataError, match="the network takes"):
        two_layer_model(X, Y, (6, 5, 1))


def test_predict_prints_the_accuracy(three_layers: Any, capsys: pytest.CaptureFixture[str]) -> None:
    parameters, X, _ = three_layers
    AL, _ = L_model_forward(X, parameters)
    y = (AL > 0.5).astype(int)
    np.testing.assert_array_equal(predict(X, y, parameters), y)
    y[0, :3] = 1 - y[0, :3]
    predict(X, y, parameters)
    assert capsys.readouterr().out.splitlines() == ["Accuracy: 1.0", f"Accuracy: {4 / 7}"]


def test_the_first_published_costs_of_two_layers(
    cats: Any, published: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _, costs = two_layer_model(*cats["train"], (12288, 7, 1), num_iterations=101, print_cost=True)
    assert costs == pytest.approx(
        [published.two_layers[0], published.two_layers[100]], rel=0, abs=1e-12
    )
    lines = [f"Cost after iteration {i}: {J}" for i, J in zip((0, 100), costs, strict=True)]
    assert capsys.readouterr().out.splitlines() == lines


def test_the_published_costs_and_accuracies_of_two_layers(
    cats: Any, rotated_cats: Any, published: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    Q, rotated = rotated_cats
    X, Y = rotated["train"]
    initial = initialize_parameters(12288, 7, 1)
    parameters = initial | {"W1": initial["W1"] @ Q}
    costs = []
    for _ in range(2500):
        AL, caches = L_model_forward(X, parameters)
        costs.append(float(compute_cost(AL, Y)))
        parameters = update_parameters(parameters, L_model_backward(AL, Y, caches), 0.0075)
    for iteration, J in published.two_layers.items():
        assert costs[iteration] == pytest.approx(J, rel=0, abs=1e-12), iteration
    # W1 moved within the span of the training pictures only
    parameters["W1"] = initial["W1"] + (parameters["W1"] - initial["W1"] @ Q) @ Q.T
    for part in ("train", "test"):
        predict(*cats[part], parameters)
    assert capsys.readouterr().out == "Accuracy: 1.0\nAccuracy: 0.72\n"
