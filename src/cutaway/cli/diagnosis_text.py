"""What `diagnose` shows on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway import wording
from cutaway.cli.console import field, make_console
from cutaway.cli.faults import show_fault, show_faults
from cutaway.insight.diagnosis import Diagnosis, Quantity
from cutaway.insight.faults.search import Search
from cutaway.insight.part_errors import PARTS, Errors
from cutaway.insight.recipe import Advice

HEADINGS = {"data mismatch": "mismatch", "over-use of dev": "over-use"}


def show_history(history: str, epochs: int, epoch: int, columns: dict[str, str]) -> None:
    """Show what was read of a history."""
    read = [f"{role.replace('_', ' ')} from {name}" for role, name in columns.items()]
    field(
        make_console(),
        "history",
        f"{history}: {wording.plural(epochs, 'epoch')}, diagnosed at epoch {epoch}",
        f"read: {', '.join(read)}",
    )


def show_found(search: Search, *, elsewhere: bool = False) -> None:
    """Show the faults, which come first: what one has done to the errors is no bias or variance."""
    console = make_console()
    for found in search.found:
        show_fault(console, found, elsewhere=elsewhere)
    show_faults(console, search)


def show(
    diagnosis: Diagnosis,
    advice: Sequence[Advice],
    looked_further: Sequence[tuple[str, list[str]]],
) -> None:
    """Show the errors, what they fall into, the verdict and what to do next.

    looked_further  headings and lines of what was trained to know more
    """
    console, errors = make_console(), diagnosis.errors
    field(console, "errors", *_errors(errors))
    for quantity in diagnosis.quantities:
        field(console, HEADINGS.get(quantity.name, quantity.name), *_quantity(quantity, diagnosis))
    field(console, "verdict", diagnosis.in_words(), *diagnosis.notes)
    for heading, lines in looked_further:
        field(console, heading, *lines)
    for i, one in enumerate(advice, start=1):
        field(console, "" if i > 1 else "next", f"{i}. {one.name}: {one.reason}")
        gain = wording.error(one.gain, errors.metric)
        field(console, "", f"   for {one.treats}, about {gain} of the error (an estimate)")
        if one.command:
            field(console, "", f"   {one.command}", wrap=False)
    if diagnosis.verdict == "undecided" and not advice:
        needed = [q.n_needed for q in diagnosis.quantities if q.n_needed]
        more = f" of {wording.about(max(needed), 'example')}" if needed else ""
        field(console, "next", f"a larger dev set{more}, before anything else is changed")


def _errors(errors: Errors) -> list[str]:
    lines = []
    there = [part for part in PARTS if getattr(errors, f"{part}_error") is not None]
    width = max(map(len, there))
    for part in there:
        n, bounds = getattr(errors, f"n_{part}"), errors.interval(part)
        line = f"{part.replace('_', '-'):<{width}} "
        line += wording.error(getattr(errors, f"{part}_error"), errors.metric)
        line += f"  of {wording.plural(n, 'example')}" if n else ""
        if part != "train" and bounds is not None:
            line += f"  (95 % interval {wording.interval(bounds, errors.metric)})"
        line += f", R2 {errors.r2[part]:.3f}" if part in errors.r2 else ""
        lines.append(line)
    human = wording.error(errors.human_error, errors.metric)
    aim = wording.error(errors.target, errors.metric)
    said = "" if errors.target_error is not None else "  (assumed: give --target-error)"
    return [*lines, f"human {human}, target {aim}{said}"]


def _quantity(quantity: Quantity, diagnosis: Diagnosis) -> list[str]:
    metric = diagnosis.errors.metric
    line = wording.error(quantity.value, metric)
    if quantity.interval:
        line += f"  (95 % interval {wording.interval(quantity.interval, metric)})"
    if quantity.name != "over-use of dev":
        line += f": {quantity.verdict}, high is above {wording.error(diagnosis.threshold, metric)}"
    else:
        line += f": {quantity.why}"
    if not quantity.n_needed:
        return [line]
    needed = wording.about(quantity.n_needed, f"{quantity.part.replace('_', '-')} example")
    return [line, f"{needed} would most likely decide it, if the error stayed the same"]
