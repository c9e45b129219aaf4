from __future__ import annotations

from collections.abc import Iterable

import pytest
from _ext.tables import GROUPS, TABLES, markdown, values

from cutaway.equations import (
    ACTIVATIONS,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PENALTIES,
    SCHEDULES,
)
from cutaway.equations.augmentations import AUGMENTATIONS
from cutaway.hyperparameters import ROWS
from cutaway.insight.faults.table import DATA_FAULTS, FAULTS

FAMILIES = {
    "activations": ACTIVATIONS,
    "augmentations": AUGMENTATIONS,
    "faults": FAULTS,
    "faults of data": DATA_FAULTS,
    "initializers": INITIALIZERS,
    "losses": LOSSES,
    "metrics": METRICS,
    "optimizers": OPTIMIZERS,
    "penalties": PENALTIES,
    "schedules": SCHEDULES,
}


def first_cells(table: str) -> list[str]:
    return [line.split(" | ")[0].strip("| `") for line in table.splitlines()[2:]]


@pytest.mark.parametrize(("name", "family"), FAMILIES.items(), ids=FAMILIES)
def test_a_table_has_a_row_for_every_member(name: str, family: Iterable[str]) -> None:
    assert first_cells(markdown(name)) == list(family)


@pytest.mark.parametrize("name", [*TABLES, *GROUPS])
def test_every_cell_is_filled_from_the_code(name: str) -> None:
    header, _, *rows = markdown(name).splitlines()
    assert rows
    for row in rows:
        assert row.replace("\\|", "").count("|") == header.count("|")
        assert row.split(" | ")[-1].strip("| "), f"{row}: the last cell is empty"


def test_every_hyperparameter_is_in_one_group() -> None:
    named = [name for group in GROUPS for name in first_cells(markdown(group))]
    assert sorted(named) == sorted(ROWS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("learning_rate", "> 0; `auto`"),
        ("keep_prob", "> 0, ≤ 1; `auto`"),
        ("beta1", "≥ 0, < 1"),
        ("normalize", "`standard`, `none`"),
        ("seed", "≥ 0"),
    ],
)
def test_values_are_bounds_names_and_words(name: str, expected: str) -> None:
    assert values(ROWS[name]).startswith(expected)
