"""Which column of a history is what: recognised by its name, or named by the person.

A name is read as words: `val_binary_accuracy`, `eval/acc` and `validation/epoch_accuracy` are all
the accuracy on the dev set. A word that no row knows leaves the column unread.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from cutaway.errors import DataError, OptionError, unknown

PARTS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval", "evaluation"), "dev"),
    **dict.fromkeys(("test", "testing"), "test"),
}


class Measure(NamedTuple):
    """One row: the names of something that is measured on a part, and how an error is made of it.

    error   from the value to the error; None for a loss, which is no error
    metric  of that error
    """

    name: str
    words: frozenset[str]
    error: Callable[[float], float] | None = None
    metric: str = "error"


def _measure(name: str, words: str, *more: object) -> Measure:
    return Measure(name, frozenset(words.split()), *more)  # type: ignore[arg-type]


# The first that a history has is its error.
MEASURES = (
    _measure("error", "error err error_rate misclassification", lambda value: value),
    _measure(
        "accuracy",
        "accuracy acc acc1 top1 top_1 top_1_accuracy accuracy_score binary_accuracy "
        "categorical_accuracy sparse_categorical_accuracy multiclass_accuracy",
        lambda value: 1 - value,
    ),
    _measure("rmse", "rmse root_mean_squared_error", lambda value: value, "rmse"),
    _measure("mse", "mse mean_squared_error", lambda value: math.sqrt(value), "rmse"),
    _measure("loss", "loss cost nll cross_entropy crossentropy bce ce log_loss"),
)
ERRORS = tuple(measure for measure in MEASURES if measure.error)
# What is measured on no part
ALONE: Mapping[str, frozenset[str]] = {
    "epoch": frozenset({"epoch", "epochs"}),
    "iteration": frozenset({"step", "steps", "iteration", "iterations", "global_step"}),
    "learning_rate": frozenset({"lr", "learning_rate"}),
    "seconds": frozenset({"seconds"}),
}
ROLES = (*ALONE, *(f"{part}_{m.name}" for part in ("train", "dev", "test") for m in MEASURES))


def recognise(names: Collection[str], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each role that a history has; `typed` are those named by the person.

    Raises:
        DataError: two columns could be the same.
        OptionError: a role or a column is unknown.
    """
    for role, name in typed.items():
        if role not in ROLES:
            raise OptionError(f"--column {role}={name}: {unknown('the role', role, ROLES)}")
        if name not in names:
            raise OptionError(f"--column {role}={name}: {unknown('the column', name, names)}")
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        if (known := _role(name)) is not None:
            role, rank = known
            # The loss of a regression may be its error as well
            if name in typed.values() and typed.get(role.replace("_loss", "_mse")) != name:
                continue
            found.setdefault(role, []).append((rank, name))
    columns = dict(typed)
    for role, candidates in found.items():
        if role in typed:
            continue
        best = min(rank for rank, _ in candidates)
        same = [name for rank, name in candidates if rank == best]
        if len(same) > 1:
            raise DataError(
                f"{' and '.join(same)} could each be the {role.replace('_', ' ')}; say which: "
                f"--column {role}={same[0]}"
            )
        columns[role] = same[0]
    return columns


def _role(name: str) -> tuple[str, int] | None:
    """Return the role of a column, and its rank: the very name, of an epoch, plain, of a step."""
    if name in ROLES:
        return name, -1
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.casefold()) if word]
    parts = {PARTS[word] for word in words if word in PARTS}
    rest = [word for word in words if word not in PARTS]
    if len(parts) > 1 or not rest:
        return None
    joined = "_".join(rest)
    for role, known in ALONE.items():
        # lr-Adam is the rate of Adam
        if joined in known or (role == "learning_rate" and rest[0] == "lr"):
            return role, len(rest)
    rank = 0 if "epoch" in rest else 2 if "step" in rest else 1
    rest = [word for word in rest if word not in ("epoch", "step")]
    # Keras numbers the metrics of a second model: accuracy_1
    if len(rest) > 1 and rest[-1].isdigit():
        rest.pop()
    part = parts.pop() if parts else "train"
    for measure in MEASURES:
        if "_".join(rest) in measure.words:
            return f"{part}_{measure.name}", rank
    return None
