"""Faults that the first Records show: each a sign, and its row of the table."""

from __future__ import annotations

import math

from cutaway.insight.faults.fault import AT_START, MEASURED, Fault, option, rate
from cutaway.insight.faults.history import flow, largest
from cutaway.insight.faults.setting import Records, Setting, Sign, share


def not_finite(h: Records, s: Setting) -> Sign | None:
    """The cost, or its mean over the last epoch, is infinite or not a number."""
    for name in ("cost", "batch_cost", "train_loss"):
        value = getattr(h[-1], name)
        if value is not None and not math.isfinite(value):
            return Sign(value, f"the {name.replace('_', ' ')} is {value}")
    return None


def symmetry(h: Records, s: Setting, *, most: float) -> Sign | None:
    """Units of a hidden layer have the same weights at the start."""
    l, value = largest(h[0].twins or ())
    if value < most:
        return None
    words = f"{share(value)} of the units of {s.called(l)} start with the weights of another one"
    return Sign(value, words, s.layer(l))


def saturated(h: Records, s: Setting, *, most: float) -> Sign | None:
    """Many activations are at a bound before anything is learned."""
    l, value = largest(h[-1].saturated or ())
    if len(h) > 1 or value < most:
        return None
    words = f"{share(value)} of the activations of {s.called(l)} are within 1 % of a bound"
    return Sign(value, words, s.layer(l))


def exploding(h: Records, s: Setting, *, most: float, worse: float) -> Sign | None:
    """The gradient is far larger than the weights that it is to change, or the cost absurd."""
    # Weights that start from zero are small beside any gradient.
    if len(h) > 1 or not h[-1].gradient or min(h[0].W_norm or (0.0,)) == 0:
        return None
    loss = h[0].train_loss or 0.0
    if s.trivial_cost and loss > worse * s.trivial_cost:
        value = loss / s.trivial_cost
        words = f"the loss starts at {value:.3g} times that of an answer without any input"
        return Sign(value, words, s.layer(len(h[-1].gradient)), worse)
    ratios = [
        g / w if w > 0 else 0.0 for g, w in zip(h[-1].gradient, h[-1].W_norm or (), strict=True)
    ]
    l, value = largest(ratios)
    if not value >= most:
        return None
    return Sign(
        value, f"the gradient of {s.called(l)} is {value:.3g} times its weights", s.layer(l)
    )


def vanishing(
    h: Records, s: Setting, *, least: float, nothing: float, records: int, deep: int, off: float
) -> Sign | None:
    """A layer gets next to nothing of the gradient that a later one gets, or all get nothing."""
    if len(h) == 1:
        return _nothing_left(h, s, nothing, deep)
    if len(h) > records:
        return None
    if max(h[0].dead or (0.0,)) >= off:
        # Where nearly all units are off, that is what stops the gradient.
        return None
    now, before = flow(h[-1]), flow(h[0])
    for l in range(1, len(now)):
        later = max(now[l:])
        if later > 0 and now[l - 1] < least * later and before[l - 1] < least * max(before[l:]):
            ratio = now[l - 1] / later
            words = f"{s.called(l)} gets {ratio:.1g} of the gradient that a later layer gets"
            return Sign(ratio, words, s.layer(l))
    return None


def _nothing_left(h: Records, s: Setting, nothing: float, deep: int) -> Sign | None:
    """Return the sign of gradients that are next to nothing in every layer at the start."""
    now, size = flow(h[-1]), h[-1].train_loss or h[-1].cost or 1.0
    if len(now) >= deep and 0 < max(now) < nothing * size:
        words = f"no layer gets more than {max(now) / size:.1g} of the cost as a gradient"
        return Sign(max(now) / size, words, s.layer(1), nothing)
    return None


ROWS = (
    Fault(
        "cost not finite",
        ("cost",),
        not_finite,
        {},
        "whether a cost is infinite or not a number",
        "IEEE 754: nothing finite comes of it any more",
        "One number that is not finite makes the gradient, and with it every weight, not finite. "
        "Mostly the steps were too long, so that the weights grew from update to update.",
        "a learning rate ten times smaller; if that does not help, look for absurd data",
        rate(0.1),
        "optimizers",
        ("exploding gradients", "learning rate too high"),
    ),
    Fault(
        "symmetric units",
        ("twins",),
        symmetry,
        {"most": 0.02},
        "share of the units of a hidden layer that start with the weights of another one",
        "no two units drawn at random are alike, but for rounding",
        "Units that start alike compute the same; unless the layers behind tell them apart they "
        "get the same gradient, stay alike, and can do no more than one of them. "
        "Zeros or constants "
        "as initial weights make all of a layer alike.",
        "draw the initial weights at random",
        option("--initializer auto"),
        "symmetry",
    ),
    Fault(
        "saturated units",
        ("saturated",),
        saturated,
        {"most": 0.3},
        "share of the activations of a hidden layer within 1 % of a bound, at the start",
        MEASURED,
        "Where sigmoid or tanh are flat their slope is almost 0: nothing behind them is changed. "
        "At the end of a training that is what a sure network looks like; at the start it is one "
        "that cannot learn.",
        "smaller initial weights, and normalised inputs",
        option("--initializer auto", "--normalize standard"),
        "activations",
    ),
    Fault(
        "exploding gradients",
        ("gradient", "W_norm"),
        exploding,
        {"most": 30.0, "worse": 30.0},
        "|dW| / |W| of a layer at the start",
        MEASURED,
        "A gradient that is many times as large as its weights throws them away in one step. "
        "Through layers whose weights are too large it grows by a factor from each to the next.",
        "initial weights that keep the variance from layer to layer, and normalised inputs",
        option("--initializer auto", "--normalize standard"),
        "vanishing_gradients",
        ("saturated units",),
    ),
    Fault(
        "vanishing gradients",
        ("gradient", "W_norm"),
        vanishing,
        {"least": 0.01, "nothing": 1e-3, "records": 5, "deep": 4, "off": 0.9},
        "|dW| |W| of a layer over that of a later one, at the start",
        "equal for all layers of a balanced network (Du, Hu and Lee, 2018); " + MEASURED,
        "The chain rule multiplies by one slope and one W a layer: small ones leave the first "
        "layers without a gradient. They stay as they were drawn; the last ones learn from noise.",
        "relu units with initial weights that keep the variance, or fewer layers",
        option("--activation relu", "--initializer auto"),
        "vanishing_gradients",
        AT_START,
    ),
)
