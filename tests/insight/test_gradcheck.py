import numpy as np
import pytest

from cutaway.equations import ACTIVATIONS, LOSSES
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.gradcheck import check_arrays
from cutaway.insight.network_check import drawn_network

CASES = [(a, o, row.name) for a in ACTIVATIONS for row in LOSSES.values() for o in row.outputs]


@pytest.mark.parametrize(("activation", "output", "loss"), CASES)
def test_every_network_that_can_be_trained_is_right(activation, output, loss):
    given = Hyperparameters(
        hidden=(4, 3), activation=activation, output=output, loss=loss, l1=0.1, l2=0.7
    )
    drawn = drawn_network(given, 3, 2, 6)
    for check in check_arrays(drawn.cost, drawn.gradients(), drawn.parameters):
        assert check.verdict == "right", check
        assert check.checked + check.kinks == check.entries


ERRORS = {
    "a factor": lambda g: {**g, "W1": 1.01 * g["W1"]},
    "a sign": lambda g: {**g, "W2": -g["W2"]},
    "one entry": lambda g: {**g, "b1": g["b1"] + np.array([[1e-4], [0], [0], [0]])},
    "one scalar for a layer": lambda g: {**g, "b1": np.full_like(g["b1"], g["b1"].sum())},
}
AT = {"a factor": "W1", "a sign": "W2", "one entry": "b1", "one scalar for a layer": "b1"}


@pytest.mark.parametrize("error", ERRORS)
def test_a_planted_error_is_found_in_its_array(error):
    drawn = drawn_network(Hyperparameters(hidden=(4,), activation="tanh"), 3, 1, 6)
    wrong = ERRORS[error](drawn.gradients())
    checks = check_arrays(drawn.cost, wrong, drawn.parameters)
    assert [check.name for check in checks if check.verdict == "wrong"] == [AT[error]]
    worst = next(check.worst for check in checks if check.verdict == "wrong")
    if error == "one entry":
        assert worst.at == (0, 0)
        assert worst.analytic - worst.numeric == pytest.approx(1e-4, rel=1e-3)


def test_an_entry_at_a_kink_is_left_out():
    parameters = {"w": np.array([0.0, 1.0, -2.0])}
    (check,) = check_arrays(
        lambda p: float(np.abs(p["w"]).sum()), {"w": np.array([0.0, 1.0, -1.0])}, parameters
    )
    assert (check.kinks, check.checked, check.verdict) == (1, 2, "right")
    (check,) = check_arrays(
        lambda p: float(np.abs(p["w"]).sum()), {"w": np.zeros(1)}, {"w": np.zeros(1)}
    )
    assert check.verdict == "not checked"


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e8])
def test_the_verdict_does_not_depend_on_the_size_of_the_cost(size):
    parameters = {"w": np.array([0.3, -0.7])}
    checks = check_arrays(
        lambda p: float(size + np.sin(p["w"]).sum()), {"w": np.cos(parameters["w"])}, parameters
    )
    assert checks[0].verdict == "right"


def test_of_a_large_array_a_sample_is_checked():
    parameters = {"W": np.ones((40, 30))}
    (check,) = check_arrays(
        lambda p: float((p["W"] ** 2).sum()), {"W": 2 * parameters["W"]}, parameters
    )
    assert (check.entries, check.checked, check.verdict) == (1200, 500, "right")


@pytest.mark.parametrize(
    ("gradients", "parameters", "text"),
    [
        ({"v": np.ones(1)}, {"w": np.ones(1)}, "the gradient has v"),
        ({"w": np.ones(2)}, {"w": np.ones(1)}, r"shape \(2,\)"),
        ({"w": np.array([np.nan])}, {"w": np.ones(1)}, "the gradient of w is not finite"),
    ],
)
def test_what_cannot_be_compared_is_said(gradients, parameters, text):
    with pytest.raises(ValueError, match=text):
        check_arrays(lambda p: 1.0, gradients, parameters)


def test_a_cost_that_is_not_finite_is_said():
    with pytest.raises(ValueError, match="the cost at these parameters is inf"):
        check_arrays(lambda p: np.inf, {"w": np.ones(1)}, {"w": np.ones(1)})
