"""Reading Records off a stack of networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from cutaway.engine.inputs import block, blocks
from cutaway.engine.job import Part
from cutaway.engine.measure import norms
from cutaway.engine.probe import probe
from cutaway.equations import Layer, Network, forward, unflatten
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
        answers = part is rows.train and "answers" in needs
        measure = rows.executor.measure
        return list(measure(rows.theta, part, plan.metric, scale, answers=answers))

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
    on_train, on_dev = look(rows.train, "train", "layers", "answers"), look(rows.dev, "dev")
    probes = nothing
    if "gradient" in needs:
        given = plan.network, rows.theta, rows.train, stack.processes
        probes = list(probe(*given, alike="twins" in needs))
    penalties = nothing if on_train is nothing else _penalties(stack)
    records = {}
    for row, member in enumerate(rows.members):
        train, dev, layers, probed = on_train[row], on_dev[row], W_norm[row], probes[row]
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
            **(probed._asdict() if probed else {}),
            **(train.answers._asdict() if train and train.answers else {}),
        )
    return {member: records[member] for member in stack.members}


def where(stack: Stack, member: int, theta: Any, epoch: int) -> str:
    """Say when the cost of a network was not finite, and the first numbers that are not."""
    network, X = stack.plan.network, stack.train.members(member).X
    parameters = unflatten(network, np.asarray(theta), X)
    first = min(filter(None, map(_first_not_finite, _rows(network, parameters, X))), default=None)
    at = f"in the loss of layer {network.L}"
    if first is not None:
        layer, example, unit = first
        at = f"first in layer {layer}, unit {unit}"
        # Parameters that are not finite come before any example.
        at += f", training example {example}" if example else ""
    # None before the first update
    rate = stack.rates.get(member)
    at += "" if rate is None else f", learning rate {rate:g}"
    return f"the cost is not finite in epoch {epoch} ({at})"


class _Rows(NamedTuple):
    """Numbers of a layer, a row a unit, a column an example from `begin` on; None: parameters."""

    layer: int
    numbers: Any
    begin: int | None


def _rows(network: Network, parameters: Sequence[Layer], X: Any) -> Iterator[_Rows]:
    for l, (W, b) in enumerate(parameters, start=1):
        plain = getattr(W, "U", W)
        yield _Rows(l, np.concatenate([plain, b], axis=-1), None)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for columns in blocks(X):
            for l, cache in enumerate(forward(network, parameters, block(X, columns)), start=1):
                yield _Rows(l, cache.Z, columns.start)


def _first_not_finite(rows: _Rows) -> tuple[int, int, int] | None:
    """Return layer, example (0 for parameters) and unit, counted from 1, of the first of them."""
    bad = ~np.isfinite(rows.numbers)
    if not bad.any():
        return None
    unit, column = np.argwhere(bad)[0].tolist()
    return rows.layer, 0 if rows.begin is None else rows.begin + column + 1, unit + 1


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
