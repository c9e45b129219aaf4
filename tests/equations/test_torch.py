"""The derivatives against PyTorch's autograd, and the update rules against its optimisers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cutaway.equations import ACTIVATIONS, LOSSES, OPTIMIZERS, Rates, dropout_mask

torch = pytest.importorskip("torch", reason="this oracle needs PyTorch, which is not installed")

PAIRS = [(output, loss.name) for loss in LOSSES.values() for output in loss.outputs]
PENALTIES = {"l1": 0.2, "l2": 0.9}
MODULE = {
    "sigmoid": torch.nn.Sigmoid(),
    "tanh": torch.nn.Tanh(),
    "relu": torch.nn.ReLU(),
    "leaky_relu": torch.nn.LeakyReLU(0.01),
    "identity": torch.nn.Identity(),
}


def losses_of_rows(output: str, loss: str, Z: Any, Y: Any) -> Any:
    """The losses (m,) of logits Z and labels Y, examples as rows."""
    functional = torch.nn.functional
    if loss == "log":
        return functional.binary_cross_entropy_with_logits(Z, Y, reduction="none").sum(1)
    if loss == "cross_entropy":
        return functional.cross_entropy(Z, Y.argmax(1), reduction="none")
    return functional.mse_loss(MODULE[output](Z), Y, reduction="none").sum(1) / 2


@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_autograd_agrees(
    make_problem: Callable[..., Any], activation: str, output: str, loss: str
) -> None:
    problem = make_problem((3, 4, 2), activation, output, loss, weighted=True)
    mask = dropout_mask(np.random.default_rng(1).random((4, 5)), 0.6)
    J, dtheta = problem.cost_and_gradient(penalties=PENALTIES, masks=[None, mask])

    X, Y, w, kept = (torch.tensor(a.T) for a in (problem.X, problem.Y, problem.weights, mask))
    first, second = torch.nn.Linear(3, 4).double(), torch.nn.Linear(4, 2).double()
    parameters = [first.weight, first.bias, second.weight, second.bias]
    torch.nn.utils.vector_to_parameters(torch.tensor(problem.theta), parameters)
    Z = second(MODULE[activation](first(X)) * kept)
    W = torch.cat([first.weight.flatten(), second.weight.flatten()])
    penalty = PENALTIES["l1"] * W.abs().sum() + PENALTIES["l2"] / 2 * (W**2).sum()
    value = (losses_of_rows(output, loss, Z, Y) * w[:, 0]).mean() + penalty / problem.M
    value.backward()
    gradient = torch.cat([parameter.grad.flatten() for parameter in parameters])
    np.testing.assert_allclose(value.item(), J, rtol=1e-14)
    np.testing.assert_allclose(gradient, dtheta, rtol=0, atol=2e-15 * abs(dtheta).max())


ALPHA, BETA1, BETA2, EPSILON = 0.05, 0.8, 0.95, 1e-3
# v = beta1 v + (1 - beta1) dW is (1 - beta1) times PyTorch's buffer, beta1 buffer + dW.
OPTIMIZER: dict[str, Callable[[Any], Any]] = {
    "gradient_descent": lambda p: torch.optim.SGD(p, ALPHA),
    "momentum": lambda p: torch.optim.SGD(p, ALPHA * (1 - BETA1), momentum=BETA1, dampening=0),
    "rmsprop": lambda p: torch.optim.RMSprop(p, ALPHA, alpha=BETA2, eps=EPSILON),
    "adam": lambda p: torch.optim.Adam(p, ALPHA, betas=(BETA1, BETA2), eps=EPSILON),
}


@pytest.mark.parametrize("row", OPTIMIZERS.values(), ids=lambda row: row.name)
def test_updates_agree(row: Any) -> None:
    generator = np.random.default_rng(0)
    theta = generator.normal(size=7)
    parameter = torch.nn.Parameter(torch.tensor(theta))
    optimizer = OPTIMIZER[row.name]([parameter])
    state = row.init(theta)
    for t in range(1, 21):
        dtheta = generator.normal(size=7) * 10.0 ** generator.integers(-4, 3)
        theta, state = row.update(theta, dtheta, state, t, Rates(ALPHA, BETA1, BETA2, EPSILON))
        parameter.grad = torch.tensor(dtheta)
        optimizer.step()
        np.testing.assert_allclose(parameter.detach(), theta, rtol=1e-12, atol=1e-14)
