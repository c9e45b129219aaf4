"""NumPy: one file that needs nothing else, with the equations of the network and its shapes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.export import python_source as source
from cutaway.export.parity import in_python
from cutaway.export.subject import Subject

# Up to here the parameters stand in the file as text; more of them lie beside it.
MOST_NUMBERS_AS_TEXT = 20_000


SIGMOID = '''\
def sigmoid(Z):
    """A = 1 / (1 + exp(-Z)); only exp(-|Z|) is taken, so that no Z overflows."""
    E = np.exp(-abs(Z))
    return np.where(Z >= 0, 1, E) / (1 + E)


'''
SOFTMAX = '''\
def softmax(Z):
    """A = exp(Z) / sum exp(Z) over the classes, the largest Z of an example taken out first."""
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)


'''
# Expression of each activation in Z, and the function that it calls
ACTIVATIONS: Mapping[str, tuple[str, str]] = {
    "sigmoid": ("sigmoid({})", SIGMOID),
    "tanh": ("np.tanh({})", ""),
    "relu": ("np.maximum({}, 0)", ""),
    "leaky_relu": ("np.maximum(0.01 * {0}, {0})", ""),
    "identity": ("{}", ""),
    "softmax": ("softmax({})", SOFTMAX),
}


def write(subject: Subject, name: str) -> dict[str, bytes]:
    """Return the file, and one beside it for the parameters where they are many."""
    arrays: dict[str, npt.NDArray[Any]] = {
        f"{letter}{l}": array if letter == "W" else array[:, np.newaxis]
        for l, layer in enumerate(subject.layers, start=1)
        for letter, array in zip("Wb", layer, strict=True)
    }
    arrays = {**source.normalisation(subject), **arrays}
    inside = sum(array.size for array in arrays.values()) <= MOST_NUMBERS_AS_TEXT
    beside = f"{Path(name).stem}.npz"
    parts = [
        f'"""{_what(inside, beside)}"""\n',
        f"{source.about(subject)}\n",
        "" if inside else "from pathlib import Path\n",
        "import numpy as np\n",
        f"{source.names(subject)}\n\n",
        source.inputs(subject) + "\n",
        _functions(subject) + _forward(subject) + "\n",
        source.answers(subject, "forward(inputs(rows).T).T") + "\n",
        source.arrays(arrays) if inside else _from_file(arrays, beside),
        "\n" + source.main(subject, name),
    ]
    text = "\n".join(part for part in parts if part)
    files = {name: text.encode("utf-8", "backslashreplace")}
    if not inside:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        files[beside] = buffer.getvalue()
    return files


def _what(inside: bool, beside: str) -> str:
    where = "" if inside else f" and {beside} beside it"
    return (
        f"A trained network that needs nothing but NumPy{where}: predict(rows).\n\n"
        "Examples are columns: X is (n_x, m), and every Z and A has one column an example.\n"
    )


def _functions(subject: Subject) -> str:
    called = dict.fromkeys(ACTIVATIONS[name][1] for name in subject.functions)
    return "".join(called)


def _forward(subject: Subject) -> str:
    n_x, n_y = subject.network.n_x, subject.network.n_y
    lines = []
    A_prev = "X"
    layers = zip(subject.network.shapes, subject.functions, strict=True)
    for l, ((n_l, n_prev), function) in enumerate(layers, start=1):
        shapes = f"({n_l}, m) = ({n_l}, {n_prev}) @ ({n_prev}, m) + ({n_l}, 1)"
        formula = ACTIVATIONS[function][0].format(f"Z{l}")
        lines.append((f"Z{l} = W{l} @ {A_prev} + b{l}", shapes))
        lines.append((f"A{l} = {formula}", f"({n_l}, m)  {function}"))
        A_prev = f"A{l}"
    width = max(len(code) for code, _ in lines)
    body = "\n".join(f"    {code:<{width}}  # {shape}" for code, shape in lines)
    return (
        "def forward(X):\n"
        f'    """Return A ({n_y}, m) of the last layer for X ({n_x}, m), as `inputs` makes it."""\n'
        f"{body}\n"
        f"    return {A_prev}\n"
    )


def _from_file(arrays: Mapping[str, npt.NDArray[Any]], beside: str) -> str:
    lines = [f'{name} = PARAMETERS["{name}"]  # {array.shape}' for name, array in arrays.items()]
    head = f"PARAMETERS = np.load(Path(__file__).with_name({source.literal(beside)}))"
    return "\n".join([head, *lines]) + "\n"


def answer(path: Path, subject: Subject, rows: Any) -> npt.NDArray[np.floating[Any]]:
    """Return what the file answers, run without cutaway."""
    function = "predict" if subject.answer == "prediction" else "probabilities"
    return in_python(path, rows, f"{function}(rows)")
