"""The peers as contenders: every library with its variants, of which a trial takes the fastest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from harness import Contender, nothing
from peers import Layers, Orders, Rows, course, pytorch, scikit_learn

THREADS = (1, 2)
NUMPY, SCIKIT_LEARN, PYTORCH, COMPILED = "NumPy", "scikit-learn", "PyTorch", "PyTorch compiled"


def gradient_descent(
    rows: Rows,
    y: Rows,
    start: Layers,
    activation: str,
    alpha: float,
    *,
    plain: Callable[..., Layers] = course.gradient_descent,
    unroll: Iterable[int] = (),
    aside: Mapping[str, str] | None = None,
) -> list[Contender]:
    """Return the peers for full batches of float32 rows (m, n_x) and y (m,) of 0 and 1.

    plain   the course's code; aside says which libraries are shown but do not count, and why
    unroll  numbers of updates for PyTorch to compile into one function
    """
    network = (y, _frozen(start), activation, alpha)

    def compiled(s: int, n: int, columns: bool, unroll: int) -> Layers:
        return pytorch.compiled_gradient_descent(rows, *network, s, n, unroll, columns)

    variants: dict[str, dict[str, Callable[[int], Layers]]] = {
        NUMPY: {
            f"{x.dtype}, {_threads(n)}": partial(_given, plain, (x, *network), n)
            for x in (rows, rows.astype(np.float64))
            for n in THREADS
        },
        SCIKIT_LEARN: {
            f"{x.dtype}, {_threads(n)}": partial(
                _given, scikit_learn.gradient_descent, (x, *network), n
            )
            for x in (rows, rows.astype(np.float64))
            for n in THREADS
        },
        PYTORCH: {
            f"eager, {_threads(n)}": partial(_given, pytorch.gradient_descent, (rows, *network), n)
            for n in THREADS
        },
        COMPILED: {
            f"examples as {'columns' if columns else 'rows'}, {_threads(n)}"
            + (f", {k} updates a call" if k > 1 else ""): partial(
                compiled, n=n, columns=columns, unroll=k
            )
            for columns, n, k in (
                (False, 1, 1),
                (False, 2, 1),
                (True, 1, 1),
                *((True, 1, k) for k in unroll),
            )
        },
    }
    return _contenders(variants, aside or {})


def adam(
    rows: Rows,
    y: Rows,
    start: Layers,
    alpha: float,
    batch: int,
    orders: Orders,
    epochs: Callable[[int], int],
) -> list[Contender]:
    """Return the peers for epochs(steps) of mini-batches of float32 rows, ReLU and softmax."""
    start = _frozen(start)

    def on(train: Callable[..., Layers], n: int, **more: Any) -> Callable[[int], Layers]:
        return lambda s: train(rows, y, start, alpha, batch, epochs(s), orders, n, **more)

    return _contenders(
        {
            NUMPY: {f"float32, {_threads(n)}": on(course.adam, n) for n in THREADS},
            SCIKIT_LEARN: {f"float32, {_threads(n)}": on(scikit_learn.adam, n) for n in THREADS},
            PYTORCH: {f"eager, fused Adam, {_threads(n)}": on(pytorch.adam, n) for n in THREADS},
            COMPILED: {
                f"network and loss, fused Adam, {_threads(n)}": on(pytorch.adam, n, compiled=True)
                for n in THREADS
            },
        },
        {},
    )


def _frozen(layers: Layers) -> Layers:
    """Return copies that nobody can write into: the next contender shall start there too."""
    copies = [(W.copy(), b.copy()) for W, b in layers]
    for layer in copies:
        for array in layer:
            array.flags.writeable = False
    return copies


def _given(train: Callable[..., Layers], network: tuple[Any, ...], n: int, steps: int) -> Layers:
    return train(*network, steps, n)


def _contenders(
    variants: Mapping[str, Mapping[str, Callable[[int], Layers]]], aside: Mapping[str, str]
) -> list[Contender]:
    return [
        Contender(
            library,
            variant,
            train,
            aside=aside.get(library, ""),
            forget=pytorch.forget if library == COMPILED else nothing,
        )
        for library, members in variants.items()
        for variant, train in members.items()
    ]


def _threads(n: int) -> str:
    return f"{n} thread{'s' if n > 1 else ''}"
