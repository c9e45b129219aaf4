"""What looking for faults costs: trainings with it and without, in turn, the median of the ratios.

Seconds are those of the processor, so that others on the machine matter little; run with one
thread. Loops of PyTorch and Keras are measured where they are installed.
"""

from __future__ import annotations

import gc
import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from figures import Figure, Outcome

import cutaway
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.faults.data import sample
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Found, Setting
from cutaway.training.record import Needs, Record, State
from cutaway.training.session import execute
from cutaway.training.setup import set_up

# Seconds that each job is trained for, in pairs of one with the search and one without
SECONDS, FULL_SECONDS, PAIRS = 6, 20, 5
# What it may cost at most, in trainings of our own and in loops of other frameworks
OURS, THEIRS = 0.05, 0.10
FULL_BATCH = {"batch_size": "full", "epochs": 2000, "early_stopping": False}
JOBS: dict[str, tuple[str, dict[str, Any]]] = {
    "digits": ("digits", {}),
    "breast_cancer": ("breast_cancer", {}),
    "planar, 4 units, full batch": ("planar", FULL_BATCH | {"hidden": (4,), "activation": "tanh"}),
    "breast_cancer, full batch": ("breast_cancer", FULL_BATCH | {"epochs": 1000}),
}


class Watch:
    """The search as a consumer."""

    needs: Needs = frozenset({"train", "layers"})

    def __init__(self, search: Search, every: int) -> None:
        self.search, self.every = search, every

    def __call__(self, record: Record, state: State) -> None:
        self.search.see(record)


def ours(data: str, given: dict[str, Any]) -> Callable[[bool], None]:
    setups = {on: set_up(data, Hyperparameters.of(**given, faults=on)) for on in (True, False)}

    def train(on: bool) -> None:
        setup, consumers = setups[on], []
        if on:
            search = Search(Setting.of(setup))
            search.look_at(sample(setup))
            consumers.append(Watch(search, setup.plan.print_every))
        execute(setup, consumers=consumers)
        if on:
            search.end()

    return train


def silent(found: Found) -> None:
    """Print nothing: labels drawn at random may well be named as a fault."""


def loops() -> dict[str, Callable[[bool], None]]:
    import torch

    torch.set_num_threads(1)
    from fault_loops import Convolutional, dense
    from torch import nn

    def of(make: Callable[[], Any], X: Any, Y: Any) -> Callable[[bool], None]:
        def train(on: bool) -> None:
            torch.manual_seed(0)
            module = make()
            optimizer = torch.optim.Adam(module.parameters())
            watcher = cutaway.watch(module, optimizer, say=silent) if on else None
            for _ in range(4):
                for columns in torch.randperm(len(X)).split(64):
                    optimizer.zero_grad()
                    nn.functional.cross_entropy(module(X[columns]), Y[columns]).backward()
                    optimizer.step()
            if watcher is not None:
                watcher.close()

        return train

    torch.manual_seed(0)
    Y = torch.randint(10, (6400,))
    return {
        "PyTorch, 784-256-128-10": of(
            lambda: dense(784, 10, nn.ReLU, (256, 128)), torch.randn(6400, 784), Y
        ),
        "PyTorch, convolutional": of(lambda: Convolutional(torch.relu), torch.randn(6400, 64), Y),
        "PyTorch, 64-32-10": of(lambda: dense(64, 10, nn.ReLU, (32,)), torch.randn(6400, 64), Y),
    }


def keras_fit() -> Callable[[bool], None]:
    import os

    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    X = np.random.default_rng(0).normal(size=(6400, 784)).astype("float32")
    Y = np.random.default_rng(1).integers(10, size=6400)

    def train(on: bool) -> None:
        keras.utils.set_random_seed(0)
        dense = keras.layers.Dense
        model = keras.Sequential([dense(256, "relu"), dense(128, "relu"), dense(10, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        callbacks = [cutaway.watch_keras(say=silent)] if on else []
        model.fit(X, Y, batch_size=64, epochs=2, verbose=0, callbacks=callbacks)

    return train


def measure(full: bool, say: Callable[[str], None]) -> Outcome:
    """Time every job with the search and without; `say` hears how far it is."""
    jobs = [(name, ours(*job), OURS) for name, job in JOBS.items()]
    if importlib.util.find_spec("torch"):
        jobs += [(name, train, THEIRS) for name, train in loops().items()]
        if importlib.util.find_spec("keras"):
            jobs.append(("Keras, 784-256-128-10", keras_fit(), THEIRS))
    figures = []
    for name, train, most in jobs:
        say(name)
        pairs = _timed(train, FULL_SECONDS if full else SECONDS)
        alone = statistics.median(off for off, _ in pairs)
        more = statistics.median(on / off for off, on in pairs) - 1
        said = f"{name}, {alone:.2g} s: more processor time"
        figures.append(Figure(said, more, len(pairs), most=most))
    return Outcome(figures)


def _timed(train: Callable[[bool], None], seconds: float) -> list[tuple[float, float]]:
    """Return processor seconds without the search and with it, pair by pair after one uncounted."""
    pairs: list[tuple[float, float]] = []
    gc.collect()
    gc.freeze()
    began, order = time.process_time(), (False, True)
    while len(pairs) <= PAIRS or time.process_time() - began < seconds:
        taken = {}
        for on in order:
            # Nobody pays for what another one has left behind.
            gc.collect()
            start = time.process_time()
            train(on)
            taken[on] = time.process_time() - start
        pairs.append((taken[False], taken[True]))
        order = order[::-1]
    return pairs[1:]
