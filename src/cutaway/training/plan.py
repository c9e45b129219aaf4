"""A plan of one training, with nothing left to decide, and the parameters that it starts from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.engine.executors import Execution
from cutaway.engine.job import Job
from cutaway.equations import Decay, Network, Rates
from cutaway.equations.initializers import initialize
from cutaway.equations.network import flatten

PARAMETERS = 0


@dataclass(frozen=True)
class Plan:
    """One training, with nothing left to decide; `run.json` holds it."""

    network: Network
    initializers: tuple[str, ...]
    optimizer: str
    rates: Rates
    schedule: str
    decay: Decay
    batch_size: int | None
    epochs: int
    keep_prob: tuple[float, ...]
    penalties: Mapping[str, float]
    early_stopping: bool
    patience: int
    print_every: int
    dtype: str
    seed: int
    metric: str
    target_scale: tuple[float, ...]
    path: str
    execution: Execution
    reasons: Mapping[str, str]
    augment: str | None = None

    @property
    def structure(self) -> tuple[Any, ...]:
        """Return what networks must have in common to be trained as one stack."""
        return (
            self.network,
            self.optimizer,
            self.batch_size,
            self.epochs,
            self.print_every,
            self.dtype,
            self.metric,
            self.target_scale,
            self.path,
            self.execution,
            tuple(sorted(self.penalties)),
            self.job.dropped,
            self.augment,
        )

    @property
    def job(self) -> Job:
        """Return what an executor needs of the plan."""
        return Job(
            self.network, self.optimizer, self.keep_prob, self.penalties, self.batch_size, self.seed
        )

    @property
    def values(self) -> dict[str, Any]:
        """What each hyper-parameter of network, training and execution came to, by its name."""
        return {
            "hidden": self.network.sizes[1:-1],
            "activation": self.network.activations,
            "output": self.network.output,
            "loss": self.network.loss,
            "initializer": self.initializers,
            "optimizer": self.optimizer,
            "learning_rate": self.rates.alpha,
            "schedule": self.schedule,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "early_stopping": self.early_stopping,
            "patience": self.patience,
            "l2": self.penalties.get("l2", 0.0),
            "keep_prob": self.keep_prob,
            "augment": self.augment,
            "dtype": self.dtype,
            "path": self.path,
            **self.execution._asdict(),
            "print_every": self.print_every,
        }

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return dataclasses.asdict(self) | {
            "rates": self.rates._asdict(),
            "decay": self.decay._asdict(),
            "execution": self.execution._asdict(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """Read a plan back."""
        tuples = ("initializers", "keep_prob", "target_scale")
        return cls(
            **{
                **values,
                "network": Network.from_json(values["network"]),
                "rates": Rates(**values["rates"]),
                "decay": Decay(**values["decay"]),
                "execution": Execution(**values["execution"]),
                **{name: tuple(values[name]) for name in tuples},
            }
        )


def initial_theta(plan: Plan) -> npt.NDArray[np.floating[Any]]:
    """Draw the initial parameters from NumPy's generator, as one flat vector."""
    generator = np.random.default_rng([plan.seed, PARAMETERS])
    normals = tuple(generator.standard_normal(shape) for shape in plan.network.shapes)
    theta: npt.NDArray[np.floating[Any]] = flatten(
        initialize(plan.network, plan.initializers, normals)
    ).astype(plan.dtype)
    return theta
