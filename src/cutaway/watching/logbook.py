"""The Records of a training that another framework runs, and the faults that they show."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from cutaway import wording
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Found, Setting
from cutaway.training.record import Record

# The first updates are all looked at closely, then each time that there are three times as many,
# and later half as many more: what a look costs weighs most where a loop is short.
CLOSELY, EARLY, AGAIN, LATER = 4, 3.0, 1.5, 100
# The loss alone is read more often.
COST_AGAIN = 1.2
# Of fewer rows than FEW nobody can tell how large inputs are; of more than MANY some are enough.
FEW, MANY = 8, 1000


def say_fault(found: Found) -> None:
    """Print a fault on standard error, where it does not mix with what the loop prints."""
    print(f"cutaway: {in_words(found)}", file=sys.stderr)


def in_words(found: Found) -> str:
    """Return what is wrong, why it matters and what to do; of what follows from another, less."""
    what = f"{found.name}, {found.when}: {found.what}"
    if found.cause:
        return f"{what} (it follows from {found.cause})"
    return f"{what}. {found.why} Remedy: {found.remedy}. See: cutaway lesson {found.lesson}"


class Logbook:
    """Keeps Records, writes them as JSON lines if there is a path, and says each fault once.

    records     so far
    path        a new file; `cutaway diagnose PATH` reads it
    next        number 0, 1, .. of the first update from now on of which a Record is wanted
    next_close  of the first of which everything is wanted
    """

    def __init__(
        self,
        setting: Setting,
        path: str | Path | None = None,
        say: Callable[[Found], None] | None = None,
    ) -> None:
        self.search = Search(setting)
        self.records: list[Record] = []
        self.say = say or say_fault
        self._tells_the_end = say is None
        self.path = None if path is None else Path(path)
        if self.path is not None:
            # A history that somebody has is not overwritten.
            self.path.open("x", encoding="utf-8").close()
        self.next = self.next_close = 0

    @property
    def faults(self) -> list[Found]:
        """What was found so far, in the order in which it was named."""
        return list(self.search.found)

    def in_short(self) -> str:
        """Return what there is so far, for a repr."""
        found = ", ".join(fault.name for fault in self.faults) or "no fault so far"
        return f"{wording.plural(len(self.records), 'Record')}: {found}"

    def add(self, record: Record, update: int) -> None:
        """Take the Record of an update."""
        if update >= self.next_close:
            self.next_close = _next(update, EARLY if update < LATER else AGAIN)
        self.next = min(_next(update, COST_AGAIN), self.next_close)
        self.keep(record)
        self._say(self.search.see(record))

    def keep(self, record: Record) -> None:
        """Keep a Record in which no fault is looked for."""
        self.records.append(record)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record.to_json(), allow_nan=False) + "\n")

    def look_at_inputs(self, X: npt.NDArray[Any]) -> None:
        """Look at the inputs (s, n_x) of a first batch."""
        if len(X) >= FEW:
            self._say(self.search.look_at_inputs(X[:: max(1, len(X) // MANY)].T))

    def end(self) -> None:
        """Say what only the end shows."""
        self._say(self.search.end())
        if self._tells_the_end and not self.search.found and self.search.looked:
            looked = ", ".join(self.search.looked)
            print(f"cutaway: no known fault found; looked for {looked}", file=sys.stderr)

    def _say(self, all_found: Iterable[Found]) -> None:
        for found in all_found:
            self.say(found)


def _next(update: int, factor: float) -> int:
    return update + 1 if update + 1 < CLOSELY else max(update + 1, math.ceil(factor * update))
