"""Anybody's training: its history read into Records, and the errors at one of its epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cutaway.errors import DataError, OptionError
from cutaway.insight.history_columns import ERRORS, Measure, recognise
from cutaway.insight.history_files import Row, read_rows
from cutaway.insight.part_errors import Errors
from cutaway.training.record import Record, lowest_train_error

# Losses and errors of a Record, which say whether the training went wrong
FIGURES = ("train_loss", "dev_loss", "train_error", "dev_error")
PER_LAYER = ("W_norm", "dW_norm", "update_ratio", "dead", "saturated", "gradient", "twins")
MOST_NAMES = 12


@dataclass(frozen=True)
class History:
    """The Records of a training of any framework, and what should be known of them.

    metric      error, or rmse where the errors are root mean squared errors
    test_error  the last one that was written
    columns     the column that each role was read from
    """

    path: Path
    records: Sequence[Record]
    metric: str
    columns: Mapping[str, str]
    test_error: float | None = None
    notes: tuple[str, ...] = ()

    def at(self, epoch: str = "last") -> Record:
        """Return the Record of an epoch: a number, "last", or "best" by the dev set.

        Raises:
            DataError: a figure there is no finite number.
            OptionError: there is no such epoch.
        """
        record = self._chosen(epoch)
        bad = self._not_finite(record)
        if bad:
            good = [one for one in self.records if not self._not_finite(one)]
            instead = f"; --epoch {good[-1].epoch} diagnoses the last good one" if good else ""
            first = next(one for one in self.records if self._not_finite(one))
            raise DataError(
                f"{self.path}: from epoch {first.epoch} on the {bad[0].replace('_', ' ')} is no "
                f"finite number: the training failed there; a lower learning rate is the first "
                f"thing to try{instead}"
            )
        return record

    def _chosen(self, epoch: str) -> Record:
        if epoch == "last":
            # The last epoch may have been cut off before the dev set was looked at.
            whole = [r for r in self.records if not self._has_dev or r.dev_error is not None]
            return (whole or self.records)[-1]
        if epoch == "best":
            seen = [(r.dev_loss, r) for r in self.records if r.dev_loss is not None]
            seen = seen or [(r.dev_error, r) for r in self.records if r.dev_error is not None]
            seen = [(value, r) for value, r in seen if math.isfinite(value)]
            if not seen:
                raise OptionError(f"--epoch best: {self.path} has no figure of a dev set")
            return min(seen, key=lambda pair: pair[0])[1]
        for record in self.records:
            if str(record.epoch) == epoch:
                return record
        known = f"{self.records[0].epoch} to {self.records[-1].epoch}"
        raise OptionError(f"--epoch {epoch}: {self.path} has epochs {known}, 'last' and 'best'")

    @property
    def _has_dev(self) -> bool:
        return any(record.dev_error is not None for record in self.records)

    @staticmethod
    def _not_finite(record: Record) -> list[str]:
        values = {name: getattr(record, name) for name in FIGURES}
        return [name for name, value in values.items() if value and not math.isfinite(value)]

    def errors(self, epoch: str = "last", **known: Any) -> Errors:
        """Return the errors of an epoch; `known` are those of the person, and go before.

        Raises:
            DataError: the train error is neither in the history nor known.
            OptionError: there is no such epoch.
        """
        record = self.at(epoch)
        values = {
            "train_error": record.train_error,
            "dev_error": record.dev_error,
            "test_error": self.test_error,
            "metric": self.metric,
            "chosen_on_dev": epoch == "best",
            "lowest_train_error": lowest_train_error(self.records) if epoch == "best" else None,
        } | known
        if values["train_error"] is None:
            raise DataError(
                f"{self.path} tells no train error at epoch {record.epoch}, and without it nothing "
                "can be said about bias; write it in the training, give --train-error, or say "
                "which column it is, as in --column train_accuracy=NAME (or train_error, "
                "train_rmse, train_mse)"
            )
        return Errors(**values)


def read_history(path: Path, columns: Mapping[str, str] | None = None) -> History:
    """Read a history as Keras, Lightning, Hugging Face, TensorBoard or cutaway write it.

    columns  the column of a role, where its name does not say: {"train_accuracy": "acc_top"}

    A Record describes the network after its epoch; libraries that count from 0 are counted on.

    Raises:
        DataError: the file is damaged, two columns could be the same, or none says an error.
        OptionError: a role or a column is unknown.
        MissingExtraError: it holds event files, and tensorboard is not installed.
    """
    rows = read_rows(path)
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    found = recognise(names, columns or {})
    measure = _measure(found)
    if measure is None and not {"train_loss", "dev_loss"} & set(found):
        listed = ", ".join(names[:MOST_NAMES]) or "none"
        raise DataError(
            f"{path}: no column is known to be an error or a loss (there are {listed}); say which "
            "is, as in --column train_accuracy=NAME --column dev_accuracy=NAME"
        )
    groups, notes = _epochs(path, rows, found)
    percent, said = _percent(rows, found, measure)
    notes += said
    records = [_record(epoch, group, found, measure, percent) for epoch, group in groups]
    tests = _values(rows, found.get(f"test_{measure.name}") if measure else None)
    return History(
        path,
        records,
        measure.metric if measure else "error",
        found,
        _error(measure, tests[-1] / percent) if tests and measure else None,
        (*notes, *_notes(found, records)),
    )


def _measure(found: Mapping[str, str]) -> Measure | None:
    """Return what the errors are made of: what both train and dev have, or else one of them."""
    for parts in (("train", "dev"), ("train",), ("dev",)):
        for measure in ERRORS:
            if all(f"{part}_{measure.name}" in found for part in parts):
                return measure
    return None


def _epochs(
    path: Path, rows: Sequence[Row], found: Mapping[str, str]
) -> tuple[list[tuple[int, list[Row]]], list[str]]:
    """Group the rows by epoch, the first being 1 unless a Record says how often it was updated."""
    name, step = found.get("epoch"), found.get("iteration")
    notes = []
    numbers: list[float] = []
    if name is not None:
        for row in rows:
            # A row without one belongs to the epoch before it
            number = row.values.get(name, numbers[-1] if numbers else 0.0)
            if not math.isfinite(number):
                raise DataError(f"{row.where}: the epoch is no number")
            if numbers and number < numbers[-1]:
                raise DataError(
                    f"{row.where}: epoch {number:g} comes after epoch {numbers[-1]:g}, so that the "
                    "file holds more than one training; keep one of them"
                )
            numbers.append(number)
    else:
        steps = [row.values.get(step, float(i)) for i, row in enumerate(rows)] if step else []
        one_by_one = [b - a for a, b in pairwise(steps)]
        numbers = (
            steps if steps and set(one_by_one) <= {1.0} else [float(i) for i in range(len(rows))]
        )
        if numbers is not steps:
            notes.append("no column says the epoch: each row is taken for one")
    # Hugging Face tells parts of epochs: 1.5 is within the second.
    whole = [math.ceil(number - 1e-6) for number in numbers]
    ours = name == "epoch" and step == "iteration"
    shift = 1 if whole[0] == 0 and not ours and set(numbers) == set(map(float, whole)) else 0
    groups: dict[int, list[Row]] = {}
    for number, row in zip(whole, rows, strict=True):
        groups.setdefault(number + shift, []).append(row)
    there = sorted(groups)
    gaps = [b - a for a, b in pairwise(there)]
    if gaps and max(gaps) > min(gaps):
        at = next(i for i, gap in enumerate(gaps) if gap > min(gaps))
        notes.append(f"the history has gaps: epoch {there[at + 1]} follows epoch {there[at]}")
    return [(epoch, groups[epoch]) for epoch in there], notes


def _percent(
    rows: Sequence[Row], found: Mapping[str, str], measure: Measure | None
) -> tuple[float, list[str]]:
    """Return 100 where shares are written as per cent, else 1."""
    if measure is None or measure.metric == "rmse":
        return 1.0, []
    names = [found.get(f"{part}_{measure.name}") for part in ("train", "dev", "test")]
    values = [v for name in names for v in _values(rows, name) if math.isfinite(v)]
    most = max(values, default=0.0)
    if most <= 1:
        return 1.0, []
    if most > 100 or min(values) < 0:
        raise DataError(
            f"'{next(filter(None, names))}' is no share and no percentage: it goes up to {most:g}; "
            "if it is a root mean squared error, say so: --column train_rmse=NAME"
        )
    return 100.0, [f"{measure.name} goes up to {most:g}: it is taken for per cent"]


def _record(
    epoch: int,
    group: Sequence[Row],
    found: Mapping[str, str],
    measure: Measure | None,
    percent: float,
) -> Record:
    values: dict[str, Any] = {}
    for role in ("train_loss", "dev_loss", "learning_rate", "seconds"):
        values[role] = _of_epoch(group, found.get(role), mean=role == "train_loss")
    for part in ("train", "dev"):
        name = found.get(f"{part}_{measure.name}") if measure else None
        value = _of_epoch(group, name, mean=part == "train")
        values[f"{part}_error"] = None if value is None else _error(measure, value / percent)
    steps = _values(group, found.get("iteration"))
    # What only cutaway writes
    values |= {name: value for name, value in group[-1].lists.items() if name in PER_LAYER}
    return Record(
        epoch,
        int(steps[-1]) if steps and math.isfinite(steps[-1]) else epoch,
        **{name: value for name, value in values.items() if value is not None},
    )


def _of_epoch(group: Sequence[Row], name: str | None, *, mean: bool) -> float | None:
    """Return the last value of an epoch, or the mean where its steps were written one by one."""
    values = _values(group, name)
    if not values:
        return None
    return sum(values) / len(values) if mean else values[-1]


def _values(rows: Sequence[Row], name: str | None) -> list[float]:
    return [row.values[name] for row in rows if name in row.values] if name else []


def _error(measure: Measure | None, value: float) -> float:
    if measure is None or measure.error is None or not math.isfinite(value):
        return math.nan
    # 1 - 0.9999999 of a float32 may lie below 0
    return max(0.0, measure.error(value))


def _notes(found: Mapping[str, str], records: Sequence[Record]) -> list[str]:
    notes = []
    if any(role.startswith("train_") for role in found) and not {"epoch", "iteration"} <= set(
        found.values()
    ):
        notes.append(
            "train figures of other libraries are mostly means over an epoch in which the network "
            "still changed, dropout on: after it the train error is lower, and the variance larger"
        )
    has_dev = [record.dev_error is not None for record in records]
    if any(has_dev) and not has_dev[-1]:
        last = max(record.epoch for record, known in zip(records, has_dev, strict=True) if known)
        notes.append(f"the dev set was last looked at in epoch {last}, which is diagnosed")
    return notes
