"""Watching PyTorch: a person's own loop, with faults planted into it, and healthy ones."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tests.watching.examples import example

import cutaway
from cutaway.errors import OptionError
from cutaway.training.record import Record
from cutaway.watching import torch_statistics as statistics

torch: Any = pytest.importorskip("torch", reason="needs PyTorch: pip install torch==2.13.0")
nn = torch.nn


class Convolutional(nn.Module):  # type: ignore[misc]
    """Two convolutions whose activations are functions, not modules."""

    def __init__(self, g: Any) -> None:
        super().__init__()
        self.g = g
        self.first, self.second = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.out = nn.Linear(16 * 4, 10)

    def forward(self, x: Any) -> Any:
        for layer in (self.first, self.second):
            x = nn.functional.max_pool2d(self.g(layer(x)), 2)
        return self.out(x.flatten(1))


def dense(activation: Any = nn.ReLU, hidden: tuple[int, ...] = (32, 16)) -> Any:
    sizes = (64, *hidden)
    layers: list[Any] = [nn.Flatten()]
    for n_prev, n in pairwise(sizes):
        layers += [nn.Linear(n_prev, n), activation()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10))


def trained(
    module: Any, optimizer: Any, *, epochs: int = 3, change: Any = None, raw: bool = False
) -> Any:
    """Train on digits by a loop that knows nothing of cutaway but the line that watches."""
    pixels, digits = load_digits(return_X_y=True)
    X = torch.tensor(pixels if raw else (pixels - 5) / 6, dtype=torch.float32)
    X, Y = X.reshape(-1, 1, 8, 8), torch.tensor(digits)
    if change is not None:
        with torch.no_grad():
            change(module)
    optimizer = optimizer(module.parameters())
    watcher = cutaway.watch(module, optimizer, say=lambda found: None)
    for _ in range(epochs):
        for batch in torch.randperm(len(X)).split(64):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(module(X[batch]), Y[batch])
            loss.backward()
            optimizer.step()
    watcher.close()
    return watcher


def scaled(factor: float) -> Callable[[Any], None]:
    def change(module: Any) -> None:
        for parameter in module.parameters():
            parameter.mul_(factor)

    return change


def killed(module: Any) -> None:
    next(p for p in module.parameters() if p.dim() == 1).sub_(30.0)


def adam(rate: float = 1e-3) -> Any:
    return lambda parameters: torch.optim.Adam(parameters, lr=rate)


def sgd(rate: float) -> Any:
    return lambda parameters: torch.optim.SGD(parameters, lr=rate)


DEEP = (16,) * 8
PLANTED: list[tuple[str, Callable[[], Any], Any, dict[str, Any]]] = [
    ("symmetric units", lambda: dense(nn.Tanh), adam(), {"change": scaled(0.0)}),
    ("symmetric units", lambda: Convolutional(torch.tanh), adam(), {"change": scaled(0.0)}),
    ("dead units", dense, adam(), {"change": killed}),
    ("dead units", lambda: Convolutional(torch.relu), adam(), {"change": killed}),
    ("saturated units", lambda: dense(nn.Tanh), adam(), {"change": scaled(50.0)}),
    ("saturated units", lambda: Convolutional(torch.sigmoid), adam(), {"change": scaled(100.0)}),
    ("exploding gradients", lambda: dense(hidden=DEEP), adam(), {"change": scaled(8.0)}),
    ("vanishing gradients", lambda: dense(nn.Sigmoid, DEEP), adam(), {}),
    ("learning rate too high", dense, adam(1.0), {}),
    ("learning rate too high", lambda: Convolutional(torch.relu), sgd(100.0), {}),
    ("learning rate too low", dense, adam(1e-7), {"epochs": 18}),
    # What a loop of few updates would have needed is known at its end.
    ("learning rate too low", dense, adam(1e-7), {}),
    ("cost not finite", dense, sgd(1e25), {}),
    ("inputs not scaled", dense, adam(), {"raw": True}),
    ("inputs not scaled", lambda: Convolutional(torch.relu), adam(), {"raw": True}),
]


@pytest.mark.parametrize("i", range(len(PLANTED)))
def test_a_planted_fault_is_named_first(i: int) -> None:
    fault, module, optimizer, more = PLANTED[i]
    torch.manual_seed(0)
    faults = trained(module(), optimizer, **more).faults
    assert faults[0].name == fault, [found.name for found in faults]
    assert fault == "learning rate too low" or (faults[0].epoch or 0) <= 10
    assert faults[0].when.startswith(("before training", "at the start", "after update "))


@pytest.mark.parametrize("optimizer", [sgd(1.0), adam(1.0)])
def test_what_scikit_learn_calls_converged_is_named_at_once(optimizer: Any) -> None:
    torch.manual_seed(0)
    faults = trained(dense(hidden=(100,)), optimizer, raw=True).faults
    assert [found.name for found in faults[:2]] == ["inputs not scaled", "learning rate too high"]
    assert faults[0].when == "before training"
    assert (faults[1].epoch or 0) <= 10


@pytest.mark.parametrize(
    ("module", "optimizer"),
    [
        (dense, adam()),
        (lambda: dense(nn.Tanh), sgd(0.1)),
        (lambda: Convolutional(torch.relu), adam()),
        (lambda: Convolutional(torch.tanh), sgd(0.05)),
    ],
)
def test_a_healthy_loop_has_no_fault(module: Any, optimizer: Any) -> None:
    torch.manual_seed(0)
    watcher = trained(module(), optimizer, epochs=5)
    assert watcher.faults == []
    assert set(watcher.log.search.looked) >= {"dead units", "one-class prediction"}


def test_what_is_recorded_is_what_pytorch_computes() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    X, Y = torch.randn(9, 3), torch.randint(2, (9,))
    watcher = cutaway.watch(module, optimizer, epochs=2, updates_per_epoch=1)
    W = module[0].weight.detach().clone()
    off = (module[:2](X) == 0).all(dim=0).double().mean()
    loss = nn.functional.cross_entropy(module(X), Y)
    loss.backward()
    dW = module[0].weight.grad.clone()
    optimizer.step()
    watcher.close()
    (record,) = watcher.records
    assert (record.epoch, record.iteration, record.learning_rate) == (0, 0, 0.5)
    assert record.cost == pytest.approx(float(loss.detach()))
    assert record.W_norm[0] == pytest.approx(float(W.norm()))
    assert record.gradient[0] == pytest.approx(float(dW.norm()))
    assert record.update_ratio[0] == pytest.approx(0.5 * float(dW.norm() / W.norm()), rel=1e-4)
    assert record.dead == (pytest.approx(float(off)),)
    assert (record.twins, record.saturated) == ((0.0,), (0.0,))


def test_a_watched_training_has_the_numbers_of_one_that_is_not() -> None:
    def weights(watched: bool) -> Any:
        torch.manual_seed(0)
        module = dense()
        optimizer = torch.optim.Adam(module.parameters())
        watcher = cutaway.watch(module, optimizer) if watched else None
        for _ in range(5):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(torch.randn(8, 64)), torch.arange(8)).backward()
            optimizer.step()
        if watcher is not None:
            watcher.close()
        return [p.detach().numpy() for p in module.parameters()]

    for one, other in zip(weights(True), weights(False), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_losses_that_reach_the_module_are_its_own() -> None:
    torch.manual_seed(0)
    modules = nn.Linear(3, 4), nn.Linear(4, 1)
    optimizers = [torch.optim.SGD(module.parameters(), lr=0.1) for module in modules]
    losses = []
    with cutaway.watch(modules[0], optimizers[0], say=lambda found: None) as watcher:
        for _ in range(6):
            X = torch.randn(9, 3)
            # The second module's loss comes to the second alone.
            (1000 + modules[1](modules[0](X).detach()).mean()).backward()
            optimizers[1].step()
            optimizers[0].zero_grad()
            losses.append(modules[1](modules[0](X)).square().mean())
            losses[-1].backward()
            optimizers[0].step()
    by_update = [loss.item() for loss in losses]
    assert [record.cost for record in watcher.records] == pytest.approx(by_update)


def test_gradients_may_be_gathered_from_several_losses() -> None:
    torch.manual_seed(0)
    module, said, means = dense(), [], []
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-4)
    with cutaway.watch(module, optimizer, say=said.append) as watcher:
        for _ in range(4):
            optimizer.zero_grad()
            losses = [module(10 * torch.randn(16, 64)).square().mean() for _ in range(2)]
            for loss in losses:
                loss.backward()
            optimizer.step()
            means.append(sum(loss.item() for loss in losses) / 2)
    assert [record.cost for record in watcher.records] == pytest.approx(means)
    assert [found.name for found in said] == ["inputs not scaled"]


def test_a_scaled_loss_is_no_larger_than_it_was() -> None:
    def records(enabled: bool) -> list[Record]:
        torch.manual_seed(0)
        module = dense()
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        scaler = torch.amp.GradScaler("cpu", enabled=enabled)
        with cutaway.watch(module, optimizer) as watcher:
            for _ in range(9):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(module(torch.randn(8, 64)), torch.arange(8))
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
        return watcher.records

    original = torch.amp.GradScaler.scale
    scaled, plain = records(True), records(False)
    assert torch.amp.GradScaler.scale is original
    for one, other in zip(scaled, plain, strict=True):
        assert one.cost == pytest.approx(other.cost)
        assert one.gradient == pytest.approx(other.gradient)


def test_a_loop_that_ends_at_a_loss_that_is_not_finite_has_that_fault() -> None:
    module = dense()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    with cutaway.watch(module, optimizer) as watcher:
        for update in range(30):
            loss = module(torch.randn(8, 64)).square().mean() * (1.0 if update < 29 else math.nan)
            loss.backward()
            optimizer.step()
    assert [(found.name, found.epoch) for found in watcher.faults] == [("cost not finite", 30)]


def test_a_loss_is_known_whatever_was_done_to_it() -> None:
    A, W = torch.randn(8, 3, requires_grad=True), torch.randn(3, requires_grad=True)
    loss = nn.functional.cross_entropy(A, torch.arange(8) % 3)
    for one in (loss, loss / 4, 0.5 * (loss + 1e-3 * W.square().sum()), loss.mean()):
        assert statistics.name_of(one).startswith("NllLoss")
    assert statistics.name_of(loss.detach()) == ""


def test_layers_may_be_frozen_on_the_way() -> None:
    torch.manual_seed(0)
    module = dense()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    with cutaway.watch(module, optimizer, say=lambda found: None) as watcher:
        for update in range(40):
            optimizer.zero_grad()
            module[1].requires_grad_(update < 20)
            nn.functional.cross_entropy(module(torch.randn(8, 64)), torch.arange(8)).backward()
            optimizer.step()
    # The step that shows that the first layer learns no more is not counted.
    assert watcher.update == 39
    assert watcher.records[-1].iteration > 30


def test_closing_leaves_nothing_behind(tmp_path: Path) -> None:
    before = torch.autograd.backward
    module = dense()
    with cutaway.watch(module, history=tmp_path / "history.jsonl") as watcher:
        assert torch.autograd.backward is not before
        for _ in range(3):
            module(torch.randn(8, 64)).sum().backward()
        module.eval()
        module(torch.randn(8, 64)).sum().backward()
    assert torch.autograd.backward is before
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in module.modules())
    rows = (tmp_path / "history.jsonl").read_text().splitlines()
    assert [Record.from_json(json.loads(row)) for row in rows] == watcher.records
    assert [record.iteration for record in watcher.records] == [0, 1, 2]
    assert watcher.records[0].update_ratio is None
    with pytest.raises(OptionError, match="choose a new file"):
        cutaway.watch(module, history=tmp_path / "history.jsonl")


@pytest.mark.parametrize(
    ("given", "message"),
    [(("net",), "module is of type str"), ((nn.Linear(1, 1), "adam"), "optimizer is of type str")],
)
def test_what_cannot_be_watched_is_refused(given: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        cutaway.watch(*given)


def test_a_module_without_layers_is_refused() -> None:
    with pytest.raises(OptionError, match="nothing to watch"):
        cutaway.watch(nn.ReLU())


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    exec(example("cutaway.watch("), names)
    watcher = names["watcher"]
    assert watcher.records[0].iteration == 0
    assert watcher.records[-1].cost < watcher.records[0].cost
    assert capsys.readouterr().out.startswith(f"{watcher.records[-1].cost} ")
