"""What can go wrong, as one small tree.

Every message says what was wrong, where, what was expected and what to do.

CutawayError
├── DataError           what was read cannot be learned from
├── OptionError         a hyper-parameter or an option is outside its bounds or unknown
├── RunError            a run folder is missing, damaged, taken or cannot be written
├── TrainingError       training cannot go on (the cost is not finite)
├── GraphError          a computation graph has no value, no derivative or no name there
└── MissingExtraError   an optional dependency is not installed
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CutawayError(Exception):
    """Base of all errors that a person can mend; the command line prints it and exits with 2."""

    exit_code = 2


class DataError(CutawayError, ValueError):
    """What was read cannot be learned from."""


class OptionError(CutawayError, ValueError):
    """A hyper-parameter or an option is unknown or outside its bounds."""


class RunError(CutawayError):
    """A run folder is missing, damaged, taken or cannot be written."""


class TrainingError(CutawayError):
    """Training cannot go on."""


class GraphError(CutawayError, ValueError):
    """A computation graph has no value, no derivative or no name there."""


class MissingExtraError(CutawayError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed; "
            f"install it with: pip install 'cutaway[{extra}]'"
        )


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the choice nearest to `word`, or "" when none is near."""
    by_folded = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[close[0]]}'?" if close else ""


def unknown(what: str, word: str, choices: Iterable[str]) -> str:
    """Say that `word` is no member of a family: the nearest member first, then all of them."""
    names = list(choices)
    hint = nearest(word, names) or ";"
    return f"{what} '{word}' is unknown{hint} choose from {', '.join(names)}"
