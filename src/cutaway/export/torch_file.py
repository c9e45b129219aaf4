"""PyTorch: a source file that rebuilds the network and loads model.safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.export import python_source as source
from cutaway.export.parity import in_python, require
from cutaway.export.subject import Subject

# Expression of each activation in x
ACTIVATIONS: Mapping[str, str] = {
    "sigmoid": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "relu": "torch.relu({})",
    "leaky_relu": "torch.nn.functional.leaky_relu({}, 0.01)",
    "identity": "{}",
    "softmax": "torch.softmax({}, dim=1)",
}


def write(subject: Subject, name: str) -> dict[str, bytes]:
    """Return the source file, and the model's own file beside it."""
    outputs = "network(torch.from_numpy(inputs(rows))).numpy()"
    answers = source.answers(subject, outputs, "network, rows")
    return source.beside_the_model(
        subject,
        name,
        head=_HEAD,
        imports="import numpy as np\nimport torch\nfrom safetensors.torch import load_file\n",
        network=_network(subject),
        load=_load(subject),
        answers=answers.replace("def ", "@torch.no_grad()\ndef "),
    )


_HEAD = f'''"""A trained network in PyTorch, with {source.TENSORS} beside it.

    network = load()
    predict(network, rows)

The network takes what `inputs` returns, examples as rows. To train it further, use its `logits`.
"""
'''


def _network(subject: Subject) -> str:
    layers = range(1, subject.network.L + 1)
    made = [
        f"        self.layer{l} = torch.nn.Linear({n_prev}, {n_l})  # W{l} ({n_l}, {n_prev}), b{l}"
        for l, (n_l, n_prev) in zip(layers, subject.network.shapes, strict=True)
    ]
    *hidden, output = subject.functions
    steps = [
        f"        x = {ACTIVATIONS[function].format(f'self.layer{l}(x)')}"
        for l, function in zip(layers, hidden, strict=False)
    ]
    n_x, n_y, L = subject.network.n_x, subject.network.n_y, subject.network.L
    return "\n".join(
        [
            "class Network(torch.nn.Module):",
            f'    """Dense layers {"-".join(map(str, subject.network.sizes))}."""\n',
            "    def __init__(self):",
            "        super().__init__()",
            *made,
            "",
            "    def logits(self, x):",
            f'        """Return Z of the last layer (m, {n_y}) for inputs x (m, {n_x})."""',
            *steps,
            f"        return self.layer{L}(x)\n",
            "    def forward(self, x):",
            f'        """Return A of the last layer (m, {n_y}): {output} of the logits."""',
            f"        return {ACTIVATIONS[output].format('self.logits(x)')}\n",
        ]
    )


def _load(subject: Subject) -> str:
    return (
        f'def load(path=Path(__file__).with_name("{source.TENSORS}")):\n'
        '    """Return the network with its trained parameters."""\n'
        "    tensors = load_file(path)\n"
        "    network, state = Network(), {}\n"
        f"    for l in range(1, {subject.network.L + 1}):\n"
        '        state[f"layer{l}.weight"] = tensors[f"W{l}"]\n'
        '        state[f"layer{l}.bias"] = tensors[f"b{l}"].flatten()\n'
        "    network.load_state_dict(state)\n"
        "    return network.eval()\n"
    )


def answer(path: Path, subject: Subject, rows: Any) -> npt.NDArray[np.floating[Any]]:
    """Return what the file answers, run without cutaway.

    Raises:
        UncheckedError: PyTorch is not installed.
    """
    require("torch")
    function = "predict" if subject.answer == "prediction" else "probabilities"
    return in_python(path, rows, f"{function}(load(), rows)")
