"""Watching a `torch.nn.Module` while a person's own loop trains it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutaway.errors import MissingExtraError, OptionError
from cutaway.insight.faults.setting import Found, Setting
from cutaway.training.record import Record
from cutaway.watching import torch_statistics as statistics
from cutaway.watching.logbook import Logbook

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from cutaway.watching.torch_statistics import Number

# Above this share of units that were off, later batches are asked whether they are on for them.
SUSPICIOUS = 0.3


def watch(
    module: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    epochs: int | None = None,
    updates_per_epoch: int | None = None,
    history: str | Path | None = None,
    say: Callable[[Found], None] | None = None,
) -> Watcher:
    """Watch a PyTorch module: write Records of its training, and name faults when they arise.

    optimizer          tells how much each update changes the weights
    epochs             that are planned, and updates_per_epoch: what "too slow" is measured by
    history            a new file for the Records, JSON lines; `cutaway diagnose` reads it
    say                called with each fault; prints it unless given

    Nothing in the loop changes. The watcher has `records` and `faults`; `close()` ends it.

    Raises:
        MissingExtraError: PyTorch is not installed.
        OptionError: the module has no layer with weights, or `history` exists.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("torch", "watch", "watching a PyTorch module") from error
    return Watcher(module, optimizer, epochs, updates_per_epoch, history, say)


class Watcher:
    """Hooks on a module, its optimizer and the start of backpropagation; see `watch`.

    Update t is watched from the forward pass before it to the step of the optimizer: the Record of
    `iteration` t describes the parameters after t updates, on the batch that the next one sees.
    """

    def __init__(
        self,
        module: nn.Module,
        optimizer: torch.optim.Optimizer | None,
        epochs: int | None,
        updates_per_epoch: int | None,
        history: str | Path | None,
        say: Callable[[Found], None] | None,
    ) -> None:
        import torch

        kinds = (torch.nn.Linear, torch.nn.modules.conv._ConvNd)
        named = [(name, m) for name, m in module.named_modules() if isinstance(m, kinds)]
        if not named:
            raise OptionError(
                "the module has no linear or convolutional layer; there is nothing to watch"
            )
        self.module, self.optimizer = module, optimizer
        self.names: dict[Any, str] = {m: name or "the module" for name, m in named}
        self.per_epoch = updates_per_epoch
        groups = optimizer.param_groups if optimizer is not None else [{}]
        setting = Setting(
            epochs=epochs if updates_per_epoch else None,
            learning_rate=groups[0].get("lr"),
            counted="epoch" if updates_per_epoch else "update",
        )
        try:
            self.log = Logbook(setting, history, say)
        except OSError as error:
            raise OptionError(f"history: {error}; choose a new file") from error
        self.update = 0
        self._begin()
        self._sum: Tensor | None = None
        self._summed = 0
        self._alive: dict[nn.Module, Tensor] = {}
        self._activations = [
            child for child in module.modules() if type(child).__name__ in statistics.ACTIVATIONS
        ]
        self._hooks: list[Any] = [module.register_forward_hook(self._after_module)]
        if optimizer is not None:
            self._hooks.append(optimizer.register_step_post_hook(self._after_step))
        self._close = True
        self._close_hooks = list(self._listening_closely())
        _listeners.append(self)
        _listen()

    @property
    def records(self) -> list[Record]:
        """The Records so far."""
        return self.log.records

    @property
    def faults(self) -> list[Found]:
        """The faults found so far, in the order in which they were named."""
        return self.log.faults

    def close(self) -> None:
        """Take the hooks away, and say what only the end shows."""
        for hook in (*self._hooks, *self._close_hooks):
            hook.remove()
        self._hooks, self._close_hooks = [], []
        if self in _listeners:
            _listeners.remove(self)
            _listen()
            self.log.end()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _listening_closely(self) -> Iterator[Any]:
        """Put hooks on every layer; they would cost more than a small update if they stayed."""
        yield self.module.register_forward_pre_hook(self._before_module)
        for layer in self.names:
            yield layer.register_forward_pre_hook(self._before_layer)
            if layer.weight.requires_grad:
                yield layer.weight.register_hook(self._gradient_of(layer))
        for activation in self._activations:
            yield activation.register_forward_hook(self._after_activation)
        if self.optimizer is not None:
            yield self.optimizer.register_step_pre_hook(self._before_step)

    def _go_on(self) -> None:
        """Have hooks on the layers in the next update if they are used in it."""
        self.update += 1
        self._close = self.log.looks_closely(self.update)
        wanted = self._close or bool(self._alive)
        if wanted == bool(self._close_hooks):
            return
        for hook in self._close_hooks:
            hook.remove()
        self._close_hooks = list(self._listening_closely()) if wanted else []

    def _begin(self) -> None:
        """Forget the update before."""
        self._order: list[Any] = []
        self._on: dict[nn.Module, Tensor | None] = {}
        self._saturated: dict[nn.Module, Number] = {}
        self._seen: set[nn.Module] = set()
        self._gradients: dict[nn.Module, Number] = {}
        self._moved: list[Number] | None = None
        self._before: list[Tensor] | None = None
        self._output: Tensor | None = None
        self._backward = False

    def _before_module(self, module: nn.Module, inputs: Any) -> None:
        if module.training and not self._backward:
            self._order, self._seen = [], set()

    def _before_layer(self, layer: nn.Module, inputs: Any) -> None:
        if not self.module.training:
            return
        previous = self._order[-1] if self._order else None
        # An activation that is a function, not a module, shows in what the next layer is given.
        if previous is not None and previous not in self._seen and inputs:
            A = statistics.by_units(inputs[0], not hasattr(layer, "in_features"))
            self._look(previous, "", A)
        if layer not in self._order:
            self._order.append(layer)

    def _after_activation(self, activation: nn.Module, inputs: Any, output: Any) -> None:
        if not self.module.training or not self._order:
            return
        layer = self._order[-1]
        if layer not in self._seen:
            self._seen.add(layer)
            A = statistics.by_units(output, not hasattr(layer, "in_features"))
            self._look(layer, type(activation).__name__, A)

    def _look(self, layer: nn.Module, name: str, A: Tensor) -> None:
        bounds = statistics.bounds_of(name, A)
        on = None if bounds else statistics.alive(name, A)
        if on is not None and layer in self._alive and self._alive[layer].shape == on.shape:
            on = self._alive[layer] = self._alive[layer] | on
        if self._close:
            self._on[layer] = on
            self._saturated[layer] = statistics.saturated(bounds, A) if bounds else 0.0

    def _after_module(self, module: nn.Module, inputs: Any, output: Any) -> None:
        if module.training:
            self._output = output if hasattr(output, "detach") else None

    def _gradient_of(self, layer: nn.Module) -> Callable[[Tensor], None]:
        def take(gradient: Tensor) -> None:
            if self._close:
                self._gradients[layer] = statistics.norm(gradient)

        return take

    def before_backward(self, loss: Tensor) -> None:
        """Take the loss that is about to be propagated back."""
        if self._output is None or (self._close and not self._order) or loss.numel() != 1:
            return
        # Summed where it is computed, so that nobody has to wait for an accelerator.
        own = loss.detach()
        self._sum = own if self._sum is None else self._sum + own
        self._summed += 1
        if self._close:
            name = loss.grad_fn.name() if loss.grad_fn is not None else ""
            *self._answers, trivial = statistics.answers(self._output, name)
            search = self.log.search
            if trivial is not None and search.setting.trivial_cost is None:
                search.setting = dataclasses.replace(search.setting, trivial_cost=trivial)
        self._backward = True

    def after_backward(self) -> None:
        """End the update where no optimizer is known to do so."""
        if self._backward and self.optimizer is None:
            self._end()

    def _before_step(self, *_: Any) -> None:
        if self._backward and self._close:
            self._before = [m.weight.detach().clone() for m in self._order]

    def _after_step(self, *_: Any) -> None:
        if not self._backward:
            return
        if self._before is not None:
            self._moved = [
                statistics.norm(m.weight.detach() - before)
                for m, before in zip(self._order, self._before, strict=True)
            ]
        self._end()

    def _end(self) -> None:
        """Make the Record of an update, where one is wanted."""
        if self.log.looks(self.update):
            self.log.add(self._record(), self.update)
            self._sum, self._summed = None, 0
            self._begin()
        self._output, self._backward = None, False
        self._go_on()

    def _record(self) -> Record:
        loss = float("nan") if self._sum is None else float(self._sum) / self._summed
        epoch = self.update // self.per_epoch if self.per_epoch else self.update
        rate = None
        if self.optimizer is not None:
            rate = float(self.optimizer.param_groups[0]["lr"])
        record = Record(epoch, self.update, cost=loss, batch_cost=loss, learning_rate=rate)
        if not self._close:
            return record
        layers, hidden = self._order, self._order[:-1]
        self._tell_layers(layers)
        before = [m.weight for m in layers] if self._before is None else self._before
        dead, saturated, norms, gradients, moved, answers = statistics.read(
            [statistics.share_off(self._on.get(m)) for m in hidden],
            [self._saturated.get(m, 0.0) for m in hidden],
            [statistics.norm(W) for W in before],
            [self._gradients.get(m, 0.0) for m in layers],
            self._moved or [],
            self._answers,
        )
        self._alive = {
            m: on & False
            for m, share in zip(hidden, dead, strict=True)
            if share >= SUSPICIOUS and (on := self._on.get(m)) is not None
        }
        ratios = tuple(d / n if n > 0 else 0.0 for d, n in zip(moved, norms, strict=bool(moved)))
        return dataclasses.replace(
            record,
            train_loss=loss,
            W_norm=norms,
            dW_norm=gradients,
            update_ratio=ratios if moved else None,
            dead=dead,
            saturated=saturated,
            gradient=gradients,
            # Units that are alike are so from the start.
            twins=None if self.update else statistics.twins_of(hidden),
            spread=answers[0],
            commonest=answers[1],
        )

    def _tell_layers(self, layers: list[Any]) -> None:
        search = self.log.search
        if not search.setting.layers:
            search.setting = dataclasses.replace(
                search.setting,
                layers=tuple(self.names[m] for m in layers),
                sizes=tuple(int(getattr(m, "out_features", 0) or m.out_channels) for m in layers),
            )


# Those who want to hear of every loss: PyTorch has no hook for the start of backpropagation.
_listeners: list[Watcher] = []
_original: list[Callable[..., Any]] = []


def _listen() -> None:
    """Put a function before `torch.autograd.backward` while somebody listens."""
    import torch

    if _listeners and not _original:
        _original.append(torch.autograd.backward)
        torch.autograd.backward = _heard
    elif not _listeners and _original:
        torch.autograd.backward = _original.pop()


def _heard(tensors: Any, *more: Any, **named: Any) -> Any:
    loss = tensors[0] if isinstance(tensors, list | tuple) else tensors
    for watcher in list(_listeners):
        # An edge of the graph, which may stand for a tensor, has no value.
        if hasattr(loss, "numel"):
            watcher.before_backward(loss)
    result = _original[0](tensors, *more, **named)
    for watcher in list(_listeners):
        watcher.after_backward()
    return result
