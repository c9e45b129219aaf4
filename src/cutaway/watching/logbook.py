"""The Records of a training that another framework runs, and the faults that they show."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Found, Setting
from cutaway.training.record import Record

# The first updates are all looked at closely, later ones each time that there are half as many
# more.
CLOSELY, AGAIN = 4, 1.5
# The loss alone is read more often.
COST_AGAIN = 1.1


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

    records  so far
    path     a new file; `cutaway diagnose PATH` reads it
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
        self.path = None if path is None else Path(path)
        if self.path is not None:
            # A history that somebody has is not overwritten.
            self.path.open("x", encoding="utf-8").close()
        self._close, self._cost = 0, 0

    @property
    def faults(self) -> list[Found]:
        """What was found so far, in the order in which it was named."""
        return list(self.search.found)

    def looks_closely(self, update: int) -> bool:
        """Whether update 0, 1, .. is one of which everything is wanted."""
        return update >= self._close

    def looks(self, update: int) -> bool:
        """Whether of update 0, 1, .. a Record is wanted."""
        return update >= min(self._cost, self._close)

    def add(self, record: Record, update: int) -> None:
        """Take the Record of an update."""
        if self.looks_closely(update):
            self._close = _next(update, AGAIN)
        self._cost = _next(update, COST_AGAIN)
        self.keep(record)
        for found in self.search.see(record):
            self.say(found)

    def keep(self, record: Record) -> None:
        """Keep a Record in which no fault is looked for."""
        self.records.append(record)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record.to_json(), allow_nan=False) + "\n")

    def end(self) -> None:
        """Say what only the end shows."""
        for found in self.search.end():
            self.say(found)


def _next(update: int, factor: float) -> int:
    return update + 1 if update + 1 < CLOSELY else max(update + 1, math.ceil(factor * update))
