"""Reading Records off a stack of networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.engine.inputs import block, blocks
from cutaway.engine.job import Part
from cutaway.engine.measure import norms
from cutaway.equations import flatten, forward, unflatten
from cutaway.equations.penalties import penalty
from cutaway.training.record import Needs, Record
from cutaway.training.stack import Stack


def read_records(stack: Stack, needs: Needs) -> dict[int, Record]:
    """Return the Record of every network that is still trained; what nobody needs is None."""
    plan, rows, last = stack.plan, stack.rows, stack.last
    nothing: list[Any] = [None] * len(rows.members)
    scale = np.asarray(plan.target_scale).reshape(-1, 1)

    def look(part: Part | None, *wanted: str) -> list[Any]:
        if part is None or not needs & {*wanted}:
            return nothing
        return list(rows.executor.measure(rows.theta, part, plan.metric, scale))

    def norms_of(theta: Any) -> list[Any]:
        return list(norms(plan.network, np.asarray(theta), rows.train.X))

    W_norm = dW_norm = change = nothing
    if "layers" in needs:
        W_norm = norms_of(rows.theta)
        if last is not None:
            # Rows of networks whose numbers have overflowed may still be among them.
            with np.errstate(over="ignore", invalid="ignore"):
                moved = np.asarray(last.theta) - np.asarray(last.before)
            dW_norm, change = norms_of(last.dtheta), norms_of(moved)
    batch_costs = nothing if last is None else np.atleast_1d(last.batch_cost).tolist()
    on_train, on_dev = look(rows.train, "train", "layers"), look(rows.dev, "dev")
    penalties = nothing if on_train is nothing else _penalties(stack)
    records = {}
    for row, member in enumerate(rows.members):
        train, dev, layers = on_train[row], on_dev[row], W_norm[row]
        records[member] = Record(
            epoch=stack.epoch,
            iteration=stack.iteration,
            cost=train.loss + penalties[row] if train else None,
            batch_cost=batch_costs[row],
            train_loss=train.loss if train else None,
            dev_loss=dev.loss if dev else None,
            train_error=train.error if train else None,
            dev_error=dev.error if dev else None,
            learning_rate=stack.rates.get(member),
            seconds=round(stack.seconds, 6),
            W_norm=layers,
            dW_norm=dW_norm[row],
            update_ratio=_ratio(change[row], layers),
            dead=train.dead if layers else None,
            saturated=train.saturated if layers else None,
        )
    return {member: records[member] for member in stack.members}


def where(stack: Stack, member: int, theta: Any, epoch: int) -> str:
    """Say when the cost of a network was not finite, and the first layer whose numbers are not."""
    network, X = stack.plan.network, stack.train.members(member).X
    parameters = unflatten(network, np.asarray(theta), X)
    finite = [bool(np.isfinite(flatten([layer])).all()) for layer in parameters]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for X_b in (block(X, columns) for columns in blocks(X)):
            for l, cache in enumerate(forward(network, parameters, X_b)):
                finite[l] = finite[l] and bool(np.isfinite(cache.Z).all())
    bad = finite.index(False) + 1 if False in finite else None
    layer = f"first in layer {bad}" if bad else f"in the loss of layer {network.L}"
    rate = stack.rates.get(member, 0.0)
    return f"the cost is not finite in epoch {epoch} ({layer}, learning rate {rate:g})"


def _penalties(stack: Stack) -> list[float]:
    rows = stack.rows
    layers = unflatten(stack.plan.network, np.asarray(rows.theta), rows.train.X)
    with np.errstate(over="ignore", invalid="ignore"):
        values = penalty((layer.W for layer in layers), rows.job.penalties, rows.executor.M)
    of_rows: list[float] = np.broadcast_to(values, len(rows.members)).tolist()
    return of_rows


def _ratio(change: tuple[float, ...] | None, norm: tuple[float, ...]) -> Any:
    if change is None:
        return None
    return tuple(d / n if n > 0 else 0.0 for d, n in zip(change, norm, strict=True))
