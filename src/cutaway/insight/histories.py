"""Anybody's training: its history read into Records, and the errors at one of its epochs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cutaway import wording
from cutaway.errors import DataError, OptionError
from cutaway.insight.history_columns import ERRORS, Measure, recognise
from cutaway.insight.history_files import Row, newest, read_rows
from cutaway.insight.part_errors import Errors
from cutaway.training.record import Record, lowest_train_error

# Losses and errors of a Record, which say whether the training went wrong
ERROR_FIELDS = ("train_error", "dev_error")
FIGURES = ("train_loss", "dev_loss", *ERROR_FIELDS)
PER_LAYER = ("W_norm", "dW_norm", "update_ratio", "dead", "saturated", "gradient", "twins")
MOST_NAMES = 12
MEANS = (
    "train figures of other libraries are mostly means over an epoch in which the network still "
    "changed, dropout on: after it the train error is lower, and the variance larger"
)


@dataclass(frozen=True)
class History:
    """The Records of a training of any framework, and what should be known of them.

    metric      error, or rmse where the errors are root mean squared errors
    test_error  the last one that was written
    written     the Records as cutaway wrote them, several an epoch; () of another program
    columns     the column that each role was read from
    names       of all columns
    train_is_mean  whether the train error may be a mean over an epoch
    """

    path: Path
    records: Sequence[Record]
    metric: str
    columns: Mapping[str, str]
    names: Sequence[str] = ()
    train_is_mean: bool = False
    written: Sequence[Record] = ()
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
            return self._whole[-1]
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
    def _whole(self) -> Sequence[Record]:
        """The Records with all errors that are measured; the last epoch may have been cut off."""
        known = [{name for name in ERROR_FIELDS if vars(r)[name] is not None} for r in self.records]
        everything = set().union(*known)
        whole = [r for r, names in zip(self.records, known, strict=True) if names == everything]
        return whole or self.records

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
            raise DataError(self._without_train_error(record, values["dev_error"]))
        return Errors(**values)

    def notes_beside(self, known: Collection[str]) -> list[str]:
        """Return what limits a verdict; `known` are the errors that the person gave."""
        means = self.train_is_mean and "train_error" not in known
        return [*self.notes, MEANS] if means else list(self.notes)

    def _without_train_error(self, record: Record, dev_error: float | None) -> str:
        dev = f" (that of dev is {wording.error(dev_error, self.metric)})" if dev_error else ""
        loss = self.columns.get("train_loss")
        squares = (
            f"; where {loss} is the mean squared error of a regression: --column train_mse={loss}"
            if loss and all(r.train_error is None and r.dev_error is None for r in self.records)
            else ""
        )
        return (
            f"{self.path} tells no train error at epoch {record.epoch}{dev}, and without it nobody "
            "can tell bias from variance; measure it on the training set and give "
            "--train-error 0.02, or say which of the columns it is, as in --column "
            f"train_accuracy=NAME{squares}; there are {wording.listed(self.names, MOST_NAMES)}"
        )


def read_history(path: Path, columns: Mapping[str, str] | None = None) -> History:
    """Read a history as Keras, Lightning, Hugging Face, TensorBoard or cutaway write it.

    columns  the column of a role, where its name does not say: {"train_accuracy": "acc_top"}

    A Record describes the network after its epoch; libraries that count from 0 are counted on.

    Raises:
        DataError: the file is damaged, two columns could be the same, or none says an error.
        OptionError: a role or a column is unknown.
        MissingExtraError: it holds event files, and tensorboard is not installed.
    """
    given, path = path, newest(path)
    rows = read_rows(path)
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    found = recognise(names, columns or {})
    measure = _measure(found)
    if measure is None and not {"train_loss", "dev_loss"} & set(found):
        listed = wording.listed(names, MOST_NAMES) or "none"
        raise DataError(
            f"{path}: no column is known to be an error or a loss (there are {listed}); say which "
            "is, as in --column train_accuracy=NAME --column dev_accuracy=NAME"
        )
    groups, notes = _epochs(path, rows, found)
    if path != given:
        notes.append(
            f"{given} is a folder of trainings: the newest of them is diagnosed, {path.name}"
        )
    percent, said = _percent(rows, found, measure)
    notes += said
    records = [_record(epoch, group, found, measure, percent) for epoch, group in groups]
    tests = _values(rows, found.get(f"test_{measure.name}") if measure else None)
    return History(
        path,
        records,
        measure.metric if measure else "error",
        found,
        names,
        _train_is_mean(rows, found, measure),
        _written(rows) if _is_ours(found) else (),
        _error(measure, tests[-1] / percent) if tests and measure else None,
        (*notes, *_notes(records)),
    )


def figures_of(logged: Mapping[str, float]) -> dict[str, Any]:
    """Return what a library has logged after an epoch, by the fields of a Record.

    An error that is no share is left out: nothing in a file of Records would say so.
    """
    try:
        found = recognise(logged, {})
    except DataError:
        return {}
    measure = _measure(found)
    figures = {"dev_loss": logged[found["dev_loss"]]} if "dev_loss" in found else {}
    if measure is not None and measure.metric == "error":
        for part in ("train", "dev"):
            if (name := found.get(f"{part}_{measure.name}")) is not None:
                figures[f"{part}_error"] = _error(measure, logged[name])
    return figures


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
    ours = _is_ours(found)
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


def _train_is_mean(rows: Sequence[Row], found: Mapping[str, str], measure: Measure | None) -> bool:
    """Whether the train error was not measured after the epoch, as Records of cutaway are."""
    name = found.get(f"train_{measure.name}") if measure else None
    ours = _is_ours(found)
    return any(name in row.values and not (ours and "train_loss" in row.values) for row in rows)


def _is_ours(found: Mapping[str, str]) -> bool:
    return found.get("epoch") == "epoch" and found.get("iteration") == "iteration"


def _written(rows: Sequence[Row]) -> list[Record]:
    """Return each row as the Record that it was; one without any cost had none that is finite."""
    records = []
    for row in rows:
        values = (
            dict(row.values) if "batch_cost" in row.values else {"cost": math.nan, **row.values}
        )
        values |= {name: int(row.values.get(name, 0)) for name in ("epoch", "iteration")}
        # The figures of a whole epoch, which Keras tells, are no cost after an update.
        if "cost" in values:
            records.append(Record.from_json({**values, **row.lists}))
    return records


def _notes(records: Sequence[Record]) -> list[str]:
    notes = []
    for name, what in (("dev_error", "dev set"), ("train_error", "train error")):
        known = [record.epoch for record in records if vars(record)[name] is not None]
        if known and known[-1] != records[-1].epoch:
            notes.append(f"the {what} was last measured in epoch {known[-1]}")
    return notes
