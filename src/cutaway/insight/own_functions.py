"""A person's own cost and gradient, from a Python file: `mine.py:cost`."""

from __future__ import annotations

import runpy
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import CutawayError, DataError, OptionError, nearest
from cutaway.insight.gradcheck import Arrays, Floats

# Names under which a file may hold the parameters to check at.
PARAMETERS = ("parameters", "theta")


def find(reference: str) -> Any:
    """Return what `file.py:name` names.

    Raises:
        OptionError: the reference has no name, or there is no such file or name.
        DataError: the file fails when it is run.
    """
    path, _, name = reference.rpartition(":")
    if not path or not name:
        raise OptionError(f"'{reference}' is no function of a file; write it as mine.py:cost")
    if not Path(path).is_file():
        raise OptionError(f"there is no file '{path}'")
    namespace = guarded(lambda: runpy.run_path(path), path)
    if name not in namespace:
        own = [key for key in namespace if not key.startswith("_")]
        raise OptionError(f"{path} defines no '{name}'{nearest(name, own)}")
    return namespace[name]


def parameters_beside(reference: str) -> Any:
    """Return the parameters that the file of a function defines as `parameters` or `theta`.

    Raises:
        OptionError: it defines neither.
    """
    path = reference.rpartition(":")[0]
    namespace = guarded(lambda: runpy.run_path(path), path)
    for name in PARAMETERS:
        if name in namespace:
            return namespace[name]
    raise OptionError(
        f"{path} defines neither 'parameters' nor 'theta', the numbers to check the gradient at; "
        "add one of them (an array, or a dictionary of arrays), or name it: --at mine.py:start"
    )


def as_arrays(value: Any, what: str) -> Arrays:
    """Read a number, an array or a dictionary of arrays as named float64 arrays.

    Raises:
        DataError: it is none of these.
    """
    items = value.items() if isinstance(value, Mapping) else [("theta", value)]
    try:
        return {str(name): np.array(array, dtype=np.float64) for name, array in items}
    except (TypeError, ValueError):
        raise DataError(
            f"{what} is {type(value).__name__}; expected a number, an array, or a dictionary of "
            "arrays"
        ) from None


class Own:
    """A person's cost and gradient as functions of named arrays."""

    def __init__(self, cost: Any, gradient: Any, start: Any) -> None:
        for name, function in (("cost", cost), ("gradient", gradient)):
            if not callable(function):
                raise OptionError(f"the {name} is {type(function).__name__}, not a function")
        self._cost, self._gradient = cost, gradient
        self._named = isinstance(start, Mapping)
        self.parameters = as_arrays(start, "the parameters")

    def cost(self, parameters: Arrays) -> float:
        """Return the cost; of (cost, cache) the first.

        Raises:
            DataError: the function fails, or returns no number.
        """
        value = guarded(lambda: self._cost(self._given(parameters)), "the cost function")
        value = value[0] if isinstance(value, tuple) and value else value
        try:
            number = np.asarray(value)
            if number.size != 1:
                raise DataError(f"the cost has shape {number.shape}; expected one number")
            return float(number.reshape(()))
        except (TypeError, ValueError):
            raise DataError(
                f"the cost function returned {type(value).__name__}; expected one number"
            ) from None

    def gradients(self) -> Arrays:
        """Return the gradient at the parameters; keys may carry a d in front (dW1 for W1).

        Raises:
            DataError: the function fails, or does not return what the parameters look like.
        """
        value = guarded(
            lambda: self._gradient(self._given(self.parameters)), "the gradient function"
        )
        arrays = as_arrays(value, "the gradient")
        if not self._named:
            return {"theta": next(iter(arrays.values()))} if len(arrays) == 1 else arrays
        renamed = {}
        for name in self.parameters:
            key = name if name in arrays else f"d{name}"
            if key not in arrays:
                raise DataError(
                    f"the gradient has no '{name}' and no 'd{name}': it has {', '.join(arrays)}"
                )
            renamed[name] = arrays[key]
        return renamed

    def _given(self, parameters: Arrays) -> Mapping[str, Floats] | Floats:
        # Copies, so that a function that changes its argument changes nothing here.
        copies = {name: array.copy() for name, array in parameters.items()}
        return copies if self._named else copies["theta"]


def guarded(call: Callable[[], Any], what: str) -> Any:
    """Call a person's code; what it raises becomes one line with the file's line number.

    Raises:
        DataError: it raised something.
    """
    try:
        return call()
    except CutawayError:
        raise
    except (Exception, SystemExit) as error:
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.endswith(".py") and Path(frame.filename) != Path(__file__)
        ]
        where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
        raise DataError(f"{what} failed{where}: {type(error).__name__}: {error}") from error
