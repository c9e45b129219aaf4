"""What a bank returns: figures beside what they shall be, and the cases that they are made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure: a share of so many cases, with its bounds.

    least, most  what it shall be, None where nothing was promised
    """

    name: str
    value: float
    of: int
    least: float | None = None
    most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is what it shall be."""
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    def line(self) -> str:
        """Write the figure for people."""
        bounds = [f"at least {100 * self.least:.1f} %"] if self.least is not None else []
        bounds += [f"at most {100 * self.most:.1f} %"] if self.most is not None else []
        aim = f"  ({' and '.join(bounds)}: {'held' if self.holds else 'MISSED'})" if bounds else ""
        return f"{self.name}: {100 * self.value:.1f} % of {self.of:,}{aim}"


@dataclass(frozen=True)
class Outcome:
    """The figures of a bank, and its cases as JSON."""

    figures: Sequence[Figure]
    cases: Sequence[dict[str, Any]] = field(default_factory=list)


def share(name: str, hits: Sequence[bool], **aims: float) -> Figure:
    """Return the share of hits; that of nothing is 0."""
    return Figure(name, sum(hits) / len(hits) if hits else 0.0, len(hits), **aims)


def in_lines(value: Any, depth: int = 0) -> str:
    """Write JSON with every figure and every case on a line of its own."""
    if depth == 3 or not value or not isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {in_lines(part, depth + 1)}" for name, part in value.items()]
    else:
        parts = [in_lines(part, depth + 1) for part in value]
    opens, closes = "{}" if isinstance(value, dict) else "[]"
    indent = "\n" + " " * depth
    return f"{opens}{indent} " + f",{indent} ".join(parts) + f"{indent}{closes}"
