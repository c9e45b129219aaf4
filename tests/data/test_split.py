from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.data.builtin import read_builtin
from cutaway.data.dataset import Dataset
from cutaway.data.keys import content_keys
from cutaway.data.split import PARTS, Split, split_dataset
from cutaway.errors import DataError, OptionError


def dataset_of(target: Any, *, reader: str = "arrays", **more: Any) -> Dataset:
    target = np.asarray(target)
    rows = np.arange(len(target), dtype=np.float64)[:, np.newaxis]
    task = "regression" if target.ndim == 2 else "classification"
    classes = () if target.ndim == 2 else tuple(f"c{i}" for i in range(int(target.max()) + 1))
    fields = {"rows": rows, "classes": classes, "keys": content_keys(rows), **more}
    return Dataset("test", "array", task, target=target, source={"reader": reader}, **fields)


def sizes(split: Split) -> tuple[int, ...]:
    return tuple(len(getattr(split, name)) for name in PARTS)


@given(
    counts=st.lists(st.integers(5, 60), min_size=1, max_size=6),
    seed=st.integers(0, 2**32 - 1),
    reader=st.sampled_from(["arrays", "builtin"]),
)
def test_parts_are_disjoint_complete_and_stratified(
    counts: list[int], seed: int, reader: str
) -> None:
    dataset = dataset_of(np.repeat(np.arange(len(counts)), counts), reader=reader)
    split = split_dataset(dataset, seed=seed)
    together = np.concatenate([getattr(split, name) for name in PARTS])
    np.testing.assert_array_equal(np.sort(together), np.arange(dataset.m))
    assert np.abs(np.array(sizes(split)) - np.array([0.6, 0.2, 0.2]) * dataset.m).max() < 1
    assert dataset.target is not None
    for name, share in zip(PARTS, (0.6, 0.2, 0.2), strict=True):
        index = getattr(split, name)
        assert (np.diff(index) > 0).all()
        per_class = np.bincount(dataset.target[index], minlength=len(counts))
        assert np.all(np.abs(per_class - share * np.array(counts)) < 2 + len(counts) / 2)


def test_the_same_seed_gives_the_same_split_and_another_one_another() -> None:
    dataset = read_builtin("iris")
    a, b, c = (split_dataset(dataset, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(a.train, b.train)
    assert not np.array_equal(a.train, c.train)


@pytest.mark.parametrize(
    ("text", "dev", "expected", "note"),
    [
        ("auto", True, (60, 20, 20), ""),
        ("auto", False, (80, 0, 20), ""),
        ("0.5,0.25,0.25", True, (50, 25, 25), ""),
        ("60%, 30%, 10%", True, (60, 30, 10), ""),
        ("0.8,0.2,0", True, (80, 20, 0), ""),
        ("80,0,20", True, (80, 0, 20), ""),
        ("80,5,15", False, (85, 0, 15), ""),
        ("60,20,10", True, (60, 20, 10), "10 of 100 examples are in no part"),
        ("1,0,0", True, (100, 0, 0), ""),
    ],
)
@pytest.mark.parametrize("reader", ["arrays", "pictures"])
def test_shares_percentages_and_counts(
    text: str, dev: bool, expected: tuple[int, ...], note: str, reader: str
) -> None:
    dataset = dataset_of(np.repeat([0, 1], [60, 40]), reader=reader)
    split = split_dataset(dataset, split=text, dev=dev)
    if reader == "arrays" or "hash of the pixels" != split.method.removeprefix("seeded "):
        assert sizes(split) == expected
    else:
        for n, about in zip(sizes(split), expected, strict=True):
            assert (n == 0) == (about == 0)
            assert abs(n - about) < 16
    assert note in " ".join(split.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("half", "shares such as 0.6,0.2,0.2"),
        ("0.8,0.2", "is no split into train, dev and test"),
        ("0.6,-0.2,0.6", "is no split"),
        ("nan,0,1", "is no split"),
        ("0.6,0.3,0.3", "sum to 1.2, not to 1"),
        ("60%,20%,10%", "sum to 0.9, not to 1"),
        ("90,20,20", "asks for 130 examples, but there are 100"),
        ("0,0.5,0.5", "no example to train on"),
    ],
)
def test_a_bad_split_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        split_dataset(dataset_of(np.repeat([0, 1], 50)), split=text)


def test_above_a_million_examples_dev_and_test_are_one_percent() -> None:
    m = 1_000_100
    keys = np.arange(m, dtype=np.uint64)
    dataset = dataset_of(np.zeros((m, 1)), rows=np.zeros((m, 1), np.uint8), keys=keys)
    assert sizes(split_dataset(dataset)) == (980_098, 10_001, 10_001)


def test_pictures_keep_their_part_when_others_are_added_and_copies_stay_together() -> None:
    random = np.random.default_rng(0)
    rows = random.integers(0, 256, (300, 12), dtype=np.uint8)
    rows[250:] = rows[:50]
    keys = content_keys(rows)
    many = dataset_of(np.arange(300) % 2, reader="pictures", rows=rows, keys=keys)
    few = many.take(np.arange(0, 300, 3))
    part_of = {key: name for name in PARTS for key in keys[getattr(split_dataset(many), name)]}
    for name in PARTS:
        index = getattr(split_dataset(few), name)
        assert few.keys is not None
        assert {part_of[key] for key in few.keys[index]} == {name}
    assert not [note for note in split_dataset(many).notes if "identical" in note]
    counted = split_dataset(many, split="200,50,50")
    assert sizes(counted) == (200, 50, 50)
    assert "order of a seeded hash" in counted.method


@pytest.mark.parametrize("m", range(4, 12))
def test_few_pictures_still_fill_every_part(m: int) -> None:
    for seed in range(5):
        dataset = dataset_of(np.zeros(m, dtype=int), reader="pictures")
        split = split_dataset(dataset, seed=seed)
        assert min(sizes(split)) >= 1


def test_identical_rows_in_two_parts_are_counted() -> None:
    dataset = dataset_of(np.zeros((10, 1)), keys=np.zeros(10, dtype=np.uint64))
    notes = split_dataset(dataset).notes
    assert [note.split(":")[0] for note in notes] == [
        "2 of 2 dev examples are identical to one of train",
        "2 of 2 test examples are identical to one of train or dev",
    ]


def test_rows_that_differ_in_the_target_are_not_identical() -> None:
    target = np.arange(10.0).reshape(10, 1)
    dataset = dataset_of(target, keys=np.zeros(10, dtype=np.uint64))
    assert split_dataset(dataset).notes == ()


def test_identical_pictures_are_counted_whatever_their_labels() -> None:
    keys = np.arange(20, dtype=np.uint64) // 2
    parts = {"train": np.arange(0, 20, 2), "test": np.arange(1, 20, 2)}
    labels = (np.arange(20) // 2 + np.arange(20)) % 2
    dataset = replace(dataset_of(labels, keys=keys, parts=parts), kind="pictures")
    assert any("10 of 10 test examples are identical" in n for n in split_dataset(dataset).notes)


@pytest.mark.parametrize(
    ("fixed", "dev", "text", "expected"),
    [
        ({"train": 80, "test": 20}, True, "auto", (64, 16, 20)),
        ({"train": 80, "test": 20}, False, "auto", (80, 0, 20)),
        ({"train": 80, "test": 20}, True, "0.5,0.5,0", (40, 40, 20)),
        ({"train": 50, "dev": 30, "test": 20}, True, "auto", (50, 30, 20)),
        ({"train": 50, "dev": 30, "test": 20}, False, "auto", (50, 0, 20)),
        ({"train": 70, "dev": 30}, True, "auto", (70, 30, 0)),
        ({"train": 100}, True, "auto", (60, 20, 20)),
        ({"test": 100}, True, "auto", (60, 20, 20)),
    ],
)
def test_parts_that_the_source_fixes_are_kept(
    fixed: dict[str, int], dev: bool, text: str, expected: tuple[int, ...]
) -> None:
    ends = np.cumsum(list(fixed.values()))
    parts = {
        name: np.arange(end - n, end) for (name, n), end in zip(fixed.items(), ends, strict=True)
    }
    split = split_dataset(dataset_of(np.arange(100) % 2, parts=parts), split=text, dev=dev)
    assert sizes(split) == expected
    if len(fixed) > 1 and "test" in fixed:
        np.testing.assert_array_equal(split.test, parts["test"])


@pytest.mark.parametrize("text", ["0.6,0.2,0.2", "40,20,20"])
def test_a_split_cannot_replace_a_given_test_set(text: str) -> None:
    parts = {"train": np.arange(80), "test": np.arange(80, 100)}
    with pytest.raises(OptionError, match="cannot be used where the test set is given"):
        split_dataset(dataset_of(np.arange(100) % 2, parts=parts), split=text)


@pytest.mark.parametrize(
    ("counts", "error"),
    [
        ([30, 1], "class 'c1' has 1 example, none of them in dev"),
        ([1, 30], "class 'c0' has 1 example, none of them in dev"),
        ([2, 30], None),
        ([3, 3], "class 'c1' has 3 examples, none of them in dev"),
        ([5, 5], None),
        ([1], "1 examples are too few to part: dev would have none"),
    ],
)
def test_a_class_too_small_for_train_and_dev_is_refused(
    counts: list[int], error: str | None
) -> None:
    dataset = dataset_of(np.repeat(np.arange(len(counts)), counts))
    if error is None:
        assert min(sizes(split_dataset(dataset))) >= 1
        return
    with pytest.raises(DataError, match=error):
        split_dataset(dataset)


@pytest.mark.parametrize("train_dev", [0.0, 0.2])
def test_a_class_that_a_given_dev_set_lacks_is_noted(train_dev: float) -> None:
    target = np.concatenate([np.repeat([0, 1, 2], 10), np.repeat([0, 1], 5)])
    dataset = dataset_of(target, parts={"train": np.arange(30), "dev": np.arange(30, 40)})
    found = split_dataset(dataset, train_dev=train_dev)
    assert "class 'c2' has 10 examples, none of them in dev" in found.notes


def test_a_class_that_only_the_given_test_set_has_is_refused() -> None:
    parts = {"train": np.arange(20), "test": np.arange(20, 30)}
    dataset = dataset_of(np.repeat([0, 1, 2], 10), parts=parts)
    with pytest.raises(DataError, match="class 'c2' has 10 examples, none of them in train"):
        split_dataset(dataset)
