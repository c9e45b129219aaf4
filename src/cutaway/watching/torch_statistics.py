"""What a PyTorch layer shows of itself: activations, gradients and parameters, as plain numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.engine.measure import SATURATED
from cutaway.engine.probe import DIRECTIONS, twins

if TYPE_CHECKING:
    from torch import Tensor, nn

    # What is computed, and may still be on its way from the device
    Number = float | Tensor

# Modules whose output is 0 where they are off, and the bounds of those that have some
OFF_AT_ZERO = frozenset({"ReLU", "ReLU6", "Threshold"})
BOUNDS = {"Sigmoid": (0.0, 1.0), "Tanh": (-1.0, 1.0), "Softsign": (-1.0, 1.0)}
SMOOTH = frozenset(
    {"ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "LeakyReLU", "PReLU", "Softplus"}
)
# What is done to a loss before it is propagated back: divided for accumulation, scaled, penalised
ARITHMETIC = ("Mul", "Div", "Add", "Sub", "Mean")
ACTIVATIONS = OFF_AT_ZERO | set(BOUNDS) | SMOOTH


def by_units(A: Tensor, channels: bool) -> Tensor:
    """Return activations as (examples, units): a channel of a convolution is a unit."""
    A = A.detach()
    if channels and A.dim() > 2:
        A = A.movedim(1, -1)
    return A.reshape(-1, A.shape[-1])


def bounds_of(name: str, A: Tensor) -> tuple[float, float] | None:
    """Return the bounds of an activation; one that is no module (name "") is told by its values."""
    if name:
        return BOUNDS.get(name)
    low, high = read(A.aminmax())[0]
    if -1.0 <= low < 0.0 < high <= 1.0:
        return BOUNDS["Tanh"]
    # Far from 0 a sigmoid is exactly 0 too; a ReLU is seldom just below 1, and hardly ever in many.
    if 0.0 <= low and high <= 1.0 and (low > 0.0 or (A > 1.0 - SATURATED).double().mean() > 0.1):
        return BOUNDS["Sigmoid"]
    return None


def alive(name: str, A: Tensor) -> Tensor | None:
    """Return which units are on for some example; None for an activation that is never off."""
    if name in OFF_AT_ZERO:
        return (A > 0).any(dim=0)
    # Zeros alone come of a ReLU: other functions are hardly ever exactly 0.
    return None if name else (A != 0).any(dim=0)


def share_off(on: Tensor | None) -> Number:
    """Return the share of the units that are off, of those that are on or not (units,)."""
    return 0.0 if on is None else 1.0 - on.float().mean()


def saturated(bounds: tuple[float, float], A: Tensor) -> Number:
    """Return the share of the activations within 1 % of a bound."""
    margin = SATURATED * (bounds[1] - bounds[0])
    near = (A < bounds[0] + margin) | (A > bounds[1] - margin)
    return near.float().mean()


def twins_of(layers: Sequence[nn.Module]) -> tuple[float, ...]:
    """Return of each layer the share of its units whose weights are those of another one."""
    generator = np.random.default_rng(0)
    return tuple(_twins(layer, generator) for layer in layers)


def _twins(layer: nn.Module, generator: np.random.Generator) -> float:
    W: Any = layer.weight
    rows = W.detach().reshape(W.shape[0], -1)
    if hasattr(layer, "transposed") and layer.transposed:
        rows = W.detach().transpose(0, 1).reshape(W.shape[1], -1)
    R = generator.standard_normal((rows.shape[1], DIRECTIONS)).astype("float32")
    return float(twins(rows.float().cpu().numpy() @ R))


def norm(tensor: Tensor | None) -> Number:
    """Return the Euclidean norm; 0 for what is not there."""
    import torch

    return 0.0 if tensor is None else torch.linalg.vector_norm(tensor)


def read(*groups: Sequence[Number | None]) -> list[tuple[Any, ...]]:
    """Return groups of numbers, some of them on the device, after waiting for it once."""
    import torch

    waiting = [x for group in groups for x in group if isinstance(x, torch.Tensor)]
    known = iter(())
    if waiting:
        device = waiting[0].device
        known = iter(
            torch.stack([x if x.device == device else x.to(device) for x in waiting]).tolist()
        )
    return [
        tuple(next(known) if isinstance(x, torch.Tensor) else x for x in group) for group in groups
    ]


def name_of(loss: Tensor) -> str:
    """Return the name of the function that made a loss, whatever was done to it since."""
    node: Any = loss.grad_fn
    while node is not None and node.name().startswith(ARITHMETIC):
        node = next((before for before, _ in node.next_functions if before is not None), None)
    return "" if node is None else str(node.name())


def answers(A: Tensor | None, loss: str) -> tuple[Number | None, Number | None]:
    """Return spread and commonest class of outputs A (examples, n_y).

    loss: the name of the function that made the loss, which tells what A is.
    """
    if A is None or A.dim() != 2 or not A.is_floating_point() or len(A) < 2:
        return None, None
    A = A.detach()
    spread, n = A.float().std(dim=0).max(), A.shape[1]
    if loss.startswith("NllLoss") and n > 1:
        return spread, A.argmax(dim=1).bincount(minlength=n).max() / len(A)
    if loss.startswith("BinaryCrossEntropy") and n == 1:
        share = (A > (0.0 if "WithLogits" in loss else 0.5)).float().mean()
        return spread, share.maximum(1 - share)
    return spread, None


def trivial_cost(A: Tensor | None, loss: str) -> float | None:
    """Return the mean loss of outputs like A (examples, n_y) that look at no input."""
    if A is None or A.dim() != 2:
        return None
    if loss.startswith("NllLoss") and A.shape[1] > 1:
        return math.log(A.shape[1])
    return math.log(2) if loss.startswith("BinaryCrossEntropy") else None
