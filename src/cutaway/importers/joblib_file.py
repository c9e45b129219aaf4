"""joblib: scikit-learn's MLPClassifier or MLPRegressor, alone or behind scalers in a Pipeline."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import DataError, OptionError
from cutaway.importers.chain import Chain, Floats
from cutaway.importers.imported import Given, Imported, Named, as_answers, numbers, to_model
from cutaway.training.model import Model

ACTIVATIONS: Mapping[str, str] = {
    "identity": "identity",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
}
NETWORKS = ("MLPClassifier", "MLPRegressor")


def _or(value: Any, default: float) -> Floats:
    return np.asarray(default if value is None else value, np.float64)


# What each scaler does to its input x, as (a, c) of a * x + c
SCALERS: Mapping[str, Callable[[Any], tuple[Floats, Floats]]] = {
    "StandardScaler": lambda s: (1 / _or(s.scale_, 1), -_or(s.mean_, 0) / _or(s.scale_, 1)),
    "MinMaxScaler": lambda s: (_or(s.scale_, 1), _or(s.min_, 0)),
    "MaxAbsScaler": lambda s: (1 / _or(s.scale_, 1), np.zeros(1)),
    "RobustScaler": lambda s: (
        1 / _or(getattr(s, "scale_", None), 1),
        -_or(getattr(s, "center_", None), 0) / _or(getattr(s, "scale_", None), 1),
    ),
}


def read(path: Path, given: Given) -> Imported:
    """Read a fitted estimator; only with given.trust, for reading it runs whatever code it holds.

    Raises:
        OptionError: nobody said that the file is to be trusted.
        DataError: it cannot be read, or it is no dense network.
    """
    if not given.trust:
        raise OptionError(
            f"{path} is a pickle: reading it runs whatever code is in it, with your rights. "
            "If you made it, or trust who did, add --trust; otherwise ask for an .onnx file"
        )
    given.refuse("the estimator says it itself", "output", "activation")
    whole, notes = _load(path)
    steps = [step for _, step in whole.steps] if _kind(whole) == "Pipeline" else [whole]
    steps = [step for step in steps if step is not None and step != "passthrough"]
    if not steps or _kind(steps[-1]) not in NETWORKS:
        what = _kind(steps[-1]) if steps else "an empty Pipeline"
        raise DataError(f"{path} holds {what}, where {' or '.join(NETWORKS)} is expected")
    chain = Chain()
    for step in steps[:-1]:
        if _kind(step) not in SCALERS or getattr(step, "clip", False):
            raise DataError(
                f"{path}: the step {_kind(step)} of the Pipeline is no plain scaling; "
                f"what can be imported are {', '.join(SCALERS)}"
            )
        _fitted(path, step)
        chain.affine(*SCALERS[_kind(step)](step))
    classes = _add_layers(path, chain, steps[-1])
    columns = getattr(whole, "feature_names_in_", None)
    if columns is None:
        columns = getattr(steps[0], "feature_names_in_", None)
    named = Named(classes, None if columns is None else list(columns), notes)
    model, notes = to_model(chain, named, given)
    return Imported(model, notes, lambda rows: _answer(whole, model, rows))


def _kind(step: Any) -> str:
    return type(step).__name__


def _load(path: Path) -> tuple[Any, tuple[str, ...]]:
    import joblib  # type: ignore[import-untyped]

    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            whole = joblib.load(path)
    # Whatever a pickle runs may raise whatever it likes.
    except Exception as error:
        raise DataError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    notes = [" ".join(str(warning.message).split()) for warning in said]
    return whole, tuple(dict.fromkeys(notes))


def _fitted(path: Path, step: Any) -> None:
    if not hasattr(step, "n_features_in_"):
        raise DataError(f"{path}: {_kind(step)} was not fitted; save it after fit()")


def _add_layers(path: Path, chain: Chain, mlp: Any) -> list[Any] | None:
    """Add the layers of an estimator to the chain; return its classes."""
    _fitted(path, mlp)
    functions = [mlp.activation] * (len(mlp.coefs_) - 1) + [mlp.out_activation_]
    for (W, b), function in zip(
        zip(mlp.coefs_, mlp.intercepts_, strict=True), functions, strict=True
    ):
        if function not in ACTIVATIONS:
            raise DataError(f"{path}: its activation '{function}' is none of cutaway's")
        chain.dense(W.T, b, f"{path}: a layer")
        chain.activate(ACTIVATIONS[function])
    classes = getattr(mlp, "classes_", None)
    return None if classes is None else np.asarray(classes).tolist()


def _answer(whole: Any, model: Model, rows: Any) -> Floats:
    """What scikit-learn answers."""
    x = numbers(model, rows)
    with warnings.catch_warnings():
        # Fitted with names, which an array does not have
        warnings.simplefilter("ignore")
        if model.preparation.task == "regression":
            return as_answers(model, np.asarray(whole.predict(x)).reshape(len(x), -1))
        return np.asarray(whole.predict_proba(x))
