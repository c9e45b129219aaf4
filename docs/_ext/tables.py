"""The directive `{table-of}`: tables of the documentation, made from the tables of the code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cutaway.equations import (
    ACTIVATIONS,
    FUSED,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PENALTIES,
    SCHEDULES,
)
from cutaway.equations.augmentations import AUGMENTATIONS
from cutaway.hyperparameters import DEFAULTS, ROWS
from cutaway.insight.faults.fault import Fault
from cutaway.insight.faults.table import DATA_FAULTS, FAULTS
from cutaway.kinds import Row
from cutaway.notation import NOTATION

Rows = Iterator[tuple[str, ...]]


def _code(words: Iterable[object]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _line(function: Callable[..., object]) -> str:
    """Return the first line of a docstring: the equation of the function."""
    first = (function.__doc__ or "").strip().split("\n")[0]
    return re.split(r"[.:] |, since ", first)[0].removesuffix(".")


def _notation() -> Rows:
    yield "in the code", "in the course", "shape", "meaning"
    for row in NOTATION:
        yield _code(row.names), f"${row.latex}$" if row.latex else "", row.shape, row.meaning


def _activations() -> Rows:
    yield "name", "equation", "derivative", "saturates at", "initialiser chosen by auto"
    for row in ACTIVATIONS.values():
        bounds = " and ".join(f"{bound:g}" for bound in row.bounds or ())
        yield f"`{row.name}`", _line(row.g), _line(row.dg), bounds, f"`{row.initializer}`"


def _losses() -> Rows:
    yield "name", "loss of one example", "derivative", "outputs"
    for row in LOSSES.values():
        yield f"`{row.name}`", _line(row.loss), _line(row.dA), _code(row.outputs)


def _fused() -> Rows:
    yield "output", "loss", "loss from Z", "dZ"
    for row in FUSED.values():
        yield f"`{row.output}`", f"`{row.loss_name}`", _line(row.loss), f"`{_line(row.dZ)}`"


def _penalties() -> Rows:
    yield "name", "cost of one W", "derivative"
    for row in PENALTIES.values():
        yield f"`{row.name}`", _line(row.cost), _line(row.dW)


def _augmentations() -> Rows:
    yield "name", "strength", "at most", "equation", "the picture is"
    for row in AUGMENTATIONS.values():
        equation = _line(row.move or row.change or row.numbers)
        yield f"`{row.name}`", f"{row.strength:g}", f"{row.most:g}", f"`{equation}`", row.meaning


def _initializers() -> Rows:
    yield "name", "standard deviation of W"
    for row in INITIALIZERS.values():
        yield f"`{row.name}`", row.equation


def _optimizers() -> Rows:
    yield "name", "remembers", "update"
    for row in OPTIMIZERS.values():
        yield f"`{row.name}`", _code(row.slots), _line(row.update)


def _schedules() -> Rows:
    yield "name", "learning rate of an epoch"
    for row in SCHEDULES.values():
        yield f"`{row.name}`", row.equation


def _metrics() -> Rows:
    yield "name", "equation"
    for row in METRICS.values():
        yield f"`{row.name}`", _line(row.value)


def _faults(faults: Mapping[str, Fault]) -> Rows:
    yield "fault", "threshold", "of what", "source", "lesson"
    for row in faults.values():
        threshold = f"{next(iter(row.limits.values())):g}" if row.limits else "finite"
        yield row.name, threshold, row.means, row.source, f"`{row.lesson}`"


def _hyperparameters(group: str) -> Rows:
    yield "name", "in the course", "default", "values", "meaning"
    for name, row in ROWS.items():
        if row.group == group:
            default = "`none`" if DEFAULTS[name] is None else f"`{DEFAULTS[name]}`"
            yield f"`{name}`", row.symbol, default, values(row), row.help


def values(row: Row) -> str:
    """Return what a hyper-parameter may be: its names, or its bounds, and its words."""
    low, high = row.low > float("-inf"), row.high < float("inf")
    lower = f"{'>' if row.above else '≥'} {row.low:g}" if low else ""
    upper = f"{'<' if row.below else '≤'} {row.high:g}" if high else ""
    bounds = ", ".join(filter(None, (lower, upper)))
    named = _code(dict.fromkeys((*row.choices, *row.words)))
    return "; ".join(filter(None, (bounds, named)))


TABLES: Mapping[str, Callable[[], Rows]] = {
    "notation": _notation,
    "activations": _activations,
    "losses": _losses,
    "fused": _fused,
    "penalties": _penalties,
    "augmentations": _augmentations,
    "initializers": _initializers,
    "optimizers": _optimizers,
    "schedules": _schedules,
    "metrics": _metrics,
    "faults": partial(_faults, FAULTS),
    "faults of data": partial(_faults, DATA_FAULTS),
}
GROUPS = tuple(dict.fromkeys(row.group for row in ROWS.values()))


def markdown(name: str) -> str:
    """Return a table of TABLES, or the hyper-parameters of one group, as Markdown."""
    rows = list(TABLES[name]() if name in TABLES else _hyperparameters(name))
    rows.insert(1, ("---",) * len(rows[0]))
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("*", "\\*") for cell in row) + " |"
        for row in rows
    )


class TableOf(SphinxDirective):
    """Shows one of the tables above."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the table, or the tables of all groups of hyper-parameters."""
        return self.parse_text_to_nodes(markdown(self.arguments[0]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive("table-of", TableOf)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
