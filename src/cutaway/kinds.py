"""The kinds of values that the rows of the table of hyper-parameters are made of."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from cutaway.equations.augmentations import AUGMENTATIONS
from cutaway.errors import OptionError, unknown

T = TypeVar("T")
Group = Literal["network", "training", "regularisation", "data", "execution"]


@dataclass(frozen=True)
class Row:
    """What is known of one hyper-parameter beside its name and its default.

    words maps a word that may stand in place of a value to what it means (auto, none, full).
    above and below leave out the bound itself.
    """

    read: Callable[[Row, str, Any], Any]
    help: str
    group: Group
    symbol: str = ""
    metavar: str = "TEXT"
    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False
    choices: tuple[str, ...] = ()
    words: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def bounds(self) -> str:
        """Say what a number must be: "above 0 and at most 1"; nothing where all are allowed."""
        low = "" if self.low == -math.inf else f"{'above' if self.above else 'at least'} "
        high = "" if self.high == math.inf else f"{'below' if self.below else 'at most'} "
        parts = (low and f"{low}{self.low:g}", high and f"{high}{self.high:g}")
        return " and ".join(filter(None, parts))

    def convert(self, name: str, value: Any) -> Any:
        """Turn what a person wrote (text or a Python value) into a checked value."""
        if isinstance(value, str) and value in self.words:
            return self.words[value]
        if any(value is meaning for meaning in self.words.values()):
            return value
        return self.read(self, name, value)


def _within(row: Row, name: str, value: float) -> None:
    high_enough = row.low < value if row.above else row.low <= value
    low_enough = value < row.high if row.below else value <= row.high
    if not (high_enough and low_enough):
        raise OptionError(f"{name}={value:g} is out of bounds: it must be {row.bounds}")


def read_number(row: Row, name: str, value: Any) -> float:
    """Read a finite number within the bounds."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise OptionError(f"{name}={value!r} is no number{_or_words(row)}")
    _within(row, name, number)
    return number


def read_count(row: Row, name: str, value: Any) -> int:
    """Read a whole number within the bounds."""
    number = read_number(row, name, value)
    if number != int(number):
        raise OptionError(f"{name}={value!r} is no whole number{_or_words(row)}")
    return int(number)


def read_choice(row: Row, name: str, value: Any) -> str:
    """Read the name of a row of a table."""
    if value not in row.choices:
        raise OptionError(unknown(name, str(value), (*row.choices, *row.words)))
    return str(value)


def read_flag(row: Row, name: str, value: Any) -> bool:
    """Read true or false."""
    if value not in (True, False, "true", "false"):
        raise OptionError(f"{name}={value!r} is neither true nor false{_or_words(row)}")
    return value in (True, "true")


def read_text(row: Row, name: str, value: Any) -> str:
    """Take the text as it is."""
    return str(value)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, Sequence) else [value]


def _one_or_all(name: str, value: Any, read: tuple[T, ...]) -> T | tuple[T, ...]:
    if not read:
        raise OptionError(f"{name}={value!r} is empty: give one, or several with commas between")
    return read[0] if len(read) == 1 else read


def read_counts(row: Row, name: str, value: Any) -> tuple[int, ...]:
    """Read whole numbers with commas between them."""
    return tuple(read_count(row, name, part) for part in _parts(value))


def read_one_or_numbers(row: Row, name: str, value: Any) -> float | tuple[float, ...]:
    """Read one number, or several with commas between them."""
    return _one_or_all(name, value, tuple(read_number(row, name, part) for part in _parts(value)))


def read_one_or_choices(row: Row, name: str, value: Any) -> str | tuple[str, ...]:
    """Read one name, or several with commas between them."""
    return _one_or_all(name, value, tuple(read_choice(row, name, part) for part in _parts(value)))


def read_class_weight(row: Row, name: str, value: Any) -> dict[str, float]:
    """Read cat=2,dog=1 or a mapping of class names to weights."""
    if isinstance(value, Mapping):
        pairs = [(str(key), weight) for key, weight in value.items()]
    else:
        halves = (str(part).partition("=") for part in _parts(value))
        pairs = [(key.strip(), weight) for key, _, weight in halves]
    return {key: read_number(row, f"{name}[{key}]", weight) for key, weight in pairs}


def read_augment(row: Row, name: str, value: Any) -> str:
    """Read flip,rotate:15 or a mapping of names to strengths; write each with its strength."""
    if isinstance(value, Mapping):
        pairs = [(str(key), strength) for key, strength in value.items()]
    else:
        halves = (str(part).partition(":") for part in _parts(value))
        pairs = [(key.strip(), strength.strip()) for key, _, strength in halves]
    written = []
    for key, strength in pairs:
        if key not in AUGMENTATIONS:
            raise OptionError(unknown(name, key, (*AUGMENTATIONS, *row.words)))
        known = AUGMENTATIONS[key]
        bounds = dataclasses.replace(row, low=0.0, high=known.most, above=True)
        number = known.strength if strength == "" else strength
        written.append(f"{key}:{read_number(bounds, f'{name}[{key}]', number):g}")
    if len({key for key, _ in pairs}) < len(pairs) or not pairs:
        raise OptionError(f"{name}={value!r}: give each transformation once, as in flip,rotate:15")
    return ",".join(written)


def augment_steps(text: str | None) -> tuple[tuple[str, float], ...]:
    """Return (name, strength) of each transformation in what `read_augment` wrote."""
    halves = (part.split(":") for part in (text or "").split(",") if part)
    return tuple((key, float(strength)) for key, strength in halves)


def _or_words(row: Row) -> str:
    return f" (or {', '.join(row.words)})" if row.words else ""


def field(default: Any, read: Callable[[Row, str, Any], Any], text: str, **more: Any) -> Any:
    """Return a dataclass field that carries its Row."""
    return dataclasses.field(default=default, metadata={"row": Row(read, text, **more)})
