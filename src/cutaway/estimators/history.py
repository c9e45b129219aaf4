"""Records as a table: one column a field, one row a Record."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.training.record import Record


def as_table(records: Sequence[Record], **first: Sequence[Any]) -> dict[str, npt.NDArray[Any]]:
    """Return the columns by name, each (n,); W_norm gives W_norm_1, W_norm_2, ..

    Frames of pandas and polars are made of it as it is. What was not computed is NaN; a column of
    nothing else is left out. `first` are columns in front.
    """
    table = {name: np.asarray(column) for name, column in first.items()}
    for field in dataclasses.fields(Record):
        values = [getattr(record, field.name) for record in records]
        present = [value for value in values if value is not None]
        if not present:
            continue
        if isinstance(present[0], tuple):
            for l in range(len(present[0])):
                column = [np.nan if value is None else value[l] for value in values]
                table[f"{field.name}_{l + 1}"] = np.array(column, dtype=np.float64)
        else:
            table[field.name] = np.array([np.nan if value is None else value for value in values])
    return table
