"""What `diagnose` shows on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway import wording
from cutaway.cli.console import field, make_console
from cutaway.cli.faults import show_fault, show_faults
from cutaway.insight.diagnosis import Diagnosis, Quantity
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Found
from cutaway.insight.part_errors import PARTS, Errors
from cutaway.insight.recipe import Advice

# Remedies that are told in full; of more, names
MOST = 4
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
    fault: Found | None = None,
    *,
    elsewhere: bool = False,
    every: bool = False,
) -> None:
    """Show the errors, what they fall into, the verdict and what to do next.

    looked_further  headings and lines of what was trained to know more
    fault           that is to be mended first
    elsewhere       another program trained it, which has other commands
    every           show all of the advice, and not what promises most
    """
    console, errors = make_console(), diagnosis.errors
    field(console, "errors", *_errors(errors))
    for quantity in diagnosis.quantities:
        field(console, HEADINGS.get(quantity.name, quantity.name), *_quantity(quantity, diagnosis))
    field(console, "verdict", diagnosis.in_words(), *diagnosis.notes)
    for heading, lines in looked_further:
        field(console, heading, *lines)
    if fault is not None:
        field(console, "next", f"mend the fault first, {fault.name}: {fault.remedy}")
        if fault.command and not elsewhere:
            field(console, "", f"  {fault.command}", wrap=False)
        field(console, "", "then diagnose again: what it does to the errors is no bias or variance")
    most = 0 if fault is not None else MOST
    shown = advice if every or len(advice) <= most + 1 else advice[:most]
    for i, one in enumerate(shown, start=1):
        heading = "" if i > 1 or fault is not None else "next"
        field(console, heading, f"{i}. {one.name}: {one.reason}")
        gain = wording.less_error(one.gain, errors.metric)
        field(console, "", f"   against {one.treats}, {gain} (an estimate)")
        if one.command:
            field(console, "", f"   {one.command}", wrap=False)
    if rest := advice[len(shown) :]:
        names = ", ".join(one.name for one in rest)
        field(console, "more", f"{names}: --all tells why and how")
    if diagnosis.verdict == "undecided" and not advice and fault is None:
        field(console, "next", _to_decide(diagnosis))


def _to_decide(diagnosis: Diagnosis) -> str:
    if diagnosis.errors.dev_error is None:
        return "a dev set: examples that are kept aside, and nothing is learned from"
    needed = [(q.n_needed, q.part) for q in diagnosis.quantities if q.n_needed]
    n, part = max(needed, default=(0, "dev"))
    more = f" of {wording.about(n, 'example')}" if n else ""
    sets = part.replace("_", "-").replace(" and as many ", " and ")
    return f"a larger {sets} set{more}, before anything else is changed"


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
