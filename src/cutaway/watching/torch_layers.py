"""A close look at one update of a PyTorch module: what each of its layers does in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cutaway.watching import torch_statistics as statistics

if TYPE_CHECKING:
    from torch import Tensor, nn

    from cutaway.watching.torch_statistics import Number

# Above this share of units that were off, later batches are asked whether they are on for them.
SUSPICIOUS = 0.3


class Layers:
    """Hooks on every layer of a module, and what they have seen since `begin`.

    order     the layers, as they were used
    inputs    of the first layer, (examples, units); output of the module
    closely   whether everything is wanted, or only whether the units that are suspects are on
    suspects  layers with many units that were off, and which of them have been on since
    """

    def __init__(self, module: nn.Module, layers: Iterable[Any]) -> None:
        self.module, self.layers = module, tuple(layers)
        self._activations = [
            child for child in module.modules() if type(child).__name__ in statistics.ACTIVATIONS
        ]
        self.suspects: dict[nn.Module, Tensor] = {}
        self._hooks: list[Any] = []
        self.begin(closely=True)

    def begin(self, *, closely: bool) -> None:
        """Forget the update before, and have hooks in the next one if they are used in it.

        They would cost more than a small update if they stayed.
        """
        self.closely = closely
        self.order: list[Any] = []
        self.inputs: Tensor | None = None
        self.output: Tensor | None = None
        self._previous: Any = None
        self._on: dict[nn.Module, Tensor | None] = {}
        self._saturated: dict[nn.Module, Number] = {}
        self._gradients: list[Number] = []
        self._norms: list[Number] = []
        self._before: list[Tensor] = []
        self._moved: list[Number] = []
        if not (closely or self.suspects):
            self.close()
        elif not self._hooks:
            self._listen()

    @property
    def listens(self) -> bool:
        """Whether there are hooks on the layers."""
        return bool(self._hooks)

    def close(self) -> None:
        """Take the hooks away."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def _listen(self) -> None:
        self._hooks = [
            self.module.register_forward_hook(self._after_module),
            *(layer.register_forward_pre_hook(self._before_layer) for layer in self.layers),
            *(act.register_forward_hook(self._after_activation) for act in self._activations),
        ]

    def _after_module(self, module: nn.Module, inputs: Any, output: Any) -> None:
        self._previous = None
        if module.training:
            self.output = output if hasattr(output, "detach") else None

    def _before_layer(self, layer: nn.Module, inputs: Any) -> None:
        if not self.module.training:
            return
        # An activation that is a function, not a module, shows in what the next layer is given.
        if self._previous is not None and inputs:
            self._look(self._previous, "", inputs[0], layer)
        if not self.order and inputs:
            self.inputs = statistics.by_units(inputs[0], not hasattr(layer, "in_features"))
        if layer not in self.order:
            self.order.append(layer)
        self._previous = layer

    def _after_activation(self, activation: nn.Module, inputs: Any, output: Any) -> None:
        if self.module.training and self._previous is not None:
            self._look(self._previous, type(activation).__name__, output, self._previous)

    def _look(self, layer: nn.Module, name: str, A: Tensor, shaped_for: nn.Module) -> None:
        if layer in self._on:
            return
        A = statistics.by_units(A, not hasattr(shaped_for, "in_features"))
        bounds = statistics.bounds_of(name, A)
        on = None if bounds else statistics.alive(name, A)
        if on is not None and layer in self.suspects and self.suspects[layer].shape == on.shape:
            on = self.suspects[layer] = self.suspects[layer] | on
        self._on[layer] = on
        if bounds and self.closely:
            self._saturated[layer] = statistics.saturated(bounds, A)

    def take_gradients(self, scale: float) -> None:
        """Keep how long the gradients are, before somebody clips them, and the weights.

        scale: how many times too long they are
        """
        weights = [layer.weight.detach() for layer in self.order]
        self._gradients = [statistics.norm(layer.weight.grad) / scale for layer in self.order]
        self._norms = [statistics.norm(W) for W in weights]
        self._before = [W.clone() for W in weights]

    def take_step(self) -> None:
        """Keep how far the step of the optimizer has moved the weights."""
        self._moved = [
            statistics.norm(layer.weight.detach() - W)
            for layer, W in zip(self.order, self._before, strict=True)
        ]

    def show(self, answers: tuple[Number | None, ...], *, start: bool) -> dict[str, Any]:
        """Return what the layers showed as fields of a Record; they begin to be suspects if so.

        answers: spread and commonest class of the outputs
        """
        hidden = self.order[:-1]
        dead, saturated, norms, gradients, moved, (spread, commonest) = statistics.read(
            [statistics.share_off(self._on.get(layer)) for layer in hidden],
            [self._saturated.get(layer, 0.0) for layer in hidden],
            self._norms,
            self._gradients,
            self._moved,
            answers,
        )
        self.suspects = {
            layer: on & False
            for layer, share in zip(hidden, dead, strict=True)
            if share >= SUSPICIOUS and (on := self._on.get(layer)) is not None
        }
        ratios = tuple(d / n if n > 0 else 0.0 for d, n in zip(moved, norms, strict=bool(moved)))
        return {
            "W_norm": norms,
            "dW_norm": gradients,
            "update_ratio": ratios if moved else None,
            "dead": dead,
            "saturated": saturated,
            "gradient": gradients,
            # Units that are alike are so from the start.
            "twins": statistics.twins_of(hidden) if start else None,
            "spread": spread,
            "commonest": commonest,
        }
