"""Which columns of a table become the inputs of a network."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from cutaway.data.columns import FEW, Column, ColumnKind, Table, is_number, refuse_infinity
from cutaway.data.csv_text import MOST_LISTED
from cutaway.errors import DataError, nearest
from cutaway.wording import listed

WORDS_OF_FREE_TEXT = 5.0
SHARE_OF_NUMBERS = 0.9
_IDENTIFIER = re.compile(r"(^|[_\W])(id|uuid|guid|index|idx)$|^(id|index|unnamed)([_\W]|$)", re.I)
_CAMEL_IDENTIFIER = re.compile(r"[a-z](Id|ID)$")


def split_names(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Return the names in a text that separates them by commas; a name may itself hold one."""
    if text in names:
        return (text,)
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def choose_inputs(
    table: Table,
    unusable: Mapping[str, str],
    targets: Sequence[str],
    ignore: str | None,
    origins: Sequence[str],
) -> tuple[Table, tuple[str, ...]]:
    """Return the inputs among the columns, and notes about those that are left out.

    unusable says what each of the columns holds that are not in the table: "dates or times".

    Raises:
        DataError: a column can be no input and is not to be ignored, or none is left.
    """
    names = (*table.columns, *unusable)
    ignored = split_names(ignore or "", names)
    for name in ignored:
        if name not in names:
            raise DataError(
                f"there is no column '{name}' to ignore{nearest(name, names) or ';'} "
                f"the columns are {listed(names, MOST_LISTED)}"
            )
        if name in targets:
            raise DataError(f"column '{name}' is to be predicted, and cannot be ignored")
    candidates = table.select(n for n in table.columns if n not in (*targets, *ignored))
    wrong = {name: what for name, what in unusable.items() if name not in ignored}
    _refuse(wrong | _free_texts(candidates), ignored)
    inputs, left_out = _find_inputs(candidates, origins)
    asked = [f"left out of the inputs by --ignore: {listed(ignored, MOST_LISTED)}"]
    notes = (*(asked if ignored else ()), *left_out)
    if not inputs:
        reasons = "".join(f"; {note}" for note in notes)
        raise DataError(f"no column is left as an input beside {', '.join(targets)}{reasons}")
    return table.select(inputs), notes


def _refuse(wrong: Mapping[str, str], ignored: Iterable[str]) -> None:
    for name, what in wrong.items():
        others = f"; likewise {listed(list(wrong)[1:], MOST_LISTED)}" if len(wrong) > 1 else ""
        all_of_them = shlex.quote(",".join((*ignored, *wrong)))
        raise DataError(
            f"column '{name}' holds {what}, which cannot be an input{others}; "
            f"leave out what you do not need (--ignore {all_of_them}), "
            "or replace it by numbers or categories"
            + (" (days since a start, month, hour)" if "dates" in what else "")
        )


def _free_texts(table: Table) -> dict[str, str]:
    """Return the columns of free text, and how long it is."""
    found = {}
    for name, values in table.columns.items():
        distinct = _different(values)
        words = sum(len(value.split()) for value in distinct) / max(len(distinct), 1)
        if words >= WORDS_OF_FREE_TEXT:
            texts = f"on average {words:.0f} words, {len(distinct)} different texts"
            found[name] = f"free text ({texts})"
    return found


def _different(values: Column) -> set[str]:
    """Return the different texts of a column of which more than half are, none of another one."""
    if values.dtype != object:
        return set()
    present = [value for value in values if value is not None]
    distinct = set(present)
    return distinct if 2 * len(distinct) > len(present) else set()


def expected_inputs(
    table: Table,
    unusable: Mapping[str, str],
    columns: Mapping[str, ColumnKind],
    origins: Sequence[str],
) -> Table:
    """Return the columns that a model expects, as the kinds that it expects.

    Raises:
        DataError: one is missing, or holds something else.
    """
    found = (*table.columns, *unusable)
    missing = [name for name in columns if name not in found]
    if missing:
        raise DataError(
            f"the model needs {'a column' if len(missing) == 1 else 'columns'} that the table "
            f"lacks: {listed(missing, MOST_LISTED)}{nearest(missing[0], found) or ';'} "
            f"its columns are {listed(found, MOST_LISTED)}"
        )
    for name, kind in columns.items():
        if name in unusable:
            raise DataError(
                f"column '{name}' holds {unusable[name]}, where the model expects a {kind}"
            )
    return table.as_kinds(columns, origins)


def _find_inputs(table: Table, origins: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the columns that can be inputs, and a note for each that is left out.

    Left out are identifiers (whole numbers that count the rows, or that differ in every row under a
    name like "id") and texts of which more than half, and more than 20, are different.

    Raises:
        DataError: a column holds an infinite number, or numbers and a few other words.
    """
    inputs, notes = [], []
    for name, values in table.columns.items():
        if values.dtype == object:
            why = _why_no_category(name, values, origins)
        else:
            refuse_infinity(name, values, origins)
            why = "" if len(table.columns) == 1 else _why_identifier(name, values)
        if why:
            notes.append(f"column '{name}' is left out of the inputs: {why}")
        else:
            inputs.append(name)
    return tuple(inputs), tuple(notes)


def _why_no_category(column: str, values: Column, origins: Sequence[str]) -> str:
    distinct = _different(values)
    if len(distinct) <= FEW:
        return ""
    if sum(map(is_number, distinct)) >= SHARE_OF_NUMBERS * len(distinct):
        row = _first(values, lambda value: value is not None and not is_number(value))
        raise DataError(
            f"column '{column}' holds numbers, but '{values[row]}' in {origins[row]}; "
            "mend the value, or leave it empty if it is not known"
        )
    example = next(value for value in values if value is not None)
    present = sum(value is not None for value in values)
    return f"it has {len(distinct)} different texts, such as '{example}', in {present} rows"


def _why_identifier(column: str, values: Column) -> str:
    if values.dtype.kind != "f" or len(values) <= 1 or not np.all(values == np.floor(values)):
        return ""
    if values[0] in (0, 1) and len(values) > FEW and np.all(np.diff(values) == 1):
        return "it counts the rows"
    named = _IDENTIFIER.search(column) or _CAMEL_IDENTIFIER.search(column)
    if named and len(np.unique(values)) == len(values):
        return "its numbers identify the rows, all are different"
    return ""


def _first(values: Collection[Any], test: Callable[[Any], bool]) -> int:
    return next(i for i, value in enumerate(values) if test(value))
