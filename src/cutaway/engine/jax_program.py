"""The one function that JAX compiles: some updates of one network, or of a stack, in a loop.

It calls `step`, as every executor does. Whatever is a number is an argument: another learning rate,
seed or number of updates compiles nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from cutaway.engine.draws import DROPOUT, place
from cutaway.engine.job import Part
from cutaway.engine.measure import Look, look
from cutaway.engine.step import step
from cutaway.equations import OPTIMIZERS, Network, Rates, dropout_mask
from cutaway.equations.example_space import ExampleSpace
from cutaway.equations.optimizers import Slots

# The axis of the mesh that processes stand on
SHARD = "shard"
# On a CPU the highest level, the default, compiles longer, and 20 small networks then take a sixth
# more time; other programs run as fast at either.
COMPILER_OPTIONS = {"cpu": {"xla_backend_optimization_level": 2}}


class Program(NamedTuple):
    """What is compiled anew when it changes.

    m           training examples; batch_size of them make an update
    padded      whether the last mini-batch is short: the columns that it lacks weigh 0
    dropped     which of the input and the hidden layers have dropout
    stacked     whether theta has an axis of networks in front
    own_orders  whether each network of a stack has mini-batches of its own
    shards      processes that share the examples, each its own
    share       columns that a mini-batch has in each of them; what lacks weighs 0
    """

    network: Network
    optimizer: str
    m: int
    batch_size: int | None
    padded: bool
    dropped: tuple[bool, ...]
    stacked: bool
    own_orders: bool
    shards: int = 1
    share: int = 0


class Numbers(NamedTuple):
    """The numbers of a job; in a stack one a network, (k,)."""

    rates: Rates
    keep_prob: tuple[Any, ...]
    penalties: Mapping[str, Any]
    seed: Any
    M: Any


class Course(NamedTuple):
    """What happens in the epochs of one call, each array having an epoch a row.

    alpha   learning rate; in a stack (epochs, k)
    order   the examples, (epochs, m) or (epochs, k, m), filled up with m where the batch is short
    rank    where each example stands in that order, for an ExampleSpace
    columns where the examples of this process stand in the mini-batch of all, None where it has all
    epoch   of the start
    """

    alpha: Any
    order: Any
    rank: Any
    epoch: Any
    columns: Any = None


class Point(NamedTuple):
    """Where the parameters are, and the last gradient; `cost` sums J over the last epoch."""

    theta: Any
    slots: Slots
    dtheta: Any
    cost: Any


def axes_of(X: Any) -> Any:
    """Return which arrays of an input have an axis of networks in front, as vmap wants it."""
    if isinstance(X, ExampleSpace):
        return ExampleSpace(None, 0, None, 0, 0, None)
    # Pictures that each network draws for itself
    return 0 if X.ndim == 3 else None


def as_columns(rows: Part) -> Part:
    """Return the examples as columns; the device holds them as rows."""
    X = rows.X if isinstance(rows.X, ExampleSpace) else rows.X.mT
    return Part(X, rows.Y.mT, rows.weights)


def _updates(
    program: Program,
    rows: Part,
    numbers: Numbers,
    course: Course,
    iteration: Any,
    point: Point,
    first: Any,
    end: Any,
) -> Point:
    """Take the updates first, .., end - 1 of the epochs; the last epoch is that of end - 1.

    iteration: how many updates were taken before update 0.
    """
    size = program.batch_size or program.m
    in_epoch = -(-program.m // size)
    last_epoch = (end - 1) // in_epoch
    space = isinstance(rows.X, ExampleSpace)
    own = 0 if program.own_orders else None
    share = program.share or size
    # Which arguments of `one` have an axis of networks in front
    axes = (0, 0, 0, 0, own, own, Part(axes_of(rows.X), None, None), None, None, None, None)

    def body(u: Any, point: Point) -> Point:
        e, i = u // in_epoch, u % in_epoch
        order = rank = None
        columns = course.columns
        if program.batch_size is not None:
            order = jax.lax.dynamic_slice_in_dim(course.order[e], i * share, share, axis=-1)
            rank = course.rank[e] if space else None
            if columns is not None:
                columns = jax.lax.dynamic_slice_in_dim(columns[e], i * share, share)
        one = partial(_one, program, i * size, e == last_epoch)
        if program.stacked:
            one = jax.vmap(one, in_axes=axes)
        t = (iteration + u + 1).astype(point.theta.dtype)
        at = course.epoch + e
        alpha = course.alpha[e]
        J, dtheta, theta, slots = one(
            point.theta, point.slots, alpha, numbers, order, rank, rows, t, at, i, columns
        )
        return Point(theta, slots, dtheta, jnp.where(i == 0, 0.0, point.cost) + J)

    done: Point = jax.lax.fori_loop(first, end, body, point)
    return done._replace(cost=_mean(program, done.cost))


def _mean(program: Program, array: Any) -> Any:
    lax: Any = jax.lax
    return lax.pmean(array, SHARD) if program.shards > 1 else array


def _one(
    program: Program,
    begin: Any,
    with_cost: Any,
    theta: Any,
    slots: Slots,
    alpha: Any,
    numbers: Numbers,
    order: Any,
    rank: Any,
    rows: Part,
    t: Any,
    epoch: Any,
    i: Any,
    columns: Any,
) -> tuple[Any, Any, Any, Slots]:
    """Take one update of one network."""
    batch = as_columns(rows)
    if order is not None:
        batch = _mini_batch(program, batch, order, rank, begin)
    masks = None
    if any(program.dropped):
        key = jax.random.fold_in(jax.random.key(numbers.seed), DROPOUT)
        key = jax.random.fold_in(jax.random.fold_in(key, epoch), i)
        size = program.batch_size or program.m
        masks = draw_masks(program, key, size, numbers.keep_prob, theta.dtype)
        if columns is not None:
            masks = [mask if mask is None else mask[:, columns] for mask in masks]
    done = step(
        program.network,
        OPTIMIZERS[program.optimizer].update,
        theta,
        slots,
        t,
        *batch,
        masks,
        numbers.penalties,
        numbers.M,
        numbers.rates._replace(alpha=alpha),
        partial(_mean, program),
    )
    J = jax.lax.cond(with_cost, done.J, lambda: jnp.zeros((), theta.dtype))
    return J, done.dtheta, done.theta, done.slots


def _mini_batch(program: Program, train: Part, order: Any, rank: Any, begin: Any) -> Part:
    size = order.shape[-1]
    where = None if rank is None else place(rank, begin, size, jnp.where)
    batch = train.take(jnp.minimum(order, train.m - 1), where)
    if not program.padded:
        return batch
    # The mean over the batch divides by its size: what is there weighs more where it is short.
    there = (order < train.m).astype(batch.Y.dtype)
    present = jnp.minimum(program.batch_size or program.m, program.m - begin).astype(batch.Y.dtype)
    weights = there * (program.shards * size / present)
    weights = weights[None, :]
    return batch._replace(weights=weights if batch.weights is None else weights * batch.weights)


def draw_masks(
    program: Program, key: Any, m: int, keep_prob: tuple[Any, ...], dtype: Any
) -> list[Any]:
    """Draw the dropout masks of one update: all m columns, whoever has them."""
    masks: list[Any] = []
    for l, (n, p, dropped) in enumerate(
        zip(program.network.sizes, keep_prob, program.dropped, strict=False)
    ):
        U = jax.random.uniform(jax.random.fold_in(key, l), (n, m), dtype) if dropped else None
        masks.append(dropout_mask(U, p) if dropped else None)
    return masks


def sharded_updates(mesh: Any, program: Program) -> Any:
    """Return `updates` of one program, run by all processes on equal shares."""
    spec: Any = jax.P
    of_rows, of_columns, all_of_it = spec(SHARD), spec(None, SHARD), spec()
    own = Part(of_rows, of_rows, of_columns)
    in_batch = None if program.batch_size is None else of_columns
    columns = of_rows if program.batch_size is None else in_batch
    if not any(program.dropped):
        columns = None
    course = Course(all_of_it, in_batch, None, all_of_it, columns)
    specs = (own, all_of_it, course, *(all_of_it,) * 4)
    return jax.jit(
        jax.shard_map(
            partial(_updates, program),
            mesh=mesh,
            in_specs=specs,
            out_specs=all_of_it,
            check_vma=False,
        )
    )


@cache
def updates(platform: str) -> Any:
    """Return the compiled updates; the Point that they are given is overwritten."""
    options = COMPILER_OPTIONS.get(platform)
    return jax.jit(_updates, static_argnums=0, donate_argnums=5, compiler_options=options)


@partial(jax.jit, static_argnums=(0, 1))
def compiled_look(network: Network, stacked: bool, theta: Any, X: Any, Y: Any) -> Look:
    """Read off what `measure` wants to know, for one network or a stack."""
    one = partial(look, network)
    if stacked:
        one = jax.vmap(one, in_axes=(0, axes_of(X), None))
    return one(theta, X, Y)
