"""A Record is one row of a training's history; a State is what training goes on from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cutaway.engine.example_space import Way
from cutaway.equations import Network
from cutaway.equations.optimizers import Slots

Needs = frozenset[str]
"""What of a Record a consumer looks at.

Any of "train", "dev", "layers", "answers", "gradient"; "twins" beside "gradient".
"""
NOTHING: Needs = frozenset()
EVERYTHING: Needs = frozenset({"train", "dev", "layers"})


@dataclass(frozen=True)
class Record:
    """The network after `epoch` epochs, 0 being the start. All values are JSON scalars or lists.

    cost                    J on the training set, penalty included, dropout off
    batch_cost              mean of what the updates of the last epoch differentiated
    train_loss, dev_loss    mean loss, without the penalty
    train_error, dev_error  share of wrong answers; root mean squared error of a regression
    learning_rate           of the last epoch
    seconds                 since the start of training
    W_norm, dW_norm         |W| and |dW| of each layer, dW being that of the last update
    update_ratio            |change of W| / |W| in the last update, of each layer
    dead, saturated         share of dead units, of saturated activations, of each hidden layer
    gradient                |dW| of each layer, of the loss of a few examples, without dropout
    twins                   share of the units of each hidden layer with the weights of another one
    spread, commonest       deviation of the outputs over the examples; share of the commonest class

    What nobody needed is None.
    """

    epoch: int
    iteration: int
    cost: float | None = None
    batch_cost: float | None = None
    train_loss: float | None = None
    dev_loss: float | None = None
    train_error: float | None = None
    dev_error: float | None = None
    learning_rate: float | None = None
    seconds: float = 0.0
    W_norm: tuple[float, ...] | None = None
    dW_norm: tuple[float, ...] | None = None
    update_ratio: tuple[float, ...] | None = None
    dead: tuple[float, ...] | None = None
    saturated: tuple[float, ...] | None = None
    gradient: tuple[float, ...] | None = None
    twins: tuple[float, ...] | None = None
    spread: float | None = None
    commonest: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON: every field, None for what is not finite."""
        return {name: _json(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Record:
        """Read a row back."""
        values: dict[str, Any] = {
            field.name: tuple(value) if isinstance(value, list) else value
            for field in dataclasses.fields(cls)
            if (value := row.get(field.name)) is not None
        }
        return cls(**values)


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class State(NamedTuple):
    """Everything that training goes on from: nothing random is carried, see the executor.

    theta  in the executor's own coordinates; `parameters` are the network's, whatever those are
    way    leads back to the network's parameters where theta is in example space
    """

    theta: Any
    slots: Slots
    epoch: int = 0
    iteration: int = 0
    seconds: float = 0.0
    way: Way | None = None

    def with_inputs(self, X: Any) -> State:
        """Return the State with the training inputs, which a checkpoint does not hold."""
        return self if self.way is None else self._replace(way=self.way._replace(X=X))

    def parameters(self, network: Network, theta: Any = None) -> Any:
        """Return the flat vector of the network; `theta` is another one in the same coordinates."""
        theta = self.theta if theta is None else theta
        return theta if self.way is None else self.way.out(network, theta)


class Stop(NamedTuple):
    """What a consumer returns to end the training, and why, in words for a person."""

    reason: str


def lowest_train_error(records: Iterable[Record]) -> float | None:
    """Return the lowest finite error on the training examples, None where no Record has one."""
    known = (r.train_error for r in records if r.train_error is not None)
    return min(filter(math.isfinite, known), default=None)
