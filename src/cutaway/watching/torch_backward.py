"""Hearing of every backpropagation, for which PyTorch has no hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor
    from torch.amp import GradScaler


class Listener(Protocol):
    """Who wants to hear of every loss."""

    def before_backward(self) -> None:
        """Hear that a loss is about to be propagated back."""

    def after_backward(self, loss: Tensor, scaler: GradScaler | None) -> None:
        """Hear of a loss that was propagated back, after `scaler` had made it larger if any did."""


_listeners: list[Listener] = []
_originals: list[Any] = []
# The last loss that a scaler made larger: what came of it, what it was, and the scaler
_scaled: list[Any] = []


def listen(listener: Listener) -> None:
    """Tell a listener of every loss from now on."""
    import torch

    _listeners.append(listener)
    if not _originals:
        _originals.extend((torch.autograd.backward, torch.amp.GradScaler.scale))
        torch.autograd.backward = _heard
        torch.amp.GradScaler.scale = _scale  # type: ignore[method-assign, assignment]


def leave(listener: Listener) -> None:
    """Tell a listener no more."""
    import torch

    _listeners.remove(listener)
    if not _listeners:
        torch.autograd.backward, torch.amp.GradScaler.scale = _originals  # type: ignore[method-assign]
        _originals.clear()


def _heard(tensors: Any, *more: Any, **named: Any) -> Any:
    # One that hears may leave.
    listeners = tuple(_listeners)
    for listener in listeners:
        listener.before_backward()
    result = _originals[0](tensors, *more, **named)
    loss, scaler = tensors[0] if isinstance(tensors, list | tuple) else tensors, None
    if _scaled:
        if _scaled[0] is loss:
            loss, scaler = _scaled[1:]
        _scaled.clear()
    # An edge of the graph, which may stand for a tensor, has no value.
    if hasattr(loss, "numel"):
        for listener in listeners:
            listener.after_backward(loss, scaler)
    return result


def _scale(scaler: Any, outputs: Any) -> Any:
    result = _originals[1](scaler, outputs)
    # One that is switched off gives back what it was given.
    if result is not outputs:
        _scaled[:] = result, outputs, scaler
    return result
