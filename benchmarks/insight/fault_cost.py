"""What looking for faults costs: trainings with it and without, in turn, the best of some rounds.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/insight/fault_cost.py

Seconds are those of the processor, with one thread, so that others on the machine matter little.
PyTorch's loops are measured where PyTorch is installed.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import cutaway
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.faults.data import sample
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Setting
from cutaway.training.record import Needs, Record, State
from cutaway.training.session import execute
from cutaway.training.setup import set_up

ROUNDS = 7
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
            watcher = cutaway.watch(module, optimizer) if on else None
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


def main() -> None:
    jobs = {name: ours(*job) for name, job in JOBS.items()}
    if importlib.util.find_spec("torch"):
        jobs |= loops()
    for name, train in jobs.items():
        best = {True: float("inf"), False: float("inf")}
        for _ in range(ROUNDS):
            for on in (False, True):
                began = time.process_time()
                train(on)
                best[on] = min(best[on], time.process_time() - began)
        more = best[True] / best[False] - 1
        print(f"{name}: {best[False]:.3f} s without, {best[True]:.3f} s with, {100 * more:+.1f} %")


if __name__ == "__main__":
    main()
