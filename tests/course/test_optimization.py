from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cutaway.course.deep import L_model_backward, L_model_forward, compute_cost
from cutaway.course.initialization import initialize_parameters_he
from cutaway.course.optimization import (
    initialize_adam,
    initialize_velocity,
    model,
    random_mini_batches,
    schedule_lr_decay,
    update_lr,
    update_parameters_with_adam,
    update_parameters_with_gd,
    update_parameters_with_momentum,
)
from cutaway.equations import OPTIMIZERS, Rates
from cutaway.errors import DataError, OptionError


@pytest.fixture
def two_gradients(three_layers: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    parameters, _, _ = three_layers
    random = np.random.RandomState(8)
    grads = [{f"d{n}": random.randn(*a.shape) for n, a in parameters.items()} for _ in range(2)]
    return parameters, grads


def flat(arrays: dict[str, Any]) -> Any:
    return np.concatenate([array.ravel() for array in arrays.values()])


def test_slots_start_at_zero(three_layers: Any) -> None:
    parameters, _, _ = three_layers
    for slot in (initialize_velocity(parameters), *initialize_adam(parameters)):
        assert {key: a.shape for key, a in slot.items()} == {
            f"d{name}": a.shape for name, a in parameters.items()
        }
        assert not flat(slot).any()


def test_updates_are_the_rows_of_the_table(two_gradients: Any) -> None:
    parameters, grads = two_gradients
    before = flat(parameters).copy()
    v, s = initialize_adam(parameters)
    momentum, velocity, adam = parameters, initialize_velocity(parameters), parameters
    expected = {name: (before, OPTIMIZERS[name].init(before)) for name in ("momentum", "adam")}
    for t, gradient in enumerate(grads, start=1):
        momentum, velocity = update_parameters_with_momentum(momentum, gradient, velocity, 0.8, 0.1)
        adam, v, s, v_corrected, s_corrected = update_parameters_with_adam(
            adam, gradient, v, s, t, 0.1, 0.8, 0.95, 1e-3
        )
        for name, (theta, state) in expected.items():
            rates = Rates(0.1, 0.8, 0.95, 1e-3)
            expected[name] = OPTIMIZERS[name].update(theta, flat(gradient), state, t, rates)
        np.testing.assert_allclose(flat(v_corrected), flat(v) / (1 - 0.8**t))
        np.testing.assert_allclose(flat(s_corrected), flat(s) / (1 - 0.95**t))
    for found, slots, name in ((momentum, (velocity,), "momentum"), (adam, (v, s), "adam")):
        theta, state = expected[name]
        np.testing.assert_array_equal(flat(found), theta)
        np.testing.assert_array_equal([flat(slot) for slot in slots], state)
    np.testing.assert_array_equal(flat(parameters), before)


def test_gradient_descent(two_gradients: Any) -> None:
    parameters, (grads, _) = two_gradients
    updated = update_parameters_with_gd(parameters, grads, 0.1)
    np.testing.assert_allclose(flat(updated), flat(parameters) - 0.1 * flat(grads))


def test_the_first_adam_step_is_the_learning_rate(two_gradients: Any) -> None:
    parameters, (grads, _) = two_gradients
    v, s = initialize_adam(parameters)
    updated = update_parameters_with_adam(parameters, grads, v, s, 1)[0]
    step = flat(updated) - flat(parameters)
    np.testing.assert_allclose(step, -0.01 * np.sign(flat(grads)), rtol=1e-3)
    with pytest.raises(OptionError, match="t=0"):
        update_parameters_with_adam(parameters, grads, v, s, 0)


@pytest.mark.parametrize(
    ("m", "size", "sizes"),
    [(148, 64, [64, 64, 20]), (128, 64, [64, 64]), (3, 64, [3]), (3, 1, [1, 1, 1])],
)
def test_mini_batches_are_a_partition(m: int, size: int, sizes: list[int]) -> None:
    X, Y = np.arange(2 * m).reshape(2, m), np.arange(m).reshape(1, m)
    batches = random_mini_batches(X, Y, size, seed=5)
    assert [batch_X.shape for batch_X, _ in batches] == [(2, n) for n in sizes]
    np.random.seed(5)
    permutation = np.random.permutation(m)
    np.testing.assert_array_equal(np.hstack([batch_X for batch_X, _ in batches]), X[:, permutation])
    np.testing.assert_array_equal(np.hstack([batch_Y for _, batch_Y in batches]), Y[:, permutation])


@pytest.mark.parametrize(
    ("X", "Y", "size", "error"),
    [
        (np.ones((2, 3)), np.ones((1, 4)), 2, DataError),
        (np.ones((2, 3)), np.ones(3), 2, DataError),
        (np.ones((2, 3)), np.ones((1, 3)), 0, OptionError),
    ],
)
def test_no_mini_batches(X: Any, Y: Any, size: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        random_mini_batches(X, Y, size)


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        (update_lr, [0.5, 0.25, 0.5 / 1500.0, 0.5 / 2001]),
        (schedule_lr_decay, [0.5, 0.5, 0.25, 0.5 / 3]),
    ],
)
def test_decay(decay: Callable[..., float], expected: list[float]) -> None:
    assert [decay(0.5, epoch, 1) for epoch in (0, 1, 1499, 2000)] == pytest.approx(expected)


def test_decay_intervals() -> None:
    assert schedule_lr_decay(0.5, 250, 0.3, time_interval=100) == pytest.approx(0.5 / 1.6)


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
@pytest.mark.parametrize("decay", [None, update_lr])
def test_model_is_the_loop_of_its_parts(
    moons: Any, capsys: pytest.CaptureFixture[str], optimizer: str, decay: Any
) -> None:
    X, Y = moons
    sizes = [2, 5, 2, 1]
    parameters = initialize_parameters_he(sizes)
    v, s = initialize_adam(parameters)
    t, learning_rate, printed = 0, 0.05, ""
    for epoch in range(3):
        total = 0.0
        for batch_X, batch_Y in random_mini_batches(X, Y, 64, seed=11 + epoch):
            AL, caches = L_model_forward(batch_X, parameters)
            total += float(compute_cost(AL, batch_Y)) * batch_X.shape[1]
            grads = L_model_backward(AL, batch_Y, caches)
            t += 1
            if optimizer == "gd":
                parameters = update_parameters_with_gd(parameters, grads, learning_rate)
            elif optimizer == "momentum":
                parameters, v = update_parameters_with_momentum(
                    parameters, grads, v, 0.9, learning_rate
                )
            else:
                parameters, v, s, _, _ = update_parameters_with_adam(
                    parameters, grads, v, s, t, learning_rate
                )
        printed = printed or f"Cost after epoch 0: {total / 400:f}\n"
        if decay is not None:
            learning_rate = decay(0.05, epoch, 0.5)
    trained = model(
        X, Y, sizes, optimizer, learning_rate=0.05, num_epochs=3, decay=decay, decay_rate=0.5
    )
    assert capsys.readouterr().out == printed
    for name, array in parameters.items():
        np.testing.assert_allclose(trained[name], array, rtol=1e-7, atol=1e-9)


def test_unknown_optimizer(moons: Any) -> None:
    with pytest.raises(OptionError, match="choose from gd, momentum, adam"):
        model(*moons, [2, 5, 1], "sgdm")
