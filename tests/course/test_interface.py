"""What every assignment's module must offer: its names, its arguments, their defaults."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

INTERFACE = {
    "basics": """
        basic_sigmoid(x) sigmoid(x) sigmoid_derivative(x) image2vector(image) normalize_rows(x)
        softmax(x) L1(yhat, y) L2(yhat, y)""",
    "logistic_regression": """
        sigmoid(z) initialize_with_zeros(dim) propagate(w, b, X, Y)
        optimize(w, b, X, Y, num_iterations=100, learning_rate=0.009, print_cost=False)
        predict(w, b, X)
        model(X_train, Y_train, X_test, Y_test, num_iterations=2000, learning_rate=0.5,
            print_cost=False)""",
    "shallow": """
        layer_sizes(X, Y) initialize_parameters(n_x, n_h, n_y) forward_propagation(X, parameters)
        compute_cost(A2, Y) backward_propagation(parameters, cache, X, Y)
        update_parameters(parameters, grads, learning_rate=1.2)
        nn_model(X, Y, n_h, num_iterations=10000, print_cost=False) predict(parameters, X)""",
    "deep": """
        sigmoid(Z) relu(Z) relu_backward(dA, cache) sigmoid_backward(dA, cache)
        initialize_parameters(n_x, n_h, n_y) initialize_parameters_deep(layer_dims)
        linear_forward(A, W, b) linear_activation_forward(A_prev, W, b, activation)
        L_model_forward(X, parameters) compute_cost(AL, Y) linear_backward(dZ, cache)
        linear_activation_backward(dA, cache, activation) L_model_backward(AL, Y, caches)
        update_parameters(params, grads, learning_rate)
        two_layer_model(X, Y, layers_dims, learning_rate=0.0075, num_iterations=3000,
            print_cost=False)
        L_layer_model(X, Y, layers_dims, learning_rate=0.0075, num_iterations=3000,
            print_cost=False)
        predict(X, y, parameters)""",
    "initialization": """
        initialize_parameters_zeros(layers_dims) initialize_parameters_random(layers_dims)
        initialize_parameters_he(layers_dims)
        model(X, Y, learning_rate=0.01, num_iterations=15000, print_cost=True,
            initialization='he')""",
    "regularization": """
        compute_cost_with_regularization(A3, Y, parameters, lambd)
        backward_propagation_with_regularization(X, Y, cache, lambd)
        forward_propagation_with_dropout(X, parameters, keep_prob=0.5)
        backward_propagation_with_dropout(X, Y, cache, keep_prob)
        model(X, Y, learning_rate=0.3, num_iterations=30000, print_cost=True, lambd=0,
            keep_prob=1)""",
    "gradient_checking": """
        forward_propagation(x, theta) backward_propagation(x, theta)
        gradient_check(x, theta, epsilon=1e-07, print_msg=False)
        forward_propagation_n(X, Y, parameters) backward_propagation_n(X, Y, cache)
        gradient_check_n(parameters, gradients, X, Y, epsilon=1e-07, print_msg=False)
        dictionary_to_vector(parameters) vector_to_dictionary(theta, layers_dims=(4, 5, 3, 1))
        gradients_to_vector(gradients)""",
    "optimization": """
        update_parameters_with_gd(parameters, grads, learning_rate)
        random_mini_batches(X, Y, mini_batch_size=64, seed=0) initialize_velocity(parameters)
        update_parameters_with_momentum(parameters, grads, v, beta, learning_rate)
        initialize_adam(parameters)
        update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9,
            beta2=0.999, epsilon=1e-08)
        update_lr(learning_rate0, epoch_num, decay_rate)
        schedule_lr_decay(learning_rate0, epoch_num, decay_rate, time_interval=1000)
        model(X, Y, layers_dims, optimizer, learning_rate=0.0007, mini_batch_size=64, beta=0.9,
            beta1=0.9, beta2=0.999, epsilon=1e-08, num_epochs=5000, print_cost=True, decay=None,
            decay_rate=1)""",
}


def expected(module: str) -> list[str]:
    return re.findall(r"\w+\((?:[^()]|\([^()]*\))*\)", " ".join(INTERFACE[module].split()))


def signature(function: Callable[..., Any]) -> str:
    parameters = inspect.signature(function).parameters.values()
    return "(" + ", ".join(str(p.replace(annotation=p.empty)) for p in parameters) + ")"


@pytest.mark.parametrize("name", INTERFACE)
def test_names_arguments_and_defaults(name: str) -> None:
    module = importlib.import_module(f"cutaway.course.{name}")
    offered = [item + signature(getattr(module, item)) for item in module.__all__]
    assert sorted(offered) == sorted(expected(name))


@pytest.mark.parametrize("name", INTERFACE)
def test_a_star_import_brings_the_functions_and_nothing_else(name: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from cutaway.course.{name} import *", namespace)
    assert set(namespace) - {"__builtins__"} == {text.split("(")[0] for text in expected(name)}
