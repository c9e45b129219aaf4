"""The search: Records in, faults out, at the moment they arise."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.insight.faults.data import Sample, sample
from cutaway.insight.faults.fault import Fault
from cutaway.insight.faults.setting import Found, Setting, Sign
from cutaway.insight.faults.table import DATA_FAULTS, FAULTS
from cutaway.training.record import Record
from cutaway.training.trainee import Run

# The first Records are all looked at, later ones each time that the training is longer by this
# factor: looking then costs next to nothing, and a fault is named at most that much later.
ALL_OF_THE_FIRST, AGAIN = 10, 1.1

NOT_FINITE, NOT_SCALED = "cost not finite", "inputs not scaled"
OF_LAYERS = ("W_norm", "dW_norm", "update_ratio", "dead", "saturated", "gradient", "twins")


class Search:
    """Looks for faults in the Records of one training, one after the other.

    found   what was found so far, each fault once, in the order in which they were named; of those
            that show in one Record causes before what they cause
    looked  names of the faults that could be looked for: the Records had what that needs
    """

    def __init__(self, setting: Setting, faults: Iterable[Fault] = FAULTS.values()) -> None:
        self.setting = setting
        self.faults = tuple(faults)
        self.found: list[Found] = []
        self.looked: dict[str, None] = {}
        self._seen = 0
        self._next = 1
        self._histories: dict[tuple[str, ...], list[Record]] = {f.needs: [] for f in self.faults}
        self._last: Record | None = None

    def look_at(self, sample: Sample) -> list[Found]:
        """Look at the data before the first update; return the faults that they have."""
        self.setting = dataclasses.replace(self.setting, sample=sample)
        return self._look_at(sample, DATA_FAULTS)

    def look_at_inputs(self, X: npt.NDArray[Any]) -> list[Found]:
        """Look at inputs (n_x, s) of which nothing else is known; return the faults that they have.

        Pixels are not told from columns: only how large they are is looked at. What is rare and
        large says little of an input, and a batch may be few: its largest tenth is left out.
        """
        X = np.sort(abs(X), axis=1)[:, : math.ceil(0.9 * X.shape[1])]
        return self._look_at(Sample(X, X[:0], kind="pictures"), (NOT_SCALED,))

    def _look_at(self, sample: Sample, names: Iterable[str]) -> list[Found]:
        before = len(self.found)
        for name in names:
            fault = DATA_FAULTS[name]
            self.looked[name] = None
            sign = fault.sign(sample, self.setting, **fault.limits)
            if sign is not None:
                self.found.append(self._name(fault, sign, None))
        return self.found[before:]

    def recall(self, found: Iterable[Found]) -> None:
        """Take what was found in data that are not at hand any more."""
        self.found += found
        self.looked |= dict.fromkeys(DATA_FAULTS)

    def see(self, record: Record) -> list[Found]:
        """Take one more Record; return the faults that it shows for the first time."""
        record = _complete(record)
        known = {name for name, value in vars(record).items() if value is not None}
        for needs, history in self._histories.items():
            if known.issuperset(needs):
                history.append(record)
        self._last = record
        self._seen += 1
        if self._seen < self._next:
            return []
        again = 1.0 if self._seen < ALL_OF_THE_FIRST else AGAIN
        self._next = max(self._seen + 1, math.ceil(again * self._seen))
        return self._look()

    @property
    def first(self) -> Found | None:
        """The first fault of the training, not of its data, that no other has brought about."""
        return next((f for f in self.found if f.epoch is not None and f.cause is None), None)

    @property
    def epoch(self) -> int:
        """The epoch of the last Record, -1 before the first."""
        return -1 if self._last is None else self._last.epoch

    def to_json(self) -> dict[str, Any]:
        """Return what was found and what was looked for as JSON."""
        return {
            "found": [found.to_json() for found in self.found],
            "looked_for": list(self.looked),
        }

    def end(self, status: str = "finished", reason: str = "") -> list[Found]:
        """Take the end of the training; return the faults that only the end shows."""
        more = []
        if self._last is not None:
            # What was planned and not done does not matter any more.
            self.setting = dataclasses.replace(self.setting, epochs=self._last.epoch)
            more = self._look(last=True)
        known = {found.name for found in self.found}
        if status == "diverged" and NOT_FINITE not in known:
            epoch = self._last.epoch if self._last else 0
            # What a cost is not finite of comes first, and nothing is surer than it.
            found = self._name(FAULTS[NOT_FINITE], Sign(math.nan, reason), epoch)
            self.found.append(found)
            more.append(found)
        return more

    def _look(self, *, last: bool = False) -> list[Found]:
        known, before = {found.name for found in self.found}, len(self.found)
        for fault in self.faults:
            history = self._histories[fault.needs]
            if not history or any(vars(self.setting)[name] is None for name in fault.asks):
                continue
            self.looked[fault.name] = None
            if fault.name in known or not (last or history[-1] is self._last):
                continue
            sign = fault.sign(history, self.setting, **fault.limits)
            if sign is not None:
                self.found.append(self._name(fault, sign, history[-1].epoch))
        return self.found[before:]

    def _name(self, fault: Fault, sign: Sign, epoch: int | None) -> Found:
        setting, named = self.setting, [found.name for found in self.found]
        options = fault.options(setting)
        return Found(
            name=fault.name,
            epoch=epoch,
            value=sign.value,
            threshold=next(iter(fault.limits.values()), math.inf)
            if sign.limit is None
            else sign.limit,
            source=fault.source,
            what=sign.words,
            why=fault.why,
            remedy=fault.remedy,
            command=setting.again(*options) if options else "",
            lesson=fault.lesson,
            layer=sign.layer,
            cause=next((name for name in named if name in fault.follows), None),
            counted=setting.counted,
        )


def _complete(record: Record) -> Record:
    """Return a Record whose cost is there if any is, and whose layers have all their numbers."""
    changes: dict[str, Any] = {
        name: None
        for name in OF_LAYERS
        if (values := getattr(record, name)) is not None and None in values
    }
    if record.cost is None:
        # Histories of other programs have a loss where ours have J.
        changes["cost"] = record.batch_cost if record.train_loss is None else record.train_loss
    return dataclasses.replace(record, **changes) if changes else record


def find(
    records: Iterable[Record],
    setting: Setting,
    status: str = "finished",
    reason: str = "",
    sample: Sample | None = None,
) -> Search:
    """Search a whole history, as it would have been searched while it was made."""
    search = Search(setting)
    if sample is not None:
        search.look_at(sample)
    for record in records:
        search.see(record)
    search.end(status, reason)
    return search


def find_faults(run: Run) -> Search:
    """Search the data and the history of a training of our own for faults."""
    setup, outcome = run.setup, run.outcome
    data = sample(setup)
    return find(run.history, Setting.of(setup), outcome.status, outcome.reason, data)
