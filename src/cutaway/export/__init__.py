"""A trained model for other programs: one table of formats, one module a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Format(NamedTuple):
    """One format.

    module  holds write(subject, file name) -> {file name: content}, and
            answer(path, subject, rows) -> what the written file answers, by its own reader
    file    name of the file unless another is given
    text    what it is, for the help
    floats  whether it takes rows of float32
    """

    module: str
    file: str
    text: str
    floats: bool = False


FORMATS: Mapping[str, Format] = {
    "onnx": Format(
        "cutaway.export.onnx_file", "model.onnx", "rows in, answers out, for any ONNX runtime"
    ),
    "torch": Format(
        "cutaway.export.torch_file", "model_torch.py", "PyTorch source beside model.safetensors"
    ),
    "keras": Format(
        "cutaway.export.keras_file", "model_keras.py", "Keras source beside model.safetensors"
    ),
    "numpy": Format(
        "cutaway.export.numpy_file", "model_numpy.py", "one Python file that needs NumPy only"
    ),
    "c": Format(
        "cutaway.export.c_file",
        "model.h",
        "one C99 header, no allocation, for a microcontroller",
        floats=True,
    ),
}
