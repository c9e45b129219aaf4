"""Dense networks of other programs as runs: one table of formats, one module a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Format(NamedTuple):
    """One format.

    module    holds read(path, given) -> Imported
    suffixes  of its files
    text      what it is, for the help
    """

    module: str
    suffixes: tuple[str, ...]
    text: str


FORMATS: Mapping[str, Format] = {
    "onnx": Format(
        "cutaway.importers.onnx_file",
        (".onnx",),
        "an ONNX graph of dense layers, one after another",
    ),
    "safetensors": Format(
        "cutaway.importers.safetensors_file",
        (".safetensors",),
        "the weights alone, as PyTorch names them, or a model of cutaway",
    ),
    "joblib": Format(
        "cutaway.importers.joblib_file",
        (".joblib", ".pkl", ".pickle"),
        "scikit-learn's MLPClassifier or MLPRegressor, with a scaler in front or not",
    ),
}
