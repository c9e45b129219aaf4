"""safetensors: a model of cutaway, or weights alone, named as PyTorch, Flax or Keras name them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from cutaway.errors import DataError, OptionError
from cutaway.importers.chain import Chain
from cutaway.importers.imported import Given, Imported, Named, to_model
from cutaway.training.model import KEY, Model

Floats = npt.NDArray[Any]
# Last word of a tensor's name -> whether it is W (n_l, n_prev), its transpose, or b
WEIGHTS, TRANSPOSED, BIASES = ("weight", "W"), ("kernel",), ("bias", "b")


def read(path: Path, given: Given) -> Imported:
    """Read a file of tensors.

    Raises:
        DataError: it is damaged, or it holds something else than dense layers.
        OptionError: the activations are not given.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, TypeError) as error:
        raise DataError(f"{path} is damaged or no safetensors file: {error}") from error
    if KEY in metadata:
        given.refuse(f"{path} is a model of cutaway, which says everything itself")
        return Imported(Model.load(path), why="it is a model of cutaway")
    layers = _layers(path, tensors)
    _need_functions(path, given, len(layers))
    chain = Chain()
    for number, (name, W, b) in enumerate(layers, start=1):
        chain.dense(W, b, f"{path}: '{name}'")
        if number < len(layers):
            chain.activate(str(given.activation))
    chain.activate(str(given.output))
    model, notes = to_model(chain, Named(), given)
    return Imported(model, notes, why="a file of tensors has no program that could be run")


def _need_functions(path: Path, given: Given, L: int) -> None:
    needed = [("activation", "relu")] if L > 1 else []
    missing = [
        f"--{name} {example}"
        for name, example in (*needed, ("output", "softmax"))
        if getattr(given, name) is None
    ]
    if missing:
        raise OptionError(
            f"{path} holds the numbers of {L} dense layers, not what comes between them; "
            f"say it, as in {' '.join(missing)}"
        )


def _layers(path: Path, tensors: dict[str, Floats]) -> list[tuple[str, Floats, Floats | None]]:
    """Return (name, W, b) of each layer, in the order of their names, 2 before 10."""
    weights: dict[str, Floats] = {}
    biases: dict[str, Floats] = {}
    for name, tensor in tensors.items():
        prefix, kind = _split(name)
        if kind in (*WEIGHTS, *TRANSPOSED) and tensor.ndim == 2:
            weights[prefix] = tensor.T if kind in TRANSPOSED else tensor
        elif kind in BIASES and tensor.ndim == 1:
            biases[prefix] = tensor
        else:
            raise DataError(
                f"{path}: the tensor '{name}' of shape {tensor.shape} is no part of a dense layer; "
                "expected are 'NAME.weight' (n_l, n_prev) and 'NAME.bias' (n_l)"
            )
    lonely = sorted(set(biases) - set(weights))
    if not weights or lonely:
        name = f"'{lonely[0]}.bias' has no weights" if lonely else "there is no tensor"
        raise DataError(f"{path}: {name}, so there is no dense network")
    order = sorted(weights, key=_natural)
    return [(name, weights[name].astype(_type(weights[name])), biases.get(name)) for name in order]


def _split(name: str) -> tuple[str, str]:
    """fc1.weight -> (fc1, weight); dense/kernel -> (dense, kernel); W1 -> (1, W)."""
    if short := re.fullmatch(r"([Wb])(\d+)", name):
        return short[2], short[1]
    prefix, _, kind = name.replace("/", ".").rpartition(".")
    return prefix, kind


def _natural(name: str) -> list[tuple[int, int | str]]:
    return [
        (0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name) if part
    ]


def _type(tensor: Floats) -> npt.DTypeLike:
    return np.result_type(np.float32, tensor.dtype)
