"""From a chain of layers and what a person says of it to a Model that predicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.columns import Table
from cutaway.data.dataset import Task
from cutaway.data.encoding import EncodedColumn, Encoding, encode
from cutaway.data.preparation import Preparation
from cutaway.data.target import class_name
from cutaway.equations import Layer, Network, flatten
from cutaway.errors import DataError, OptionError
from cutaway.importers.chain import OPEN, Chain, Floats
from cutaway.training.model import Model
from cutaway.training.resolve import LOSS_OF_OUTPUT

Answer = Callable[[Any], npt.NDArray[Any]]
# Functions of the outputs (m, n_y) that a file may leave to its user
FINISH: dict[str, Callable[[Floats], Floats]] = {
    "softmax": lambda Z: _shares(np.exp(Z - Z.max(axis=1, keepdims=True))),
    "sigmoid": lambda Z: 1 / (1 + np.exp(-Z)),
    "exp": np.exp,
}


def _shares(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=1, keepdims=True))


class Given(NamedTuple):
    """What a person says of a file that does not say it itself; None where nothing was said."""

    output: str | None = None
    activation: str | None = None
    classes: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    target: tuple[str, ...] | None = None
    trust: bool = False

    def refuse(self, why: str, *names: str) -> None:
        """Refuse what has no meaning for a file; all options without `names`.

        Raises:
            OptionError: one of them was given.
        """
        for name in names or ("output", "activation", "classes", "columns", "target"):
            if getattr(self, name) is not None:
                raise OptionError(f"--{name} has no meaning here: {why}; leave it out")


class Imported(NamedTuple):
    """A network that was read.

    answer  what the file's own reader answers for rows as the model takes them, None where a file
            holds numbers only and nothing runs it
    floats  whether that reader takes float32
    why     why there is no reader
    """

    model: Model
    notes: tuple[str, ...] = ()
    answer: Answer | None = None
    floats: bool = False
    why: str = ""


@dataclass(frozen=True)
class Named:
    """What a file says of its inputs and outputs beside the layers."""

    classes: Sequence[Any] | None = None
    columns: Sequence[Any] | None = None
    notes: tuple[str, ...] = field(default=())


def to_model(chain: Chain, named: Named, given: Given) -> tuple[Model, tuple[str, ...]]:
    """Return the model of a chain and notes; what a person gave goes before what the file says.

    Raises:
        DataError: a number is not finite, or the network scales its probabilities.
        OptionError: what was given does not fit the network.
    """
    a, c = chain.end()
    output, classes = _output(chain, named, given)
    n_x, n_y = chain.layers[0][0].shape[1], len(chain.layers[-1][1])
    task = _task(output, n_y)
    is_scaled = bool((a != 1).any() or (c != 0).any())
    if is_scaled and task != "regression":
        raise DataError(f"what comes out of the last activation ({output}) is scaled once more")
    names, notes = _classes(classes, task, n_y)
    columns = given.columns or tuple(map(str, named.columns or ()))
    mean, scale = chain.mean, chain.scale
    mean = np.zeros(n_x) if mean is None else mean
    encoding, more = _encoding(columns, mean, given.columns is not None)
    network = Network(
        (n_x, *(len(b) for _, b in chain.layers)),
        tuple(chain.functions[:-1]),
        output,
        LOSS_OF_OUTPUT.get(output, "squared"),
    )
    preparation = Preparation(
        kind="array" if encoding is None else "table",
        task=task,
        classes=names,
        target_names=_targets(task, names, given, n_y),
        picture=None,
        features=None if encoding is None else encoding.names,
        encoding=encoding,
        mean=mean,
        scale=np.ones(n_x) if scale is None else scale,
        target_mean=np.broadcast_to(c, n_y).astype(np.float64),
        target_scale=np.broadcast_to(a, n_y).astype(np.float64),
    )
    model = Model(network, _theta(chain), preparation)
    return model, (*named.notes, *notes, *more)


def _theta(chain: Chain) -> npt.NDArray[np.floating[Any]]:
    dtype = np.result_type(np.float32, *(array.dtype for pair in chain.layers for array in pair))
    layers = [Layer(W.astype(dtype), b.astype(dtype)[:, np.newaxis]) for W, b in chain.layers]
    theta: npt.NDArray[np.floating[Any]] = flatten(layers)
    wrong = [l for l, pair in enumerate(layers, 1) if not all(np.isfinite(p).all() for p in pair)]
    if wrong:
        raise DataError(f"layer {wrong[0]} has parameters that are not finite")
    return theta


def _output(chain: Chain, named: Named, given: Given) -> tuple[str, Sequence[Any] | None]:
    """Return the output's activation, and the classes that somebody named."""
    found, classes = chain.functions[-1], given.classes or named.classes
    if found != OPEN:
        if given.output not in (None, found):
            raise OptionError(
                f"--output {given.output}: the network ends in {found} itself; leave it out"
            )
        return found, classes
    if given.output is not None:
        return given.output, classes
    if not classes:
        return "identity", None
    return ("softmax" if len(chain.layers[-1][1]) > 1 else "sigmoid"), classes


def _task(output: str, n_y: int) -> Task:
    if output == "softmax" or (output == "sigmoid" and n_y == 1):
        return "classification"
    return "multi-label" if output == "sigmoid" else "regression"


def _classes(
    labels: Sequence[Any] | None, task: Task, n_y: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the classes, and notes."""
    if task == "regression":
        if labels:
            raise OptionError("--classes: the network predicts numbers; leave it out")
        return (), ()
    K = 2 if task == "classification" and n_y == 1 else n_y
    word = "labels" if task == "multi-label" else "classes"
    if labels is None or len(labels) == 0:
        names = tuple(map(str, range(K)))
        note = f"the file does not name its {K} {word}: they are called 0 to {K - 1} (--classes)"
        return names, (note,)
    names = tuple(map(class_name, labels))
    if len(names) != K or len(set(names)) != K:
        raise OptionError(
            f"--classes: {len(set(names))} different names for {K} {word}; "
            f"give {K}, in the order of the outputs"
        )
    return names, ()


def _encoding(
    columns: tuple[str, ...], mean: Floats, is_given: bool
) -> tuple[Encoding | None, tuple[str, ...]]:
    """Return how a table with these columns becomes the inputs, and notes."""
    if not columns:
        return None, ()
    if len(columns) != len(mean) or len(set(columns)) != len(columns):
        raise OptionError(
            f"{'--columns' if is_given else 'the file'}: {len(set(columns))} different names "
            f"for {len(mean)} inputs; give one an input, in their order"
        )
    # A scaler knows the mean of the training rows; nothing else in such a file does.
    fills = mean.tolist()
    known = bool((mean != 0).any())
    notes = () if known else ("a missing number counts as 0, for the file names no mean",)
    pairs = zip(columns, fills, strict=True)
    return Encoding(tuple(EncodedColumn(name, "number", (), fill) for name, fill in pairs)), notes


def _targets(task: Task, classes: tuple[str, ...], given: Given, n_y: int) -> tuple[str, ...]:
    if task == "multi-label":
        given.refuse("labels are named by --classes", "target")
        return classes
    n = n_y if task == "regression" else 1
    plain = ("class",) if task == "classification" else ("target",)
    names = given.target or (plain if n == 1 else tuple(f"target {k}" for k in range(1, n + 1)))
    if len(names) != n:
        raise OptionError(f"--target: {len(names)} names for {n} outputs; give one an output")
    return names


def numbers(model: Model, rows: Any) -> Floats:
    """Return the numbers (m, n_x) of rows, before normalisation, missing ones filled."""
    encoding = model.preparation.encoding
    if isinstance(rows, Table) and encoding is not None:
        return encode(rows, encoding)[0]
    return np.asarray(rows)


def as_answers(model: Model, outputs: Floats) -> Floats:
    """Return probabilities (m, K), or a prediction (m, n_y), from outputs (m, n_y) of a file."""
    if model.preparation.task == "regression":
        return outputs
    return np.asarray(model.preparation.probabilities(outputs.T))
