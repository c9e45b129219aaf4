"""Faults planted into data, and data in which nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.data.load import load
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.faults.data import EXAMPLES, sample
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Setting
from cutaway.insight.faults.table import DATA_FAULTS
from cutaway.training.setup import set_up

Matrix = npt.NDArray[np.float64]


def made(seed: int = 0, m: int = 400, classes: int = 2) -> tuple[Matrix, npt.NDArray[Any]]:
    """Return rows of five columns, and a class that they tell together, with noise."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(m, 5))
    score = x @ [1.0, -1.0, 1.0, 1.0, -1.0] + 0.5 * random.normal(size=m)
    return x, np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))


def names_of(dataset: Dataset | str, **given: Any) -> list[str]:
    setup = set_up(dataset, Hyperparameters.of(**given))
    return [found.name for found in Search(Setting.of(setup)).look_at(sample(setup))]


def table(x: Matrix, y: npt.NDArray[Any], parts: Any = None, **more: Any) -> Dataset:
    columns = {f"x{i}": x[:, i] for i in range(x.shape[1])} | more
    keys = Table(columns).keys()
    if y.dtype.kind == "f":
        y = y[:, np.newaxis]
        return Dataset("made", "table", "regression", Table(columns), y, target_names=("y",))
    classes = tuple("abcdef"[: y.max() + 1])
    given = (Table(columns), y, classes)
    return Dataset("made", "table", "classification", *given, parts=parts or {}, keys=keys)


def shifted(by: float, scale: float = 1.0) -> Dataset:
    x, y = made()
    parts = {"train": np.arange(200), "dev": np.arange(200, 400)}
    x[200:] = scale * x[200:] + by
    return table(x, y, parts)


def copied(of: int) -> Dataset:
    x, y = made()
    x[-of:], y[-of:] = x[:of], y[:of]
    return table(x, y)


def leaked(kind: str, seed: int = 0) -> Dataset:
    x, y = made(seed, classes=3)
    random = np.random.default_rng(seed)
    if kind == "number":
        return table(x, y, leak=y + 0.05 * random.normal(size=len(y)))
    if kind == "category":
        return table(x, y, leak=np.array(["red", "green", "blue"], object)[y])
    target = x.sum(axis=1) + random.normal(size=len(x))
    return table(x, target, leak=2.0 * target + 1e-3 * random.normal(size=len(x)))


def few_values(copies: int = 0) -> Dataset:
    """Rows of two columns of few values; a third tells them apart where there are copies."""
    random = np.random.default_rng(0)
    x = random.integers(6, size=(400, 3)).astype(float)
    x[:, 2] = random.normal(size=400) if copies else 0.0
    x[400 - copies :] = x[:copies]
    return table(x, ((x[:, 0] + x[:, 1]) % 3).astype(int))


def rare() -> Dataset:
    x, y = made(m=800)
    kept = (y == 0) | (np.arange(800) < 60)
    return table(x[kept], y[kept])


def large() -> Dataset:
    x, y = made()
    return table(100.0 * x, y)


PLANTED: list[tuple[str, Callable[[], Dataset], dict[str, Any]]] = [
    ("inputs not scaled", large, {"normalize": "none"}),
    ("inputs not scaled", lambda: table(made()[0] * [1, 1, 1, 1, 1e-4], made()[1]),
     {"normalize": "none"}),
    *[("leaking column", lambda kind=kind: leaked(kind), {})
      for kind in ("number", "category", "regression")],
    ("duplicates across splits", lambda: copied(120), {}),
    ("unbalanced classes", rare, {}),
    ("dev unlike train", lambda: shifted(1.0), {}),
    ("dev unlike train", lambda: shifted(0.0, 2.5), {}),
]  # fmt: skip


@pytest.mark.parametrize("i", range(len(PLANTED)))
def test_a_fault_of_the_data_is_the_only_one_found(i: int) -> None:
    fault, dataset, given = PLANTED[i]
    assert names_of(dataset(), **given) == [fault]


def test_classes_that_are_weighed_alike_are_no_fault() -> None:
    assert names_of(rare(), class_weight="balanced") == []
    alike = table(*made())
    assert names_of(alike) == []
    assert names_of(alike, class_weight={"a": 1.0, "b": 500.0}) == ["unbalanced classes"]
    assert names_of(alike, class_weight={"a": 500.0, "b": 1.0}) == ["unbalanced classes"]


def test_rows_of_few_values_agree_by_chance() -> None:
    assert names_of(few_values()) == []
    assert names_of(few_values(copies=120)) == ["duplicates across splits"]


def test_a_leak_that_errs_now_and_then_is_one_where_no_column_comes_near() -> None:
    x, y = made(seed=3)
    wrong = np.arange(len(y)) % 80 == 0
    assert names_of(table(x, y, leak=np.where(wrong, 1 - y, y) + 0.0)) == ["leaking column"]
    often = np.arange(len(y)) % 12 == 0
    assert names_of(table(x, y, leak=np.where(often, 1 - y, y) + 0.0)) == []


@pytest.mark.parametrize("seed", range(5))
def test_what_tells_of_the_targets(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(500, 6))
    weak = (x[:, 0] + 2.5 * random.normal(size=500) > 0).astype(int)
    curved = ((x[:, :2] ** 2).sum(axis=1) > 1.4).astype(int)
    large = x * [1, 1, 1, 1, 1, 1000]

    def related(rows: Matrix, y: npt.NDArray[Any]) -> float:
        setup = set_up(table(rows, y), Hyperparameters.of(normalize="none"))
        return sample(setup).related

    assert min(related(x, weak), related(x, curved), related(large, curved)) > 3
    assert max(related(x, random.permutation(weak)), related(x, random.permutation(curved))) < 3


def test_every_fault_of_data_is_planted() -> None:
    assert {fault for fault, _, _ in PLANTED} == set(DATA_FAULTS)


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer", "diabetes", "planar"])
def test_real_data_have_none(name: str) -> None:
    assert names_of(name) == []


@pytest.mark.parametrize("seed", range(10))
def test_data_in_which_nothing_is_wrong_have_none(seed: int) -> None:
    x, y = made(seed, classes=2 + seed % 4)
    parts = {"train": np.arange(200), "dev": np.arange(200, 400)}
    assert names_of(table(x, y, parts)) == []
    assert names_of(table(x, x.sum(axis=1)), normalize="none") == []


def test_few_rows_are_looked_at_and_nothing_of_a_dev_set_of_our_own() -> None:
    taken = sample(set_up(load("digits"), Hyperparameters()))
    assert taken.X.shape == (64, EXAMPLES)
    assert taken.X_dev is None
