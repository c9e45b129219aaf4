"""What is exported: a model, its name, and what is known of where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.encoding import EncodedColumn
from cutaway.data.preparation import Preparation
from cutaway.equations import Network
from cutaway.training.model import Model

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Subject:
    """A model as the formats see it.

    about  facts for the file to carry: data, fingerprint, versions
    """

    name: str
    model: Model
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        """Sizes, activations, output and loss."""
        return self.model.network

    @property
    def preparation(self) -> Preparation:
        """How rows become inputs, and outputs answers."""
        return self.model.preparation

    @cached_property
    def layers(self) -> tuple[tuple[Floats32, Floats32], ...]:
        """W (n_l, n_prev) and b (n_l,) of every layer, in float32 whatever it was trained in."""
        return tuple(
            (np.asarray(W, np.float32), np.asarray(b, np.float32)[:, 0])
            for W, b in self.model.parameters
        )

    @property
    def functions(self) -> tuple[str, ...]:
        """Name of the activation of every layer, the last one included."""
        return (*self.network.activations, self.network.output)

    @property
    def columns(self) -> tuple[EncodedColumn, ...] | None:
        """Columns of the table that the model reads; None for pictures and arrays."""
        encoding = self.preparation.encoding
        return None if encoding is None else encoding.columns

    @property
    def answer(self) -> str:
        """What the model gives: "probabilities", or the "prediction" of a regression."""
        return "prediction" if self.preparation.task == "regression" else "probabilities"

    @property
    def two_from_one(self) -> bool:
        """Whether one output stands for two classes: probabilities 1 - A and A."""
        return self.preparation.task == "classification" and self.network.n_y == 1

    def answers(self, rows: Any) -> npt.NDArray[np.float64]:
        """Return what cutaway itself answers for rows: `answer`, (m, K) or (m, n_y)."""
        A, _ = self.model.outputs(rows)
        if self.preparation.task == "regression":
            return np.asarray(self.preparation.answers(A), np.float64)
        return np.asarray(self.preparation.probabilities(A), np.float64)

    def title(self) -> str:
        """Return one line: the job and the sizes."""
        return self.model.title()
