"""Keras 3: a source file that rebuilds the network and loads model.safetensors."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.export import python_source as source
from cutaway.export.parity import UncheckedError, in_python, require
from cutaway.export.subject import Subject

# Second argument of a Dense layer for each activation
ACTIVATIONS: Mapping[str, str] = {
    "sigmoid": '"sigmoid"',
    "tanh": '"tanh"',
    "relu": '"relu"',
    "leaky_relu": "keras.layers.LeakyReLU(0.01)",
    "identity": '"linear"',
    "softmax": '"softmax"',
}
# The quickest to start first
BACKENDS = ("jax", "torch", "tensorflow")


def write(subject: Subject, name: str) -> dict[str, bytes]:
    """Return the source file, and the model's own file beside it."""
    outputs = "network.predict(inputs(rows), verbose=0)"
    return source.beside_the_model(
        subject,
        name,
        head=_HEAD,
        imports="import keras\nimport numpy as np\nfrom safetensors.numpy import load_file\n",
        network=_network(subject),
        load=_LOAD,
        answers=source.answers(subject, outputs, "network, rows"),
    )


_HEAD = f'''"""A trained network in Keras, with {source.TENSORS} beside it.

    network = load()
    predict(network, rows)

The network takes what `inputs` returns. Keras needs a backend: set KERAS_BACKEND to tensorflow,
jax or torch.
"""
'''
_LOAD = f'''\
def load(path=Path(__file__).with_name("{source.TENSORS}")):
    """Return the network with its trained parameters."""
    tensors, network = load_file(path), build()
    for l, layer in enumerate(network.layers, start=1):
        # Keras has W transposed: (n_prev, n_l)
        layer.set_weights([tensors[f"W{{l}}"].T, tensors[f"b{{l}}"].flatten()])
    return network
'''


def _network(subject: Subject) -> str:
    units = zip(subject.network.sizes[1:], subject.functions, strict=True)
    layers = [
        f'            keras.layers.Dense({n_l}, {ACTIVATIONS[function]}, name="layer{l}"),'
        for l, (n_l, function) in enumerate(units, start=1)
    ]
    return "\n".join(
        [
            "def build():",
            f'    """Return dense layers {"-".join(map(str, subject.network.sizes))}."""',
            "    return keras.Sequential(",
            "        [",
            f"            keras.Input(({subject.network.n_x},)),",
            *layers,
            "        ]",
            "    )\n",
        ]
    )


def answer(path: Path, subject: Subject, rows: Any) -> npt.NDArray[np.floating[Any]]:
    """Return what the file answers, run without cutaway.

    Raises:
        UncheckedError: Keras or its backend is not installed.
    """
    require("keras")
    there = [name for name in BACKENDS if importlib.util.find_spec(name)]
    if not there:
        raise UncheckedError("no backend of Keras is installed (tensorflow, jax or torch)")
    function = "predict" if subject.answer == "prediction" else "probabilities"
    environment = {"KERAS_BACKEND": there[0], **os.environ}
    return in_python(path, rows, f"{function}(load(), rows)", environment)
