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


def square(theta):
    return float((theta**2).sum())


def single(theta):
    return float(np.sum(theta.astype(np.float32) ** 2, dtype=np.float32))


def relu_beside_its_kink(theta):
    return float(np.maximum(theta - 1e-7, 0).sum())


FOOLED = {
    "huge": (lambda t: 1e300 * square(t), lambda t: 2e300 * t, "right"),
    "tiny": (lambda t: 1e-200 * square(t), lambda t: 2e-200 * t, "right"),
    "tiny, wrong": (lambda t: 1e-200 * square(t), lambda t: 3e-200 * t, "wrong"),
    "tiny, called zero": (lambda t: 1e-12 * square(t), lambda t: 0 * t, "wrong"),
    "all zero": (lambda t: 0.0, lambda t: 0 * t, "right"),
    "far from zero": (lambda t: 1e8 + square(t), lambda t: 2 * t, "right"),
    "far from zero, wrong": (lambda t: 1e8 + square(t), lambda t: 2.1 * t, "wrong"),
    "lost in round-off": (lambda t: 1e16 + square(t), lambda t: 2 * t, "undecided"),
    "float32": (single, lambda t: 2 * t, "right"),
    "float32, wrong": (single, lambda t: 2.1 * t, "wrong"),
    "beside a kink": (relu_beside_its_kink, lambda t: (t > 1e-7).astype(float), "right"),
    "beside a kink, wrong": (relu_beside_its_kink, lambda t: (t > -1).astype(float), "wrong"),
}


@pytest.mark.parametrize("case", FOOLED)
def test_the_verdict_takes_size_and_round_off_into_account(case):
    cost, gradient, verdict = FOOLED[case]
    theta = np.array([[0.0], [1.5], [0.75]])
    (check,) = check_arrays(lambda p: cost(p["w"]), {"w": gradient(theta)}, {"w": theta})
    assert check.verdict == verdict, check


def test_an_array_is_judged_by_its_own_size():
    start = {"W": np.array([3.0]), "b": np.array([2.0])}
    right = {"W": np.array([6e4]), "b": np.array([4e-4])}
    wrong = {**right, "b": np.array([5e-4])}

    def cost(p):
        return float(1e4 * square(p["W"]) + 1e-4 * square(p["b"]))

    assert [c.verdict for c in check_arrays(cost, right, start)] == ["right", "right"]
    assert [c.verdict for c in check_arrays(cost, wrong, start)] == ["right", "wrong"]


def test_large_parameters_take_large_steps():
    theta = {"w": np.array([1e10, 2e10])}
    (check,) = check_arrays(lambda p: square(p["w"]), {"w": 2 * theta["w"]}, theta)
    assert check.verdict == "right"
    (check,) = check_arrays(lambda p: square(p["w"]), {"w": 3 * theta["w"]}, theta)
    assert check.verdict == "wrong"


def test_a_cost_that_ends_beside_the_parameters_is_said():
    theta = {"w": np.array([1e-9, 1.0])}

    def cost(p):
        with np.errstate(all="ignore"):
            return float(np.log(p["w"]).sum())

    with pytest.raises(ValueError, match="entry 0: it has no difference"):
        check_arrays(cost, {"w": 1 / theta["w"]}, theta, 1e-3)


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
        ({"w": np.ones(0)}, {"w": np.ones(0)}, "holds no number"),
        ({"w": np.array([np.nan])}, {"w": np.ones(1)}, "the gradient of w is not finite"),
    ],
)
def test_what_cannot_be_compared_is_said(gradients, parameters, text):
    with pytest.raises(ValueError, match=text):
        check_arrays(lambda p: 1.0, gradients, parameters)


def test_a_cost_that_is_not_finite_is_said():
    with pytest.raises(ValueError, match="the cost at these parameters is inf"):
        check_arrays(lambda p: np.inf, {"w": np.ones(1)}, {"w": np.ones(1)})
