"""Which examples train, which choose (dev) and which judge (test)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset
from cutaway.data.keys import content_keys, mixed
from cutaway.errors import DataError, OptionError

Indices = npt.NDArray[np.intp]
MANY_EXAMPLES = 1_000_000
PARTS = ("train", "dev", "test")
# The parts that an example of dev or test may have been seen in before
BEFORE = {"dev": ("train",), "test": ("train", "dev")}
_EXAMPLE = (
    "write shares such as 0.6,0.2,0.2, percentages such as 60%,20%,20%, or counts such as 800,0,200"
)
_WHAT_TO_DO = (
    "give more examples of it, remove the class, "
    "or choose another split (--split, another --seed, --dev none)"
)
# Keeps the draws of the split apart from those of the initial parameters, which use the same seed
_STREAM = 0x5917


@dataclass(frozen=True, eq=False)
class Split:
    """Indices of the examples of each part, ascending; an empty part does not exist.

    train_dev  examples of the training set's origin that nothing is learned from
    identical  how many examples of dev and test are one of a part before too
    """

    train: Indices
    dev: Indices
    test: Indices
    method: str
    notes: tuple[str, ...] = ()
    train_dev: Indices = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    identical: Mapping[str, int] = field(default_factory=dict)


class _Wish(NamedTuple):
    """What the person asked for: shares that sum to 1, or counts."""

    values: tuple[float, ...]
    counts: bool

    def of(self, m: int) -> npt.NDArray[np.intp]:
        """Return how many of m examples go to train, dev and test (3,)."""
        if self.counts:
            return np.array(self.values, dtype=np.intp)
        exact = np.array(self.values) * m
        numbers = np.floor(exact + 1e-9).astype(np.intp)
        left_over = np.argsort(numbers - exact, kind="stable")[: m - numbers.sum()]
        numbers[left_over] += 1
        return numbers


def split_dataset(
    dataset: Dataset,
    *,
    split: str = "auto",
    seed: int = 0,
    dev: bool = True,
    train_dev: float = 0.0,
) -> Split:
    """Part a data set into train, dev and test.

    Picture files are parted by a seeded hash of their pixels, so that a picture stays in its part
    when others are added, and identical ones stay together; everything else by a seeded permutation
    that gives each part its share of every class. Parts that the source fixes are kept; a dev set
    that is missing is then a fifth of train. Without `dev` its examples stay in train. `train_dev`
    is the share of train that is kept aside where the dev set is of another origin.

    Raises:
        OptionError: `split` cannot be read, asks for too much, or for parts that are fixed;
            or `train_dev` is asked for beside a dev set of the same origin.
        DataError: a class would have no example in train or in dev.
    """
    fixed = {name: index for name, index in dataset.parts.items() if len(index)}
    if "train" not in fixed or len(fixed) == 1:
        fixed = {}
    wish = _read(split, dataset.m, fixed)
    notes: list[str] = []
    pool = fixed.get("train", np.arange(dataset.m))
    if fixed and ("dev" in fixed or not dev):
        parts, method = {"train": pool}, "parts of the source"
    else:
        if not dev and wish.values[1]:
            wish = wish._replace(values=(wish.values[0] + wish.values[1], 0, wish.values[2]))
        parts, method = _part(dataset, pool, wish, seed, notes)
        method = f"test set of the source, train and dev by {method}" if fixed else method
    parts |= {name: index for name, index in fixed.items() if name != "train"}
    if not dev:
        parts.pop("dev", None)
    kept_aside = np.empty(0, dtype=np.intp)
    if train_dev:
        if "dev" not in parts or "dev" not in fixed:
            raise OptionError(
                f"train_dev={train_dev:g} goes with a dev set of another origin, such as "
                "--dev PATH; a dev set that is parted from train is of the same origin already"
            )
        wish = _Wish((1 - train_dev, train_dev, 0.0), counts=False)
        halves, way = _part(dataset, parts["train"], wish, seed, notes)
        parts["train"], kept_aside = halves["train"], np.sort(halves["dev"])
        method = f"{method}, train-dev by {way}"
    parts = {name: np.sort(parts.get(name, np.empty(0, dtype=np.intp))) for name in PARTS}
    drawn = "dev" not in fixed and method.endswith("permutation")
    notes += _check_classes(dataset, parts, strict=drawn)
    identical = _identical(dataset, parts)
    notes += [_note(name, n, parts) for name, n in identical.items() if n]
    return Split(
        parts["train"], parts["dev"], parts["test"], method, tuple(notes), kept_aside, identical
    )


def _read(text: str, m: int, fixed: dict[str, Indices]) -> _Wish:
    if text == "auto":
        if "test" in fixed:
            return _Wish((0.8, 0.2, 0.0), counts=False)
        return _Wish((0.98, 0.01, 0.01) if m > MANY_EXAMPLES else (0.6, 0.2, 0.2), counts=False)
    words = [word.strip() for word in text.split(",")]
    percent = all(word.endswith("%") for word in words)
    try:
        values = tuple(float(word.rstrip("%")) / (100 if percent else 1) for word in words)
    except ValueError:
        values = ()
    if len(values) != 3 or not all(0 <= value < np.inf for value in values):
        raise OptionError(f"split='{text}' is no split into train, dev and test; {_EXAMPLE}")
    whole = not percent and all(value.is_integer() for value in values)
    wish = _Wish(values, counts=whole and sum(values) != 1)
    if not wish.counts and abs(sum(values) - 1) > 1e-6:
        raise OptionError(
            f"split='{text}': the shares sum to {sum(values):g}, not to 1; {_EXAMPLE}"
        )
    if "dev" in fixed or ("test" in fixed and values[2]):
        names = " and ".join(name for name in ("dev", "test") if name in fixed)
        raise OptionError(
            f"split='{text}' cannot be used where the {names} set is given; "
            + ("leave it out" if "dev" in fixed else "only train can be parted: 0.8,0.2,0")
        )
    there = len(fixed.get("train", range(m)))
    if wish.counts and sum(values) > there:
        raise OptionError(
            f"split='{text}' asks for {sum(values):g} examples, but there are {there}; {_EXAMPLE}"
        )
    if values[0] == 0:
        raise OptionError(f"split='{text}' leaves no example to train on; {_EXAMPLE}")
    return wish


def _part(
    dataset: Dataset, pool: Indices, wish: _Wish, seed: int, notes: list[str]
) -> tuple[dict[str, Indices], str]:
    """Part the examples `pool`; return the parts and the method in words."""
    sizes = wish.of(len(pool))
    wanted = [name for name, value in zip(PARTS, wish.values, strict=True) if value]
    short = [name for name, size in zip(PARTS, sizes, strict=True) if name in wanted and not size]
    if short and short != ["test"]:
        raise DataError(
            f"{len(pool)} examples are too few to part: {short[0]} would have none; give more "
            "examples, or choose another split (--split, --dev none)"
        )
    unused = len(pool) - int(sizes.sum())
    if unused:
        notes.append(f"{unused} of {len(pool)} examples are in no part, as the split says")
    if dataset.source.get("reader") == "pictures" and dataset.keys is not None:
        return _by_hash(dataset.keys[pool], pool, wish, sizes, seed, notes)
    random = np.random.default_rng((_STREAM, seed))
    if dataset.task != "classification" or dataset.target is None:
        shuffled = random.permutation(pool)
        return _cut(shuffled, sizes), "seeded permutation"
    return _stratified(pool, dataset.target[pool], sizes, random), "seeded stratified permutation"


def _cut(ordered: Indices, sizes: npt.NDArray[np.intp]) -> dict[str, Indices]:
    ends = np.cumsum(sizes)
    return {
        name: ordered[end - size : end] for name, size, end in zip(PARTS, sizes, ends, strict=True)
    }


def _by_hash(
    keys: npt.NDArray[np.uint64],
    pool: Indices,
    wish: _Wish,
    sizes: npt.NDArray[np.intp],
    seed: int,
    notes: list[str],
) -> tuple[dict[str, Indices], str]:
    seeds = np.full(len(keys), seed, dtype="<u8")
    hashes = content_keys(np.stack([keys.astype("<u8"), seeds], axis=1))
    if not wish.counts:
        share = hashes / 2.0**64
        number = np.searchsorted(np.cumsum(wish.values)[:2], share, side="right")
        parts = {name: pool[number == i] for i, name in enumerate(PARTS)}
        if all(len(parts[name]) for name, size in zip(PARTS, sizes, strict=True) if size):
            return parts, "seeded hash of the pixels"
        notes.append(
            f"{len(pool)} pictures are so few that a part would be empty by chance: "
            "the parts have fixed sizes, and pictures may change part when others are added"
        )
    return _cut(
        pool[np.argsort(hashes, kind="stable")], sizes
    ), "order of a seeded hash of the pixels"


def _stratified(
    pool: Indices, target: Indices, sizes: npt.NDArray[np.intp], random: np.random.Generator
) -> dict[str, Indices]:
    """Give every part its share of every class by largest remainders, and exactly its size."""
    sizes = np.append(sizes, len(pool) - sizes.sum())
    classes, count = np.unique(target, return_counts=True)
    exact = count[:, np.newaxis] * sizes / len(pool)
    table = np.floor(exact + 1e-9).astype(np.intp)
    # A class that lacks an example in train, then in dev, comes before the largest remainder:
    # what nothing was learned of, or chosen by, cannot be judged either.
    priority = exact - table
    priority[:, :2] += np.where((table[:, :2] == 0) & (sizes[:2] > 0), [2, 1], 0)
    order = [divmod(int(cell), 4) for cell in np.argsort(-priority, axis=None, kind="stable")]
    while (rest := count - table.sum(axis=1)).any():
        room = sizes - table.sum(axis=0)
        for c, p in order:
            if rest[c] and room[p]:
                table[c, p] += 1
                rest[c] -= 1
                room[p] -= 1
    parts: dict[str, list[Indices]] = {name: [] for name in PARTS}
    for c, row in zip(classes, table, strict=True):
        for name, index in _cut(random.permutation(pool[target == c]), row[:3]).items():
            parts[name].append(index)
    return {name: np.concatenate(indices) for name, indices in parts.items()}


def _check_classes(dataset: Dataset, parts: dict[str, Indices], *, strict: bool) -> list[str]:
    """Note a class without an example in dev; refuse it when `strict`, or when train has none."""
    if dataset.task != "classification" or dataset.target is None:
        return []
    K = len(dataset.classes)
    total = np.bincount(dataset.target, minlength=K)
    notes = []
    for part in ("train", "dev"):
        count = np.bincount(dataset.target[parts[part]], minlength=K)
        for c in np.flatnonzero((total > 0) & (count == 0) & (len(parts[part]) > 0)):
            examples = "1 example" if total[c] == 1 else f"{total[c]} examples"
            what = f"class '{dataset.classes[c]}' has {examples}, none of them in {part}"
            if strict or part == "train":
                raise DataError(f"{what}; {_WHAT_TO_DO}")
            notes.append(what)
    return notes


def _identical(dataset: Dataset, parts: dict[str, Indices]) -> dict[str, int]:
    """Count the examples of dev and test that are one of a part before, too."""
    if dataset.keys is None:
        return {}
    all_keys = dataset.keys
    if dataset.kind != "pictures" and dataset.target is not None:
        # Rows of a table may well agree in all inputs and differ in what is to be learned.
        all_keys = np.array(all_keys)
        for start in range(0, dataset.m, MANY_EXAMPLES):
            some = slice(start, start + MANY_EXAMPLES)
            for column in dataset.target[some].reshape(len(all_keys[some]), -1).T:
                # + 0.0 makes -0.0 equal to 0.0
                bits = (column.astype(np.float64) + 0.0).view(np.uint64)
                all_keys[some] = mixed(all_keys[some] ^ bits)
    keys = {name: all_keys[index] for name, index in parts.items()}
    seen = {}
    for name, before in BEFORE.items():
        # Sorted, for it takes a fraction of the memory of np.isin
        known = np.sort(np.concatenate([keys[part] for part in before]))
        at = np.minimum(np.searchsorted(known, keys[name]), len(known) - 1)
        seen[name] = int((known[at] == keys[name]).sum())
    return seen


def _note(name: str, n: int, parts: dict[str, Indices]) -> str:
    before = " or ".join(part for part in BEFORE[name] if len(parts[part]))
    return (
        f"{n} of {len(parts[name])} {name} examples {'is' if n == 1 else 'are'} "
        f"identical to one of {before}: the {name} error looks better than it is"
    )
