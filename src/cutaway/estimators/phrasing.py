"""Advice in the words of Python: an option of the command line is a parameter of the same name."""

from __future__ import annotations

import re
from typing import Any

from cutaway.hyperparameters import ROWS

_OPTION = re.compile(r"--([a-z][a-z0-9-]*) ([^\s;]+)")


def in_parameters(text: str) -> str:
    """Write `--learning-rate 0.003` as `learning_rate=0.003`, wherever it stands in a text."""
    return _OPTION.sub(lambda found: _parameter(found) or found[0], text)


def as_call(estimator: Any, command: str) -> str:
    """Return the estimator with the options of a command, "" where it has none of them."""
    known = estimator.get_params(deep=False)
    named = [text for found in _OPTION.finditer(command) if (text := _parameter(found, known))]
    return f"{type(estimator).__name__}({', '.join(named)})" if named else ""


def _parameter(option: re.Match[str], known: Any = ROWS) -> str:
    name = option[1].replace("-", "_")
    if name not in ROWS or name not in known:
        return ""
    return f"{name}={ROWS[name].convert(name, option[2])!r}"
