"""What the signs of faults ask of a history of Records."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cutaway.insight.faults.setting import Records, Setting
from cutaway.training.record import Record

# Updates after which a training whose plan nobody knows ought to have got somewhere
LONG = 500


def largest(values: Sequence[float]) -> tuple[int, float]:
    """Return the layer 1, 2, .. with the largest value, and the value; 0 where there is none."""
    if not values:
        return 0, 0.0
    l = max(range(len(values)), key=lambda i: values[i] if values[i] is not None else -math.inf)
    return l + 1, values[l]


def at(values: Sequence[float] | None, l: int) -> float | None:
    """Return the value of layer l = 1, 2, .., None where nobody knows it."""
    return values[l - 1] if values and l <= len(values) else None


def far_enough(h: Records, s: Setting, part: float) -> bool:
    """Whether that part of the epochs that are planned is done, or what is long if none are."""
    if s.epochs is None:
        return h[-1].iteration - h[0].iteration >= LONG
    return h[-1].epoch >= part * s.epochs


def dev_rests(h: Records) -> bool:
    """Whether the dev loss has risen again by a tenth of what it had fallen."""
    losses = [r.dev_loss for r in h if r.dev_loss is not None]
    lowest = min(losses, default=0.0)
    return bool(losses) and losses[-1] > lowest + 0.1 * (losses[0] - lowest)


def taken_away(h: Records, l: int) -> bool:
    """Whether a penalty takes away the weights of a layer: small beside any update then."""
    start, now = at(h[0].W_norm, l), at(h[-1].W_norm, l)
    shrunk = start is not None and now is not None and now < start / 10
    # From the start nearly all of the cost may be penalty.
    return shrunk or (h[0].cost or 0.0) > 10 * (h[0].train_loss or math.inf)


def surely(value: float, l: int, s: Setting, wide: float) -> float:
    """Return a share of the units of a layer less what chance may do in a narrow one.

    The first layer has inputs around 0, which leave one unit off at most; what later layers are
    given is never below 0 behind a ReLU, and turns many of their units off.
    """
    n = s.units(l) or math.inf
    return value - wide / (n if l == 1 else math.sqrt(n))


def loss(record: Record) -> float:
    """Return the loss without a penalty, where it is known."""
    return (record.cost if record.train_loss is None else record.train_loss) or 0.0


def flow(record: Record) -> list[float]:
    """Return |dW| |W| of each layer: the same for all layers of a balanced network."""
    return [g * w for g, w in zip(record.gradient or (), record.W_norm or (), strict=True)]
