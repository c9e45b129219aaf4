"""A trained network with all that `predict` needs, in one safetensors file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cutaway.data.preparation import Preparation
from cutaway.engine.measure import outputs
from cutaway.equations import Layer, Network, by_name, flatten, unflatten
from cutaway.errors import RunError
from cutaway.training.files import write_bytes
from cutaway.training.prediction import Prediction, read_examples
from cutaway.training.run_folder import RunFolder
from cutaway.training.runs import find
from cutaway.wording import plural

FORMAT = 1
KEY = "cutaway-model"


@dataclass(frozen=True)
class Model:
    """Network, parameters and preparation: raw rows in, answers out.

    theta (n,), or (k, n) for an ensemble of k networks, which answers with the mean of theirs;
    folder is the run that it was loaded from, where it was.
    """

    network: Network
    theta: npt.NDArray[np.floating[Any]]
    preparation: Preparation
    folder: RunFolder | None = field(default=None, compare=False)

    @property
    def members(self) -> int | None:
        """Number of networks of an ensemble, None for one network alone."""
        return len(self.theta) if self.theta.ndim > 1 else None

    @property
    def n_parameters(self) -> int:
        """Number of parameters of all networks, biases included."""
        return int(self.theta.size)

    @property
    def parameters(self) -> tuple[Layer, ...]:
        """Return the layers (W, b), views of theta; those of an ensemble have an axis in front."""
        return unflatten(self.network, self.theta)

    def apply(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return A (n_y, m) for inputs X (n_x, m) that are prepared."""
        A = outputs(self.network, self.parameters, X)
        return np.asarray(A if self.members is None else A.mean(axis=0))

    def outputs(self, rows: Any) -> tuple[npt.NDArray[np.floating[Any]], tuple[str, ...]]:
        """Return A (n_y, m) for raw rows, and notes of their preparation."""
        X, notes = self.preparation.columns(rows, self.theta.dtype)
        return self.apply(X), notes

    def predict(
        self,
        data: str | Path | npt.ArrayLike,
        *,
        cache: str = "auto",
        say: Callable[[str], None] = lambda text: None,
    ) -> Prediction:
        """Answer for the examples at a path, or for rows (m, n_x) as they were read.

        cache, say  as `cutaway.data.load` takes them: what is large is read from files

        Raises:
            DataError: there is nothing to read, or it does not fit the model.
        """
        rows, origins, notes = read_examples(data, self.preparation, cache, say)
        A, more = self.outputs(rows)
        return Prediction(self.preparation, A, origins, (*notes, *more))

    def title(self) -> str:
        """Return one line: the sizes, and what is told from what."""
        p = self.preparation
        sizes = "-".join(map(str, self.network.sizes))
        what = {"pictures": "pictures", "table": "rows of a table", "array": "rows of numbers"}
        job = {
            "regression": f"predicts {plural(len(p.target_names), 'number')} from",
            "multi-label": f"gives each of {len(p.classes)} labels, or not, to",
            "classification": f"tells {len(p.classes)} classes apart in",
        }
        return f"a network ({sizes}) that {job[p.task]} {what[p.kind]}"

    def __repr__(self) -> str:
        return f"<Model: {self.title()}>"

    def save(self, path: Path) -> None:
        """Write the model into one file.

        Raises:
            RunError: the file cannot be written.
        """
        write_bytes(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the content of the model's file."""
        layers = by_name(self.parameters)
        tensors = {name: np.ascontiguousarray(array) for name, array in layers.items()}
        tensors |= self.preparation.to_tensors()
        # One entry: safetensors writes several in any order, and equal models are equal files.
        return save(tensors, {KEY: self.to_json()})

    def to_json(self) -> str:
        """Return everything but the numbers as JSON text, for the entry `KEY` of a file."""
        return json.dumps(
            {
                "format": FORMAT,
                "members": self.members,
                "network": dataclasses.asdict(self.network),
                "preparation": self.preparation.to_json(),
            }
        )

    @classmethod
    def load(cls, path: Path) -> Model:
        """Read a model back.

        Raises:
            RunError: the file is missing, damaged or no model of cutaway.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = json.loads((file.metadata() or {}).get(KEY, "{}"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError:
            raise RunError(f"{path} does not exist: the run has no model (yet)") from None
        except (SafetensorError, OSError, ValueError) as error:
            raise RunError(f"{path} is damaged or no model file: {error}") from error
        return cls.from_parts(metadata, tensors, path)

    @classmethod
    def from_parts(
        cls, metadata: Mapping[str, Any], tensors: Mapping[str, Any], path: Path
    ) -> Model:
        """Make a model from what `to_json` said and its numbers by name, both read from `path`.

        Raises:
            RunError: they are damaged, or of another version.
        """
        if metadata.get("format") != FORMAT:
            raise RunError(
                f"{path} is no model that this version of cutaway can read: "
                f"its format is {metadata.get('format')}, expected {FORMAT}"
            )
        try:
            network = Network.from_json(metadata["network"])
            members = metadata.get("members")
            stack = () if members is None else (int(members),)
            layers = [
                Layer(
                    tensors[f"W{l}"].reshape(*stack, *shape),
                    tensors[f"b{l}"].reshape(*stack, shape[0], 1),
                )
                for l, shape in enumerate(network.shapes, start=1)
            ]
            preparation = Preparation.from_parts(metadata["preparation"], tensors)
        except (ValueError, TypeError, KeyError) as error:
            raise RunError(f"{path} is damaged: {error!r}") from error
        return cls(network, flatten(layers), preparation)


def combine(models: Sequence[Model]) -> Model:
    """Return the ensemble of networks of one shape that prepare their inputs alike."""
    first = models[0]
    return replace(first, theta=np.stack([model.theta for model in models]))


def find_model(run: str | Path, runs: str | Path = "runs") -> tuple[Model, RunFolder | None]:
    """Return the model of a run in the folder `runs`, and its folder; a file stands for itself.

    A run is a path, a name, a unique prefix of one, or "last".

    Raises:
        RunError: there is no such run, or its model cannot be read.
    """
    path = Path(run)
    if path.suffix == ".safetensors" and path.is_file():
        return Model.load(path), None
    folder = find(str(run), Path(runs))
    return replace(Model.load(folder.model), folder=folder), folder


def load(run: str | Path, runs: str | Path = "runs") -> Model:
    """Return the model of a run, or of a model file, as `find_model` finds it.

    Raises:
        RunError: there is no such run, or its model cannot be read.
    """
    return find_model(run, runs)[0]
