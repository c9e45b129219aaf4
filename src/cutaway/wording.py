"""Numbers and words as people read them, the same on the terminal and in the report."""

from __future__ import annotations

import datetime
import math
import shlex
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any


def plural(n: int, word: str) -> str:
    """Write 1 example, 2 examples, 3 classes."""
    if n != 1:
        word += "es" if word.endswith("s") else "s"
    return f"{n:,} {word}"


def about(n: int, word: str) -> str:
    """Write an estimated number to two figures, rounded up: about 1,700 examples."""
    return f"about {plural(two_figures(n), word)}"


def two_figures(n: int) -> int:
    """Round a whole number up to two figures: 1,648 to 1,700."""
    step: int = 10 ** max(0, len(str(n)) - 2)
    return -(-n // step) * step


def error(value: float | None, metric: str) -> str:
    """Write an error: per cent for shares, four figures for a root mean squared error."""
    if value is None:
        return "-"
    return figure(value) if metric == "rmse" else f"{100 * value:.2f} %"


def less_error(gain: float, metric: str) -> str:
    """Write how much lower an error may be, which is no share of it."""
    size = figure(gain) if metric == "rmse" else f"{100 * gain:.2f} percentage points"
    return f"about {size} less error"


def figure(value: float) -> str:
    """Write a number to four figures, without a power of ten where it has a usual size."""
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.4g}"
    before = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, 3 - before)}f}"


def interval(bounds: tuple[float, float], metric: str) -> str:
    """Write the 95 % interval of an error."""
    if metric == "rmse":
        return f"{figure(bounds[0])} to {figure(bounds[1])}"
    return f"{100 * bounds[0]:.1f} to {100 * bounds[1]:.1f} %"


def duration(seconds: float, *, coarse: bool = False) -> str:
    """Write 0.4 s, 12 s, 3 min 20 s, 2 h 5 min; a coarse one 12 s, 3 min, 2 h."""
    if coarse:
        for unit, length in (("h", 3600), ("min", 60)):
            if seconds >= 2 * length:
                return f"{seconds / length:.0f} {unit}"
        return f"{seconds:.0f} s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def counts(classes: Mapping[str, int], most: int = 12) -> str:
    """Write the classes with their counts: cat 120, dog 120, and 3 more."""
    shown = [f"{short(name)} {n:,}" for name, n in list(classes.items())[:most]]
    if len(classes) > most:
        shown.append(f"and {len(classes) - most} more")
    return ", ".join(shown)


def listed(names: Collection[str], most: int) -> str:
    """Write the first names and how many more there are: age, price and 3 more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(list(names)[:most]) + more


def sentence(text: str) -> str:
    """Begin with a capital, and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def short(name: str, most: int = 24) -> str:
    """Write a name in at most so many characters, its middle left out."""
    if len(name) <= most:
        return name
    tail = (most - 1) // 2
    return f"{name[: most - 1 - tail]}…{name[len(name) - tail :]}"


def confused(pairs: Iterable[tuple[str, str, int]]) -> str:
    """Write which class was taken for which, and how often."""
    return ", ".join(f"{short(true)} taken for {short(taken)} ({n})" for true, taken, n in pairs)


def moment(iso: str) -> str:
    """Write a time as 23 Nov 05:41, or with its year when that is another."""
    when = datetime.datetime.fromisoformat(iso)
    this_year = when.year == datetime.datetime.now().astimezone().year
    return when.strftime("%d %b %H:%M" if this_year else "%d %b %Y %H:%M")


def setting(value: Any, words: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Write a hyper-parameter as it is typed on the command line; `words` are those of its row."""
    if value is None:
        return next((word for word, meaning in words.items() if meaning is None), "none")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(setting(part) for part in value) or "none"
    if isinstance(value, Mapping):
        return ",".join(f"{key}={setting(part)}" for key, part in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def options(settings: Mapping[str, str]) -> str:
    """Write settings as they are typed: --l2 10 --keep-prob 0.8."""
    pairs = settings.items()
    return " ".join(f"--{name.replace('_', '-')} {shlex.quote(text)}" for name, text in pairs)


def size_in_words(size: float) -> str:
    """Write a number of bytes as 512 bytes, 3.4 MB or 8.1 GB."""
    for unit, length in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return plural(int(size), "byte")
