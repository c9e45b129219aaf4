"""What a sweep tries: a list or a range of values for each hyper-parameter, and draws of them."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cutaway import wording
from cutaway.errors import OptionError, unknown
from cutaway.experiments.many import CHANGES_DATA, grid
from cutaway.hyperparameters import ROWS
from cutaway.kinds import read_augment, read_count, read_counts, read_number, read_one_or_choices
from cutaway.kinds import read_one_or_numbers as read_numbers

GROUPS = ("network", "training", "regularisation")
SWEPT = tuple(n for n, row in ROWS.items() if row.group in GROUPS and n not in CHANGES_DATA)
# A value of these holds commas itself, so that / stands between two of them.
HOLDS_COMMAS = (read_counts, read_one_or_choices, read_numbers, read_augment)
RANGES = (read_number, read_count, read_numbers)
LOGARITHMIC_FROM = 10.0
MOST_TRIALS = 10_000
TRIALS_OF_A_RANGE = 16


@dataclass(frozen=True)
class Range:
    """Numbers from low to high; drawn on a log scale where high is at least 10 times a low > 0."""

    low: float
    high: float
    whole: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether each power of ten is equally likely."""
        return self.low > 0 and self.high >= LOGARITHMIC_FROM * self.low

    def draw(self, rng: random.Random) -> float:
        """Draw a number."""
        if self.logarithmic:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        else:
            value = rng.uniform(self.low, self.high)
        # Four figures are as good as seventeen, and can be read and typed again.
        value = min(max(float(f"{value:.4g}"), self.low), self.high)
        return round(value) if self.whole else value


Values = tuple[Any, ...] | Range


def read_values(name: str, text: str) -> Values:
    """Read low..high, or values with commas between (with / where a value holds commas).

    Raises:
        OptionError: a value is wrong, or the range is empty, reversed or not of numbers.
    """
    row = ROWS[name]
    if ".." in text:
        return _read_range(name, text)
    separator = "/" if row.read in HOLDS_COMMAS else ","
    parts = [part.strip() for part in text.split(separator)]
    if not all(parts):
        raise OptionError(f"{name}='{text}' has an empty value: write A{separator}B or LOW..HIGH")
    # Each value once: the same trial twice tells nothing new.
    return tuple(dict.fromkeys(row.convert(name, part) for part in parts))


def _read_range(name: str, text: str) -> Range:
    row = ROWS[name]
    if row.read not in RANGES:
        raise OptionError(
            f"{name}='{text}': only numbers have a range; give a list of values instead"
        )
    low, _, high = text.partition("..")
    read = read_count if row.read is read_count else read_number
    if not low.strip() or not high.strip() or "," in text or "/" in text:
        raise OptionError(f"{name}='{text}' is no range: write LOW..HIGH, with one number each")
    ends = read(row, name, low), read(row, name, high)
    if ends[0] >= ends[1]:
        what = "is empty" if ends[0] == ends[1] else "is reversed"
        raise OptionError(f"{name}='{text}' {what}: the lower end comes first")
    return Range(*ends, whole=read is read_count)


def as_typed(name: str, values: Values) -> str:
    """Write what is swept as it is typed."""
    if isinstance(values, Range):
        scale = " (log scale)" if values.logarithmic else ""
        return f"{values.low:g}..{values.high:g}{scale}"
    separator = "/" if ROWS[name].read in HOLDS_COMMAS else ","
    return separator.join(wording.setting(value, ROWS[name].words) for value in values)


def settings_of(
    swept: Mapping[str, Values], trials: int | None = None, seed: int = 0
) -> list[dict[str, Any]]:
    """Return the settings of each trial: the whole grid of lists, or `trials` random draws.

    Raises:
        OptionError: nothing is swept, a name cannot be, or there are too few or too many trials.
    """
    for name in swept:
        if name not in SWEPT:
            raise OptionError(unknown("hyper-parameter to sweep", name, SWEPT))
    lists = {name: values for name, values in swept.items() if isinstance(values, tuple)}
    if all(len(values) == 1 for values in lists.values()) and len(lists) == len(swept):
        raise OptionError(
            "nothing is swept: give an option several values, "
            "as in --learning-rate 0.001..0.3 or --l2 0,0.1,0.7"
        )
    if trials is not None and trials < 1:
        raise OptionError(f"trials={trials}: give at least 1")
    size = math.prod(len(values) for values in lists.values())
    whole = len(lists) == len(swept) and (trials is None or trials >= size)
    wanted = size if whole else trials or TRIALS_OF_A_RANGE
    if wanted > MOST_TRIALS:
        raise OptionError(
            f"these are {wanted:,} trials, more than {MOST_TRIALS:,}: "
            "give fewer values, or draw some of them with --trials 64"
        )
    if whole:
        return grid(**lists)
    rng = random.Random(seed)
    if len(lists) == len(swept):
        return [_member(lists, i) for i in rng.sample(range(size), wanted)]
    return [
        {
            name: values.draw(rng) if isinstance(values, Range) else rng.choice(values)
            for name, values in swept.items()
        }
        for _ in range(wanted)
    ]


def _member(lists: Mapping[str, tuple[Any, ...]], number: int) -> dict[str, Any]:
    """Return one combination of a grid that may be too large to be listed."""
    setting = {}
    for name, values in lists.items():
        number, i = divmod(number, len(values))
        setting[name] = values[i]
    return setting
