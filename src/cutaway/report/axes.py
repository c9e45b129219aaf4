"""One axis of a drawing: from values to places, with ticks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

# Values that span more than this are easier to read on a logarithmic axis
DECADES = 1.7
# Values nearer to each other than this share of their size are drawn as equal
SAME = 1e-4


@dataclass(frozen=True)
class Axis:
    """Maps values from low..high to places from start..end, in units of the drawing.

    percent  the values are shares; whole: there is nothing between whole numbers
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    percent: bool = False
    whole: bool = False

    def place(self, value: float) -> float:
        """Return where a value stands; one beyond the axis stands at its end."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Return (value, label) at round numbers within the axis."""
        if self.logarithmic:
            values = _round_logarithms(self.low, self.high, most)
        else:
            values = _round_numbers(self.low, self.high, most, 1.0 if self.whole else 0.0)
        return [(value, self._label(value)) for value in values]

    def _label(self, value: float) -> str:
        if self.percent:
            return f"{100 * value:.6g} %"
        return f"{value:,.6g}".replace("-", "\u2212").replace("e+0", "e").replace("e+", "e")


def fit_axis(
    values: Iterable[float],
    start: float,
    end: float,
    *,
    zero: bool = False,
    logarithmic: bool = False,
    decades: float = DECADES,
    percent: bool = False,
) -> Axis:
    """Return an axis on which all values fit, with some room; `zero` makes it begin at 0.

    `logarithmic` allows a logarithmic axis, taken for positive values over more than `decades`.
    """
    numbers = list(values) or [0.0, 1.0]
    low, high = min(numbers), max(numbers)
    if logarithmic and low > 0 and math.log10(high) - math.log10(low) > decades:
        return Axis(low / 1.1, high * 1.1, start, end, logarithmic=True, percent=percent)
    if zero:
        low = 0.0
    room, size = 0.05 * (high - low), max(abs(low), abs(high))
    if high - low <= SAME * size:
        room = 0.5 * size or (0.01 if percent else 1.0)
    return Axis(0.0 if zero else low - room, high + room, start, end, percent=percent)


def _round_numbers(low: float, high: float, most: int, least: float) -> list[float]:
    rough = max((high - low) / most, least)
    decade = 10.0 ** math.floor(math.log10(rough))
    step = next(s * decade for s in (1, 2, 2.5, 5, 10) if s * decade >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 12 - math.floor(math.log10(step))) for k in range(first, last + 1)]


def _round_logarithms(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        values = [d * 10.0**k for k in range(first, last + 1) for d in digits]
        inside = [value for value in values if low <= value <= high]
        if len(inside) <= most:
            break
    return inside[:: max(1, math.ceil(len(inside) / most))]
