"""A Keras callback that watches `fit`: Records of the training, and faults when they arise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import MissingExtraError, OptionError
from cutaway.insight.faults.setting import Found, Setting
from cutaway.insight.histories import figures_of
from cutaway.training.record import Record
from cutaway.watching import torch_statistics as statistics
from cutaway.watching.logbook import Logbook

# Keras' names of functions, and the names of PyTorch's modules that compute them
AS_MODULES = {"relu": "ReLU", "relu6": "ReLU6", "tanh": "Tanh", "sigmoid": "Sigmoid",
              "softsign": "Softsign"}  # fmt: skip


def watch_keras(
    *, history: str | Path | None = None, say: Callable[[Found], None] | None = None
) -> Any:
    """Return a callback for `model.fit(.., callbacks=[cutaway.watch_keras()])`.

    history  a new file for the Records, JSON lines; `cutaway diagnose` reads it
    say      called with each fault; prints it unless given

    Loss, weights and updates are seen on every backend. Activations and gradients are on PyTorch's
    alone: the others compile a step into one program, which nobody can look into. After an epoch
    the figures that Keras has of it are kept, so that `diagnose` can tell bias from variance. The
    callback has `records` and `faults`.

    Raises:
        MissingExtraError: Keras is not installed.
        OptionError: `history` exists, or Keras' backend is not installed.
    """
    try:
        import keras
    except ImportError as error:
        if error.name != "keras":
            # Keras is there, and what computes for it is not.
            raise OptionError(
                f"Keras cannot be imported: {error}; set KERAS_BACKEND to a library that is "
                "installed: torch, jax or tensorflow"
            ) from error
        raise MissingExtraError("keras", "watch", "watching Keras") from error
    try:
        log = Logbook(Setting(), history, say)
    except OSError as error:
        raise OptionError(f"history: {error}; choose a new file") from error
    watching = KerasWatching(log, keras.backend.backend() == "torch")

    class Callback(keras.callbacks.Callback):  # type: ignore[misc]
        """What Keras calls."""

        records = property(lambda self: log.records)
        faults = property(lambda self: log.faults)

        def __repr__(self) -> str:
            return f"<watch_keras, {log.in_short()}>"

        def on_train_begin(self, logs: Any = None) -> None:
            watching.begin(self.model, self.params)

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            watching.before_update()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            watching.after_update(batch, logs or {})

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            watching.after_epoch(epoch, logs or {})

        def on_train_end(self, logs: Any = None) -> None:
            watching.end()

    return Callback()


class KerasWatching:
    """Makes the Records of one `fit`.

    sees_inside  whether outputs and gradients of layers can be had, as on PyTorch's backend
    """

    def __init__(self, log: Logbook, sees_inside: bool) -> None:
        self.log, self.sees_inside = log, sees_inside
        self.update = 0
        self._flat: list[Any] = []
        self._layers: list[Any] = []
        self._calls: list[tuple[Any, Any]] = []
        self._outputs: dict[Any, tuple[str, Any]] = {}
        self._inputs: Any = None
        self._before: list[Any] | None = None
        self._losses: list[float] = []
        self._sum = 0.0

    def begin(self, model: Any, params: Mapping[str, Any]) -> None:
        """Look at the model."""
        self._flat = [one for layer in model.layers for one in _flat(layer)]
        self._layers = [one for one in self._flat if _kernel(one) is not None]
        self.model, self.per_epoch = model, params.get("steps") or 0
        search = self.log.search
        search.setting = dataclasses.replace(
            search.setting,
            epochs=params.get("epochs") if self.per_epoch else None,
            learning_rate=self._rate(),
            sizes=tuple(int(_kernel(one).shape[-1]) for one in self._layers),
            layers=tuple(one.name for one in self._layers),
        )

    def _rate(self) -> float | None:
        try:
            return float(self.model.optimizer.learning_rate)
        except (AttributeError, TypeError, ValueError):
            return None

    def _listen(self, layer: Any) -> None:
        call = layer.call

        def heard(*inputs: Any, **named: Any) -> Any:
            output = call(*inputs, **named)
            if hasattr(output, "detach"):
                if self._inputs is None and layer in self._layers:
                    self._inputs = inputs[0]
                self._hear(layer, output)
            return output

        self._calls.append((layer, call))
        layer.call = heard

    def _hear(self, layer: Any, output: Any) -> None:
        activation = getattr(getattr(layer, "activation", None), "__name__", type(layer).__name__)
        name = AS_MODULES.get(activation, AS_MODULES.get(activation.lower(), "-"))
        if layer in self._layers:
            self._last = layer
            self._outputs[layer] = name, output
        elif name != "-" and self._outputs:
            # An activation that is a layer of its own
            self._outputs[self._last] = name, output

    def before_update(self) -> None:
        """Remember the weights, where this update is looked at closely."""
        if self.update >= self.log.next_close:
            self._before = [np.array(_numbers(_kernel(one))) for one in self._layers]
            self._outputs = {}
            if self.sees_inside:
                for layer in self._flat:
                    self._listen(layer)

    def after_update(self, batch: int, logs: Mapping[str, Any]) -> None:
        """Make the Record of an update, where one is wanted."""
        if batch == 0:
            self._sum = 0.0
        if "loss" in logs:
            # Keras tells the mean over the epoch so far.
            whole = float(logs["loss"]) * (batch + 1)
            self._losses.append(whole - self._sum)
            self._sum = whole
        if self.update == 0 and self._inputs is not None:
            X = statistics.by_units(self._inputs, channels=False)
            self.log.look_at_inputs(X.float().cpu().numpy())
        if self.update >= self.log.next and self._losses:
            self.log.add(self._record(), self.update)
            self._losses = []
        self._stop_listening()
        self._before = None
        self.update += 1

    def after_epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Keep what Keras tells of an epoch: errors, and the loss on its validation data."""
        values = {name: float(value) for name, value in logs.items() if np.ndim(value) == 0}
        record = Record(
            epoch + 1, self.update, batch_cost=values.get("loss"), learning_rate=self._rate()
        )
        self.log.keep(dataclasses.replace(record, **figures_of(values)))

    def _record(self) -> Record:
        loss = float(np.mean(self._losses))
        epoch = self.update // self.per_epoch if self.per_epoch else self.update
        record = Record(epoch, self.update, cost=loss, batch_cost=loss, learning_rate=self._rate())
        before = self._before
        if before is None or not self._layers:
            return record
        from cutaway.engine.probe import DIRECTIONS, twins

        norms = tuple(float(np.linalg.norm(W)) for W in before)
        moved = [
            float(np.linalg.norm(_numbers(_kernel(one)) - W))
            for one, W in zip(self._layers, before, strict=True)
        ]
        random, alike = np.random.default_rng(0), []
        # Units that are alike are so from the start.
        for W in before[:-1] if self.update == 0 else ():
            rows = W.reshape(-1, W.shape[-1]).T
            alike.append(float(twins(rows @ random.standard_normal((rows.shape[1], DIRECTIONS)))))
        record = dataclasses.replace(
            record,
            train_loss=loss,
            W_norm=norms,
            update_ratio=tuple(d / n if n > 0 else 0.0 for d, n in zip(moved, norms, strict=True)),
            twins=None if self.update else tuple(alike),
        )
        return self._seen_inside(record) if self.sees_inside else record

    def _seen_inside(self, record: Record) -> Record:
        dead: list[Any] = []
        saturated: list[Any] = []
        for layer in self._layers[:-1]:
            name, output = self._outputs.get(layer, ("-", None))
            dead.append(0.0)
            saturated.append(0.0)
            if output is not None and name != "-":
                A = statistics.by_units(output, channels=False)
                bounds = statistics.bounds_of(name, A)
                dead[-1] = statistics.share_off(statistics.alive(name, A))
                saturated[-1] = statistics.saturated(bounds, A) if bounds else 0.0
        _, last = self._outputs.get(self._layers[-1], ("-", None))
        two = last is not None and last.dim() == 2
        shares_dead, shares_saturated, gradient, (spread,) = statistics.read(
            dead,
            saturated,
            [statistics.norm(_kernel(one).value.grad) for one in self._layers],
            [last.detach().std(dim=0).max() if two else None],
        )
        return dataclasses.replace(
            record,
            dW_norm=gradient,
            gradient=gradient,
            dead=shares_dead,
            saturated=shares_saturated,
            spread=spread,
        )

    def end(self) -> None:
        """Say what only the end shows."""
        self._stop_listening()
        self.log.end()

    def _stop_listening(self) -> None:
        for layer, call in self._calls:
            layer.call = call
        self._calls = []


def _flat(layer: Any) -> Iterator[Any]:
    """Yield a layer, and those that are within it."""
    yield layer
    for inner in getattr(layer, "layers", ()):
        yield from _flat(inner)


def _kernel(layer: Any) -> Any:
    """Return the weights W of a dense or convolutional layer, (.., n_l); None for other layers."""
    kernel = getattr(layer, "kernel", None)
    return kernel if kernel is not None and len(kernel.shape) >= 2 else None


def _numbers(variable: Any) -> Any:
    import keras

    return keras.ops.convert_to_numpy(variable)
